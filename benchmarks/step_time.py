"""The time of a step of `netspec train` beside two loops by hand, on the CPU: LeNet on MNIST, and a ResNet on CIFAR-10.

One of the two is tuned: channels last, the optimizer's fused kernel, crops by one gather, an average of the weights in
one call. The other is written plainly. All three have the same data in memory, network, loss, optimizer, batch and
augmentation; the ResNet is the zoo's `resnet9` at an eighth of its width, with crop, flip and an average of weights.
`compiled` is the same with `compile: true` in the recipe, as `netspec train` compiles: before the clock runs. The loops
by hand are not compiled.

They take turns in one process, and the order changes from turn to turn, so that whatever else the machine does falls on
all. The ratio is the median over the turns; below 1 netspec is faster. The line after them says how much of netspec's
steps is in operators that the tuned loop calls as well, with inputs of the same shapes: no loop can save that.

    python benchmarks/step_time.py [--data DIR] [--turns 5] [lenet] [resnet] [compiled]

DIR holds the folders `mnist` and `cifar10`; without it they are looked for as `netspec train` does.
"""

from __future__ import annotations

import argparse
import copy
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import torch
import torch.nn.functional as F
import yaml
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.profiler import ProfilerActivity, profile

from netspec import api
from netspec.driver.recipes import recipe_of
from netspec.frontend.problems import NOWHERE
from netspec.training.feeding.batches import InMemory
from netspec.training.feeding.sample_set import Samples
from netspec.training.feeding.samples import prepare
from netspec.training.fitting import check_fit
from netspec.training.showing.progress import Display
from netspec.training.spec import network_of
from netspec.training.steps.compile import Compilation
from netspec.training.steps.device import arrange, take
from netspec.training.steps.loop import Loop

DECAY = 0.999
PROFILED = 2
"""Turns of netspec and of the tuned loop in torch's profiler, after those that are timed."""
AUGMENTED = {"augment": [{"crop": 32, "padding": 4}, "flip"], "ema": {"decay": DECAY}, "precision": "float32"}


@dataclass(frozen=True)
class Case:
    """A network with its recipe: the zoo's name, the spec's settings, changes of the recipe, and the goal."""

    network: str
    settings: dict[str, Any]
    recipe: dict[str, Any]
    data: str
    batch: int
    steps: int
    goal: float


CASES = {
    "lenet": Case("lenet", {}, {}, "mnist", 128, 100, 0.85),
    "resnet": Case("resnet9", {"width": 8}, AUGMENTED, "cifar10", 128, 10, 0.95),
    "compiled": Case("resnet9", {"width": 8}, AUGMENTED | {"compile": True}, "cifar10", 128, 10, 0.95),
}


class ByHand:
    """A loop as one writes it by hand, counting loss and accuracy."""

    def __init__(
        self,
        module: nn.Module,
        samples: Samples,
        optimizer: torch.optim.Optimizer,
        loss: Callable[[Tensor, Tensor], Any],
        batch: int,
    ) -> None:
        assert isinstance(samples.train, InMemory)
        self.module, self.samples, self.loss, self.batch = module, samples, loss, batch
        self.images, self.labels = samples.train.images, samples.train.targets
        self.optimizer = optimizer

    def run_epoch(self) -> None:
        labels = self.labels
        assert labels is not None
        loss_sum, hits = torch.zeros(()), torch.zeros((), dtype=torch.int64)
        self.module.train()
        for rows in torch.randperm(len(labels)).split(self.batch):
            x, y = self.inputs(rows), labels[rows]
            self.optimizer.zero_grad(set_to_none=True)
            out = self.module(x)
            loss = self.loss(out, y)
            loss.backward()
            self.optimizer.step()
            self.after()
            loss_sum += loss.detach() * len(rows)
            hits += (out.argmax(1) == y).sum()

    def inputs(self, rows: Tensor) -> Tensor:
        """The network's inputs."""
        return self.images[rows]

    def after(self) -> None:
        """What follows a step."""


class Augmented(ByHand):
    """The same with crop, flip and an average of the weights."""

    def __init__(self, *given: Any, tuned: bool) -> None:
        super().__init__(*given)
        self.tuned = tuned
        average: Any = {"multi_avg_fn": get_ema_multi_avg_fn(DECAY)} if tuned else {"avg_fn": plainly}
        self.average = AveragedModel(self.module, use_buffers=True, **average)
        made = self.samples.inputs
        self.shift, self.scale = (torch.tensor(each).view(-1, 1, 1) for each in (made.shift, made.scale))
        frame = (4,) * 4
        self.padded = F.pad(self.images, frame) if tuned else self.images

    def inputs(self, rows: Tensor) -> Tensor:
        if self.tuned:
            top, left = torch.randint(9, (2, len(rows)))
            pieces = self.padded.unfold(2, 32, 1).unfold(3, 32, 1)[rows, :, top, left]
            turned = torch.where((torch.rand(len(rows)) < 0.5).view(-1, 1, 1, 1), pieces.flip(3), pieces)
            images = (turned.float() - self.shift) / self.scale
            return images.contiguous(memory_format=torch.channels_last)
        made = []
        for image in self.images[rows]:
            framed = F.pad(image, (4,) * 4)
            top, left = (int(torch.randint(9, ())) for _ in range(2))
            piece = framed[:, top : top + 32, left : left + 32]
            made.append(piece.flip(2) if torch.rand(()) < 0.5 else piece)
        return (torch.stack(made).float() - self.shift) / self.scale

    def after(self) -> None:
        self.average.update_parameters(self.module)


