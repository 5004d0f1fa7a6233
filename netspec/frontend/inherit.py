"""`extends` and `--set`: several texts become one document, in which each value keeps its place."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import field, replace
from pathlib import Path
from typing import Any

from netspec.diagnostics import Code, Diagnostic, NetspecError, Span, unknown
from netspec.diagnostics.facts import WrongType
from netspec.files.resources import resource_folder
from netspec.frontend import source
from netspec.frontend.one_value import one_value
from netspec.frontend.parameters import declared_type, default_type, fits, kinds_of
from netspec.frontend.problems import kind_of
from netspec.frontend.schema import SECTION
from netspec.frontend.source import Path_, Source
from netspec.objects.immutable import immutable

MERGED = ("params", "let", "blocks", "weights")
OWN = ("name", "doc", "references", "budget", "results", "extends")
OWN_INSIDE = ("weights", "source")
"""The key of `weights` that is not inherited: an extending spec has other layers, or at least another purpose."""
BODIES = ("layers", "sequence")
INPUTS = ("input", "inputs")
DETECTOR = "detector"
"""The section whose own check knows its options: any may be set."""

FindZoo = Callable[[str], Path | None]
"""Returns the file of a zoo name, or None."""

LayInRecipe = Callable[[Any, tuple[str, ...], Any], Any]
"""A copy of a recipe as it is written, with the value at a path inside it set."""


@immutable
class Merged:
    """The data of a spec and of all specs that it extends.

    Attributes:
        sources: The texts, the spec's own first.
        owners: The text that a key (of one or two levels; of a setting, of any) comes from, if not the first.
    """

    data: dict[str, Any]
    sources: tuple[Source, ...]
    owners: Mapping[Path_, Source] = field(repr=False)

    def owner(self, path: Path_) -> Source:
        """The text that contains the value at `path`."""
        if not self.owners:
            return self.sources[0]
        each = (self.owners.get(path[:length]) for length in range(len(path), 0, -1))
        return next((owner for owner in each if owner is not None), self.sources[0])

    def span(self, path: Path_) -> Span | None:
        """The place of a value."""
        return self.owner(path).span(path)

    def key_span(self, path: Path_) -> Span | None:
        """The place of a value's key."""
        return self.owner(path).key_span(path)

    def has(self, path: Path_) -> bool:
        """Whether a value is written at exactly this path."""
        return self.owner(path).has(path)

    def written(self, path: Path_) -> str | None:
        """A scalar as written."""
        return self.owner(path).written(path)

    def is_broken(self, path: Path_) -> bool:
        """Whether the value lies in a mapping or list that YAML tore apart at an expression."""
        return self.owner(path).is_broken(path)


def inherit(own: Source, file: Path | None, zoo: FindZoo) -> Merged:
    """A text merged with the specs that it extends.

    Raises:
        NetspecError: `extends` finds nothing, leaves the folder, or forms a cycle.
    """
    chain, files = [own], [_real(file)] if file else []
    root = _real(file).parent if file else None
    while (target := chain[-1].data.get("extends")) is not None:
        here = chain[-1]
        path, root = _find(target, here, files[-1] if files else None, root, zoo)
        if _real(path) in files:
            raise NetspecError.of(
                Code.EXTENDS_CYCLE,
                f"`{target}` already extends this spec",
                span=here.span(("extends",)),
                help="leave `extends` out of one of them",
            )
        files.append(_real(path))
        chain.append(source.read(path))
    data: dict[str, Any] = dict(chain[-1].data)
    owners: dict[Path_, Source] = {(key,): chain[-1] for key in data}
    for text in reversed(chain[:-1]):
        data, owners = _lay_over(text, data, owners)
    return Merged(data, tuple(chain), {path: text for path, text in owners.items() if text is not own})


def _real(path: Path) -> Path:
    """A path without links; for a cycle of links, on which `Path.resolve` raises, as far as it can be resolved."""
    return Path(os.path.realpath(path))


def _find(target: Any, here: Source, file: Path | None, root: Path | None, zoo: FindZoo) -> tuple[Path, Path | None]:
    span = here.span(("extends",))
    if not isinstance(target, str):
        raise NetspecError.of(Code.WRONG_TYPE, "`extends` takes a file or a zoo name", span=span, expected="text")
    if file is not None and root is not None:
        try:
            beside = _real(file.parent / target)
            is_file = beside.is_file()
        except (OSError, ValueError):  # a null byte, a cycle of links, a name too long
            beside, is_file = root, False
        if not beside.is_relative_to(root):
            raise NetspecError.of(
                Code.EXTENDS_NOT_FOUND,
                f"`{target}` lies outside the spec's folder",
                span=span,
                help="put the file beside the spec",
            )
        if is_file:
            return beside, root
    found = zoo(target) if target.isprintable() and len(target) < 200 else None
    if found is not None:
        return found, _real(found).parent
    raise NetspecError.of(
        Code.EXTENDS_NOT_FOUND,
        f"there is no spec `{target}`",
        span=span,
        expected="a file beside the spec, or a name that `netspec list` shows",
        fact=unknown(target, _near(file) if len(target) < 200 else ()),
    )


def _near(file: Path | None) -> list[str]:
    """Candidates for a misspelt `extends`: the specs beside the file, and the zoo's."""
    beside = [each.name for each in file.parent.glob("*.yaml")] if file is not None else []
    return [*beside, *(each.stem for each in resource_folder("specs").glob("*.yaml"))]


