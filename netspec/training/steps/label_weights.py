"""The factors of the mean losses of a step's batches whose labels weigh differently, so that they count as one batch's.

A loss with weights of classes, or with labels to ignore, is divided by what the labels of its batch weigh together. The
mean over all batches of a step is the sum of w/W times theirs: w is what the labels of one weigh, W those of all, which
other processes have a part of.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import torch
from torch import Tensor

from netspec.functional.process import label_factors
from netspec.recipe.objectives import Objectives
from netspec.training.network import Aim
from netspec.training.parallel.member import Member

Factors = Mapping[str, Tensor]
"""The factor of each output's mean loss; that of the only one without a name."""


class LabelWeights:
    """The factors of the mean losses of batches by what their labels weigh.

    Args:
        aim: What the network is trained for.
        process: This process: the gradients of all are averaged.

    Attributes:
        weigh: Whether there is a loss whose labels weigh differently.
    """

    def __init__(self, aim: Aim, process: Member) -> None:
        self._aim, self._process = aim, process
        self._weighings = aim.weighings()
        self.weigh = any(each is not None for each in self._weighings.values())

    def factors(self, targets: Sequence[Any], rows: Sequence[float]) -> list[Factors]:
        """The factors of each batch of a step; of several processes all must call it.

        Args:
            targets: Those of each batch, as the aim has them.
            rows: The factors by the numbers of examples; 0 where a process has none and borrows one.
        """
        device = self._process.device
        own = torch.zeros(len(rows), len(self._weighings), dtype=torch.float64, device=device)
        for index, (told, weight) in enumerate(zip(targets, rows, strict=True)):
            if weight:
                for column, (name, weighing) in enumerate(self._weighings.items()):
                    labels = told[name] if isinstance(self._aim, Objectives) else told
                    own[index, column] = len(labels) if weighing is None else weighing(labels)
        return [dict(zip(self._weighings, each, strict=True)) for each in label_factors(own, self._process.world)]

    def weighed(self, losses: Any, factors: Factors) -> Tensor:
        """What is minimised of a batch: the result of `losses_of` by the factors of its outputs, a scalar."""
        if not isinstance(self._aim, Objectives):
            return cast("Tensor", losses * factors[""])
        each = [weight * factors[name] * losses[f"{name}.loss"] for name, weight in self._aim.weights.items()]
        return torch.stack(each).sum()
