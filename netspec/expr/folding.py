"""Expressions rewritten: names replaced, constants computed, neutral elements dropped."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from netspec.expr import nodes as e
from netspec.expr.arithmetic import shortened
from netspec.expr.evaluation import evaluate
from netspec.expr.identifiers import Identifier
from netspec.expr.logic import shorter_condition
from netspec.expr.memory import Memory, is_small
from netspec.expr.meter import ExpressionError


def transform(expr: e.Expr, leaf: Callable[[e.Expr], e.Expr | None]) -> e.Expr:
    """`expr` rebuilt from the bottom and folded; an expression from `leaf` replaces the part it is given for.

    A part that grows beyond the bounds becomes unknown.
    """
    made = _transform(expr, leaf)
    return made if is_small(made) else e.Unknown()


def _transform(expr: e.Expr, leaf: Callable[[e.Expr], e.Expr | None]) -> e.Expr:
    replaced = leaf(expr)
    if replaced is not None:
        return replaced

    def go(part: e.Expr) -> e.Expr:
        return _transform(part, leaf)

    if isinstance(expr, (e.Literal, e.Name, e.Unknown)):
        return expr
    if isinstance(expr, e.Comprehension):
        return _transform_comprehension(expr, go, leaf)
    return fold(e.rebuilt(expr, go))


def _transform_comprehension(
    expr: e.Comprehension, go: Callable[[e.Expr], e.Expr], leaf: Callable[[e.Expr], e.Expr | None]
) -> e.Comprehension:
    """A comprehension rebuilt; its own variables hide outer ones, and are renamed if they hide substituted names."""

    def inner(part: e.Expr) -> e.Expr | None:
        return part if isinstance(part, e.Name) and part.id in expr.targets else leaf(part)

    parts = [expr.element] if expr.condition is None else [expr.element, expr.condition]
    free = {name for part in parts for name in e.names(part)} - set(expr.targets)
    moved = [transform(e.Name(Identifier(name)), leaf) for name in sorted(free)]
    if taken := {name for part in moved for name in e.names(part)} & set(expr.targets):
        other = {name: Identifier(f"{name}_") for name in taken}
        return _transform_comprehension(retargeted(expr, other), go, leaf)
    done = [_transform(part, inner) for part in parts]
    return e.Comprehension(done[0], expr.targets, go(expr.iterable), done[1] if len(done) > 1 else None)


def substitute(expr: e.Expr, bindings: Mapping[str, e.Expr]) -> e.Expr:
    """`expr` with names replaced, constants folded."""
    return transform(expr, lambda part: bindings.get(part.id) if isinstance(part, e.Name) else None)


def retargeted(expr: e.Comprehension, other: Mapping[str, Identifier]) -> e.Comprehension:
    """A comprehension with other names for some of its own variables."""
    bindings = {name: e.Name(new) for name, new in other.items()}
    condition = None if expr.condition is None else substitute(expr.condition, bindings)
    targets = tuple(other.get(name, name) for name in expr.targets)
    return e.Comprehension(substitute(expr.element, bindings), targets, expr.iterable, condition)


_FOLDED: Memory[e.Expr] = Memory()


def fold(expr: e.Expr) -> e.Expr:
    """A simpler expression of the same value: constants computed, neutral elements dropped, like terms collected.

    Only the outermost level is folded: the parts are folded already.
    """
    found = _FOLDED.recall(expr)
    return _FOLDED.keep(expr, _folded(expr)) if found is None else found


def _folded(expr: e.Expr) -> e.Expr:
    match expr:
        case e.Binary(_, e.Unknown(), _) | e.Binary(_, _, e.Unknown()) | e.Negative(e.Unknown()):
            return e.Unknown()
        case e.Binary("+" | "-" | "*" as op, base, e.Literal(value)) if _is_neutral(op, value) and not e.is_truth(base):
            return base
        case e.Binary("+" | "*" as op, e.Literal(value), base) if _is_neutral(op, value) and not e.is_truth(base):
            return base
        case e.Binary() | e.Negative():
            expr = shortened(expr)
        case e.Index(e.Items(items), e.Literal(index)) if type(index) is int and -len(items) <= index < len(items):
            return items[index]
        case e.Slice(e.Items(items, as_tuple), start, stop, step) if all(map(_is_end, (start, stop, step))):
            return e.Items(
                items[slice(*(end.value if isinstance(end, e.Literal) else None for end in (start, stop, step)))],
                as_tuple,
            )
        case e.Apply("len", (e.Items(items),)):
            return e.Literal(len(items))
        case e.Apply(function, args):
            expr = _fold_call(function, args)
        case e.Format(parts):
            return _fold_format(parts)
        case e.Not() | e.Compare() | e.Logic() | e.Conditional():
            expr = shorter_condition(expr)
    if isinstance(expr, (e.Literal, e.Name, e.Items, e.Format, e.Comprehension)):
        return expr
    try:
        return e.literal(evaluate(expr, {})) if all(_is_constant(p) for p in e.children(expr)) else expr
    except ExpressionError:
        return expr


def _is_end(part: e.Expr | None) -> bool:
    """Whether a slice's start, stop or step is absent or a number."""
    return part is None or (isinstance(part, e.Literal) and type(part.value) is int)


def _is_neutral(op: str, value: object) -> bool:
    return type(value) is int and value == (op == "*")


def _fold_call(function: str, args: tuple[e.Expr, ...]) -> e.Expr:
    """A call without redundancy: its argument may already be its value, or may occur twice."""
    if function in ("int", "round", "floor", "ceil") and len(args) == 1 and e.is_whole(args[0]):
        return args[0]
    if function in ("min", "max") and len(args) > 1:
        once = tuple({repr(each): each for each in args}.values())  # `==` does not distinguish 1 and True
        return once[0] if len(once) == 1 else e.Apply(function, once)
    return e.Apply(function, args)


def _fold_format(parts: tuple[str | e.Expr, ...]) -> e.Expr:
    """A text with its constants written out."""
    made: list[str | e.Expr] = []
    for part in parts:
        if isinstance(part, e.Literal):
            part = str(part.value)
        if isinstance(part, str) and made and isinstance(made[-1], str):
            made[-1] += part
        else:
            made.append(part)
    return e.Literal(made[0]) if len(made) == 1 and isinstance(made[0], str) else e.Format(tuple(made))


def _is_constant(expr: e.Expr) -> bool:
    if isinstance(expr, e.Items):
        return all(_is_constant(i) for i in expr.items)
    return isinstance(expr, e.Literal)