def plainly(average: Tensor, weight: Tensor, count: Tensor | int) -> Tensor:
    return DECAY * average + (1 - DECAY) * weight


def loops(case: Case, folder: str | None, turns: int) -> dict[str, Callable[[], None]]:
    """An epoch of a few steps of each of the three, which begin with the same weights."""
    spec = api.load(case.network, case.settings)
    data = dict(spec.document.train or {}) | case.recipe | {"epochs": turns + 1 + PROFILED, "schedule": "constant"}
    data["data"] = {case.data: folder and f"{folder}/{case.data}", "batch_size": case.batch}
    text = yaml.safe_load(api.zoo_text(case.network)) | {"train": data}
    spec = api.loads(yaml.safe_dump(text, sort_keys=False), settings=case.settings)
    recipe, process = recipe_of(spec), take("cpu")
    samples = prepare(recipe.data, process.device, recipe.augment)
    objective = check_fit(network_of(spec, recipe), samples, recipe, NOWHERE)
    assert isinstance(samples.train, InMemory)
    few = replace(samples, train=samples.train.take(torch.arange(case.steps * case.batch)))
    torch.manual_seed(0)
    module = api.compile(spec)
    found: dict[str, Callable[[], None]] = {}
    for name, tuned in (("tuned", True), ("plain", False)):
        own = copy.deepcopy(module)
        own = own.to(memory_format=torch.channels_last) if tuned else own
        made = recipe.optimizer.function()
        options = {key: value for key, value in made.arguments.items() if key != "fused"}
        kind = getattr(torch.optim, made.target.rpartition(".")[2])
        optimizer = kind(own.parameters(), **options, **({"fused": True} if tuned else {"foreach": False}))
        given: Any = (own, few, optimizer, objective.criterion(), case.batch)
        found[name] = (Augmented(*given, tuned=tuned) if recipe.augment else ByHand(*given)).run_epoch
    compilation = Compilation(recipe.compile, process.device)
    own = arrange(module, few.shape)
    compilation.compile(own)
    ours = Loop(process, own, recipe, few, objective, Display(), compilation)
    start = time.perf_counter()
    ours.warm_up()
    if compilation.on:
        print(f"{case.network}: compiled in {time.perf_counter() - start:.1f} s")
    return {"netspec": ours.run_epoch, **found}


def compared(name: str, case: Case, folder: str | None, turns: int) -> bool:
    """Print the times of a step and the ratios of turns; whether netspec reaches its goal."""
    calls = loops(case, folder, turns)
    taken: dict[str, list[float]] = {each: [] for each in calls}
    for turn in range(turns + 1):  # the first warms up
        for each in list(calls) if turn % 2 else reversed(calls):
            start = time.perf_counter()
            calls[each]()
            taken[each].append((time.perf_counter() - start) / case.steps)
    steps = ", ".join(f"{each} {statistics.median(times[1:]) * 1e3:.2f} ms" for each, times in taken.items())
    print(f"{name}, a step of {case.batch} (median of {turns} turns of {case.steps}): {steps}")
    medians = {}
    for each in ("tuned", "plain"):
        ratios = sorted(a / b for a, b in zip(taken["netspec"][1:], taken[each][1:], strict=True))
        medians[each] = statistics.median(ratios)
        print(f"  over {each}: {', '.join(f'{ratio:.3f}' for ratio in ratios)}; median {medians[each]:.3f}")
    if not case.recipe.get("compile"):  # compiled operators are fused: none is called by both
        print(f"  {shared(calls):.0%} of a step is in operators that the tuned loop calls as well")
    print(f"  target over tuned: at most {case.goal}", flush=True)
    return medians["tuned"] <= case.goal


def shared(calls: dict[str, Callable[[], None]]) -> float:
    """The share of netspec's steps in operators of torch that the tuned loop calls as well, with the same shapes."""
    spent: dict[str, Counter[tuple[str, str]]] = {}
    for each in ("tuned", "netspec"):
        with profile(activities=[ProfilerActivity.CPU], record_shapes=True) as profiled:
            start = time.perf_counter()
            for _ in range(PROFILED):
                calls[each]()
            taken = time.perf_counter() - start
        spent[each] = Counter()
        for event in profiled.key_averages(group_by_input_shape=True):
            spent[each][event.key, str(event.input_shapes)] += event.self_cpu_time_total
    return (spent["netspec"] & spent["tuned"]).total() / 1e6 / taken


def main() -> int:
    """1 where netspec misses a goal."""
    parser = argparse.ArgumentParser(description="a step of netspec train beside loops by hand")
    parser.add_argument("which", nargs="*", choices=[[], *CASES], help="all of them, if none")
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--data", metavar="DIR")
    given = parser.parse_args()
    print(f"{torch.get_num_threads()} threads, torch {torch.__version__}")
    chosen = {name: case for name, case in CASES.items() if not given.which or name in given.which}
    reached = [compared(name, case, given.data, given.turns) for name, case in chosen.items()]
    return int(not all(reached))


if __name__ == "__main__":
    sys.exit(main())
