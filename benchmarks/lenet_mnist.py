"""`netspec train` beside a hand-written torch loop: the same data, LeNet, optimizer, schedule and batches, on the CPU.

netspec's side is the zoo's `lenet` with its own recipe.

Both train in one process and take turns of an epoch, the first one changing every time, so that whatever else the
machine does falls on both: the time of the whole training, and what it scores on the test images, 98.9 % at least. The
time of a single step is `step_time.py`'s.

    python benchmarks/lenet_mnist.py --data DIR [--epochs 10]

DIR holds MNIST's IDX files; without it they are looked for as `netspec train` does.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable

import torch
from torch import Tensor, nn

from netspec import api
from netspec.driver.recipes import recipe_of
from netspec.frontend.problems import NOWHERE
from netspec.training.feeding.batches import InMemory
from netspec.training.feeding.sample_set import Samples
from netspec.training.feeding.samples import prepare
from netspec.training.fitting import check_fit
from netspec.training.judging.evaluate import score
from netspec.training.showing.progress import Display
from netspec.training.spec import network_of
from netspec.training.steps.device import arrange, take
from netspec.training.steps.loop import Loop

ACCURACY = 0.989


class LeNet(nn.Module):
    """LeNet-5 as one writes it by hand."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5, padding=2)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.pool = nn.AvgPool2d(2)
        self.fc1 = nn.Linear(400, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.pool(torch.tanh(self.conv1(x)))
        x = self.pool(torch.tanh(self.conv2(x)))
        x = torch.tanh(self.fc1(x.flatten(1)))
        out: Tensor = self.fc3(torch.tanh(self.fc2(x)))
        return out


class HandWritten:
    """The loop as one writes it by hand, with the same optimizer settings, counting loss and accuracy."""

    def __init__(self, data: InMemory, epochs: int, batch: int) -> None:
        self.data, self.batch = data, batch
        self.module = LeNet()
        self.optimizer = torch.optim.AdamW(self.module.parameters(), lr=2e-3, weight_decay=0.01, fused=True)
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(
            self.optimizer,
            max_lr=4e-3,
            total_steps=-(-len(data) // batch) * epochs,
            div_factor=2,
            cycle_momentum=False,
        )

    def run_epoch(self) -> None:
        images, labels = self.data.images, self.data.targets
        assert labels is not None
        loss_sum, hits = torch.zeros(()), torch.zeros((), dtype=torch.int64)
        self.module.train()
        for rows in torch.randperm(len(labels)).split(self.batch):
            x, y = images[rows], labels[rows]
            self.optimizer.zero_grad(set_to_none=True)
            out = self.module(x)
            loss = nn.functional.cross_entropy(out, y)
            loss.backward()
            self.optimizer.step()
            self.schedule.step()
            loss_sum += loss.detach() * len(rows)
            hits += (out.argmax(1) == y).sum()


class Bench:
    """The zoo's `lenet` with its recipe, and what it is compared with."""

    def __init__(self, epochs: int, seed: int, folder: str | None) -> None:
        self.spec = api.load("lenet")
        self.recipe = recipe_of(self.spec, epochs=epochs, seed=seed, folder=folder)
        self.process = take("cpu")
        self.samples = prepare(self.recipe.data, self.process.device)
        self.objective = check_fit(network_of(self.spec, self.recipe), self.samples, self.recipe, NOWHERE)

    def pair(self, samples: Samples, epochs: int) -> tuple[Loop, HandWritten]:
        """Both, ready to train from the same weights."""
        recipe = self.recipe.model_copy(update={"epochs": epochs})
        torch.manual_seed(recipe.seed)
        module = arrange(api.compile(self.spec), (1, 28, 28))
        ours = Loop(self.process, module, recipe, samples, self.objective, Display())
        torch.manual_seed(recipe.seed)
        assert isinstance(samples.train, InMemory)
        return ours, HandWritten(samples.train, epochs, recipe.data.batch_size)

    def training(self) -> bool:
        """Take turns of an epoch each and print how long it takes and what it reaches; whether netspec gets there."""
        assert self.samples.test
        epochs = self.recipe.epochs or 1
        ours, theirs = self.pair(self.samples, epochs)
        seconds = [in_turns(ours.run_epoch, theirs.run_epoch, turn) for turn in range(epochs)]
        modules: dict[str, nn.Module] = {"netspec": ours.stepper.network, "by hand": theirs.module}
        reached = []
        for (name, module), times in zip(modules.items(), zip(*seconds, strict=True), strict=True):
            result = score(module, self.objective, self.samples.test, self.samples.inputs, self.process.device)
            reached.append(result.figures["accuracy"])
            print(f"{epochs} epochs, {name}: {sum(times):.1f} s, test accuracy {reached[-1]:.2%}")
        print(f"target of the recipe's own ten epochs: {ACCURACY:.1%}")
        return reached[0] >= ACCURACY


def in_turns(ours: Callable[[], object], theirs: Callable[[], object], turn: int) -> tuple[float, float]:
    """Seconds of one call of each; who goes first changes from turn to turn."""
    seconds = {}
    for call in (ours, theirs) if turn % 2 else (theirs, ours):
        start = time.perf_counter()
        call()
        seconds[call] = time.perf_counter() - start
    return seconds[ours], seconds[theirs]


def main() -> int:
    """1 where netspec's accuracy is below the target."""
    parser = argparse.ArgumentParser(description="netspec train beside a hand-written torch loop")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--data", metavar="DIR")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    bench = Bench(given.epochs, given.seed, given.data)
    print(f"{torch.get_num_threads()} threads, torch {torch.__version__}")
    return int(not bench.training())


if __name__ == "__main__":
    sys.exit(main())
