"""Lanes: the instances that one class serves, lowered in step.

A class is lowered once, for all its instances together. Each is a lane; a loop splits a lane into
one for each round. A tensor has one name and one symbolic shape for all lanes, and in each lane a
concrete value. Everything that the class computes must be right in every lane; if it is not, a loop
is unrolled, a parameter added or the class split. A site is an entry of the spec in all of them.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from netspec.expr import Conditional, Expr, ExpressionError, Literal, Unknown, evaluate, fold, is_unknown
from netspec.expr.identifiers import Identifier
from netspec.expr.symbols import symbol, unknown
from netspec.graph import Scope, ScopeKind, Value
from netspec.objects.immutable import immutable
from netspec.shape import Shape

if TYPE_CHECKING:
    from netspec.frontend.entries import Entry

NOWHERE = Identifier("_")
"""The placeholder variable of a tensor between the modules of a chain, which no variable holds."""


class LoweringError(Exception):
    """A fault of netspec itself: no program was found for a graph."""


class MustUnroll(Exception):
    """The rounds of the innermost loop cannot share one text."""


class MustSplit(Exception):
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


def bind(name: str, lanes: Iterable[Lane], values: Iterable[Any]) -> None:
    """Give a name of the class its value in each lane."""
    for lane, value in zip(lanes, values, strict=True):
        lane.values[name] = value


@immutable
class Result:
    """A result before it has a variable: its value in each lane and its shape as expressions."""

    values: Mapping[Lane, Value]
    shape: tuple[Expr, ...]

    def named(self, variable: Identifier) -> Local:
        """The result in a variable."""
        return Local(self.values, self.shape, variable)


@immutable
class Local(Result):
    """A result in a local variable of the forward pass."""

    variable: Identifier

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
    """Raise if lanes have different keys: `MustUnroll` if rounds of one instance differ, else `MustSplit`."""
    by_root: dict[Lane, Hashable] = {}
    for lane, key in zip(lanes, keys, strict=True):
        if by_root.setdefault(lane.root, key) != key:
            raise MustUnroll
    if len(set(by_root.values())) > 1:
        raise MustSplit(by_root)


def join(lanes: Sequence[Lane], there: Sequence[bool], new: Local, old: Local, test: Expr) -> Result:
    """The tensor after a step that runs only in the lanes where `test` holds."""
    values = {lane: new.at(lane) if each else old.at(lane) for lane, each in zip(lanes, there, strict=True)}
    differ(lanes, [len(value.shape) for value in values.values()])
    shape: list[Expr] = []
    for axis, (then, otherwise) in enumerate(zip(new.shape, old.shape, strict=True)):
        wanted = [values[lane].shape[axis] for lane in lanes]
        candidates = (then, otherwise, fold(Conditional(test, then, otherwise)))
        shape.append(next((c for c in candidates if agrees(c, lanes, wanted)), Unknown()))
    return Result(values, tuple(shape))


@immutable
class Site:
    """The scopes of one entry (or one part of a structure), lane by lane."""

    lanes: Sequence[Lane]
    items: Sequence[Scope]

    @property
    def kind(self) -> ScopeKind:
        """The kind of scope, the same in every lane once `agree` was called."""
        return self.items[0].kind

    @property
    def level(self) -> bool:
        """Whether it is a module with children."""
        return self.items[0].level

    @property
    def entry(self) -> Entry | None:
        """The entry; None for a part of a structure."""
        entry: Entry | None = self.items[0].source.entry
        return entry

    @property
    def written(self) -> Entry:
        """The entry of a site that has one."""
        assert self.entry is not None
        return self.entry

    @property
    def reuses(self) -> bool:
        """Whether it calls an existing module."""
        again: bool = self.items[0].source.again
        return again

    @property
    def there(self) -> list[bool]:
        """The presence of the entry in each lane."""
        return [item.kind != "absent" for item in self.items]

    def agree(self) -> None:
        """Raise if the scopes differ between lanes."""
        differ(self.lanes, [(item.kind, item.level, item.source.again) for item in self.items])

    def where(self, chosen: Sequence[bool]) -> Site:
        """The site in some lanes only."""
        return Site(
            [lane for lane, each in zip(self.lanes, chosen, strict=True) if each],
            [item for item, each in zip(self.items, chosen, strict=True) if each],
        )

    def parts(self) -> list[Site]:
        """The sites inside: entries of a list, branches of a structure, rounds of a repeat."""
        rows = [item.parts() for item in self.items]
        differ(self.lanes, [len(row) for row in rows])
        return [Site(self.lanes, column) for column in zip(*rows, strict=True)]

    def paths(self) -> list[str]:
        """Module paths below the module that the class makes."""
        return [
            item.path[len(lane.root.path) + 1 :] if lane.root.path else item.path
            for lane, item in zip(self.lanes, self.items, strict=True)
        ]

    def inputs(self) -> list[list[Value]]:
        """The inputs: for each, its value in each lane."""
        rows = [item.source.inputs or () for item in self.items]
        differ(self.lanes, [len(row) for row in rows])
        return [list(column) for column in zip(*rows, strict=True)]

    def results(self) -> list[dict[Lane, Value]]:
        """The results: for each, its value in each lane."""
        rows = [item.source.results or () for item in self.items]
        differ(self.lanes, [len(row) for row in rows])
        return [dict(zip(self.lanes, column, strict=True)) for column in zip(*rows, strict=True)]
