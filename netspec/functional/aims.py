"""The aims of several outputs, each with a loss and a target of its own."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import torch
from torch import Tensor

from netspec.functional.balance import class_counts
from netspec.functional.class_weights import balanced_weights, named_weights
from netspec.functional.fields import Field
from netspec.functional.figures import Figures, Metric
from netspec.functional.packing import targets_by_output
from netspec.functional.standardising import standard_of


@dataclass(frozen=True)
class Aim:
    """The aim of an output.

    Attributes:
        name: The output's.
        weight: The weight of its loss in the sum.
        criterion: Its loss, a function of outputs and targets.
        headline: The metric that is counted in training, by its figure's name.
        metrics: Those that judge it.
        targets_of: Its targets, a function of the network's inputs and the data's
            targets; None where they are the latter.
        compared: Brings outputs and targets to the form that metrics take, or None.
        ignored: The label of pixels that are neither learned nor judged, or None.
        others: The outputs that the loss compares with this one.
        told: Whether the loss is a function of targets, too.
        weighing: Gives the weight of a batch's mean loss, from targets; None for rows.
        balances: Whether its criterion is yet to be given weights of the classes, by
            their images.
        named: The weights of classes by their names, which it is yet to be given.
        standardises: Whether its criterion and `compared` are yet to be given mean and
            deviation of its targets.
    """

    name: str
    weight: float
    criterion: Callable[..., Tensor]
    headline: Mapping[str, Callable[[], Metric]]
    metrics: Mapping[str, Callable[[], Metric]]
    targets_of: Callable[[Tensor, Tensor], Tensor] | None = None
    compared: Callable[..., tuple[Tensor, Tensor]] | None = None
    ignored: int | None = None
    others: tuple[str, ...] = ()
    told: bool = True
    weighing: Callable[..., Tensor | int] | None = None
    balances: bool = False
    named: Mapping[str, float] = field(default_factory=dict)
    standardises: bool = False

    def loss(
        self, outputs: Mapping[str, Tensor], targets: Mapping[str, Tensor]
    ) -> Tensor:
        """The mean loss of a batch."""
        compared = [outputs[each] for each in (self.name, *self.others)]
        return self.criterion(*compared, *([targets[self.name]] if self.told else []))

    def compared_with(self, images: Tensor, targets: Tensor) -> Tensor:
        """The target of the output, from the network's inputs and the data's target."""
        return targets if self.targets_of is None else self.targets_of(images, targets)

    def weight_of(self, targets: Tensor) -> Tensor | int:
        """The weight of a batch's mean loss."""
        return len(targets) if self.weighing is None else self.weighing(targets)

    def counted(self, outputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """Outputs and targets in the form that metrics take."""
        return self.compared(outputs, targets) if self.compared else (outputs, targets)


def weighed_aims(
    aims: Sequence[Aim],
    targets: Tensor,
    packed: Sequence[Field],
    classes: Sequence[str],
    blank: int,
) -> list[Aim]:
    """The aims, with weights of the classes where a loss balances or names them.

    Args:
        aims: Those of all outputs.
        targets: Those that are learned from.
        packed: What they are packed of; empty where all outputs have the same target.
        classes: The classes of that one.
        blank: The label of the pixels of masks that have no class.

    Raises:
        UnfitData: A weight is of no class.
    """
    known = targets_by_output(targets, packed) if packed else {}
    names = {each.name: each.classes for each in packed}

    def weighed(aim: Aim) -> Aim:
        own, those = known.get(aim.name, targets), names.get(aim.name, classes)
        if aim.balances:
            left = blank if own.ndim > 1 else None
            counts = class_counts(own, len(those), aim.ignored, left)
            weight = balanced_weights(counts)
        elif aim.named:
            weight = named_weights(aim.named, those)
        else:
            return aim
        assert aim.weighing is not None
        criterion = partial(aim.criterion, weight=weight)
        weighing = partial(aim.weighing, weight=weight)
        return replace(aim, criterion=criterion, weighing=weighing)

    return list(map(weighed, aims))


def standardising_aims(
    aims: Sequence[Aim], targets: Tensor, packed: Sequence[Field]
) -> list[Aim]:
    """The aims, with mean and deviation of values where they are standardised.

    Args:
        aims: Those of all outputs.
        targets: Those that are learned from.
        packed: What they are packed of; empty where all outputs have the same target.
    """
    known = targets_by_output(targets, packed) if packed else {}

    def standardising(aim: Aim) -> Aim:
        if not aim.standardises:
            return aim
        assert aim.compared is not None
        standard = standard_of(known.get(aim.name, targets))
        criterion = partial(aim.criterion, standard=standard)
        return replace(
            aim, criterion=criterion, compared=partial(aim.compared, standard=standard)
        )

    return list(map(standardising, aims))


def losses_of(
    aims: Sequence[Aim], outputs: Mapping[str, Tensor], targets: Mapping[str, Tensor]
) -> dict[str, Tensor]:
    """The mean loss of each output, and their weighted sum as `loss`."""
    found = {aim.name: aim.loss(outputs, targets) for aim in aims}
    first, *others = (aim.weight * found[aim.name] for aim in aims)
    total = first
    for each in others:
        total = total + each
    return {"loss": total, **{f"{name}.loss": loss for name, loss in found.items()}}


class AimedFigures(Figures):
    """The figures of a round of all outputs together, counted on a device."""

    def __init__(
        self, aims: Sequence[Aim], device: torch.device, *, whole: bool
    ) -> None:
        super().__init__({}, device)
        self.aims = aims
        self.of = {
            aim.name: Figures(aim.metrics if whole else aim.headline, device)
            for aim in aims
        }

    def update(self, outputs: Any, targets: Any, loss: Any, weight: Any = None) -> None:
        """Count a batch: outputs and targets by output, and what `losses_of` gave."""
        for aim in self.aims:
            told = targets[aim.name]
            counted = aim.counted(outputs[aim.name].detach(), told)
            weight = aim.weight_of(told)
            self.of[aim.name].update(*counted, loss[f"{aim.name}.loss"], weight)

    def share(self) -> None:
        """Add up the counts of all processes."""
        for each in self.of.values():
            each.share()

    def values(self) -> dict[str, float]:
        """All figures by name, the loss of all first."""
        found: dict[str, float] = {}
        told: list[float] = []
        for aim in self.aims:
            counted = self.of[aim.name]
            each = counted.values()
            if counted.loss.counts["denominator"]:  # else nothing had any weight
                told.append(aim.weight * each["loss"])
            found |= {f"{aim.name}.{own}": value for own, value in each.items()}
        return {"loss": sum(told) if told else math.nan, **found}
