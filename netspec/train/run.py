"""One training run, from recipe to folder."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from lightning.fabric import seed_everything
from torch import nn

from netspec.diagnostics import NetspecError
from netspec.files import write_atomic
from netspec.train import files
from netspec.train.checkpoint import load_weights, save_weights
from netspec.train.device import Device, arrange, fitting_threads, make_fabric
from netspec.train.evaluate import score
from netspec.train.facts import facts_of
from netspec.train.findings import Spans, nowhere
from netspec.train.interrupt import Interrupt
from netspec.train.loop import Epoch, Loop
from netspec.train.network import Network, check_fit
from netspec.train.progress import Display, Silent
from netspec.train.recipe import Recipe
from netspec.train.samples import Split, prepare

State = Literal["running", "done", "interrupted", "failed"]


@dataclass(frozen=True, slots=True)
class Report:
    """What a run came to.

    Attributes:
        folder: Holds the weights, the metrics and the spec.
        state: `done`, or `interrupted` by Ctrl-C.
        metrics: What ``metrics.json`` holds.
    """

    folder: Path
    state: State
    metrics: dict[str, Any]

    def text(self) -> str:
        """What a person wants to know of it, in a few lines."""
        found, best = self.metrics, self.metrics["best"]
        if self.state == "interrupted":
            steps, done, planned = found["steps"], len(found["epochs"]), found["recipe"]["epochs"]
            return (
                f"interrupted after {steps:,} step{'s' if steps != 1 else ''}, {done} of {planned} epochs; "
                f"the weights and metrics so far are in {self.folder}"
            )
        chosen = "validation" if found["data"]["validation"] else "training"
        return (
            f"test accuracy {found['test_accuracy']:.2%} of {found['data']['test']:,} images, "
            f"test loss {found['test_loss']:.4f}\n"
            f"best epoch by {chosen} loss: {best['epoch']}, test accuracy {best['test_accuracy']:.2%}\n"
            f"{found['seconds']:.1f} s of training, {found['images_per_second']:,.0f} images/s, {found['device']}\n"
            f"weights and metrics are in {self.folder}"
        )


def train(
    network: Network,
    recipe: Recipe,
    *,
    device: Device = "auto",
    out: Path | None = None,
    display: Display | None = None,
    span: Spans = nowhere,
) -> Report:
    """Train a network and leave weights, metrics and the spec in a folder.

    The test images are seen once training is over, by the final weights, whose score is the run's, and by the best.
    The best are those of the epoch with the lowest loss: on the held-out images, or without any on the training images.

    Args:
        network: What to train.
        recipe: How.
        device: Where to compute; `auto` is CUDA where there is one.
        out: The run's folder, new or empty; without it, the first free ``runs/<name>-<n>``.
        display: Shows how the run gets on; without it nothing is shown.
        span: The place of a value of the recipe, for the diagnostics.

    Raises:
        NetspecError: NS0802, NS0803 for the data; NS0804 where they do not fit; NS0805 where training fails, after the
            metrics so far are written; NS0903 where the folder cannot be written.
    """
    fabric = make_fabric(device)
    samples = prepare(recipe.data, fabric.device)
    objective = check_fit(network, samples, recipe, span)
    seed_everything(recipe.seed, verbose=False)
    module = arrange(network.build(), network.input_shape, fabric.device)
    folder = files.claim_folder(network.name, out)
    write_atomic(folder / files.SPEC, network.text)
    with fitting_threads(network.macs_per_step(recipe)), Interrupt() as interrupt, display or Silent() as shown:
        loop = Loop(fabric, module, recipe, samples, objective, shown, interrupt)
        facts = facts_of(network, module, recipe, fabric, loop)
        return _Run(folder, module, loop, facts).go()


class _Run:
    """A run under way: what it has found so far, and its files."""

    def __init__(self, folder: Path, module: nn.Module, loop: Loop, facts: dict[str, Any]) -> None:
        self.folder, self.module, self.loop, self.facts = folder, module, loop, facts
        self.best: Epoch | None = None
        judged = ("loss", *(metric.figure for metric in loop.objective.own()))
        self.tests: dict[str, Any] = dict.fromkeys(f"test_{name}" for name in judged)
        self.best_tests: dict[str, Any] = dict(self.tests)

    def go(self) -> Report:
        """Train, save after every epoch, test."""
        try:
            for _ in range(self.loop.recipe.epochs):
                whole = self.loop.run_epoch()
                save_weights(self.module, self.folder / files.LAST)
                if not whole:
                    return self.report("interrupted")
                self.keep_best()
                self.write("running")
        except NetspecError:
            self.write("failed")
            raise
        self.test()
        return self.report("done")

    def keep_best(self) -> None:
        """Save the weights again where no earlier epoch had a loss as low."""
        latest = self.loop.epochs[-1]
        if self.best is None or latest.judged_by < self.best.judged_by:
            self.best = latest
            save_weights(self.module, self.folder / files.BEST)

    def test(self) -> None:
        """Judge the final weights and the best by the test images; the module keeps the final ones."""
        if self.loop.samples.test is None:
            return
        self.tests = self._score(self.loop.samples.test)
        if self.best is self.loop.epochs[-1]:
            self.best_tests = self.tests
            return
        load_weights(self.module, self.folder / files.BEST)
        self.best_tests = self._score(self.loop.samples.test)
        load_weights(self.module, self.folder / files.LAST)

    def _score(self, test: Split) -> dict[str, Any]:
        loop = self.loop
        return score(loop.module, loop.objective, test, loop.samples.inputs, loop.fabric.device).named("test")

    def report(self, state: State) -> Report:
        """Write the metrics for the last time."""
        return Report(self.folder, state, self.write(state))

    def write(self, state: State) -> dict[str, Any]:
        """Write the metrics as they now are."""
        epochs = self.loop.epochs
        seconds = sum(e.seconds for e in epochs)
        images = len(epochs) * len(self.loop.samples.train)
        best = self.best and {"epoch": self.best.epoch, "by": self.best.judge, **self.best_tests}
        metrics = {
            "name": self.facts["name"],
            "state": state,
            **self.tests,
            "best": best,
            "steps": self.loop.step,
            "seconds": seconds,
            "images_per_second": images / seconds if seconds else None,
            **self.facts,
            "epochs": [e.written() for e in epochs],
        }
        write_atomic(self.folder / files.METRICS, json.dumps(metrics, indent=2, allow_nan=False) + "\n")
        return metrics
