"""Values that a network is to tell and begins far from: its first epochs, or all, are spent on the way there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from netspec.functional.inputs import evenly_spread
from netspec.functional.packing import targets_by_output
from netspec.functional.standardising import standard_of
from netspec.recipe.objective import Objective
from netspec.recipe.objectives import Objectives
from netspec.recipe.tasks.values import Regression
from netspec.training.feeding.sample_set import Samples
from netspec.training.feeding.standards import value_names
from netspec.training.network import Aim
from netspec.training.steps.outputs import answers

_FAR = 10.0
"""Times of what a network gives, or of 1 where that is less, from which on a mean or a deviation is far."""

_NARROW = 0.01
"""A deviation that is far below what weights drawn at random give."""

_ROWS = 32
"""Examples by which it is told what the network gives."""

_NAMED = 3
"""The most values that are named."""


@dataclass(frozen=True, slots=True)
class Spread:
    """The mean and the deviation of each of some values."""

    means: Sequence[float]
    deviations: Sequence[float]

    @classmethod
    def of(cls, values: Tensor) -> Spread:
        """That of values [N, ...], whose deviation is 1 where they are all the same."""
        return cls(*standard_of(values))

    def far_from(self, given: Spread) -> list[int]:
        """The places of the values that are far from those that are given in their place."""
        pairs = zip(self.means, self.deviations, given.means, given.deviations, strict=True)
        return [at for at, pair in enumerate(pairs) if _far(*pair)]


def _far(mean: float, deviation: float, given_mean: float, given_deviation: float) -> bool:
    unit = max(1.0, given_deviation)
    narrow = deviation < _NARROW and given_deviation > _FAR * deviation
    return narrow or deviation > _FAR * unit or abs(mean - given_mean) > _FAR * unit


def far_targets(module: nn.Module, samples: Samples, aim: Aim) -> list[str]:
    """A remark on each output that is to tell values by their differences and that begins far from them.

    The network is asked for some examples only where values are far from what weights drawn at random give, so that one
    that ends with their scale, or has learned already, is not told of. Neither it nor random numbers change.

    Args:
        module: The network before its first step, on the CPU.
        samples: The data.
        aim: What it is trained for.
    """
    aims = _of_differences(aim)
    targets = samples.train.targets
    if not aims or targets is None:
        return []
    told = targets_by_output(targets, samples.outputs) if samples.outputs else dict.fromkeys(aims, targets)
    spreads = {name: Spread.of(told[name]) for name in aims}
    if not any(each.far_from(_fresh(each)) for each in spreads.values()):
        return []
    given = _given(module, samples, aim)
    return [
        _remark(name, aims[name], each, begun, far, value_names(name, len(each.means), samples))
        for name, each in spreads.items()
        if name in given and (far := each.far_from(begun := Spread.of(given[name])))
    ]


def _of_differences(aim: Aim) -> dict[str, Objective]:
    """The aims of values by their differences, by output; that of the only one without a name."""
    of = aim.of if isinstance(aim, Objectives) else {"": aim}
    return {name: each for name, each in of.items() if isinstance(each, Objective) and _is_of_differences(each)}


def _is_of_differences(aim: Objective) -> bool:
    """Whether values are learned as they are, by their differences."""
    return isinstance(aim.task, Regression) and not aim.task.standardised and aim.loss.of_differences


def _fresh(targets: Spread) -> Spread:
    """About what weights drawn at random give; of a deviation that is large beside narrow targets."""
    return Spread([0.0] * len(targets.means), [1.0] * len(targets.means))


def _given(module: nn.Module, samples: Samples, aim: Aim) -> dict[str, Tensor]:
    """What the network gives for some training examples, in training mode, [N, ...] by output; nothing if it fails."""
    (batch,) = samples.train.batches([evenly_spread(len(samples.train), _ROWS)])
    kept = {name: each.clone() for name, each in module.named_buffers()}
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        try:
            outputs = answers(module(samples.inputs(batch.images).cpu()), aim)
        except Exception:  # the first step fails alike, and tells where
            return {}
        finally:
            for name, each in module.named_buffers():
                each.copy_(kept[name])
    return {"": outputs} if isinstance(outputs, Tensor) else outputs


def _remark(name: str, aim: Objective, targets: Spread, given: Spread, far: Sequence[int], names: Sequence[str]) -> str:
    """The remark on one output."""
    listed = "; ".join(_told(names[at], targets, given, at) for at in far[:_NAMED])
    more = f"; and so with {len(far) - _NAMED:,} more" if len(far) > _NAMED else ""
    help = "standardise the values in the data"
    if len(aim.facts.targets or ()) <= 1:
        help = "write `task: {regression: , standardised: true}`" + (f" beside the loss of `{name}`" if name else "")
    return f"{listed}{more}: {aim.loss.key} is slow to bring it there; {help}"


def _told(name: str, targets: Spread, given: Spread, at: int) -> str:
    mean, deviation = targets.means[at], targets.deviations[at]
    begun = f"the network begins with {given.means[at]:.4g} and {given.deviations[at]:.4g}"
    return f"`{name}` has mean {mean:.4g} and deviation {deviation:.4g}, and {begun}"
