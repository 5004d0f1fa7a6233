"""The networks and recipes that come with netspec, and the files that their names stand for."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import replace
from itertools import islice
from pathlib import Path

from netspec.diagnostics import Code, NetspecError, unknown
from netspec.files.resources import resource_folder
from netspec.files.run_folder import run_named, run_names

_SUFFIXES = (".yaml", ".yml")
_MOST = 5_000
"""The most files of a folder among which a misspelt one is sought."""


def zoo() -> list[str]:
    """The names of the networks that come with netspec."""
    return _names(".")


def recipes() -> list[str]:
    """The names of the recipes that come with netspec."""
    return _names("recipes")


def zoo_text(name: str) -> str:
    """A zoo network's spec as text.

    Raises:
        NetspecError: There is no such network.
    """
    file = zoo_file(name)
    if file is None:
        raise _not_found(name)
    return file.read_text(encoding="utf-8")


def recipe_text(name: str) -> str:
    """A recipe that comes with netspec, as text.

    Raises:
        NetspecError: NS0901: there is no such recipe.
    """
    file = _file("recipes", name)
    if file is None:
        raise _absent("recipe", name, "a name that `netspec recipes` shows", recipes())
    return file.read_text(encoding="utf-8")


def zoo_file(name: str) -> Path | None:
    """The file of a zoo name, with or without ``.yaml``; None where there is none."""
    return _file(".", name)


def locate(spec: str | Path) -> Path:
    """The file of a spec: a path, else a zoo name.

    Raises:
        NetspecError: There is neither.
    """
    found = _own(spec) or zoo_file(str(spec))
    if found is None:
        raise _not_found(str(spec))
    return found


def spec_or_run(given: str) -> str:
    """What a command is given that takes either: a file or a name of the zoo as it is, or else the folder of a run.

    Raises:
        NetspecError: NS0901: it is none of them.
    """
    if given == "-" or os.path.lexists(given) or zoo_file(given):
        return given
    run = run_named(Path(given))
    if not os.path.lexists(run):
        expected = "a file, a name that `netspec list` shows, or a run's folder or its name in runs/"
        raise _absent("spec or run", given, expected, [*zoo(), *run_names()])
    return str(run)


def locate_recipe(recipe: str | Path) -> Path:
    """The file of a recipe: a path, else the name of one that comes with netspec, with or without ``.yaml``.

    Raises:
        NetspecError: NS0901: there is neither.
    """
    found = _own(recipe) or _file("recipes", str(recipe))
    if found is None:
        named = ", ".join(f"`{each}`" for each in recipes())
        raise _absent("recipe", str(recipe), f"a file, or one of {named}", recipes())
    return found


def _names(folder: str) -> list[str]:
    return sorted(file.stem for file in (resource_folder("specs") / folder).glob("*.yaml"))


def _file(folder: str, name: str) -> Path | None:
    plain = name.removesuffix(".yaml")
    return resource_folder("specs") / folder / f"{plain}.yaml" if plain in _names(folder) else None


def _own(path: str | Path) -> Path | None:
    """The path, if a file or a pipe is there."""
    return Path(path) if Path(path).exists() and not Path(path).is_dir() else None


def _by_beginning(names: list[str]) -> dict[str, str]:
    """Names by all that they begin with, up to a ``_``, where no other begins so: by `retinanet`, its only network."""
    begun = [(name[:at], name) for name in names for at, sign in enumerate(name) if sign == "_"]
    alike = Counter(beginning for beginning, _ in begun)
    return {beginning: name for beginning, name in begun if alike[beginning] == 1}


def _beside(name: str) -> dict[str, str]:
    """The specs in the folder of a path, by their names without suffix; none where the folder cannot be read."""
    try:
        with os.scandir(Path(name).parent) as inside:
            files = [each.name for each in islice(inside, _MOST) if Path(each.name).suffix in _SUFFIXES]
    except (OSError, ValueError):  # a null byte
        return {}
    return {Path(file).stem: str(Path(name).parent / file) for file in sorted(files)}


def _not_found(name: str) -> NetspecError:
    if Path(name).is_dir():
        inside = Path(name, "spec.yaml")
        help = f"`{inside}` is one" if inside.is_file() else None
        return NetspecError.of(Code.FILE_UNREADABLE, f"`{name}` is a folder, not a spec", expected="a file", help=help)
    return _absent("spec", name, "a file, or a name that `netspec list` shows", zoo())


def _absent(what: str, name: str, expected: str, known: list[str]) -> NetspecError:
    """The error of a name that stands for nothing, with the nearest file beside it or the nearest name."""
    shown = _by_beginning(known) | {name: name for name in known} | _beside(name)
    fact = unknown(Path(name).stem if Path(name).suffix in _SUFFIXES else Path(name).name, shown)
    fact = replace(fact, name=name, meant=shown.get(fact.meant, ""))
    return NetspecError.of(Code.FILE_NOT_FOUND, f"there is no {what} `{name}`", expected=expected, fact=fact)
