"""A formula as a lecturer writes it: with its symbols, then with the numbers put in.

It is written once, as arithmetic such as ``floor((H + 2*p - k) / s) + 1``; text, LaTeX and value follow from that.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Literal

Form = Literal["text", "latex"]

_FUNCTIONS: Mapping[str, Callable[[int, int], int]] = {"floor": lambda a, b: a // b, "ceil": lambda a, b: -(-a // b)}
"""Each takes one quotient."""

_BRACKETS = {"floor": (r"\left\lfloor ", r" \right\rfloor"), "ceil": (r"\left\lceil ", r" \right\rceil")}
_SUM, _PRODUCT, _ATOM = range(3)


@dataclass(frozen=True, slots=True)
class Formula:
    """One figure and where it comes from.

    Attributes:
        name: What it gives: ``height``, ``params``, ``macs``, ...
        arithmetic: Sums, differences, products, exact quotients, and ``floor`` and ``ceil`` of a quotient.
        values: A number for each symbol.
        note: A remark, where there is more to say.
    """

    name: str
    arithmetic: str
    values: Mapping[str, int] = field(default_factory=dict)
    note: str | None = None

    @classmethod
    def of(cls, name: str, arithmetic: str, values: Mapping[str, int]) -> Formula:
        """A formula with those of the numbers that it has a symbol for."""
        used = {node.id for node in ast.walk(_parsed(arithmetic)) if isinstance(node, ast.Name)}
        return cls(name, arithmetic, {symbol: number for symbol, number in values.items() if symbol in used})

    @property
    def value(self) -> int:
        """The number it gives."""
        return _evaluate(_parsed(self.arithmetic), self.values)

    @property
    def is_arithmetic(self) -> bool:
        """Whether there is more to it than a number."""
        return not isinstance(_parsed(self.arithmetic), ast.Constant)

    @property
    def symbols(self) -> str | None:
        """``floor((H + 2*p - k)/s) + 1``; None where there are none."""
        return _written(_parsed(self.arithmetic), None, "text") if self.values else None

    @property
    def numbers(self) -> str:
        """``floor((28 + 2*2 - 5)/1) + 1``."""
        return _in_front(_written(_parsed(self.arithmetic), self.values, "text"))

    @property
    def latex(self) -> str:
        """Symbols, numbers and value, equal signs between, for LaTeX's mathematical mode."""
        tree = _parsed(self.arithmetic)
        parts = [_written(tree, None, "latex")] if self.values else []
        parts += [_in_front(_written(tree, self.values, "latex"))] if self.is_arithmetic else []
        return " = ".join([*parts, f"{self.value:,}".replace(",", "{,}")])


@cache
def _parsed(arithmetic: str) -> ast.expr:
    return ast.parse(arithmetic, mode="eval").body


def _evaluate(node: ast.expr, values: Mapping[str, int]) -> int:
    match node:
        case ast.Constant(value=int(number)):
            return number
        case ast.Name(id=name):
            return int(values[name])
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_evaluate(operand, values)
        case ast.Call(func=ast.Name(id=name), args=[ast.BinOp(left=left, op=ast.Div(), right=right)]):
            return _FUNCTIONS[name](_evaluate(left, values), _evaluate(right, values))
        case ast.BinOp(left=left, op=op, right=right):
            a, b = _evaluate(left, values), _evaluate(right, values)
            if isinstance(op, ast.Div):
                if a % b:
                    raise ValueError(f"{a} / {b} is not whole")
                return a // b
            return a * b if isinstance(op, ast.Mult) else a - b if isinstance(op, ast.Sub) else a + b
    raise ValueError(f"a formula has no {type(node).__name__}")


def _written(
    node: ast.expr, values: Mapping[str, int] | None, form: Form, tight: bool = False, outer: int = _SUM
) -> str:
    """The formula, in symbols or, with `values`, in numbers; `tight` within a quotient, as one writes it."""
    match node:
        case ast.Constant(value=number):
            return str(number)
        case ast.Name(id=name):
            if values is None:
                return _symbol(name) if form == "latex" else name
            return str(values[name]) if values[name] >= 0 else f"({values[name]})"
        case ast.UnaryOp(operand=operand):
            return f"-{_written(operand, values, form, tight, _ATOM)}"
        case ast.Call(func=ast.Name(id=name), args=[argument]):
            inner = _written(argument, values, form, tight=True)
            opening, closing = _BRACKETS[name] if form == "latex" else (f"{name}(", ")")
            return f"{opening}{inner}{closing}"
        case ast.BinOp(left=left, op=op, right=right):
            if isinstance(op, ast.Div) and form == "latex":
                return rf"\frac{{{_written(left, values, form)}}}{{{_written(right, values, form)}}}"
            own = _SUM if isinstance(op, (ast.Add, ast.Sub)) else _PRODUCT
            # A difference or a quotient on the right keeps its brackets: a - (b - c).
            after = own if isinstance(op, (ast.Add, ast.Mult)) else own + 1
            text = (
                _written(left, values, form, tight, own)
                + _sign(op, values is not None, form, tight)
                + _written(right, values, form, tight, after)
            )
            if own >= outer:
                return text
            return rf"\left({text}\right)" if form == "latex" else f"({text})"
    raise ValueError(f"a formula has no {type(node).__name__}")


def _in_front(text: str) -> str:
    """A negative number needs no brackets where nothing stands before it."""
    return re.sub(r"^\((-\d+)\)", r"\1", text)


def _sign(op: ast.operator, numbers: bool, form: Form, tight: bool) -> str:
    if isinstance(op, ast.Add):
        return " + "
    if isinstance(op, ast.Sub):
        return " - "
    if isinstance(op, ast.Div):
        return "/"
    if form == "latex":
        return r" \times " if numbers else r" \, "
    return "*" if tight else " x "


def _symbol(name: str) -> str:
    """``C_in`` as LaTeX writes it; a word stands upright."""
    base, *below = name.split("_")
    head = base if len(base) == 1 else rf"\text{{{base}}}"
    return head + (rf"_{{\text{{{' '.join(below)}}}}}" if below else "")
