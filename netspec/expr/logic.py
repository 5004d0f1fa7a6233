"""Conditions in their shortest form: comparisons, `and`, `or`, `not` and the choices between two values."""

from __future__ import annotations

from netspec.expr.nodes import Apply, Compare, Conditional, Expr, Literal, Logic, Not, identical, is_truth, is_whole

NEGATED = {"==": "!=", "!=": "==", "in": "not in", "not in": "in"}
EQUAL_TO_ITSELF = {"==": True, "<=": True, ">=": True, "!=": False, "<": False, ">": False}


def shorter_condition(expr: Expr) -> Expr:
    """A shorter expression of the same value; the expression itself if there is none."""
    match expr:
        case Not(Not(value)) if is_truth(value):
            return value
        case Not(Compare(first, ((op, other),))) if op in NEGATED:
            return Compare(first, ((NEGATED[op], other),))
        case Compare(first, ((op, other),)):
            return _compared(expr, first, op, other)
        case Logic(op, values):
            return _joined(op, values)
        case Conditional(test, then, otherwise):
            return _chosen(expr, test, then, otherwise)
    return expr


def _compared(expr: Expr, first: Expr, op: str, other: Expr) -> Expr:
    """A comparison of a value with itself, or with a truth value, as the value or its opposite."""
    if op in EQUAL_TO_ITSELF and identical(first, other):
        return Literal(EQUAL_TO_ITSELF[op])
    if op in ("==", "!="):
        for value, constant in ((first, other), (other, first)):
            if isinstance(constant, Literal) and type(constant.value) is bool and not isinstance(value, Literal):
                if is_truth(value):
                    return value if constant.value == (op == "==") else shorter_condition(Not(value))
                return Compare(value, ((op, Literal(int(constant.value))),))  # True equals 1, False equals 0
    return expr


def _joined(op: str, values: tuple[Expr, ...]) -> Expr:
    """Operands of `and` or `or` without neutral ones, and without those behind a deciding one."""
    neutral = op == "and"
    kept: list[Expr] = []
    for number, value in enumerate(values):
        last = number == len(values) - 1
        if isinstance(value, Literal) and bool(value.value) == neutral and not last:
            continue
        if not last and _place(value, kept) is not None:
            continue
        kept.append(value)
        if isinstance(value, Literal) and bool(value.value) != neutral:
            break
    before = _place(kept[-1], kept[:-1])
    if before is not None and (before == len(kept) - 2 or all(map(is_truth, kept))):
        kept.pop()  # a value that was tested before decides nothing more
    if len(kept) > 1 and isinstance(decisive := kept[-1], Literal) and all(map(is_truth, kept)):
        if decisive.value != neutral:
            return decisive
        kept.pop()
    return kept[0] if len(kept) == 1 else Logic(op, tuple(kept))


def _place(value: Expr, among: list[Expr]) -> int | None:
    return next((n for n, each in enumerate(among) if identical(each, value)), None)


def _chosen(expr: Expr, test: Expr, then: Expr, otherwise: Expr) -> Expr:
    """A choice between equal values, one that is its own condition, or the minimum or maximum of two values."""
    if isinstance(test, Literal):
        return then if test.value else otherwise
    if identical(then, otherwise):
        return then
    if is_truth(test) and _are_truths(then, otherwise):
        return test if then == Literal(True) else shorter_condition(Not(test))
    match test:
        case Compare(left, ((("<" | "<=" | ">" | ">=") as op, right),)) if _same_pair(then, otherwise, left, right):
            name = "min" if identical(then, left) == (op in ("<", "<=")) else "max"
            if is_whole(left) and is_whole(right):
                return Apply(name, (left, right))
            if _is_number(left) or _is_number(right):
                # `min` and `max` return the first of equal values, such as 1 and 1.0.
                first, second = (then, otherwise) if "=" in op else (otherwise, then)
                return Apply(name, (first, second))
    return expr


def _same_pair(one: Expr, other: Expr, left: Expr, right: Expr) -> bool:
    straight = identical(one, left) and identical(other, right)
    return straight or (identical(one, right) and identical(other, left))


def _is_number(expr: Expr) -> bool:
    """Whether a value is a number, and therefore the value that it is compared with, too."""
    return is_whole(expr) or (isinstance(expr, Literal) and type(expr.value) is float)


def _are_truths(*values: Expr) -> bool:
    return all(isinstance(value, Literal) and type(value.value) is bool for value in values)
