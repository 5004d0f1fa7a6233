"""`--set`: values that take the place of a document's, by param or dotted key."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from netspec.diagnostics import Code, Diagnostic, NetspecError
from netspec.diagnostics.facts import WrongType
from netspec.frontend.inherit import Merged
from netspec.frontend.one_value import one_value
from netspec.frontend.parameters import declared_type, default_type, fits, kinds_of
from netspec.frontend.problems import kind_of
from netspec.frontend.schema import SECTION
from netspec.frontend.source import Path_, Source
from netspec.frontend.unset import names_nothing

DETECTOR = "detector"
"""The section whose own check knows its options: any may be set."""

LayInRecipe = Callable[[Any, tuple[str, ...], Any], tuple[Any, Path_]]
"""A copy of a recipe as it is written, with the value at a path inside it set; and where that then stands in it."""


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
        if there := _set(data, path, _plain(value), lay):
            owners = {each: text for each, text in owners.items() if each[: len(there)] != there}
            owners[there] = place
            problems.extend(_wrong_type(key, before, value, place))
        else:
            problems.append(names_nothing(key, Merged(data, merged.sources, owners)))
    if problems:
        raise NetspecError(problems)
    return Merged(data, merged.sources, owners)


def given_by(merged: Merged, options: Mapping[Path_, str]) -> Merged:
    """The document, of which the values at some paths are those of options: ``--batch-size``.

    Args:
        merged: The document; its data stay as they are.
        options: The name of each option, by the path of the value that it stands in the place of.
    """
    owners = {path: Source(name, "", {}, {(): (1, 1, 1, 1)}, {}) for path, name in options.items()}
    return Merged(merged.data, merged.sources, {**merged.owners, **owners})


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


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _set(data: dict[str, Any], path: tuple[str, ...], value: Any, lay: LayInRecipe) -> Path_ | None:
    """Set a value, copying the mappings on its path; where it stands then, or None if the path does not exist."""
    if path[0] == SECTION and len(path) > 1:
        if SECTION not in data:
            return None
        data[SECTION], inside = lay(data[SECTION], path[1:], value)
        return SECTION, *inside
    *way, last = path
    here: Any = data
    for key in way:
        inner = here.get(key) if isinstance(here, dict) else None
        if not isinstance(inner, dict):
            return None
        here[key] = dict(inner)
        here = here[key]
    if not isinstance(here, dict) or (last not in here and path[:-1] != (DETECTOR,)):
        return None
    if value is None and not way and last != "name":
        del here[last]  # as under `extends`
    else:
        here[last] = value
    return path
