"""Parameters: their declarations, types and permitted names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from netspec.diagnostics import Code, NetspecError, unknown
from netspec.diagnostics.facts import Kind, RefusedName, Unknown, WrongType
from netspec.diagnostics.words import in_words
from netspec.expr import FUNCTIONS, Identifier, is_identifier, spelt
from netspec.frontend.one_value import one_value
from netspec.frontend.problems import Problem, kind_of
from netspec.frontend.source import Path_
from netspec.frontend.written import BadExpression, Written
from netspec.objects.immutable import immutable

REQUIRED = object()
"""The default of a required parameter."""


@immutable
class Parameter:
    """A parameter of a block or of the network: its type's name, and its default as written."""

    name: str
    type: str
    nullable: bool
    default: Any
    path: Path_

    @property
    def takes_layers(self) -> bool:
        """Whether its values are layers and blocks, which entries call."""
        return "layer" in self.type.split(" | ")


_KINDS: Mapping[str, Kind] = {
    "int": Kind("integer"),
    "float": Kind("number"),
    "bool": Kind("boolean"),
    "str": Kind("text"),
    "list": Kind("list"),
    "layer": Kind("layer", word="a layer or block, such as `relu` or `{leaky_relu: 0.2}`"),
    "any": Kind("any"),
}

_TYPES: Mapping[str, tuple[type, ...]] = {
    "int": (int,),
    "float": (int, float),
    "bool": (bool,),
    "str": (str,),
    "list": (tuple, list),
    "layer": (str, dict),
    "any": (object,),
}

_WORDS: Mapping[str, str] = {
    **dict.fromkeys(("tuple", "array", "sequence", "set"), "list"),
    **dict.fromkeys(("integer", "long"), "int"),
    **dict.fromkeys(("number", "double", "real"), "float"),
    **dict.fromkeys(("string", "text", "char"), "str"),
    **dict.fromkeys(("boolean", "logical"), "bool"),
    **dict.fromkeys(("block", "module", "callable", "dict", "mapping"), "layer"),
    **dict.fromkeys(("object",), "any"),
}
"""Other languages' words for the types."""

VIEWS = ("x", "input")
"""Names of the flow in expressions; no parameter may have one."""

_CONSTANTS = ("true", "false", "null")

PLAIN = "letters, digits and `_`, not starting with a digit, and no word of Python's"
"""The form of a name that expressions, references and generated source share."""


OUTPUT = "letters, digits, `_`, `-` and dots"
"""The form of a name that only tells several outputs apart."""

_OUTPUT = re.compile(r"[A-Za-z0-9_.-]+")


def declared(params: Mapping[str, Any], path: Path_) -> dict[str, Parameter]:
    """The parameters that a section `params` declares, each by its type or by a default."""
    return {name: _parameter(name, written, (*path, name)) for name, written in params.items()}


def _parameter(name: str, written: Any, path: Path_) -> Parameter:
    kind = declared_type(written)
    if kind is not None:
        return Parameter(name, *kind, _default_behind(written), path)
    return Parameter(name, default_type(written), written is None, written, path)


def declared_type(written: Any) -> tuple[str, bool] | None:
    """The type that a parameter declares, and whether it allows null; None if `written` is a default alone."""
    if not isinstance(written, (str, Written)):
        return None
    head = _head(written)
    if head in _KINDS:
        return head, head == "any"
    kinds = _named_kinds(head)
    if _unknown_kinds(str(written)):
        return "any", True
    return (" | ".join(kinds), "any" in kinds or head.endswith("?")) if all(k in _KINDS for k in kinds) else None


def _head(written: str | Written) -> str:
    """What stands before a declaration's equals sign."""
    return str(written).partition("=")[0].strip()


def _named_kinds(head: str) -> list[str]:
    """The names of types in a declaration, before its equals sign."""
    return [kind.strip() for kind in head.removesuffix("?").split("|")]


def _unknown_kinds(written: str) -> list[str]:
    """The names in what is meant to declare a type that no type has; empty for a default alone.

    A union of a known type is meant so, and so is a word before `=` or `?` that some type's name or another language's
    word for it resembles. Any other text is a default.
    """
    head, equals = _head(written), "=" in written
    kinds = _named_kinds(head)
    unknown_ = [kind for kind in kinds if kind not in _KINDS]
    if len(kinds) > 1:
        return unknown_ if any(kind.removesuffix("?") in _KINDS for kind in kinds) else []
    return unknown_ if (equals or head.endswith("?")) and unknown_ and _kind_meant(unknown_[0]).meant else []


def _kind_meant(name: str) -> Unknown:
    """The fact of a type that does not exist."""
    return unknown(name, _KINDS, listed=_KINDS, sought=_WORDS.get(name.lower(), name))


def wrong_declaration(name: str, written: Any, path: Path_) -> Iterator[Problem]:
    """The problem of a declaration that names types which do not exist."""
    for kind in _unknown_kinds(str(written)) if isinstance(written, (str, Written)) else ():
        fact, message = _kind_meant(kind), f"`{name}` is declared of the type `{kind}`, which does not exist"
        help = None
        if not kind:
            message, help = f"`{name}` is declared of a union that lacks a type", "leave out the `|` without a type"
        elif kind.endswith("?") or kind.lower() in ("null", "none"):
            allowed = [n.removesuffix("?") for n in _named_kinds(_head(written)) if n.lower() not in ("null", "none")]
            help = f"null is allowed by a `?` at the end: `{' | '.join(allowed)}?`"
            fact = replace(fact, meant="")
        yield Problem(Code.WRONG_TYPE, path, fact, message, found=kind_of(written), help=help)


