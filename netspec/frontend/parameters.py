"""Types of parameters, as a spec writes them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from netspec.diagnostics.facts import Kind
from netspec.expr import FUNCTIONS, is_identifier
from netspec.frontend.written import Written

_KINDS: Mapping[str, Kind] = {
    "int": Kind("integer"),
    "float": Kind("number"),
    "bool": Kind("boolean"),
    "str": Kind("text"),
    "list": Kind("list"),
    "any": Kind("any"),
}

_TYPES: Mapping[str, tuple[type, ...]] = {
    "int": (int,),
    "float": (int, float),
    "bool": (bool,),
    "str": (str,),
    "list": (tuple, list),
    "any": (object,),
}

VIEWS = ("x", "input")
"""Names an expression has for what flows; no parameter may bear one."""

_CONSTANTS = ("true", "false", "null")

PLAIN = "letters, digits and `_`, not starting with a digit, and no word of Python's"
"""What a name may be that expressions, references and generated source have in common."""


OUTPUT = "letters, digits, `_`, `-` and dots"
"""What a name may be that only says which of several outputs a tensor is."""

_OUTPUT = re.compile(r"[A-Za-z0-9_.-]+")


def declared_type(written: Any) -> tuple[str, bool] | None:
    """The type and whether null is allowed, of a parameter that must be given; None where `written` is a default."""
    if not isinstance(written, str):
        return None
    if written in _KINDS:
        return written, written == "any"
    base = written.removesuffix("?").strip()
    kinds = [kind.strip() for kind in base.split("|")]
    return (" | ".join(kinds), "any" in kinds or written.endswith("?")) if all(k in _KINDS for k in kinds) else None


def kinds_of(type_name: str, nullable: bool = False) -> tuple[Kind, ...]:
    """The kinds of value that a parameter takes."""
    return (*(_KINDS[kind] for kind in type_name.split(" | ")), *((Kind("null"),) if nullable else ()))


def default_type(default: Any) -> str:
    """The type that a default sets; an expression's or null's is any."""
    if isinstance(default, Written):
        return "str" if default.whole is None else "any"
    for kind, name in ((bool, "bool"), (int, "int"), (float, "float"), (str, "str"), ((list, tuple), "list")):
        if isinstance(default, kind):
            return name
    return "any"


def fits(value: Any, type_name: str, nullable: bool = False) -> bool:
    """Whether a value has a parameter's type, or one of its types."""
    if type(value) is int and type_name == "int":  # as most are
        return True
    kinds = type_name.split(" | ")
    if value is None:
        return nullable or "any" in kinds
    if isinstance(value, bool):
        return "bool" in kinds or "any" in kinds
    return any(isinstance(value, _TYPES[kind]) for kind in kinds)


def names_output(name: str) -> bool:
    """Whether `name` can name an output, which is a key of a dict and a name in exported files."""
    return _OUTPUT.fullmatch(name) is not None


def bad_name(name: str) -> str | None:
    """Why `name` cannot be a variable of expressions and of generated source; None where it can."""
    if name in VIEWS:
        return "another name: `x` and `input` mean what flows"
    if name in FUNCTIONS or name in _CONSTANTS:
        return f"another name: `{name}` means something in expressions"
    return None if is_identifier(name) and name != "self" else PLAIN
