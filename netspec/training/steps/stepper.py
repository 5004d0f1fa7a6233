"""One step of the optimizer: forward and backward over the batches that make it, clipping, the update, the average."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.swa_utils import get_ema_multi_avg_fn

from netspec.functional import averaging
from netspec.functional.precision import computed
from netspec.recipe.measuring.meters import AnyMeter
from netspec.recipe.measuring.saved_values import fields, number, optimizer_state, same_tensors
from netspec.recipe.phases import Plan
from netspec.recipe.recipe import Recipe
from netspec.training.network import Aim
from netspec.training.parallel.member import Member
from netspec.training.parallel.sharding import dealt, dealt_optimizer, gathered, load_whole, own_pieces, same_everywhere
from netspec.training.steps.compile import Compilation
from netspec.training.steps.groups import Learners, set_rates
from netspec.training.steps.label_weights import Factors, LabelWeights
from netspec.training.steps.outputs import answers, passed, summed
from netspec.training.steps.profile import Phases

Fed = tuple[Any, Any]
"""The network's inputs [N, C, H, W] and the targets, on the device; of a detector lists, an item for each image."""

_MIXED = {"bfloat16": torch.bfloat16, "float16": torch.float16}


class Average(averaging.Average):
    """The average of a module whose weights may be in pieces; torch takes no list of pieces and of whole buffers."""

    def update(self, decay: float) -> None:
        """Update the average with the weights after a step."""
        get_ema_multi_avg_fn(decay)(own_pieces(self.averages), own_pieces(self.live), None)


class InPrecision(nn.Module):
    """A network whose forward pass has a precision of its own.

    Args:
        network: The network.
        dtype: The 16-bit type of mixed precision: weights, their updates and what needs the range stay in float32. None
            computes all in float32.
    """

    def __init__(self, network: nn.Module, dtype: torch.dtype | None) -> None:
        super().__init__()
        self.network, self.dtype = network, dtype

    def forward(self, inputs: Any, *targets: Any) -> Any:
        """The outputs, in float32; a detector's losses where it is given its targets, or else its boxes."""
        if isinstance(inputs, list):
            # Boxes are as exact as the numbers that they are computed in: in bfloat16 one of 800 pixels is off by two.
            mixed = torch.autocast(inputs[0].device.type, self.dtype) if self.dtype and self.training else nullcontext()
            with mixed:
                return self.network(inputs, *targets)
        return computed(self.network, inputs, self.dtype)