def _lay_over(
    text: Source, base: dict[str, Any], owners: dict[Path_, Source]
) -> tuple[dict[str, Any], dict[Path_, Source]]:
    merged = {key: value for key, value in base.items() if key not in OWN}
    section, key = OWN_INSIDE
    if isinstance(merged.get(section), dict):
        merged[section] = {name: value for name, value in merged[section].items() if name != key}
    held = {path: owner for path, owner in owners.items() if path[0] in merged}
    for key, value in text.data.items():
        for family in (BODIES, INPUTS):
            if key in family:
                for other in family:
                    merged.pop(other, None)
        held[(key,)] = text
        if value is None and key != "name":
            merged.pop(key, None)
        elif key in MERGED and isinstance(value, dict) and isinstance(merged.get(key), dict):
            inner = dict(merged[key])
            for name in inner:
                held.setdefault((key, name), owners.get((key, name)) or owners[(key,)])
            for name, each in value.items():
                held[(key, name)] = text
                if each is None and name in inner:
                    del inner[name]
                else:
                    inner[name] = each
            merged[key] = inner
        else:
            held = {path: owner for path, owner in held.items() if path[:1] != (key,) or len(path) == 1}
            held[(key,)] = text
            merged[key] = value
    return merged, held


def as_section(text: Source, key: str) -> Source:
    """A text whose top mapping is a section of a document, with the paths of its values in that document."""
    return replace(
        text,
        data={key: text.data},
        values={(key, *path): place for path, place in text.values.items()},
        keys={(key, *path): place for path, place in text.keys.items()},
        broken=frozenset((key, *path) for path in text.broken),
    )


def with_section(merged: Merged, key: str, text: Source) -> Merged:
    """The document with a section replaced by a separate text.

    Args:
        merged: The document.
        key: The key of the section.
        text: The text whose top mapping is the section.
    """
    inner = as_section(text, key)
    owners = {path: owner for path, owner in merged.owners.items() if path[0] != key}
    return Merged({**merged.data, **inner.data}, (*merged.sources, inner), {**owners, (key,): inner})


def setting(text: str) -> tuple[str, Any]:
    """One `key=value` of the command line; the value is YAML.

    Raises:
        NetspecError: There is no equals sign, or the value is not YAML.
    """
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise NetspecError.of(Code.BAD_SETTING, f"`{text}` is no setting", expected="key=value")
    try:
        return key.strip(), one_value(value, f"--set {key}")
    except ValueError:
        raise NetspecError.of(Code.BAD_SETTING, f"the number of `{key.strip()}` is too large") from None


def apply_settings(merged: Merged, settings: Mapping[str, Any], lay: LayInRecipe) -> Merged:
    """The document with params and dotted keys set.

    Args:
        merged: The document.
        settings: Values by param or dotted key.
        lay: Sets those of the recipe, whose own check validates its keys.

    Raises:
        NetspecError: A key names nothing in the spec.
    """
    data = dict(merged.data)
    problems: list[Diagnostic] = []
    owners = dict(merged.owners)
    written = data.get("params")
    params = written if isinstance(written, dict) else {}
    for key, value in settings.items():
        path = ("params", key) if key in params else tuple(key.split("."))
        place = Source(f"--set {key}", "", {}, {(): (1, 1, 1, 1)}, {})
        before = params.get(path[1]) if path[0] == "params" and len(path) == 2 else None
        if _set(data, path, _plain(value), lay):
            there = _place_of(data, path)
            owners = {each: text for each, text in owners.items() if each[: len(there)] != there}
            owners[there] = place
            problems.extend(_wrong_type(key, before, value, place))
        else:
            known = [*params, *(k for k in data if k not in MERGED)]
            problems.append(
                Diagnostic(
                    Code.UNKNOWN_SETTING,
                    f"the spec has nothing called `{key}` to set",
                    expected=f"a param ({', '.join(params)})" if params else "a key of the spec",
                    fact=unknown(key, known),
                )
            )
    if problems:
        raise NetspecError(problems)
    return Merged(data, merged.sources, owners)


def _wrong_type(key: str, before: Any, value: Any, place: Source) -> Iterator[Diagnostic]:
    """The error of a set param whose type is not that of the default it replaces."""
    if before is None or any(isinstance(each, str) and "$" in each for each in (before, value)):
        return  # an expression may give any type
    kind, nullable = declared_type(before) or (default_type(before), False)
    if not fits(value, kind, nullable):
        message = f"`{key}` is set to a value of the wrong type"
        help = None if value is not None else f"write `--set {key}=...` with a value"
        fact = WrongType(key, kinds_of(kind, nullable))
        yield Diagnostic(Code.WRONG_TYPE, message, place.span(()), kind_of(value), help=help, fact=fact)


def _place_of(data: Any, path: tuple[str, ...]) -> Path_:
    """The path of a value that is set; places in lists are numbers."""
    found: list[str | int] = []
    for key in path:
        found.append(int(key) if isinstance(data, list) else key)
        data = data[int(key)] if isinstance(data, list) else data.get(key) if isinstance(data, dict) else None
    return tuple(found)


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _set(data: dict[str, Any], path: tuple[str, ...], value: Any, lay: LayInRecipe) -> bool:
    """Set a value, copying the mappings on its path; false if the path does not exist."""
    if path[0] == SECTION and len(path) > 1:
        if SECTION not in data:
            return False
        data[SECTION] = lay(data[SECTION], path[1:], value)
        return True
    *way, last = path
    here: Any = data
    for key in way:
        inner = here.get(key) if isinstance(here, dict) else None
        if not isinstance(inner, dict):
            return False
        here[key] = dict(inner)
        here = here[key]
    if not isinstance(here, dict) or (last not in here and path[:-1] != (DETECTOR,)):
        return False
    if value is None and not way and last != "name":
        del here[last]  # as under `extends`
    else:
        here[last] = value
    return True
