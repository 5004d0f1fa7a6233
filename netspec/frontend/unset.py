"""The error of a setting that names nothing: what a spec has to be set, and where what was meant may stand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from netspec.diagnostics import Code, Diagnostic, unknown
from netspec.diagnostics.facts import Unknown
from netspec.frontend.inherit import MERGED, Merged
from netspec.frontend.schema import SECTION

CLASSES = ("classes", "num_classes", "n_classes", "nclasses", "num_labels", "class_count")
"""Names of the number of classes in other tools; the first is that of the networks that come with netspec."""

_LAST = ("linear", "conv", "conv1d", "conv2d")
"""Layers whose value is the number of classes, where they are a network's last."""


def names_nothing(key: str, merged: Merged) -> Diagnostic:
    """The error of a setting whose key names nothing in the document."""
    written = merged.data.get("params")
    params = written if isinstance(written, dict) else {}
    known = [*params, *(each for each in merged.data if each not in MERGED)]
    fact = unknown(key, known)
    if not fact.certain:
        fact = _elsewhere(fact, params, merged)
    return Diagnostic(
        Code.UNKNOWN_SETTING,
        f"the spec has nothing called `{key}` to set",
        expected=f"a param ({', '.join(params)})" if params else "a key of the spec, which has no params",
        fact=fact,
    )


def _elsewhere(fact: Unknown, params: Mapping[str, Any], merged: Merged) -> Unknown:
    """The fact with the key of the recipe that bears the name, or with the place of the number of classes."""
    if fact.name in CLASSES:
        meant = next((each for each in CLASSES if each in params), "")
        return replace(fact, meant=meant or fact.meant, note="" if meant else _head(merged))
    inside = next(_in_recipe(fact.name, merged.data.get(SECTION)), "")
    return replace(fact, meant=inside or fact.meant)


def _in_recipe(name: str, recipe: Any) -> Iterator[str]:
    """The dotted keys of a recipe that end with a name."""
    for key, value in recipe.items() if isinstance(recipe, dict) else ():
        if key == name:
            yield f"{SECTION}.{key}"
        elif isinstance(value, dict) and name in value:
            yield f"{SECTION}.{key}.{name}"


def _head(merged: Merged) -> str:
    """A sentence on the last layer, where that tells the number of classes; empty where nothing does."""
    layers = merged.data.get("layers")
    if not isinstance(layers, list) or not layers:
        return ""
    last = layers[-1]
    operation, value = next(iter(last.items()), ("", None)) if isinstance(last, dict) else ("", None)
    if operation not in _LAST or type(value) is not int:
        return ""
    span = merged.span(("layers", len(layers) - 1, operation))
    where = f" in line {span.line}" if span else ""
    return (
        f"their number is written in the last layer, `{operation}: {value}`{where}: a param makes it a setting, "
        f"`params: {{{CLASSES[0]}: {value}}}` and `{operation}: ${CLASSES[0]}`"
    )