class Stepper:
    """The state that a step changes, and the step itself.

    Attributes:
        module: The bare module.
        network: The same as all processes train it, in the precision of the recipe.
        optimizer: The optimizer of the phase in hand.
        average: The weights that judge, which follow those that learn; None where the latter judge.
        compilation: The way forward and backward passes are computed.
        phases: Watches where the time goes.
        scaler: The scaler of the loss, which does nothing but in float16.
        norm: The norm of the gradients of the last step, before they were clipped; None where clipping measures none.
    """

    network: InPrecision
    optimizer: Optimizer
    phases: Phases
    norm: Tensor | None = None

    def __init__(
        self,
        process: Member,
        module: nn.Module,
        recipe: Recipe,
        objective: Aim,
        plan: Plan,
        compilation: Compilation,
    ) -> None:
        self.process, self.module, self.recipe = process, module, recipe
        self.objective, self.plan = objective, plan
        self.criterion, self.label_weights = objective.criterion(), LabelWeights(objective, process)
        self.compilation, self.phases = compilation, Phases()
        self.scaler = torch.amp.GradScaler(process.device.type, enabled=recipe.precision == "float16")
        self._whole = process.share.count(recipe.data.batch_size)
        self._learners = Learners(module, recipe.decay)
        self._phase = -1
        self.begin(0)
        self.average = Average(module) if recipe.averaging else None

    def begin(self, step: int, keep: bool = True) -> None:
        """Prepare a step: at the start of a phase, freeze the tensors that it freezes and make its optimizer.

        Args:
            step: Counts from 0.
            keep: Whether the optimizer keeps the state of the optimizer of the phase before.
        """
        index = self.plan.at(step)
        if index == self._phase:
            return
        phase = self.plan.phases[index]
        before = self.optimizer if keep and self._phase >= 0 else None
        self._phase = index
        self._learners.freeze(phase)
        # Wrapped anew, for DistributedDataParallel exchanges the gradients of what learned when it was made. The
        # optimizer comes second: it learns the pieces, where the weights are cut into some.
        self.network = InPrecision(self.process.shared(self.module), _MIXED.get(self.recipe.precision))
        self.optimizer = self._learners.optimizer(phase, self.recipe.optimizer, before)

    def train_mode(self) -> None:
        """Put the module into training mode, except for its frozen parts."""
        self.network.train()
        self._learners.freeze(self.plan.phases[self._phase])

    def __call__(self, step: int, batches: Iterator[Fed], weights: Sequence[float], meter: AnyMeter) -> Tensor:
        """Do a step.

        Args:
            step: Counts from 0.
            batches: Inputs and targets; as many as there are weights are taken.
            weights: The factors of the batches' mean losses.
            meter: Counts outputs and losses.

        Returns:
            The loss of the step's images, as this process has them, a scalar on the device.
        """
        self.begin(step)
        set_rates(self.optimizer.param_groups, self.plan.rate(step))
        self.optimizer.zero_grad(set_to_none=True)
        total: Tensor | None = None
        for index, (inputs, told, weight, factors) in enumerate(self._fed(batches, weights)):
            with self._exchange(index + 1 == len(weights)):
                loss = self._backward(inputs, told, weight, factors, meter)
            total = loss if total is None else total + loss
        with self.phases.phase("optimizer"):
            self._update(step)
        self.phases.step()
        assert total is not None
        return total

    @contextmanager
    def judged(self, averaged: bool = True) -> Iterator[nn.Module]:
        """The module as it is judged: with the average for its weights, where there is one and it is asked for."""
        same_everywhere(self.module.buffers())
        average = self.average.in_place() if self.average and averaged else nullcontext()
        with average, self.compilation.judging():
            yield self.network

    def weights(self) -> dict[str, Tensor]:
        """The module's state_dict, whole. All processes take part."""
        same_everywhere(self.module.buffers())
        found: dict[str, Tensor] = gathered(self.module.state_dict())
        return found

    def logged(self) -> dict[str, Tensor] | None:
        """The result of `weights` where a logger wants it, or else None. All processes take part."""
        return self.weights() if any(logger.wants_weights for logger in self.recipe.log) else None

    def averages(self) -> dict[str, Tensor] | None:
        """The state_dict of the average, whole, with other tensors as they are; None without one. All take part."""
        found: dict[str, Tensor] = gathered(self.average.tensors) if self.average else {}
        return {**self.weights(), **found} if found else None

    def state_dict(self) -> dict[str, Any]:
        """The state of optimizer and scaler, whole. All processes take part."""
        optimizer = gathered(self.optimizer.state_dict())
        return {"optimizer": optimizer, "scaler": self.scaler.state_dict() or None}

    def load(
        self, step: int, weights: Mapping[str, Tensor], averages: Mapping[str, Tensor] | None, state: dict[str, Any]
    ) -> None:
        """Go on from the results of `weights`, `averages` and `state_dict` after so many steps.

        Raises:
            Misfit: A run of this network and recipe would not have given it.
        """
        saved = fields(state, ("optimizer", "scaler"), "the state of the steps")
        self.begin(max(0, step - 1), keep=False)  # the phase of the last step done
        load_whole(self.module, same_tensors(weights, self.module.state_dict(), "the weights"))
        if self.average:
            own = self.average.tensors
            known = same_tensors(averages, own, "the average", more=True)
            self.average.load({name: dealt(known[name], tensor) for name, tensor in own.items()})
        optimizer = self.optimizer
        kept = optimizer_state(saved["optimizer"], optimizer, self.recipe.optimizer)
        optimizer.load_state_dict(dealt_optimizer(kept, optimizer))
        scales = self.scaler.state_dict()
        if scales and saved["scaler"]:
            for name, value in fields(saved["scaler"], tuple(scales), "the scaler").items():
                number(value, f"`{name}` of the scaler")
            self.scaler.load_state_dict(saved["scaler"])

    def _fed(
        self, batches: Iterator[Fed], weights: Sequence[float]
    ) -> Iterator[tuple[Any, Any, float, Factors | None]]:
        """Inputs, targets and factors of a step's batches: by their examples, and by their labels where these weigh."""
        if not self.label_weights.weigh or (len(weights) == 1 and self.process.world == 1):
            yield from ((*self._taken(batches), weight, None) for weight in weights)
            return
        taken = [
            self._taken(batches) for _ in weights
        ]  # what all their labels weigh is known before the first is learned
        factors = self.label_weights.factors([told for _, told in taken], weights)
        for (inputs, told), weight, own in zip(taken, weights, factors, strict=True):
            yield inputs, told, weight, own

    def _taken(self, batches: Iterator[Fed]) -> Fed:
        """Inputs and targets of the next batch, the latter as the aim has them."""
        with self.phases.phase("data"):
            inputs, targets = next(batches)
            return inputs, self.objective.targets(inputs, targets)

    def _backward(self, inputs: Any, told: Any, weight: float, factors: Factors | None, meter: AnyMeter) -> Tensor:
        with self.compilation.step(len(inputs) == self._whole):
            with self.phases.phase("forward"):
                outputs, losses = self._passed(inputs, told)
                if factors is not None:
                    weighed = self.label_weights.weighed(losses, factors)
                else:
                    loss = summed(losses)
                    weighed = loss if weight == 1 else loss * weight
            with self.phases.phase("backward"):
                self.scaler.scale(weighed).backward()
        if weight:  # otherwise the row is another process's
            meter.update(answers(outputs, self.objective), told, losses)
        return weighed.detach()

    def _passed(self, inputs: Any, told: Any) -> tuple[Any, Any]:
        """Outputs and losses of a batch."""
        return passed(self.network, self.objective, self.criterion, inputs, told, self.recipe.side_loss)

    def _update(self, step: int) -> None:
        """Clip the gradients, change the weights by them, and the average by the weights."""
        if self.recipe.clip:
            self.scaler.unscale_(self.optimizer)
            self.norm = self.recipe.clip([p for group in self.optimizer.param_groups for p in group["params"]])
        self.scaler.step(self.optimizer)
        self.scaler.update()
        averaging = self.recipe.averaging
        if self.average and averaging and (left := averaging.at(step, self.plan.steps.total)) is not None:
            self.average.update(left)
            if averaging.calls_back:
                self.average.call_back()

    def warm_up(self, batch: Fed) -> None:
        """Compile by a whole batch, before the clock runs. Nothing is changed."""
        inputs, targets = batch
        if len(inputs) != self._whole:
            return
        told = self.objective.targets(inputs, targets)

        def step() -> None:
            losses = self._passed(inputs, told)[1]
            self.scaler.scale(summed(losses)).backward()

        self.train_mode()
        self.compilation.warm_up(self.module, step)

    @contextmanager
    def _exchange(self, last: bool) -> Iterator[None]:
        """A context in which several processes exchange gradients with the last batch of a step alone."""
        shared: Any = self.network.network
        if last or self.process.world == 1:
            yield
        elif self.process.sharing == "fsdp":
            shared.set_requires_gradient_sync(False)
            yield
            shared.set_requires_gradient_sync(True)
        else:
            with shared.no_sync():
                yield
