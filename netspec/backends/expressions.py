"""Expressions as Python text.

Sequences are tuples, as in the evaluation of expressions. Only a parameter may also be a list.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from netspec import expr as e
from netspec.backends.layout import WIDTH, Chain, Doc, Group, Text, prefixed
from netspec.expr import Expr

IF, OR, AND, NOT, COMPARE, SUM, PRODUCT, UNARY, POWER, ATOM = range(1, 11)
"""The precedence of Python's operators."""

_BINARY = {"+": SUM, "-": SUM, "*": PRODUCT, "/": PRODUCT, "//": PRODUCT, "%": PRODUCT, "**": POWER}


def text(expr: Expr) -> str:
    """An expression as Python text on one line."""
    return document(expr).flat()


def document(value: Any) -> Doc:
    """An expression, or a plain value, as a document that can be broken at its brackets and operators."""
    if isinstance(value, list):
        return Group("[", tuple(document(each) for each in value), "]", "list")
    if isinstance(value, dict):
        pairs = (prefixed(f"{literal_text(key)}: ", document(each)) for key, each in value.items())
        return Group("{", tuple(pairs), "}", "list")
    if isinstance(value, tuple):
        return Group("(", tuple(document(each) for each in value), ")", "tuple")
    expr = value if isinstance(value, Expr) else e.Literal(value)
    match expr:
        case e.Literal(str() as each) if "\n" in each and len(literal_text(each)) > WIDTH:
            # Too long for any line: one literal for each line of the text; Python joins them.
            return Group("(", tuple(Text(literal_text(line)) for line in each.splitlines(keepends=True)), ")", "bare")
        case e.Literal(each):
            return Text(literal_text(each))
        case e.Name(id):
            return Text(id)
        case e.Attribute(owner, name):
            return Text(f"{_operand(owner, ATOM).flat()}.{name}")
        case e.Index(owner, index):
            return Text(f"{_operand(owner, ATOM).flat()}[{text(index)}]")
        case e.Slice():
            return Text(_slice(expr))
        case e.Negative(each):
            return prefixed("-", _operand(each, ATOM if level(each) == POWER else UNARY))
        case e.Not(each):
            return prefixed("not ", _operand(each, ATOM if level(each) == POWER else NOT))
        case e.Binary("+") if _is_sequence(expr):
            return Group("(", tuple(_spread(expr)), ")", "tuple")
        case e.Binary("**", left, right):
            sign = "**" if _is_short(left) and _is_short(right) else " ** "
            return Text(f"{_operand(left, ATOM).flat()}{sign}{_operand(right, POWER).flat()}")
        case e.Binary("*", left, right) if _is_sequence(left) or _is_sequence(right):
            docs = [_firm(part, ATOM) if _is_sequence(part) else _operand(part, ATOM) for part in (left, right)]
            return Chain(docs[0], (("*", docs[1]),))
        case e.Binary(op):
            first, rest = _terms(expr, _BINARY[op])
            return Chain(first, tuple(rest))
        case e.Compare():
            return _compare(expr)
        case e.Logic():
            first, rest = _joined(expr)
            return Chain(first, tuple(rest))
        case e.Conditional():
            return Chain(_operand(expr.then, OR), tuple(_choices(expr)))
        case e.Apply(function, args):
            return _apply(function, args)
        case e.Items(items):
            return Group("(", tuple(document(i) for i in items), ")", "tuple")
        case e.Comprehension():
            return _comprehension(expr)
        case e.Format(parts):
            return Text(_format(parts))
    raise TypeError(f"{expr} cannot be written")


def level(expr: Expr) -> int:
    """The precedence of the outermost operator in the text of an expression."""
    match expr:
        case e.Literal(value):
            negative = isinstance(value, (int, float)) and literal_text(value).startswith("-")  # -0.0 too
            return UNARY if negative and math.isfinite(value) else ATOM
        case e.Negative() | e.Apply("ceil"):
            return UNARY
        case e.Not():
            return NOT
        case e.Binary("+") if _is_sequence(expr):
            return ATOM
        case e.Binary(op):
            return _BINARY[op]
        case e.Compare():
            return COMPARE
        case e.Logic(op):
            return OR if op == "or" else AND
        case e.Conditional():
            return IF
    return ATOM


def _operand(expr: Expr, least: int) -> Doc:
    """An operand, in parentheses if its precedence is lower than `least`."""
    return Group("(", (document(expr),), ")", "bare") if level(expr) < least else document(expr)


def _terms(expr: Expr, binding: int) -> tuple[Doc, list[tuple[str, Doc]]]:
    """The operands that operators of one precedence level join, from left to right."""
    if isinstance(expr, e.Binary) and level(expr) == binding:
        first, rest = _terms(expr.left, binding)
        return first, [*rest, (expr.op, _operand(expr.right, binding + 1))]
    return _operand(expr, binding), []


def _firm(expr: Expr, least: int) -> Doc:
    """A sequence as an operand that is certainly a tuple; a parameter may be a tuple or a list."""
    if isinstance(expr, (e.Name, e.Index, e.Slice)):
        return Group("tuple(", (document(expr),), ")")
    return _operand(expr, least)


def _compare(expr: e.Compare) -> Chain:
    parts = [expr.first, *(right for _, right in expr.rest)]
    sequences = any(_is_sequence(part) for part in parts) and all(op in ("==", "!=") for op, _ in expr.rest)
    docs = [_firm(part, SUM) if sequences else _operand(part, SUM) for part in parts]
    ops = [_sign(op, left, right) for left, (op, right) in zip(parts, expr.rest, strict=False)]
    return Chain(docs[0], tuple(zip(ops, docs[1:], strict=True)))


