"""Expressions as Python text."""

from __future__ import annotations

from typing import Any

from netspec import expr as e
from netspec.backends.layout import Doc, Group, Text
from netspec.expr import Expr

_LEVELS = {
    "if": 1,
    "or": 2,
    "and": 3,
    "not": 4,
    "compare": 5,
    "+": 6,
    "-": 6,
    "*": 7,
    "/": 7,
    "//": 7,
    "%": 7,
    "unary": 8,
    "**": 9,
    "atom": 10,
}


def text(expr: Expr) -> str:
    """An expression as Python."""
    return _render(expr)[0]


def document(expr: Any) -> Doc:
    """An expression, or a plain value, as a document that can be broken at its brackets."""
    if not isinstance(expr, Expr):
        return document(_as_expr(expr))
    if isinstance(expr, e.Items):
        opening, closing = ("(", ")") if expr.tuple else ("[", "]")
        return Group(
            opening, tuple(document(i) for i in expr.items), closing, single=expr.tuple and len(expr.items) == 1
        )
    if isinstance(expr, e.Logic):
        parts = [_wrapped(v, _LEVELS[expr.op]) for v in expr.values]
        return Text(text(expr), (parts[0], *(f"{expr.op} {p}" for p in parts[1:])))
    if isinstance(expr, e.Conditional):
        whole = text(expr)
        then, test, otherwise = (_wrapped(p, 2) for p in (expr.then, expr.test, expr.otherwise))
        return Text(whole, (then, f"if {test}", f"else {_wrapped(expr.otherwise, 1) or otherwise}"))
    if isinstance(expr, e.Binary) and expr.op in "+-*":
        return Text(text(expr), tuple(_operands(expr)))
    return Text(text(expr))


def _operands(expr: e.Binary) -> list[str]:
    level = _LEVELS[expr.op]
    left = expr.left
    if isinstance(left, e.Binary) and _LEVELS[left.op] == level:
        return [*_operands(left), f"{expr.op} {_wrapped(expr.right, level + 1)}"]
    return [_wrapped(left, level), f"{expr.op} {_wrapped(expr.right, level + 1)}"]


def _as_expr(value: Any) -> Expr:
    if isinstance(value, Expr):
        return value
    if isinstance(value, (tuple, list)):
        return e.Items(tuple(_as_expr(v) for v in value), isinstance(value, tuple))
    return e.Literal(value)


def _wrapped(expr: Expr, least: int) -> str:
    rendered, level = _render(expr)
    return f"({rendered})" if level < least else rendered


def _render(expr: Expr) -> tuple[str, int]:
    """The text of an expression and how tightly its outermost operator binds."""
    match expr:
        case e.Literal(value):
            negative = isinstance(value, (int, float)) and not isinstance(value, bool) and value < 0
            return literal_text(value), _LEVELS["unary" if negative else "atom"]
        case e.Name(id):
            return id, _LEVELS["atom"]
        case e.Index(value, index):
            return f"{_wrapped(value, 10)}[{text(index)}]", _LEVELS["atom"]
        case e.Slice(value, start, stop, step):
            bounds = ":".join("" if p is None else text(p) for p in (start, stop))
            end = "" if step is None else f":{text(step)}"
            return f"{_wrapped(value, 10)}[{bounds}{end}]", _LEVELS["atom"]
        case e.Negative(value):
            return f"-{_wrapped(value, 8)}", _LEVELS["unary"]
        case e.Not(value):
            return f"not {_wrapped(value, 4)}", _LEVELS["not"]
        case e.Binary("**", left, right):
            spaced = "**" if all(isinstance(p, (e.Literal, e.Name)) for p in (left, right)) else " ** "
            return f"{_wrapped(left, 10)}{spaced}{_wrapped(right, 9)}", _LEVELS["**"]
        case e.Binary(op, left, right):
            level = _LEVELS[op]
            return f"{_wrapped(left, level)} {op} {_wrapped(right, level + 1)}", level
        case e.Compare(first, rest):
            tail = " ".join(f"{op} {_wrapped(right, 6)}" for op, right in rest)
            return f"{_wrapped(first, 6)} {tail}", _LEVELS["compare"]
        case e.Logic(op, values):
            level = _LEVELS[op]
            return f" {op} ".join(_wrapped(v, level + 1) for v in values), level
        case e.Conditional(test, then, otherwise):
            return f"{_wrapped(then, 2)} if {_wrapped(test, 2)} else {_wrapped(otherwise, 1)}", _LEVELS["if"]
        case e.Apply("floor", (value,)):
            return f"int({_wrapped(value, 7)} // 1)", _LEVELS["atom"]
        case e.Apply("ceil", (value,)):
            return f"-int(-{_wrapped(value, 8)} // 1)", _LEVELS["unary"]
        case e.Apply(function, args):
            return f"{function}({', '.join(text(a) for a in args)})", _LEVELS["atom"]
        case e.Items(items, as_tuple):
            inner = ", ".join(text(i) for i in items)
            if as_tuple:
                return f"({inner},)" if len(items) == 1 else f"({inner})", _LEVELS["atom"]
            return f"[{inner}]", _LEVELS["atom"]
        case e.Comprehension(element, targets, iterable, condition):
            tail = "" if condition is None else f" if {_wrapped(condition, 2)}"
            return f"[{text(element)} for {', '.join(targets)} in {_wrapped(iterable, 2)}{tail}]", _LEVELS["atom"]
        case e.Format(parts):
            inner = "".join(_escaped(p) if isinstance(p, str) else f"{{{text(p)}}}" for p in parts)
            return f'f"{inner}"', _LEVELS["atom"]
        case e.Attribute(value, name):
            return f"{_wrapped(value, 10)}.{name}", _LEVELS["atom"]
    raise TypeError(f"{expr} cannot be written")


def literal_text(value: Any) -> str:
    """A literal as ruff writes it: texts in double quotes where that needs no more escapes."""
    if isinstance(value, str):
        if '"' in value and "'" not in value:
            return repr(value)
        body = repr(f"{value}'\"")[1:-1] if "'" in value else repr(value)[1:-1]
        if "'" in value:
            body = body.removesuffix("\\'\"").removesuffix("'\\\"").replace("\\'", "'")
            body = body.replace('"', '\\"') if '\\"' not in body else body
        return f'"{body}"'
    if isinstance(value, float) and value != value:
        return 'float("nan")'
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        return f'float("{value}")'
    return repr(value)


def _escaped(value: str) -> str:
    return literal_text(value)[1:-1].replace("{", "{{").replace("}", "}}")
