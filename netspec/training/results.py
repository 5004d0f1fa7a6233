"""The results of a run so far: its best epoch, and the figures of the test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from netspec.files.run_folder import BEST
from netspec.interop.weight_files import read_weights
from netspec.recipe.detecting import Detecting
from netspec.training.keeping.metrics_file import Epoch, by_name
from netspec.training.keeping.monitor import Monitor
from netspec.training.keeping.weights_kept import WeightsKept
from netspec.training.parallel.sharding import load_whole
from netspec.training.steps.agreement import Agreement
from netspec.training.steps.loop import Loop


class Results:
    """The results of a run so far.

    Attributes:
        monitor: What says which of two epochs is better.
        best: The best epoch; None before the end of the first.
        confusions: Test examples by class and answer, of the final weights, by the output that tells classes; that of
            the only one without a name.
        precisions: Precision at each recall of a detector's final weights, by class.
    """

    def __init__(self, loop: Loop, agreement: Agreement) -> None:
        self._loop, self._agreement = loop, agreement
        self.monitor = Monitor(loop.recipe.checkpoint.monitor or _chosen_by(loop))
        self.best: Epoch | None = None
        self.confusions: dict[str, Tensor] = {}
        self.precisions: Mapping[str, Sequence[float]] = {}
        judged = tuple(by_name(loop.objective.judged()))
        if views := loop.recipe.test_time:
            judged += tuple(f"{views.key}_{name}" for name in judged)
        self._tests: dict[str, Any] = dict.fromkeys(f"test_{name}" for name in judged)
        self._best_tests: dict[str, Any] = dict(self._tests)
        self._unwritten: Mapping[str, Tensor] | None = None

    def kept(self) -> list[Epoch]:
        """The epochs so far whose weights are kept, the best first."""
        loop = self._loop
        return self.monitor.ranked(loop.epochs)[: loop.recipe.checkpoint.keep]

    def keep_best(self, kept: WeightsKept | None) -> None:
        """Save the weights as they were judged, where no earlier epoch was as good, or few were.

        Args:
            kept: What writes them; None in a process that writes nothing.
        """
        loop = self._loop
        latest, keep = loop.epochs[-1], self.kept()
        if latest not in keep:
            return
        weights = loop.stepper.averages() or loop.stepper.weights()
        if kept and loop.recipe.checkpoint.keep > 1:
            kept.write_epoch(weights, latest.epoch, [epoch.epoch for epoch in keep])
        if latest is keep[0]:
            self.best = latest
            copy = kept.write_best(weights, latest.epoch, latest.step) if kept else None
            self._unwritten = None
            if self._agreement.any(copy is not None):
                self._unwritten = copy or {name: tensor.detach().clone() for name, tensor in weights.items()}

    def test(self, folder: Path) -> None:
        """Judge the final weights and the best, which `folder` has, by the test images; the module keeps the final."""
        test, loop = self._loop.samples.test, self._loop
        if test is None:
            return
        self._tests, final_score = loop.tested(test)
        self.confusions = final_score.confusions()
        self.precisions = final_score.precisions(loop.samples.classes)
        if self.best is loop.epochs[-1]:
            self._best_tests = self._tests
            return
        final = loop.stepper.weights()
        self._load(self._unwritten or read_weights(folder / BEST).tensors)
        self._best_tests = loop.tested(test, averaged=False)[0]
        self._load(final)

    def figures(self) -> dict[str, Any]:
        """The figures of the test, and the best epoch with its own, as ``metrics.json`` holds them."""
        best = self.best and {"epoch": self.best.epoch, "by": self.monitor.name(self.best), **self._best_tests}
        remarks = self._loop.remarks
        return {**self._tests, "best": best, **({"approximate": list(remarks)} if remarks else {})}

    def _load(self, weights: Mapping[str, Tensor]) -> None:
        with torch.no_grad():
            load_whole(self._loop.stepper.module, weights)


def _chosen_by(loop: Loop) -> str:
    """The figure that chooses the best epoch where the recipe names none: the loss, or a detector's precision."""
    aim = loop.objective
    return aim.chooses if isinstance(aim, Detecting) and loop.samples.validation is not None else "loss"
