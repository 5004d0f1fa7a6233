"""Expressions rewritten: names replaced, constants computed, neutral elements dropped."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from netspec.expr.arithmetic import shortened
from netspec.expr.evaluation import evaluate
from netspec.expr.identifiers import Identifier
from netspec.expr.logic import shorter_condition
from netspec.expr.memory import Memory, is_small
from netspec.expr.meter import ExpressionError
from netspec.expr.nodes import (
    Apply,
    Binary,
    Compare,
    Comprehension,
    Conditional,
    Expr,
    Format,
    Index,
    Items,
    Literal,
    Logic,
    Name,
    Negative,
    Not,
    Slice,
    Unknown,
    children,
    is_truth,
    is_whole,
    literal,
    names,
    rebuilt,
)


def transform(expr: Expr, leaf: Callable[[Expr], Expr | None]) -> Expr:
    """`expr` rebuilt from the bottom and folded; an expression from `leaf` replaces the part it is given for.

    A part that grows beyond the bounds becomes unknown.
    """
    made = _transform(expr, leaf)
    return made if is_small(made) else Unknown()


def _transform(expr: Expr, leaf: Callable[[Expr], Expr | None]) -> Expr:
    replaced = leaf(expr)
    if replaced is not None:
        return replaced

    def go(part: Expr) -> Expr:
        return _transform(part, leaf)

    if isinstance(expr, (Literal, Name, Unknown)):
        return expr
    if isinstance(expr, Comprehension):
        return _transform_comprehension(expr, go, leaf)
    return fold(rebuilt(expr, go))


def _transform_comprehension(
    expr: Comprehension, go: Callable[[Expr], Expr], leaf: Callable[[Expr], Expr | None]
) -> Comprehension:
    """A comprehension rebuilt; its own variables hide outer ones, and are renamed if they hide substituted names."""

    def inner(part: Expr) -> Expr | None:
        return part if isinstance(part, Name) and part.id in expr.targets else leaf(part)

    parts = [expr.element] if expr.condition is None else [expr.element, expr.condition]
    free = {name for part in parts for name in names(part)} - set(expr.targets)
    moved = [transform(Name(Identifier(name)), leaf) for name in sorted(free)]
    if taken := {name for part in moved for name in names(part)} & set(expr.targets):
        renamed = {name: Name(Identifier(f"{name}_")) for name in taken}
        targets = tuple(renamed[t].id if t in taken else t for t in expr.targets)
        element = substitute(expr.element, renamed)
        condition = None if expr.condition is None else substitute(expr.condition, renamed)
        return _transform_comprehension(Comprehension(element, targets, expr.iterable, condition), go, leaf)
    done = [_transform(part, inner) for part in parts]
    return Comprehension(done[0], expr.targets, go(expr.iterable), done[1] if len(done) > 1 else None)


def substitute(expr: Expr, bindings: Mapping[str, Expr]) -> Expr:
    """`expr` with names replaced, constants folded."""
    return transform(expr, lambda e: bindings.get(e.id) if isinstance(e, Name) else None)


_FOLDED: Memory[Expr] = Memory()


def fold(expr: Expr) -> Expr:
    """A simpler expression of the same value: constants computed, neutral elements dropped, like terms collected.

    Only the outermost level is folded: the parts are folded already.
    """
    found = _FOLDED.recall(expr)
    return _FOLDED.keep(expr, _folded(expr)) if found is None else found


def _folded(expr: Expr) -> Expr:
    match expr:
        case Binary(_, Unknown(), _) | Binary(_, _, Unknown()) | Negative(Unknown()):
            return Unknown()
        case Binary("+" | "-" | "*" as op, base, Literal(value)) if _is_neutral(op, value) and not is_truth(base):
            return base
        case Binary("+" | "*" as op, Literal(value), base) if _is_neutral(op, value) and not is_truth(base):
            return base
        case Binary() | Negative():
            expr = shortened(expr)
        case Index(Items(items), Literal(index)) if type(index) is int and -len(items) <= index < len(items):
            return items[index]
        case Slice(Items(items, as_tuple), start, stop, step) if all(map(_is_end, (start, stop, step))):
            return Items(
                items[slice(*(end.value if isinstance(end, Literal) else None for end in (start, stop, step)))],
                as_tuple,
            )
        case Apply("len", (Items(items),)):
            return Literal(len(items))
        case Apply(function, args):
            expr = _fold_call(function, args)
        case Format(parts):
            return _fold_format(parts)
        case Not() | Compare() | Logic() | Conditional():
            expr = shorter_condition(expr)
    if isinstance(expr, (Literal, Name, Items, Format, Comprehension)):
        return expr
    try:
        return literal(evaluate(expr, {})) if all(_is_constant(p) for p in children(expr)) else expr
    except ExpressionError:
        return expr


def _is_end(part: Expr | None) -> bool:
    """Whether a slice's start, stop or step is absent or a number."""
    return part is None or (isinstance(part, Literal) and type(part.value) is int)


def _is_neutral(op: str, value: object) -> bool:
    return type(value) is int and value == (op == "*")


def _fold_call(function: str, args: tuple[Expr, ...]) -> Expr:
    """A call without redundancy: its argument may already be its value, or may occur twice."""
    if function in ("int", "round", "floor", "ceil") and len(args) == 1 and is_whole(args[0]):
        return args[0]
    if function in ("min", "max") and len(args) > 1:
        once = tuple({repr(each): each for each in args}.values())  # `==` does not distinguish 1 and True
        return once[0] if len(once) == 1 else Apply(function, once)
    return Apply(function, args)


def _fold_format(parts: tuple[str | Expr, ...]) -> Expr:
    """A text with its constants written out."""
    made: list[str | Expr] = []
    for part in parts:
        if isinstance(part, Literal):
            part = str(part.value)
        if isinstance(part, str) and made and isinstance(made[-1], str):
            made[-1] += part
        else:
            made.append(part)
    return Literal(made[0]) if len(made) == 1 and isinstance(made[0], str) else Format(tuple(made))


def _is_constant(expr: Expr) -> bool:
    if isinstance(expr, Items):
        return all(_is_constant(i) for i in expr.items)
    return isinstance(expr, Literal)
