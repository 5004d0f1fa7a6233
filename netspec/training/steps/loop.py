"""The loop: steps over batches.

Nothing in a step waits for the device: losses and figures are counted there and read twice a second, for the
display, and at the end of the epoch.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

import torch
from torch import nn

from netspec.diagnostics import Code, NetspecError
from netspec.frontend.schema import SECTION
from netspec.plugins import failure
from netspec.recipe.measuring.saved_values import fields, number, whole
from netspec.recipe.recipe import Recipe
from netspec.training.feeding.batches import DataSplit
from netspec.training.feeding.sample_set import Samples
from netspec.training.feeding.step_examples import Feed
from netspec.training.judging.evaluate import Score, judged_together, score
from netspec.training.keeping.metrics_file import Epoch, epochs_of
from netspec.training.keeping.steps_file import StepRow
from netspec.training.network import Aim
from netspec.training.parallel.member import Member
from netspec.training.showing.progress import Display
from netspec.training.steps.compile import Compilation
from netspec.training.steps.not_a_number import StepLosses
from netspec.training.steps.profile import Phases
from netspec.training.steps.stepper import Fed, Stepper
from netspec.training.steps.window import Taken, Window

_SHOW_EVERY = 0.5
"""The seconds between two looks at the figures; each look makes the device finish its work."""


class Loop:
    """A run under way: module, optimizer, and the steps done.

    Attributes:
        stepper: Does the steps.
        feed: Gives the batches.
        step: Steps done since the start.
        total: Steps of the whole run.
        epochs: The epochs that are over.
        losses: Theirs, on the held-out images if there are any; a schedule may watch them.
        remarks: Remarks on figures, each told once: on those that are approximate.
        seconds: The seconds of the steps of the epoch in hand.
        window: The figures of the steps since the last row of `steps.csv`; None where there is none.
        record: Takes those rows, in the first process.
    """

    def __init__(
        self,
        process: Member,
        module: nn.Module,
        recipe: Recipe,
        samples: Samples,
        objective: Aim,
        display: Display,
        compilation: Compilation | None = None,
    ) -> None:
        if not any(p.requires_grad for p in module.parameters()):
            raise NetspecError.of(Code.TRAINING_FAILED, "the network has no weight that could be learned")
        self.process, self.recipe, self.samples, self.objective = process, recipe, samples, objective
        self.display = display
        self.feed = Feed(recipe, samples, process.share)
        self.total = recipe.total_steps(len(samples.train))
        self.compilation = compilation or Compilation(False, process.device)
        self.losses: list[float] = []
        self.remarks: list[str] = []
        self._judged = judged_together(recipe)
        self.stepper = Stepper(
            process, module, recipe, objective, recipe.plan(len(samples.train), self.losses), self.compilation
        )
        self.meter = objective.running(process.device)
        self.step, self.seconds = 0, 0.0
        self.epochs: list[Epoch] = []
        self._stream: Iterator[Fed] | None = None
        self._losses = StepLosses(self.feed, self.total, process.device)
        measured = recipe.clip is not None and recipe.clip.measures
        self.window = Window(recipe.log_every, measured, process) if recipe.log_every else None
        self.record: Callable[[StepRow], None] = lambda row: None

    @property
    def position(self) -> int:
        """Steps done of the epoch in hand."""
        return self.step - len(self.epochs) * self.feed.per_epoch

    @property
    def length(self) -> int:
        """Steps of the epoch in hand: the last one of a run ends with the run."""
        return min(self.feed.per_epoch, self.total - len(self.epochs) * self.feed.per_epoch)

    @property
    def planned(self) -> int:
        """Epochs of the whole run, the last one whole or not."""
        return -(-self.total // self.feed.per_epoch)

    def watch(self, phases: Phases) -> None:
        """Have the times of phases watched."""
        self.stepper.phases = self.feed.phases = phases

    def warm_up(self) -> None:
        """Compile before the clock runs, where steps are compiled. Nothing is changed."""
        if self.compilation.on:
            self.stepper.warm_up(next(self.feed.batches(0, 0)))

    def run_epoch(self) -> None:
        """Train to the end of the epoch in hand, and close it."""
        self.advance(lambda: False)
        self.close_epoch()

    def advance(self, pause: Callable[[], bool]) -> None:
        """Train to the end of the epoch in hand, or until `pause`, asked after every step, says to stop there.

        Raises:
            NetspecError: NS0805 naming the step whose loss is not a number, that torch refuses, or that has no memory.
        """
        if self.position == self.length:  # a run that was interrupted there
            return
        self.display.begin(len(self.epochs) + 1, self.planned, self.length, self.recipe.data.counted)
        with self._failures():
            self._train(pause)

    @contextmanager
    def _failures(self) -> Iterator[None]:
        """A context whose errors are told by the step that they happened in.

        Raises:
            NetspecError: NS0805 where torch refuses a step, or has no memory for it; NS0906 where a plugin fails.
        """
        try:
            yield
        except torch.OutOfMemoryError as error:
            epoch, size = len(self.epochs) + 1, self.recipe.data.batch_size
            message = f"the device ran out of memory in epoch {epoch}, at a batch of {size}"
            help = "train with a smaller --batch-size; `accumulate` makes as large a step of several"
            at = (SECTION, "data", "batch_size")
            raise NetspecError.of(Code.TRAINING_FAILED, message, help=help, path=at) from error
        except (RuntimeError, ValueError, ArithmeticError) as error:
            if (plugin_s := failure(error)) is not None:
                raise plugin_s from error
            reason = str(error).partition("\n")[0]
            raise NetspecError.of(Code.TRAINING_FAILED, f"step {self.step + 1:,} failed: {reason}") from error

    def losses_of_steps(self) -> Iterator[float]:
        """The loss of each step of the run, one by one; it may be no number. Nothing is judged or kept."""
        self.stepper.train_mode()
        for step in range(self.total):
            epoch, position = divmod(step, self.feed.per_epoch)
            if self._stream is None or position == 0:
                self._stream = self.feed.batches(epoch, 0)
            with self._failures():
                loss = self.stepper(step, self._stream, self.feed.weights(position), self.meter).item()
            self.step += 1
            yield loss

    def close_epoch(self) -> None:
        """Judge the network by the held-out images, and write the epoch down."""
        figures = self.meter.figures()
        images = self.feed.images(self.length)
        held = self.samples.validation
        epoch = Epoch(
            epoch=len(self.epochs) + 1,
            step=self.step,
            figures=figures,
            learning_rate=self.stepper.plan.rate(self.step - 1),
            seconds=self.seconds,
            images_per_second=images / self.seconds,
            validation=self.judge(held).figures if held else {},
        )
        self.epochs.append(epoch)
        self.losses.append(epoch.loss)
        self.meter.reset()
        self.seconds, self._stream = 0.0, None
        self.display.end(epoch, self.planned)

    def judge(self, split: DataSplit, *, averaged: bool = True) -> Score:
        """The score of the network, or of its average where there is one and it is asked for."""
        device = self.process.device
        with self.stepper.judged(averaged) as module:
            found = score(module, self.objective, split, self.samples.inputs, device, together=self._judged)
        for text in found.remarks():
            if text not in self.remarks:
                self.remarks.append(text)
                self.display.note(text)
        return found

    def tested(self, split: DataSplit, *, averaged: bool = True) -> tuple[dict[str, float | None], Score]:
        """The figures of the test by name, those by several views too where the recipe wants them; and the score."""
        found, views = self.judge(split, averaged=averaged), self.recipe.test_time
        if views is None:
            return found.named("test"), found
        with self.stepper.judged(averaged) as module:
            seen = score(module, self.objective, split, self.samples.inputs, self.process.device, views, self._judged)
        return {**found.named("test"), **seen.named("test")}, found

    def check_weights(self) -> None:
        """Make sure that all weights are numbers.

        Raises:
            NotANumber: One is not.
        """
        self._losses.check_weights(self.stepper.module, self.step)

    def state_dict(self) -> dict[str, Any]:
        """The progress of the run. All processes take part; the result of the first one is whole."""
        return {
            "step": self.step,
            "seconds": self.seconds,
            "epochs": [asdict(epoch) for epoch in self.epochs],
            "meter": self.meter.state(),
            **({"window": self.window.state()} if self.window else {}),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a saved state.

        Raises:
            Misfit: A loop of this run would not have given it.
        """
        saved = fields(state, ("step", "seconds", "epochs", "meter"), "the state of the loop")
        self.epochs = epochs_of(saved["epochs"], self.feed.per_epoch, self.total)
        self.losses[:] = [epoch.loss for epoch in self.epochs]
        begun = len(self.epochs) * self.feed.per_epoch
        self.step = whole(saved["step"], min(begun, self.total), min(begun + self.feed.per_epoch, self.total), "step")
        self.seconds = number(saved["seconds"], "seconds")
        if self.process.is_first:
            self.meter.restore(saved["meter"])
        if self.window:
            self.window.restore(saved.get("window"), self.step)
        self._stream = None

    def _train(self, pause: Callable[[], bool]) -> None:
        self.stepper.train_mode()
        if self._stream is None:
            self._stream = self.feed.batches(len(self.epochs), self.position)
        length, position = self.length, (first := self.position)
        start = shown = time.perf_counter()
        if self.window:
            self.window.start()
        while position < length:
            weights = self.feed.weights(position)
            loss = self.stepper(self.step, self._stream, weights, self.meter)
            self._losses.note(position, loss)
            self.step += 1
            position += 1
            if self.window and self.window.add(loss, self.stepper.norm):
                self._record(self.window.take())
            with self.stepper.phases.phase("waiting"):
                if pause():
                    break
                now = time.perf_counter()
                if now - shown > _SHOW_EVERY:
                    self._show(first, now - start)
                    shown = time.perf_counter()
        self._losses.check(len(self.epochs), self.position)
        self.seconds += time.perf_counter() - start
        if self.window:
            self.window.stop()

    def _record(self, taken: Taken) -> None:
        """Record the steps that the window held, unless their loss is no number."""
        if not math.isfinite(taken.loss):
            self._losses.check(len(self.epochs), self.position)
        images = self.feed.seen(self.step) - self.feed.seen(self.step - taken.steps)
        row = StepRow(
            step=self.step,
            epoch=len(self.epochs) + 1,
            loss=taken.loss,
            learning_rate=self.stepper.plan.rate(self.step - 1),
            gradient_norm=taken.norm,
            images_per_second=images / taken.seconds if taken.seconds else None,
        )
        self.record(row)

    def _show(self, first: int, seconds: float) -> None:
        self._losses.check(len(self.epochs), self.position)
        images = self.feed.images(self.position) - self.feed.images(first)
        alone = self.process.world == 1  # otherwise all would have to look at once
        left = seconds / (self.position - first) * (self.total - self.step)
        self.display.step(self.position, self.meter.figures() if alone else {}, images / seconds, left)
