"""Phases of a run: the frozen tensors of each, and the rates of the rest. Imports no torch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from netspec.diagnostics import Code
from netspec.frontend.problems import Report
from netspec.frontend.schema import SECTION
from netspec.functional.phases import Timetable, any_covers
from netspec.recipe.function import Instance
from netspec.recipe.parts import MOST_COUNTED, Settings
from netspec.recipe.schedules import Schedule, Steps

HEAD = "<head>"
"""The name of the last layers with weights before the network's outputs, whatever their own names are."""

Unit = Literal["epochs", "steps"]


def _names(value: Any) -> tuple[str, ...]:
    """Reads a list of names."""
    names = tuple(value) if isinstance(value, list | tuple) else (None,)
    if not all(isinstance(name, str) and name for name in names):
        raise PydanticCustomError("names", "a list of names or patterns of modules: [layer1, '*.bias']")
    return names


Names = Annotated[tuple[str, ...], BeforeValidator(_names)]
"""Names of modules and tensors, or patterns of them, as `netspec.functional.phases` has them."""


class Phase(Settings):
    """A part of a run.

    Attributes:
        epochs: How long it is, where the run's length is in epochs; one phase may have no length and takes the rest.
        steps: The same, where it is in steps.
        freeze: What does not learn: its tensors stay as they are to the bit, running statistics included.
        exempt: What learns nevertheless; `except` in a recipe.
        rates: What the learning rate is multiplied by, for modules by name; the name that says the most decides.
        schedule: From the optimizer's rate, over the phase alone; None leaves it to the run's, which goes on.
    """

    epochs: int | None = Field(None, gt=0, le=MOST_COUNTED)
    steps: int | None = Field(None, gt=0, le=MOST_COUNTED)
    freeze: Names = ()
    exempt: Names = Field((), alias="except")
    rates: dict[str, Annotated[float, Field(gt=0)]] = Field(default_factory=dict)
    schedule: Schedule | None = None

    @model_validator(mode="after")
    def _check_exempt(self) -> Self:
        if self.exempt and not self.freeze:
            raise ValueError("`except` takes out of `freeze`, which is not there")
        return self

    def frozen(self, name: str) -> bool:
        """Whether a module or tensor of that name is frozen."""
        return any_covers(self.freeze, name) and not any_covers(self.exempt, name)

    def plain(self, unit: Unit) -> Instance:
        """The phase without pydantic: a `netspec.functional.phases.Phase`, of a run whose length is in that unit."""
        given = {
            "length": self.length(unit),
            "freeze": self.freeze,
            "exempt": self.exempt,
            "rates": self.rates,
            "schedule": self.schedule and self.schedule.function(),
        }
        return Instance("netspec.functional.phases.Phase", {name: each for name, each in given.items() if each})

    def length(self, unit: Unit) -> int | None:
        """Its length in that unit; None where it takes the rest."""
        return self.epochs if unit == "epochs" else self.steps

    def written(self) -> dict[str, Any]:
        """The phase as it would be written in a recipe, without options that say nothing."""
        return {key: value for key, value in super().written().items() if value}


WHOLE = Phase()
"""The one phase of a run that has none: everything learns at the optimizer's rate."""


def find_misfits(phases: Sequence[Phase], unit: Unit, total: int, rate: float, report: Report) -> None:
    """Note phases that do not make up the run, and schedules that cannot start from the optimizer's rate.

    Args:
        phases: Those of the recipe; an empty list is right.
        unit: The unit of the run's length.
        total: The run's length.
        rate: The optimizer's.
        report: Takes the problems.
    """
    path = (SECTION, "phases")
    other: Unit = "steps" if unit == "epochs" else "epochs"
    for index, phase in enumerate(phases):
        if phase.length(other) is not None:
            message = f"the run is so many {unit} long, and this phase so many {other}"
            report.add(Code.BAD_RECIPE, message, (*path, index, other), help=f"write its length as `{unit}`")
            return
        if phase.schedule and phase.schedule.watches:
            message = f"`{phase.schedule.key}` watches the epochs of the whole run, not of a phase"
            help = "let it stand beside `phases`, as the run's `schedule`"
            report.add(Code.BAD_RECIPE, message, (*path, index, "schedule"), help=help)
        elif phase.schedule and (problem := phase.schedule.refuse(rate)):
            help = "lower the optimizer's rate, or raise the peak"
            report.add(Code.BAD_RECIPE, problem, (*path, index, "schedule"), help=help)
    given = [phase.length(unit) for phase in phases]
    known = sum(length or 0 for length in given)
    free = [index for index, length in enumerate(given) if length is None]
    if len(free) > 1:
        message = f"{len(free)} phases do not say how long they are"
        report.add(Code.BAD_RECIPE, message, (*path, free[1]), expected="one at most, which takes the rest")
    elif phases and (known >= total if free else known != total):
        report.add(
            Code.BAD_RECIPE,
            f"the phases are {known} {unit} long, the run {total}",
            path,
            expected=f"fewer than {total}, for something to be left" if free else f"{total} in all",
            help=None if free else f"leave the length of one phase out: it takes the rest; or write `{unit}: {known}`",
        )


class Plan(Timetable):
    """The start of each phase of a run, and the learning rate of each step: functions of the step alone."""

    def __init__(
        self,
        phases: Sequence[Phase],
        unit: Unit,
        steps: Steps,
        rate: float,
        schedule: Schedule,
        losses: Sequence[float] = (),
    ) -> None:
        """Lay out a run whose phases fit it, as `find_misfits` tells.

        Args:
            phases: The recipe's; without any, the run is one.
            unit: The unit of their lengths.
            steps: The run's length.
            rate: The optimizer's.
            schedule: The run's, for the phases that have none of their own.
            losses: Of the epochs that are over, for a schedule that watches them; it grows with the run.
        """
        one = steps.per_epoch if unit == "epochs" else 1
        made = [phase.plain(unit).made() for phase in phases or (WHOLE,)]
        super().__init__(made, one, steps, rate, schedule.following(losses).made())

    def rates(self, per_epoch: int, done: int) -> list[tuple[float, float]]:
        """The learning rate over the steps that are done, at times in epochs; a few hundred of them."""
        return [(step / per_epoch, self.rate(step)) for step in range(0, done, max(1, done // 400))]
