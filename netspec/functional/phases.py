"""Phases of a run: the frozen tensors of each, and the learning rates of the rest.

Modules and tensors are named by patterns: `fc`, `layer4.1`, `*.bias`, `*`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import accumulate, pairwise

from netspec.functional.schedules import Steps

Rate = Callable[[float, int, Steps], float]
"""The optimizer's rate, the step and the length of the run, to the rate of the step."""


@dataclass(frozen=True)
class Phase:
    """A part of a run.

    Attributes:
        length: In epochs or steps, as the run's; None takes the rest.
        freeze: Names of frozen modules and tensors: they stay equal to the bit, running
            statistics included.
        exempt: Names within them that learn nevertheless.
        rates: Factors of the rate, for modules by name.
        schedule: Of the phase alone; None goes on with the schedule of the run.
    """

    length: int | None = None
    freeze: tuple[str, ...] = ()
    exempt: tuple[str, ...] = ()
    rates: Mapping[str, float] = field(default_factory=dict)
    schedule: Rate | None = None

    def frozen(self, name: str) -> bool:
        """Whether a module or tensor of that name is frozen."""
        return any_covers(self.freeze, name) and not any_covers(self.exempt, name)

    def scale(self, name: str) -> float:
        """The factor of the learning rate for a tensor of that name."""
        found = closest(self.rates, name)
        return 1.0 if found is None else self.rates[found]


class Timetable:
    """The start of each phase of a run, and the learning rate of each step.

    All are functions of the step alone.

    Attributes:
        phases: Those of the run, one at least.
        starts: The first step of each.
        one: Steps in one unit of their lengths.
    """

    def __init__(
        self, phases: Sequence[Phase], one: int, steps: Steps, base: float, rate: Rate
    ) -> None:
        """Lay out a run whose phases fit it.

        Args:
            phases: In their order.
            one: Steps in one unit of their lengths.
            steps: The run's length.
            base: The optimizer's rate.
            rate: The run's schedule, for the phases that have none of their own.
        """
        self.phases = tuple(phases)
        given = [each.length for each in self.phases]
        rest = steps.total - sum(each * one for each in given if each is not None)
        self.lengths = [rest if each is None else each * one for each in given]
        self.one = one
        self.starts = tuple(accumulate(self.lengths[:-1], initial=0))
        self.steps, self.base, self.schedule = steps, base, rate

    def at(self, step: int) -> int:
        """The index of the phase of a step; after the end it is the last."""
        return max(index for index, start in enumerate(self.starts) if start <= step)

    def fits(self) -> bool:
        """Whether each step has a phase, and no phase ends before it begins."""
        whole = sum(self.lengths) >= self.steps.total
        return whole and all(one < other for one, other in pairwise(self.starts))

    def begun(self, done: int) -> tuple[int, ...]:
        """The first steps of the phases that so many steps have had."""
        return tuple(start for start in self.starts if start < done)

    def rate(self, step: int) -> float:
        """The learning rate of a step, before that of a module."""
        index = self.at(step)
        own = self.phases[index].schedule
        if own is None:
            return self.schedule(self.base, step, self.steps)
        length = Steps(self.lengths[index], self.steps.per_epoch)
        return own(self.base, step - self.starts[index], length)


def covers(pattern: str, name: str) -> bool:
    """Whether a pattern names a module or tensor, or a module that it is in.

    Names are compared by whole components, so that ``layer1`` covers
    ``layer1.0.conv1.weight`` and not ``layer10``; ``*`` stands for any text, dots
    included.
    """
    return _compiled(pattern).fullmatch(name) is not None


def any_covers(patterns: Iterable[str], name: str) -> bool:
    """Whether one of the patterns covers a name."""
    return any(covers(pattern, name) for pattern in patterns)


def closest(patterns: Collection[str], name: str) -> str | None:
    """The pattern that covers a name and has the most characters beside `*`.

    The last of several alike; None where no pattern covers the name.
    """
    fitting = [pattern for pattern in reversed([*patterns]) if covers(pattern, name)]
    return max(fitting, key=lambda each: len(each.replace("*", "")), default=None)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    text = ".*".join(re.escape(part) for part in pattern.split("*"))
    return re.compile(rf"{text}(?:\..*)?")
