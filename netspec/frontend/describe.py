"""Types in the words of a spec's author."""

from __future__ import annotations

import types
from typing import Annotated, Any, Literal, Union, get_args, get_origin

_WORDS: dict[Any, str] = {
    int: "an integer",
    float: "a number",
    bool: "true or false",
    str: "text",
    dict: "a mapping",
    list: "a list",
    tuple: "a list",
    type(None): "null",
    Any: "any value",
}


def describe(annotation: Any) -> str:
    """A type annotation in words, such as "an integer or a list of integers"."""
    phrases = list(dict.fromkeys(_phrases(annotation)))
    if "a number" in phrases and "an integer" in phrases:
        phrases.remove("an integer")
    return phrases[0] if len(phrases) == 1 else f"{', '.join(phrases[:-1])} or {phrases[-1]}"


def _phrases(annotation: Any) -> list[str]:
    origin = get_origin(annotation)
    if origin is Annotated:
        base, *extras = get_args(annotation)
        if spoken := next((extra.title for extra in extras if getattr(extra, "title", None)), None):
            return [spoken]
        if any(getattr(extra, "pattern", None) or _pattern(extra) for extra in extras):
            return ["an expression"]
        return _phrases(base)
    if origin is Literal:
        return [f"`{_spelt(value)}`" for value in get_args(annotation)]
    if origin in (Union, types.UnionType):
        return [phrase for each in get_args(annotation) for phrase in _phrases(each)]
    if origin is tuple:
        parts = [a for a in get_args(annotation) if a is not Ellipsis]
        many = {"an integer": "integers", "a number": "numbers", "text": "names"}
        many |= {f"a list of {each}": f"lists of {each}" for each in ("integers", "numbers")}
        many["a pair of integers"] = "pairs"
        inner = dict.fromkeys(many.get(p, "") for part in parts for p in _phrases(part))
        named = [word for word in inner if word]
        kind = "pair" if len(get_args(annotation)) == 2 and len(parts) == 2 else "list"
        return [f"a {kind} of {' or '.join(named)}" if named else "a list"]
    if origin is not None:
        return _phrases(origin)
    if isinstance(annotation, type) and annotation not in _WORDS and issubclass(annotation, object):
        return [_WORDS.get(annotation, getattr(annotation, "spoken", "a mapping"))]
    return [_WORDS.get(annotation, str(annotation))]


def _pattern(extra: Any) -> bool:
    return any(getattr(m, "pattern", None) for m in getattr(extra, "metadata", ()))


def _spelt(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) or value is None else str(value)
