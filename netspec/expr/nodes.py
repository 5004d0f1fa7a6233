"""The tree: its nodes, and their properties that need no evaluation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import field
from typing import Any, TypeAlias
from typing import Literal as OneOf

from netspec.expr.identifiers import Identifier
from netspec.objects.immutable import immutable

Kind: TypeAlias = OneOf["any", "whole", "truth", "sequence"]


class Expr:
    """Base of all expressions; each caches its hash, which is computed from all of its parts."""

    __slots__ = ("_hash",)
    _hash: int

    def __init_subclass__(cls) -> None:
        cls.__hash__ = Expr.__hash__  # type: ignore[method-assign]

    def __hash__(self) -> int:
        found: int | None = getattr(self, "_hash", None)
        if found is None:
            found = hash(self.__compared__(self))  # type: ignore[attr-defined]
            object.__setattr__(self, "_hash", found)
        return found


@immutable
class Literal(Expr):
    """A number, a text, a truth value or None."""

    value: Any


@immutable
class Name(Expr):
    """A variable.

    `kind` is the kind of all its values, if known: integer arithmetic can be simplified further, and a
    sequence is written so that it may be a list or a tuple.
    """

    id: Identifier
    kind: Kind = field(default="any", compare=False)


@immutable
class Unknown(Expr):
    """A value of unknown origin; any expression with it is unknown too."""


@immutable
class Attribute(Expr):
    """``x.channels``: a property of a shape."""

    value: Expr
    name: Identifier


@immutable
class Index(Expr):
    """``depths[0]``."""

    value: Expr
    index: Expr


@immutable
class Slice(Expr):
    """``depths[a:b:c]``; an absent part is None."""

    value: Expr
    start: Expr | None
    stop: Expr | None
    step: Expr | None


@immutable
class Negative(Expr):
    """``-value``."""

    value: Expr


@immutable
class Not(Expr):
    """``not value``."""

    value: Expr


@immutable
class Binary(Expr):
    """Arithmetic: ``+ - * / // % **``."""

    op: str
    left: Expr
    right: Expr


@immutable
class Compare(Expr):
    """``first op a op b ...``, chained as in Python."""

    first: Expr
    rest: tuple[tuple[str, Expr], ...]


@immutable
class Logic(Expr):
    """``a and b and ...`` or ``a or b or ...``."""

    op: str
    values: tuple[Expr, ...]


@immutable
class Conditional(Expr):
    """``then if test else otherwise``."""

    test: Expr
    then: Expr
    otherwise: Expr


@immutable
class Apply(Expr):
    """A call of one of the `FUNCTIONS`."""

    function: str
    args: tuple[Expr, ...]


@immutable
class Items(Expr):
    """A list; `tuple` selects its form in generated source."""

    items: tuple[Expr, ...]
    tuple: bool = False


@immutable
class Comprehension(Expr):
    """``[element for targets in iterable if condition]``."""

    element: Expr
    targets: tuple[Identifier, ...]
    iterable: Expr
    condition: Expr | None


@immutable
class Format(Expr):
    """A text with numbers in it, such as ``conv3``: texts and expressions in order."""

    parts: tuple[str | Expr, ...]


@immutable
class Round(Expr):
    """The index of one of a number of rounds."""

    index: int
    number: Expr


@immutable
class After(Expr):
    """A size after a number of rounds that change it."""

    value: Expr
    number: Expr


def children(expr: Expr) -> Iterator[Expr]:
    """The direct parts of an expression."""
    if isinstance(expr, Compare):
        yield expr.first
        yield from (right for _, right in expr.rest)
        return
    for name in type(expr).__slots__:
        part = getattr(expr, name)
        if isinstance(part, Expr):
            yield part
        elif isinstance(part, tuple):
            yield from (p for p in part if isinstance(p, Expr))


def rebuilt(expr: Expr, change: Callable[[Expr], Expr]) -> Expr:
    """An expression of the same kind whose direct parts are changed."""

    def made(part: Any) -> Any:
        if isinstance(part, Expr):
            return change(part)
        return tuple(map(made, part)) if isinstance(part, tuple) else part

    return type(expr)(*(made(getattr(expr, name)) for name in type(expr).__slots__))


def names(expr: Expr) -> set[str]:
    """Variables that an expression reads, without those that a comprehension binds."""
    if isinstance(expr, Name):
        return {expr.id}
    found: set[str] = set()
    for part in children(expr):
        found |= names(part)
    if isinstance(expr, Comprehension):
        found = (found - set(expr.targets)) | names(expr.iterable)
    return found


def kind_of(values: Iterable[Any]) -> Kind:
    """The kind of a variable with these values."""
    types = {type(value) for value in values}
    if types and types <= {tuple, list}:
        return "sequence"
    return "whole" if types == {int} else "truth" if types == {bool} else "any"


def is_whole(expr: Expr) -> bool:
    """Whether the value of `expr` is an integer for all values of its variables."""
    match expr:
        case Literal(value):
            return type(value) is int
        case Name():
            return expr.kind == "whole"
        case Negative(value):
            return is_whole(value)
        case Binary("+" | "-" | "*" | "//" | "%", left, right):
            return is_whole(left) and is_whole(right)
        case Conditional(_, then, otherwise):
            return is_whole(then) and is_whole(otherwise)
        case Apply("len" | "int" | "floor" | "ceil") | Apply("round", (_,)) | Round() | After():
            return True
        case Apply("min" | "max" | "abs" | "make_divisible", args):
            return all(is_whole(a) for a in args)
    return False


def is_truth(expr: Expr) -> bool:
    """Whether the value of `expr` is true or false for all values of its variables."""
    match expr:
        case Literal(value):
            return type(value) is bool
        case Name():
            return expr.kind == "truth"
        case Not() | Compare():
            return True
        case Logic(_, values):
            return all(map(is_truth, values))
        case Conditional(_, then, otherwise):
            return is_truth(then) and is_truth(otherwise)
    return False


def identical(left: Expr, right: Expr) -> bool:
    """Whether two expressions are identical; `==` also equates literals 1, 1.0 and True, and names of other kinds."""
    return left is right or (left == right and alike(left, right))


def alike(left: Expr, right: Expr) -> bool:
    """Whether two equal expressions have literals of the same types, and names of the same kinds and types."""
    if left is right:
        return True
    if isinstance(left, Literal) and isinstance(right, Literal):
        return repr(left.value) == repr(right.value)
    if isinstance(left, Name) and isinstance(right, Name):
        return left.kind == right.kind and type(left.id) is type(right.id)
    targets = [list(map(type, each.targets)) for each in (left, right) if isinstance(each, Comprehension)]
    return targets[:1] == targets[1:] and all(map(alike, children(left), children(right)))


def is_unknown(expr: Expr) -> bool:
    """Whether any part of `expr` is unknown."""
    return isinstance(expr, Unknown) or any(is_unknown(p) for p in children(expr))


def depth(expr: Expr) -> int:
    """Levels of nesting."""
    return 1 + max((depth(p) for p in children(expr)), default=0)


def literal(value: Any) -> Expr:
    """A plain value as an expression."""
    if isinstance(value, (list, tuple)):
        return Items(tuple(literal(v) for v in value), isinstance(value, tuple))
    return Literal(value)
