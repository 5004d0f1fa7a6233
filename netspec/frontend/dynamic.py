"""Axes that vary: which sizes come of them, so that nothing is built or decided for one of their sizes alone.

The sizes of dynamic axes are symbols here. A layer's rules are asked with them, and what is made of a symbol varies
too: an axis of an output varies with it, but no weight's shape and no argument of a module may, and no expression may
read one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from netspec import expr as e
from netspec.expr import Expr
from netspec.expr.symbols import concrete, expr_of, symbol
from netspec.frontend.expressions import BadExpression, Template, parse
from netspec.graph import Input, Node, Value
from netspec.shape import Shape

_SIZE = e.Identifier("size")


class Varying:
    """Which axes of which tensors vary.

    Attributes:
        axes: By a tensor's key and index, those that do.
    """

    def __init__(self, inputs: Mapping[str, Input]) -> None:
        self.axes: dict[tuple[str, int], frozenset[int]] = {
            (name, 0): frozenset(each.dynamic) for name, each in inputs.items() if each.dynamic
        }

    def follow(self, node: Node) -> str | None:
        """Tell which axes of a call's results vary; gives what of the call is made for one size, or None.

        What a rule compares leaves no trace: a call that other sizes change otherwise is found by trying some.
        """
        if not any((value.key, value.index) in self.axes for value in node.inputs):
            return None
        given = tuple(self._symbolic(value) for value in node.inputs)
        layer = node.layer
        for value, shape in zip(node.outputs, layer.infer(given), strict=True):
            varying = frozenset(axis for axis, size in enumerate(shape) if _varies(size))
            if varying:
                self.axes[value.key, value.index] = varying
        for name, weight in layer.weights(given).items():
            if _varies(weight.shape):
                return f"`{name}` of {list(concrete(weight.shape))}"
        call = layer.emit(given)
        if _varies(call.args) or _varies(call.kwargs):
            return f"`{layer.type_name(node.input_shapes)}` with a size among its arguments"
        return None

    def _symbolic(self, value: Value) -> Shape:
        varying = self.axes.get((value.key, value.index), frozenset())
        return tuple(
            symbol(size, e.Name(_SIZE, "whole")) if axis in varying else size for axis, size in enumerate(value.shape)
        )

    def read(self, raw: Any, flow: Sequence[Value] | None, inputs: Sequence[Value] | None) -> str | None:
        """What an expression reads that varies, as it is written, or None."""
        for expr in _parsed(raw):
            for view, name, axis in _reads(expr):
                values = flow if view == "x" else inputs
                if values and self._is_read(values[0], name, axis):
                    return f"{view}.{name}"
        return None

    def _is_read(self, value: Value, name: str, axis: int | None) -> bool:
        varying = self.axes.get((value.key, value.index), frozenset())
        rank = len(value.shape)
        if name != "shape":
            places = {"channels": 0, "height": max(rank - 2, 1), "width": max(rank - 1, 1), "features": rank - 1}
            return places[name] in varying
        return bool(varying) if axis is None else axis % max(rank, 1) in varying


def _varies(value: Any) -> bool:
    """Whether something is made of a symbol."""
    if isinstance(value, (tuple, list)):
        return any(map(_varies, value))
    if isinstance(value, Mapping):
        return any(map(_varies, value.values()))
    return not isinstance(expr_of(value), e.Literal)


def _parsed(raw: Any) -> Iterator[Expr]:
    if isinstance(raw, Mapping):
        raw = [*raw.values()]
    if isinstance(raw, (tuple, list)):
        for each in raw:
            yield from _parsed(each)
    elif isinstance(raw, str) and "$" in raw:
        try:
            parsed = parse(raw)
        except BadExpression:
            return
        parts: Iterable[Any] = parsed.parts if isinstance(parsed, Template) else (parsed,)
        yield from (part for part in parts if isinstance(part, Expr))


def _reads(expr: Expr) -> Iterator[tuple[str, str, int | None]]:
    """What an expression reads of shapes: the view, the property, and of `shape` the one axis. `len` reads no size."""
    match expr:
        case e.Apply("len", (e.Attribute(e.Name("x" | "input"), "shape"),)):
            return
        case e.Index(e.Attribute(e.Name("x" | "input" as view), "shape"), e.Literal(int() as axis)):
            yield view, "shape", axis
        case e.Attribute(e.Name("x" | "input" as view), name):
            yield view, name, None
        case _:
            for part in e.children(expr):
                yield from _reads(part)


def other_sizes(inputs: Mapping[str, Input]) -> Iterator[dict[tuple[str, int], Shape]]:
    """Shapes of the inputs with other sizes of their dynamic axes: next to theirs, some apart, and twice theirs."""
    for more in (1, 2, 3, 5, None):
        yield {
            (name, 0): tuple(
                size + ((size if more is None else more) if axis in each.dynamic else 0)
                for axis, size in enumerate(each.shape)
            )
            for name, each in inputs.items()
        }
