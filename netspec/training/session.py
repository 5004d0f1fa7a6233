"""A run under way: its folder, the times at which it saves itself, its results so far, and its end."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from netspec.diagnostics import NetspecError
from netspec.driver.resolved import recipe_text
from netspec.files.run_folder import CHECKPOINT, METRICS, RECIPE, SPEC, STEPS
from netspec.files.writing import write_within
from netspec.plugins import failure
from netspec.recipe.measuring.saved_values import Misfit, whole
from netspec.training.judging.mfu import Work
from netspec.training.keeping.checkpoint import Checkpoint, damage, write_checkpoint
from netspec.training.keeping.lock import RunLock
from netspec.training.keeping.metrics_file import Epoch, json_text
from netspec.training.keeping.monitor import Monitor, unknown_figures
from netspec.training.keeping.new_folder import new_folder
from netspec.training.keeping.parent import Parent, parent_in
from netspec.training.keeping.report import Report, State
from netspec.training.keeping.run_log import Journal
from netspec.training.keeping.steps_file import steps_table
from netspec.training.keeping.weights_kept import WeightsKept, inherit
from netspec.training.network import Network
from netspec.training.results import Results
from netspec.training.steps.agreement import Agreement
from netspec.training.steps.interrupt import Interrupt
from netspec.training.steps.loop import Loop
from netspec.training.steps.not_a_number import NotANumber
from netspec.training.steps.random_state import all_random_states, set_random_state

_ASK_EVERY = 20
"""Steps between two questions to the other processes whether it is time to save."""


class Session:
    """A run under way: its results so far, and its files. The first process alone writes.

    Attributes:
        is_enough: Is told each epoch once all of it is saved, and says whether the run ends with it.
        sparing: Whether it and its metrics are saved when it ends, and neither at the beginning nor after every epoch;
            it draws no pictures.
    """

    folder: Path
    journal: Journal | None
    kept: WeightsKept | None

    def __init__(self, loop: Loop, facts: dict[str, Any], interrupt: Interrupt, work: Work) -> None:
        self.loop, self.facts, self.interrupt, self.work = loop, facts, interrupt, work
        self.is_enough: Callable[[Epoch], bool] | None = None
        self.sparing = False
        self.enough = False
        self.process = loop.process
        self.agreement = Agreement(loop.process)
        self.results = Results(loop, self.agreement)
        self.parent: Parent | None = None
        self.saved_at = time.perf_counter()

    def begin(self, network: Network, out: Path | None, lock: RunLock) -> None:
        """Make the folder, locked, with a checkpoint of the very beginning, unless it is sparing."""
        self._make(network, out, lock)

    def prolong(self, parent: Parent, saved: Checkpoint, network: Network, out: Path | None, lock: RunLock) -> None:
        """Make the folder of a longer run, with the checkpoint that its parent ended with, and go on from there.

        Raises:
            NetspecError: NS0902: the parent would not have saved it.
        """
        self._restore(Path(parent.run), saved)
        self.parent = parent
        self._make(network, out, lock)

    def _make(self, network: Network, out: Path | None, lock: RunLock) -> None:
        """Make the folder, locked, with a checkpoint of how far the run is, and what its best epochs left."""
        state = None if self.sparing else self._checkpoint()

        def fill(folder: Path) -> None:
            lock.take(folder)
            if state is not None:
                write_checkpoint(folder, self.loop.step, state)
            if self.parent and (table := steps_table(Path(self.parent.run), self.loop.recipe, self.loop.step)):
                write_within(folder, STEPS, table.lines())
            if self.parent and self.results.best:
                kept = [each.epoch for each in self.results.kept()] if self.loop.recipe.checkpoint.keep > 1 else []
                inherit(folder, Path(self.parent.run), kept, self.loop.display.note)
            write_within(folder, METRICS, json_text(self.metrics("running")))
            write_within(folder, RECIPE, recipe_text(self.loop.recipe))
            write_within(folder, SPEC, network.text)

        folder = out or Path()
        if self.process.is_first:
            folder = new_folder(network.name, out, fill)
            lock.moved(folder)
        self._open(self.process.broadcast(folder))

    def take_up(self, folder: Path, saved: Checkpoint) -> None:
        """Go on from a checkpoint.

        Raises:
            NetspecError: NS0902: this run would not have saved it.
        """
        self._restore(folder, saved)
        self._open(folder, self.loop.epochs[-1].step if self.loop.epochs else 0)

    def _restore(self, folder: Path, saved: Checkpoint) -> None:
        """Take over the state of a checkpoint."""
        state = saved.state
        with damage(folder / CHECKPOINT):
            self.loop.load_state_dict(state["loop"])
            self.loop.stepper.load(self.loop.step, saved.weights, saved.average, state["stepper"])
            best, start = state["best"], state["started_from"]
            epochs = self.loop.epochs
            self.results.best = None if best is None else epochs[whole(best, 1, len(epochs), "best") - 1]
            if not isinstance(start, str | None):
                raise Misfit("`started_from` is no text")
            self.facts["started_from"] = start
            self.parent = parent_in(state.get("parent"))
            set_random_state(state["random"], self.process)

    def go(self) -> Report:
        """Train, save after every epoch and in between, test."""
        try:
            while not self.finished():
                self.loop.advance(self.pause)
                asked = self.agreement.any(self.interrupt.asked)
                over = not asked and self.loop.position == self.loop.length
                if over:
                    self.loop.close_epoch()
                    self.results.keep_best(self.kept)
                    weights = self.loop.stepper.logged()
                    if self.journal:
                        self.journal.epoch(self.loop.epochs[-1], weights)
                saves = asked or not over or self.finished() or not self.sparing
                if saves:
                    self.save()
                    if asked or not self.sparing:
                        self.write("interrupted" if asked else "running")
                if asked:
                    lost = self.kept.lost() if self.kept else None
                    return Report(self.folder, "interrupted", self.metrics("interrupted"), lost=lost)
                if over and self.is_enough:
                    self.enough = self.agreement.any(self.is_enough(self.loop.epochs[-1]))
                    if self.enough and not saves:
                        self.save()
            for text in unknown_figures(self.results.monitor, self._ending(), self.loop.epochs):
                self.loop.display.note(text)
            self.results.test(self.folder)
            lost = self.settle()
            metrics = self.write("failed" if lost else "done")
            return Report(self.folder, "done", metrics, lost=lost, written=not (self.journal and self.journal.refused))
        except Exception as error:
            told = error if isinstance(error, NetspecError) else failure(error, self.loop.recipe.kinds())
            if told is None:
                raise
            self.fail(told)
            raise told from told.__cause__ if told is error else error
        finally:
            if self.journal:
                self.journal.close()

    def finished(self) -> bool:
        """Whether there is nothing more to train."""
        epochs = self.loop.epochs
        return len(epochs) >= self.loop.planned or self.stopped_early()

    def stopped_early(self) -> bool:
        """Whether it ends before its time: the figures have ceased to get better, or are good enough for others."""
        rule, by, epochs = self.loop.recipe.early_stopping, self._ending(), self.loop.epochs
        if rule is None or by is None or self.enough or len(epochs) >= self.loop.planned:
            return self.enough and len(epochs) < self.loop.planned
        costs = [by.cost(epoch) for epoch in epochs]
        if self.parent and rule.stops(costs[: self.parent.epochs]):  # else the longer run would end where it begins
            del costs[: self.parent.epochs]
        return rule.stops(costs)

    def _ending(self) -> Monitor | None:
        """What ends it early by its recipe; None where nothing does."""
        rule = self.loop.recipe.early_stopping
        if rule is None:
            return None
        return Monitor(rule.monitor) if rule.monitor else self.results.monitor

    def pause(self) -> bool:
        """Whether to stop after this step: to save, or because a signal asked for it. All processes answer alike."""
        asked = self.agreement.asked(self.interrupt.asked)
        step, many = self.loop.step, self.process.world > 1
        seconds = time.perf_counter() - self.saved_at
        rule = self.loop.recipe.checkpoint
        if not many:
            return asked or rule.due(step, seconds)
        due = rule.due(step, 0.0)
        if step % _ASK_EVERY == 0:
            due = self.agreement.any(rule.due(step, seconds))
        return asked or due

    def save(self) -> None:
        """Write a checkpoint, and give its weights their names."""
        self.loop.check_weights()
        state = self._checkpoint()
        if self.journal:
            self.journal.settle()
        if self.kept:
            self.kept.save(self.loop.step, state)
        self.process.barrier()
        self.saved_at = time.perf_counter()

    def settle(self) -> NetspecError | None:
        """Write the weights of the end where the disk has refused some; the error of those that are lost."""
        if not self.agreement.any(self.kept is not None and self.kept.refused is not None):
            return None
        state = self._checkpoint()
        return self.kept.settle(self.loop.step, state) if self.kept else None

    def fail(self, error: NetspecError) -> None:
        """Write down how far the run came, and add what is left of it to the error."""
        with suppress(NetspecError):  # a disk that is full must not hide why
            if isinstance(error, NotANumber):
                rank = f"-{self.process.rank}" if self.process.world > 1 else ""
                error.keep(self.folder, f"failed{rank}.safetensors")
            if self.kept:
                self.kept.write_owed()
            self.write("failed")
        first, *rest = error.diagnostics
        if self.kept and (left := self.kept.whole()):
            error.diagnostics = [first.advised(left), *rest]

    def write(self, state: State) -> dict[str, Any]:
        """Write the metrics as they now are."""
        metrics = self.metrics(state)
        if self.journal:
            self.journal.write(metrics, self.loop.epochs)
            rates = self.loop.stepper.plan.rates(self.loop.feed.per_epoch, self.loop.step)
            self.journal.draw(metrics, self.loop.epochs, self.results.confusions, rates, self.results.precisions)
        return metrics

    def metrics(self, state: State) -> dict[str, Any]:
        """The content of ``metrics.json``."""
        loop = self.loop
        seconds = sum(e.seconds for e in loop.epochs)
        images = sum(loop.feed.images(e.step - (e.epoch - 1) * loop.feed.per_epoch) for e in loop.epochs)
        return {
            "name": self.facts["name"],
            "state": state,
            **self.results.figures(),
            "parent": self.parent and asdict(self.parent),
            "steps": loop.step,
            "planned_epochs": loop.planned,
            "stopped_early": self.stopped_early(),
            "seconds": seconds,
            "images_per_second": images / seconds if seconds else None,
            "mfu": asdict(self.work.utilisation(images / seconds if seconds else None)),
            **self.facts,
            "epochs": [e.row() for e in loop.epochs],
        }

    def _open(self, folder: Path, resumed: int | None = None) -> None:
        """Take a folder for the run's; the first process opens its records."""
        self.folder = folder
        first, note = self.process.is_first, self.loop.display.note
        self.journal = None
        if first:
            past, draws = tuple(self.loop.epochs), not self.sparing
            step = self.loop.step
            self.journal = Journal(folder, resumed, note, self.loop.recipe, past=past, step=step, draws=draws)
            self.loop.record = self.journal.steps
        saved = None if self.sparing and resumed is None else self.loop.step
        self.kept = WeightsKept(folder, saved, note, late=self.sparing) if first else None

    def _checkpoint(self) -> Checkpoint:
        """The whole state that a step changes. All processes take part."""
        stepper = self.loop.stepper
        state = {
            "started_from": self.facts["started_from"],
            "parent": self.parent and asdict(self.parent),
            "best": self.results.best and self.results.best.epoch,
            "loop": self.loop.state_dict(),
            "stepper": stepper.state_dict(),
            "random": all_random_states(self.process),
        }
        return Checkpoint(stepper.weights(), stepper.averages(), state)