def _default_behind(written: str | Written) -> Any:
    """The default that stands behind a parameter's type, `int | list = 0`; `REQUIRED` if there is none.

    One that cannot be read as a value is its text, which then has the wrong type.
    """
    _, equals, text = str(written).partition("=")
    text = text.strip()
    if not equals:
        return REQUIRED
    if isinstance(written, Written):
        return _expression_behind(written, text)
    try:
        return one_value(text, "a default")
    except (NetspecError, ValueError):
        return text


def _expression_behind(written: Written, text: str) -> Written:
    """The default behind a parameter's type, if it holds expressions."""
    first, *others = written.parts or ("",)
    rest = first.partition("=")[2].lstrip() if isinstance(first, str) else ""
    fault = written.fault
    if rest[:1] in ("[", "{"):
        message, help = "a list or mapping with expressions is no default behind a type", "alone, it sets the type too"
        fault = BadExpression(Code.EXPRESSION_FORBIDDEN, message, help)
    parts = (rest, *others) if rest else tuple(others)
    return Written(text, parts, written.names, written.shapes, fault)


def kinds_of(type_name: str, nullable: bool = False) -> tuple[Kind, ...]:
    """The kinds of value that a parameter takes."""
    return (*(_KINDS[kind] for kind in type_name.split(" | ")), *((Kind("null"),) if nullable else ()))


def default_type(default: Any) -> str:
    """The type that a default sets; any for an expression or null."""
    if isinstance(default, Written):
        return "str" if default.whole is None else "any"
    kinds = ((bool, "bool"), (int, "int"), (float, "float"), (str, "str"), ((list, tuple), "list"), (dict, "layer"))
    for kind, name in kinds:
        if isinstance(default, kind):
            return name
    return "any"


def fits(value: Any, type_name: str, nullable: bool = False) -> bool:
    """Whether a value has a parameter's type, or one of its types."""
    if type(value) is int and type_name == "int":  # the most frequent case
        return True
    kinds = type_name.split(" | ")
    if value is None:
        return nullable or "any" in kinds
    if isinstance(value, bool):
        return "bool" in kinds or "any" in kinds
    return any(isinstance(value, _TYPES[kind]) for kind in kinds)


def wrong_type(parameter: Parameter, value: Any, path: Path_, *, given: bool = True) -> Iterator[Problem]:
    """The problem of a value for a parameter, if it has a wrong type.

    Args:
        parameter: The parameter.
        value: The value.
        path: The place of the value.
        given: Whether the value is given, rather than a default.
    """
    if fits(value, parameter.type, parameter.nullable):
        return
    fact = WrongType(parameter.name, kinds_of(parameter.type, parameter.nullable))
    help = _why_so(parameter, value) if given else None
    yield Problem(Code.WRONG_TYPE, path, fact, found=kind_of(value), help=help)


def _why_so(parameter: Parameter, value: Any) -> str | None:
    """Help for a value of another type than the default's: the declaration that allows both types."""
    if parameter.default is REQUIRED or parameter.default is None or value is None:
        return None
    name, own, other = parameter.name, parameter.type, default_type(value)
    default = parameter.default if own == "str" else spelt(parameter.default)
    both = f"`{name}: {own} | {other} = {default}` in its `params` takes both"
    return f"`{name}` is {in_words(kinds_of(own))} because its default is {spelt(parameter.default)}; {both}"


def names_output(name: str) -> bool:
    """Whether `name` can name an output, which is a key of a dict and a name in exported files."""
    return _OUTPUT.fullmatch(name) is not None


def wrong_name(name: str, path: Path_, of: str, *, key: bool = True) -> Iterator[Problem]:
    """The problem of the name of something that expressions read, if it is not allowed.

    Args:
        name: The name.
        path: Its place.
        of: What it names, such as ``a parameter``.
        key: Whether it is a key.
    """
    if (expected := bad_name(name)) is not None:
        yield Problem(Code.BAD_NAME, path, RefusedName(name, of), key=key, expected=expected)


def wrong_result(name: str | Written, path: Path_) -> Iterator[Problem]:
    """The problem of the name of a result, if it is not allowed; one that is to be computed is not known yet."""
    if isinstance(name, str) and not is_identifier(name):
        near = f"write `{Identifier.near(name)}`, say" if len(name) <= 24 else None
        yield Problem(Code.BAD_NAME, path, RefusedName(name, "a result"), expected=PLAIN, help=near)


def bad_name(name: str) -> str | None:
    """The reason why `name` cannot be a variable of expressions and of generated source; None if it can."""
    if name in VIEWS:
        return "another name: `x` and `input` mean what flows"
    if name in FUNCTIONS or name in _CONSTANTS:
        return f"another name: `{name}` means something in expressions"
    return None if is_identifier(name) and name != "self" else PLAIN
