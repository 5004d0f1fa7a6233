"""Guards: what was decided by a symbol, so that what follows is right for the values that decide alike alone.

A symbol (`symbols`) that is passed on carries the expression that gives it. Where one is compared, asked for its truth,
counted with or looked up, the outcome is decided by the value that it has now, and a guard is recorded, as torch's
ShapeEnv does.
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
    """A decision has no one opposite."""


@immutable
class Guard:
    """A decision.

    Attributes:
        expr: What was asked.
        outcome: What it came to.
        place: Where, as whoever records has it.
        opposite: Whether with the opposite outcome something is refused, where that can be tried.
    """

    expr: Expr
    outcome: Any
    place: Any = None
    opposite: Callable[[], bool] | None = None

    @property
    def only_refuses(self) -> bool:
        """Whether it makes no difference but that values for which it comes out otherwise are refused."""
        return self.opposite is not None and self.opposite()


class Guards:
    """A record of guards.

    Args:
        flipped: The number of a decision that is to come out the other way.

    Attributes:
        found: The guards, in order.
        place: Where what is decided now stands.
        over: Whether the decision that came out the other way was the last that is asked for.
    """

    def __init__(self, flipped: int | None = None) -> None:
        self.found: list[Guard] = []
        self.place: Any = None
        self.flipped = flipped
        self.over = False

    @contextmanager
    def recording(self) -> Iterator[Guards]:
        """Record what symbols decide meanwhile."""
        token = _RECORD.set(self)
        try:
            yield self
        finally:
            _RECORD.reset(token)

    def decide(self, expr: Expr, outcome: Any) -> Any:
        """Record a decision, unless it is one and the same for all values; gives its outcome.

        Raises:
            Unopposed: It is to come out the other way, and there are many.
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
    """A record of one line of questions: what is asked again is answered as before, and not recorded again."""

    def __init__(self, flipped: int | None = None) -> None:
        super().__init__(flipped)
        self.known: dict[Hashable, Any] = {}

    def decide(self, expr: Expr, outcome: Any) -> Any:
        """Record a decision that is new; gives its outcome."""
        asked = key(expr)
        if asked not in self.known:
            self.known[asked] = super().decide(expr, outcome)
        return self.known[asked]


_RECORD: ContextVar[Guards | None] = ContextVar("guards", default=None)


def record() -> Guards | None:
    """The record that is being made, if any."""
    return _RECORD.get()


@contextmanager
def deciding_at(place: Any) -> Iterator[None]:
    """What symbols decide meanwhile stands at a place."""
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
    """Record that a symbol must have the value that it has: something is done with it that no expression tells."""
    guards = _RECORD.get()
    if guards is not None:
        holds = guards.decide(fold(Compare(expr, (("==", literal(value)),))), True)
        if not holds:
            raise Unopposed
