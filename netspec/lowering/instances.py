"""Lanes: the instances that one class serves, lowered in step.

A class is lowered once, for all its instances together. Each is a lane; a loop splits a lane into
one for each round. A tensor has one name and one symbolic shape for all lanes, and in each lane a
concrete value. Everything that the class computes must be right in every lane; if it is not, a loop
is unrolled, a parameter added or the class split.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from netspec.expr import Conditional, Expr, ExpressionError, Literal, Unknown, evaluate, fold, is_unknown
from netspec.expr.identifiers import Identifier
from netspec.expr.symbols import symbol, unknown
from netspec.graph import Value
from netspec.objects.immutable import immutable
from netspec.shape import Shape

NOWHERE = Identifier("_")
"""The placeholder variable of a tensor between the modules of a chain, which no variable holds."""


class Unroll(Exception):
    """The rounds of the innermost loop cannot share one text."""


class Split(Exception):
    """The instances of the class cannot share one text. `keys` has equal values for root lanes that can."""

    def __init__(self, keys: Mapping[Lane, Hashable]) -> None:
        super().__init__()
        self.keys = keys


class Lane:
    """One instance, or one round in it; `values` gives the concrete value of every name of the class there."""

    __slots__ = ("parent", "path", "root", "values")

    def __init__(self, path: str, parent: Lane | None = None) -> None:
        self.path = path
        self.parent = parent
        self.root: Lane = parent.root if parent else self
        self.values: ChainMap[str, Any] = parent.values.new_child() if parent else ChainMap({})


@immutable
class Result:
    """A result before it has a variable: its value in each lane and its shape as expressions."""

    values: Mapping[Lane, Value]
    shape: tuple[Expr, ...]

    def named(self, variable: Identifier) -> Tensor:
        """The result as the tensor in a variable."""
        return Tensor(variable, self.values, self.shape)


@immutable
class Tensor:
    """A tensor of a forward pass: its variable, its value in each lane, and its shape as expressions."""

    variable: Identifier
    values: Mapping[Lane, Value]
    shape: tuple[Expr, ...]

    def at(self, lane: Lane) -> Value:
        """Its value in a lane, or in the parent of a lane that is a round."""
        here: Lane | None = lane
        while here is not None:
            if here in self.values:
                return self.values[here]
            here = here.parent
        raise KeyError(lane)

    def holds(self, lanes: Sequence[Lane], values: Sequence[Value]) -> bool:
        """Whether it has these values in these lanes."""
        try:
            return all(self.at(lane) == value for lane, value in zip(lanes, values, strict=True))
        except KeyError:
            return False

    def within(self, lanes: Sequence[Lane]) -> Result:
        """Its value and shape, in some lanes."""
        return Result({lane: self.at(lane) for lane in lanes}, self.shape)

    def symbolic(self, lane: Lane) -> Shape:
        """Its shape in a lane, as numbers that carry their expressions."""
        return tuple(
            unknown(size) if is_unknown(expr) else symbol(size, expr)
            for size, expr in zip(self.at(lane).shape, self.shape, strict=True)
        )


def agrees(expr: Expr, lanes: Sequence[Lane], wanted: Sequence[Any]) -> bool:
    """Whether an expression has the wanted value in every lane."""
    if isinstance(expr, Literal):
        return all(same(expr.value, value) for value in wanted)
    if isinstance(expr, Unknown) or is_unknown(expr):
        return False
    try:
        return all(same(evaluate(expr, lane.values), value) for lane, value in zip(lanes, wanted, strict=True))
    except ExpressionError:
        return False


def same(left: Any, right: Any) -> bool:
    """Equality that distinguishes ``True`` from ``1`` and ``1.0`` from ``1``."""
    if isinstance(left, (tuple, list)) and isinstance(right, (tuple, list)):
        return len(left) == len(right) and all(same(a, b) for a, b in zip(left, right, strict=True))
    return type(left) is type(right) and bool(left == right)


def differ(lanes: Sequence[Lane], keys: Sequence[Hashable]) -> None:
    """Raise if lanes have different keys: `Unroll` if rounds of one instance differ, else `Split`."""
    by_root: dict[Lane, Hashable] = {}
    for lane, key in zip(lanes, keys, strict=True):
        if by_root.setdefault(lane.root, key) != key:
            raise Unroll
    if len(set(by_root.values())) > 1:
        raise Split(by_root)


def join(lanes: Sequence[Lane], there: Sequence[bool], new: Tensor, old: Tensor, test: Expr) -> Result:
    """The tensor after a step that runs only in the lanes where `test` holds."""
    values = {lane: new.at(lane) if each else old.at(lane) for lane, each in zip(lanes, there, strict=True)}
    differ(lanes, [len(value.shape) for value in values.values()])
    shape: list[Expr] = []
    for axis, (then, otherwise) in enumerate(zip(new.shape, old.shape, strict=True)):
        wanted = [values[lane].shape[axis] for lane in lanes]
        candidates = (then, otherwise, fold(Conditional(test, then, otherwise)))
        shape.append(next((c for c in candidates if agrees(c, lanes, wanted)), Unknown()))
    return Result(values, tuple(shape))
