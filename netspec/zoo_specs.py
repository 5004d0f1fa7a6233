"""The networks and recipes that come with netspec, and the files that their names stand for."""

from __future__ import annotations

from pathlib import Path

from netspec.diagnostics import Code, NetspecError, unknown
from netspec.files.resources import resource_folder


def zoo() -> list[str]:
    """The names of the networks that come with netspec."""
    return sorted(file.stem for file in resource_folder("specs").glob("*.yaml"))


def zoo_text(name: str) -> str:
    """A zoo network's spec as text.

    Raises:
        NetspecError: There is no such network.
    """
    file = zoo_file(name)
    if file is None:
        raise _not_found(name)
    return file.read_text(encoding="utf-8")


def locate(spec: str | Path) -> Path:
    """The file of a spec: a path, else a zoo name.

    Raises:
        NetspecError: There is neither.
    """
    path = Path(spec)
    if path.exists() and not path.is_dir():  # a pipe is as good as a file
        return path
    file = zoo_file(str(spec))
    if file is None:
        raise _not_found(str(spec))
    return file


def zoo_file(name: str) -> Path | None:
    """The file of a zoo name, with or without ``.yaml``; None where there is none."""
    if "/" in name or "\\" in name:
        return None
    file = resource_folder("specs") / f"{name.removesuffix('.yaml')}.yaml"
    return file if file.is_file() else None


def recipes() -> list[str]:
    """The names of the recipes that come with netspec."""
    return sorted(file.stem for file in _recipes().glob("*.yaml"))


def locate_recipe(recipe: str | Path) -> Path:
    """The file of a recipe: a path, else the name of one that comes with netspec, with or without ``.yaml``.

    Raises:
        NetspecError: NS0901: there is neither.
    """
    path, name = Path(recipe), str(recipe).removesuffix(".yaml")
    if path.exists() and not path.is_dir():
        return path
    if name in recipes():
        return _recipes() / f"{name}.yaml"
    raise NetspecError.of(
        Code.FILE_NOT_FOUND,
        f"there is no recipe `{recipe}`",
        expected=f"a file, or one of {', '.join(f'`{each}`' for each in recipes())}",
        fact=unknown(name, recipes()),
    )


def _recipes() -> Path:
    return resource_folder("specs") / "recipes"


def _not_found(name: str) -> NetspecError:
    if Path(name).is_dir():
        inside = Path(name, "spec.yaml")
        help = f"`{inside}` is one" if inside.is_file() else None
        return NetspecError.of(Code.FILE_UNREADABLE, f"`{name}` is a folder, not a spec", expected="a file", help=help)
    return NetspecError.of(
        Code.FILE_NOT_FOUND,
        f"there is no spec `{name}`",
        expected="a file, or a name that `netspec list` shows",
        fact=unknown(name.removesuffix(".yaml"), zoo()),
    )