def _sign(op: str, left: Expr, right: Expr) -> str:
    """The sign of a comparison: `is` for comparisons with None, which equals nothing else."""
    asked = any(isinstance(part, e.Literal) and part.value is None for part in (left, right))
    return {"==": "is", "!=": "is not"}.get(op, op) if asked else op


def _joined(expr: Expr) -> tuple[Doc, list[tuple[str, Doc]]]:
    """The operands of `and` and `or`, which are broken together."""
    if not isinstance(expr, e.Logic):
        return _operand(expr, NOT), []
    joined: list[tuple[str, Doc]] = []
    for value in expr.values:
        inside = isinstance(value, e.Logic) and (expr.op, value.op) == ("or", "and")
        first, rest = _joined(value) if inside else (_operand(value, NOT), [])
        joined += [(expr.op, first), *rest]
    return joined[0][1], joined[1:]


def _choices(expr: e.Conditional) -> Iterator[tuple[str, Doc]]:
    """The `if` and `else` of a conditional, and those of the conditionals in its `else`."""
    yield "if", _operand(expr.test, OR)
    if isinstance(expr.otherwise, e.Conditional):
        yield "else", _operand(expr.otherwise.then, OR)
        yield from _choices(expr.otherwise)
    else:
        yield "else", document(expr.otherwise)


def _apply(function: str, args: tuple[Expr, ...]) -> Doc:
    # `math` is not imported: floor division rounds like `floor`.
    if function == "floor":
        return Text(f"int({_operand(args[0], PRODUCT).flat()} // 1)")
    if function == "ceil":
        return Text(f"-int({document(e.Negative(args[0])).flat()} // 1)")
    return Group(f"{function}(", tuple(document(a) for a in args), ")")


def _comprehension(expr: e.Comprehension) -> Group:
    loop = prefixed(f"for {', '.join(expr.targets)} in ", _operand(expr.iterable, OR))
    tail = () if expr.condition is None else (prefixed("if ", _operand(expr.condition, OR)),)
    return Group("tuple(", (document(expr.element), loop, *tail), ")", "generator")


def _slice(expr: e.Slice) -> str:
    # Like ruff: spaces around a colon if a bound is more than a name or a number.
    space = "" if all(map(_is_simple, (expr.start, expr.stop, expr.step))) else " "
    bounds = "" if expr.start is None else f"{text(expr.start)}{space}"
    bounds += ":" if expr.stop is None else f":{space}{text(expr.stop)}"
    if expr.step is not None:
        bounds += f"{'' if expr.stop is None else space}:{space}{text(expr.step)}"
    return f"{_operand(expr.value, ATOM).flat()}[{bounds}]"


def _is_short(operand: Expr) -> bool:
    """Whether ruff puts no spaces between an operand and its ``**``."""
    if isinstance(operand, e.Literal):
        return not isinstance(operand.value, str) and level(operand) == ATOM
    return isinstance(operand, e.Name)


def _is_simple(bound: Expr | None) -> bool:
    if isinstance(bound, e.Negative):
        return _is_simple(bound.value)
    return bound is None or isinstance(bound, (e.Literal, e.Name))


def _is_sequence(expr: Expr) -> bool:
    """Whether an expression is known to be a sequence."""
    match expr:
        case e.Name(_, kind):
            return kind == "sequence"
        case e.Items() | e.Comprehension():
            return True
        case e.Slice(value):
            return not _is_text(value)
        case e.Binary("+" | "*", left, right):
            return _is_sequence(left) or _is_sequence(right)
        case e.Conditional(_, then, otherwise):
            return _is_sequence(then) or _is_sequence(otherwise)
    return False


def _is_text(expr: Expr) -> bool:
    """Whether an expression is known to be a text."""
    match expr:
        case e.Literal(value):
            return isinstance(value, str)
        case e.Index(value) | e.Slice(value):
            return _is_text(value)
        case e.Binary("+" | "*", left, right):
            return _is_text(left) or _is_text(right)
    return isinstance(expr, e.Format)


def _spread(expr: Expr) -> Iterator[Doc]:
    """The items of a sum of sequences. Unlike `+`, they may come from lists and tuples alike."""
    if isinstance(expr, e.Binary) and expr.op == "+":
        yield from _spread(expr.left)
        yield from _spread(expr.right)
    elif isinstance(expr, e.Items):
        yield from (document(item) for item in expr.items)
    else:
        yield prefixed("*", _operand(expr, SUM))


def literal_text(value: Any) -> str:
    """A literal in ruff's format: texts have the quotes that need fewer escapes, double ones if equal."""
    if isinstance(value, str):
        quote = "'" if value.count('"') > value.count("'") else '"'
        return quote + "".join(_character(c, quote) for c in value) + quote
    if isinstance(value, float) and not math.isfinite(value):
        return f'float("{value}")'
    return repr(value)


def _character(character: str, quote: str) -> str:
    if character in (quote, "\\"):
        return f"\\{character}"
    return character if character == "'" else repr(character)[1:-1]


def _format(parts: tuple[str | Expr, ...]) -> str:
    """A text with values in it. Before Python 3.12, values in braces may not contain its quotes or a backslash."""
    inner = []
    for part in parts:
        if isinstance(part, str):
            escaped = "".join(_character(c, '"') for c in part)
            inner.append(escaped.replace("{", "{{").replace("}", "}}"))
            continue
        value = text(part)
        if "'" not in value:
            value = value.replace('"', "'")
        if '"' in value or "\\" in value:
            pieces = [literal_text(p) if isinstance(p, str) else f"str({text(p)})" for p in parts]
            return f'"".join([{", ".join(pieces)}])'
        inner.append(f"{{{value}}}")
    return f'f"{"".join(inner)}"'
