"""Guards: decisions by symbols. Results after a guard are right only for values that decide in the same way.

A symbol (`symbols`) that is passed on carries its expression. If it is compared, tested for truth, used as a count or
as an index, its current value decides the outcome, and a guard is recorded, as in torch's ShapeEnv.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from netspec.expr.folding import fold
from netspec.expr.nodes import Compare, Expr, literal
from netspec.expr.normal import is_settled, key
from netspec.objects.immutable import immutable


class Unopposed(Exception):
    """A decision has no single opposite."""


@immutable
class Guard:
    """A decision by a symbol.

    Attributes:
        expr: The expression that was asked for.
        outcome: Its value.
        place: Its place, in the terms of the recorder.
        opposite: Whether the opposite outcome leads to a refusal; None if that cannot be tried.
    """

    expr: Expr
    outcome: Any
    place: Any = None
    opposite: Callable[[], bool] | None = None

    @property
    def only_refuses(self) -> bool:
        """Whether its only effect is the refusal of values with another outcome."""
        return self.opposite is not None and self.opposite()


class Guards:
    """A record of guards.

    Args:
        flipped: The number of a decision whose outcome is inverted.

    Attributes:
        found: The guards, in order.
        place: The place of the current decisions.
        over: Whether the inverted decision was made; later ones are not recorded.
    """

    def __init__(self, flipped: int | None = None) -> None:
        self.found: list[Guard] = []
        self.place: Any = None
        self.flipped = flipped
        self.over = False

    @contextmanager
    def recording(self) -> Iterator[Guards]:
        """Record the decisions by symbols in this context."""
        token = _RECORD.set(self)
        try:
            yield self
        finally:
            _RECORD.reset(token)

    def decide(self, expr: Expr, outcome: Any) -> Any:
        """Record a decision, unless it is the same for all values; returns its outcome.

        Raises:
            Unopposed: It must be inverted, and there are several other outcomes.
        """
        if self.over or is_settled(expr, {}):
            return outcome
        self.found.append(Guard(expr, outcome, self.place))
        if self.flipped != len(self.found) - 1:
            return outcome
        self.over = True
        if isinstance(outcome, bool):
            return not outcome
        raise Unopposed


class Answers(Guards):
    """A record of one series of decisions: a repeated one has the same outcome and is not recorded again."""

    def __init__(self, flipped: int | None = None) -> None:
        super().__init__(flipped)
        self.known: dict[Hashable, Any] = {}

    def decide(self, expr: Expr, outcome: Any) -> Any:
        """Record a new decision; returns its outcome."""
        asked = key(expr)
        if asked not in self.known:
            self.known[asked] = super().decide(expr, outcome)
        return self.known[asked]


_RECORD: ContextVar[Guards | None] = ContextVar("guards", default=None)


def record() -> Guards | None:
    """The current record, if any."""
    return _RECORD.get()


@contextmanager
def deciding_at(place: Any) -> Iterator[None]:
    """Set the place of decisions by symbols in this context."""
    guards = _RECORD.get()
    if guards is None:
        yield
        return
    before, guards.place = guards.place, place
    try:
        yield
    finally:
        guards.place = before


def settle(expr: Expr, value: Any) -> None:
    """Record that a symbol must keep its value: it is used in a way that no expression can state."""
    guards = _RECORD.get()
    if guards is not None:
        holds = guards.decide(fold(Compare(expr, (("==", literal(value)),))), True)
        if not holds:
            raise Unopposed
