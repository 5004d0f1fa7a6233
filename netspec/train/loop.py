"""The loop: steps over batches held in memory, on Lightning Fabric.

Nothing in a step waits for the device: losses and hits are counted there and read twice a second, for the
display, and at the end of the epoch.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import Any

import torch
from lightning.fabric import Fabric
from torch import Tensor, nn

from netspec.diagnostics import Code, NetspecError
from netspec.train.evaluate import Score, score
from netspec.train.interrupt import Interrupt
from netspec.train.objective import Objective
from netspec.train.outputs import main_output, total_loss
from netspec.train.progress import Display
from netspec.train.recipe import Recipe
from netspec.train.samples import Samples
from netspec.train.schedules import Steps

_SHOW_EVERY = 0.5
"""Seconds between two looks at the figures; each makes the device finish what it was given."""


@dataclass(frozen=True, slots=True)
class Epoch:
    """One round over the training images.

    Attributes:
        epoch: Counts from 1.
        figures: Mean loss over the epoch's images, each seen as the weights were at its step, side outputs included;
            and the task's headline, such as the accuracy, likewise.
        learning_rate: At the last step.
        seconds: Of the steps alone, without validation and checkpoints.
        images_per_second: In those seconds.
        validation: The task's figures on the held-out images after the epoch; None where nothing is held out.
    """

    epoch: int
    figures: dict[str, float]
    learning_rate: float
    seconds: float
    images_per_second: float
    validation: dict[str, float] | None

    @property
    def judge(self) -> str:
        """The figure that tells which epoch is the best, by its name."""
        return "loss" if self.validation is None else "validation_loss"

    @property
    def judged_by(self) -> float:
        """That figure; lower is better."""
        return (self.validation or self.figures)["loss"]

    def written(self) -> dict[str, Any]:
        """The epoch as ``metrics.json`` has it; None for what is no number."""
        held = {f"validation_{name}": value for name, value in (self.validation or {}).items()}
        own = {"epoch": self.epoch, **self.figures, "learning_rate": self.learning_rate, "seconds": self.seconds}
        found = {**own, "images_per_second": self.images_per_second, **held}
        return {name: value if math.isfinite(value) else None for name, value in found.items()}


class Loop:
    """The state of a run: module, optimizer, step and the order of the images.

    Attributes:
        module: As Fabric wraps it.
        step: Steps done since the start.
        epochs: Those that are over.
    """

    def __init__(
        self,
        fabric: Fabric,
        module: nn.Module,
        recipe: Recipe,
        samples: Samples,
        objective: Objective,
        display: Display,
        interrupt: Interrupt,
    ) -> None:
        learned = [p for p in module.parameters() if p.requires_grad]
        if not learned:
            raise NetspecError.of(Code.TRAINING_FAILED, "the network has no weight that could be learned")
        self.fabric = fabric
        self.module, self.optimizer = fabric.setup(module, recipe.optimizer.make(learned))
        self.recipe, self.samples = recipe, samples
        self.display, self.interrupt = display, interrupt
        self.objective, self.criterion = objective, objective.criterion()
        self.order = torch.Generator().manual_seed(recipe.seed)
        size = len(samples.train)
        batch = recipe.data.batch_size
        self.steps = Steps(total=-(-size // batch) * recipe.epochs, per_epoch=-(-size // batch))
        self.step = 0
        self.epochs: list[Epoch] = []

    def run_epoch(self) -> bool:
        """Train for one epoch and validate; False where Ctrl-C cut it short.

        Raises:
            NetspecError: NS0805 naming the step whose loss is not a number, that torch refuses, or that has no memory.
        """
        number = len(self.epochs) + 1
        self.display.begin(number, self.recipe.epochs, self.steps.per_epoch)
        try:
            trained = self._train(number)
        except torch.OutOfMemoryError as error:
            batch = self.recipe.data.batch_size
            raise NetspecError.of(
                Code.TRAINING_FAILED,
                f"the device ran out of memory in epoch {number}, at a batch of {batch}",
                help="train with a smaller --batch-size",
            ) from error
        except (RuntimeError, ValueError) as error:
            reason = str(error).partition("\n")[0]
            raise NetspecError.of(Code.TRAINING_FAILED, f"step {self.step + 1:,} failed: {reason}") from error
        if trained is None:
            return False
        self.epochs.append(trained)
        self.display.end(trained, self.recipe.epochs)
        return True

    def _train(self, number: int) -> Epoch | None:
        data, batch = self.samples.train, self.recipe.data.batch_size
        device = self.fabric.device
        order = torch.randperm(len(data), generator=self.order).split(batch)
        losses = torch.zeros(self.steps.per_epoch, device=device)
        meter = self.objective.running(device)
        groups = self.optimizer.param_groups
        rate = 0.0
        self.module.train()
        start = shown = time.perf_counter()
        for index, given in enumerate(data.batches(order)):
            images = self.samples.inputs(given.images)
            targets = self.objective.targets(images, given.targets)
            rate = self.recipe.schedule.rate(self.recipe.optimizer.lr, self.step, self.steps)
            for group in groups:
                group["lr"] = rate
            self.optimizer.zero_grad(set_to_none=True)
            outputs = self.module(images)
            loss = total_loss(self.criterion, outputs, targets, self.recipe.side_loss)
            self.fabric.backward(loss)
            self.optimizer.step()
            self.step += 1
            losses[index] = loss.detach()
            meter.update(main_output(outputs), targets, loss)
            if self.interrupt.asked:
                self._mean(losses[: index + 1])  # weights that are no numbers are not to be saved
                return None
            now = time.perf_counter()
            if now - shown > _SHOW_EVERY:
                done, seen = index + 1, min((index + 1) * batch, len(data))
                figures = {**meter.figures(), "loss": self._mean(losses[:done])}
                self.display.step(done, figures, seen / (now - start))
                shown = time.perf_counter()
        figures = {**meter.figures(), "loss": self._mean(losses)}
        seconds = time.perf_counter() - start
        held = self._validate()
        return Epoch(
            epoch=number,
            figures=figures,
            learning_rate=rate,
            seconds=seconds,
            images_per_second=len(data) / seconds,
            validation=held.figures if held else None,
        )

    def _validate(self) -> Score | None:
        held = self.samples.validation
        if held is None:
            return None
        return score(self.module, self.objective, held, self.samples.inputs, self.fabric.device)

    def _mean(self, losses: Tensor) -> float:
        """Mean over the images of an epoch's first steps, given each step's mean; stops at one that is no number."""
        batch, size = self.recipe.data.batch_size, len(self.samples.train)
        wrong = (~losses.isfinite()).nonzero()
        if wrong.numel():
            first = int(wrong[0].item())
            step = len(self.epochs) * self.steps.per_epoch + first + 1
            raise NetspecError.of(
                Code.TRAINING_FAILED,
                f"the loss became {losses[first].item()} at step {step:,} (epoch {len(self.epochs) + 1}, "
                f"batch {first + 1:,} of {self.steps.per_epoch:,})",
                help="lower the learning rate, or let it warm up",
            )
        counts = torch.full_like(losses, batch)
        if losses.numel() == self.steps.per_epoch:
            counts[-1] = size - batch * (self.steps.per_epoch - 1)
        return float(((losses * counts).sum() / counts.sum()).item())
