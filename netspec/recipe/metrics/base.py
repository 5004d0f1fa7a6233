"""The base of metrics."""

from __future__ import annotations

from collections.abc import Collection
from typing import ClassVar, Self

from netspec.recipe.function import Function, functional
from netspec.recipe.losses import Loss
from netspec.recipe.parts import Part


class Metric(Part):
    """Base of all metrics: a figure that judges outputs.

    Class attributes:
        title: Its name in a table or on an axis: ``top-5 error``.
        unit: ``%`` for a share, which is kept as a fraction; ``dB``; or nothing.
        tasks: The keys of the tasks that it can judge.
        higher: Whether more is better.
        counted: The name of the function that gives a batch's numerator and denominator, as `dotted` takes it.
    """

    family: ClassVar[str] = "metric"
    group: ClassVar[str] = "netspec.metrics"
    told_by: ClassVar[tuple[str, ...]] = ("counted", "parts", "counter")
    title: ClassVar[str] = ""
    unit: ClassVar[str] = ""
    tasks: ClassVar[tuple[str, ...]] = ()
    higher: ClassVar[bool] = True
    counted: ClassVar[str] = ""

    @classmethod
    def faults(cls) -> list[str]:
        found = super().faults()
        if not cls.title:
            found.append("has no `title`")
        if not cls.tasks:
            found.append("says none of the `tasks` that it judges")
        return found

    @property
    def figure(self) -> str:
        """The figure's name in ``metrics.json``."""
        return self.key

    @property
    def figures(self) -> tuple[str, ...]:
        """The names of all figures that it gives, its own first."""
        return (self.figure,)

    def counter(self, classes: int, ignore_index: int | None) -> Function:
        """The function that makes the counter, a `netspec.functional.figures.Metric`.

        It counts scores [N, classes, ...] (more is likelier) and labels [N, ...], or two alike tensors.

        Args:
            classes: Their number; where targets are values, how many each example has.
            ignore_index: The label that is not judged, or None.
        """
        return functional("figures.Quotient", parts=self.parts(classes, ignore_index))

    def judging(self, loss: Loss) -> Self:
        """The metric for outputs that are learned by a loss, where it depends on the meaning that this gives them."""
        return self

    def parts(self, classes: int, ignore_index: int | None) -> Function:
        """The function that gives a batch's numerator and denominator, of a metric that is a quotient of sums."""
        return Function(self.dotted(self.counted), self.model_dump())

    def refuse(self, classes: int) -> str | None:
        """The reason why it cannot judge so many classes; None where it can."""
        return None

    @classmethod
    def of_figure(cls, figure: str) -> type[Metric] | None:
        """The metric whose figure bears this name, an output's `digit.accuracy` too; None: the loss is no metric."""
        figure = figure.rpartition(".")[2]
        kinds = [kind for kind in Metric.members.values() if issubclass(kind, Metric)]
        return next((kind for kind in kinds if kind.names(figure)), None)

    @classmethod
    def asked(cls, figure: str) -> str:
        """The metric as a recipe asks for this figure of it."""
        return cls.key

    @classmethod
    def titled(cls, figure: str) -> str:
        """The title of a figure of this metric."""
        return cls.title

    @classmethod
    def names(cls, figure: str) -> bool:
        """Whether a figure of this name is the metric's."""
        return figure == cls.key


def metrics_of(tasks: Collection[str]) -> list[str]:
    """The names of the metrics that can judge one of these tasks."""
    kinds = [kind for kind in Metric.members.values() if issubclass(kind, Metric)]
    return sorted(kind.key for kind in kinds if set(kind.tasks) & set(tasks))
