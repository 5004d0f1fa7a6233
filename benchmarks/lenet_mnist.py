"""`netspec train` beside a hand-written torch loop: the same LeNet, data, optimizer, schedule and batches, on the CPU.

Both train in one process and take turns, an epoch each, the first one changing every time; so that whatever else the
machine does falls on both. Prints the ratio of their times per epoch (median; below 1 netspec is faster) and what each
network scores on the test images after the last epoch.

    python benchmarks/lenet_mnist.py --data DIR [--epochs 10]

DIR holds MNIST's IDX files; without it they are looked for as `netspec train` does.
"""

from __future__ import annotations

import argparse
import statistics
import time

import torch
from torch import Tensor, nn

from netspec.train.device import arrange, make_fabric
from netspec.train.evaluate import score
from netspec.train.interrupt import Interrupt
from netspec.train.loop import Loop
from netspec.train.progress import Silent
from netspec.train.recipe import Recipe, override, read_recipe
from netspec.train.samples import Images, prepare

RECIPE = {
    "data": {"mnist": None, "batch_size": 128},
    "loss": "cross_entropy",
    "optimizer": {"adamw": 2e-3, "weight_decay": 0.01},
    "schedule": {"one_cycle": 4e-3},
    "epochs": 10,
}


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

    def __init__(self, data: Images, epochs: int, batch: int) -> None:
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
        images, labels = self.data.images, self.data.labels
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


def compare(recipe: Recipe) -> None:
    """Train both in turns and print what they took and scored."""
    fabric = make_fabric("cpu")
    samples = prepare(recipe.data.load(), recipe.data.validation, fabric.device)
    torch.manual_seed(recipe.seed)
    ours = Loop(fabric, arrange(LeNet(), (1, 28, 28), fabric.device), recipe, samples, Silent(), Interrupt())
    torch.manual_seed(recipe.seed)
    theirs = HandWritten(samples.train, recipe.epochs, recipe.data.batch_size)
    seconds: dict[str, list[float]] = {"netspec": [], "by hand": []}
    turns = {"netspec": ours.run_epoch, "by hand": theirs.run_epoch}
    print(
        f"{torch.get_num_threads()} threads, torch {torch.__version__}, {len(samples.train):,} images; "
        "times are seconds per epoch"
    )
    print("epoch  netspec  by hand  ratio")
    for epoch in range(recipe.epochs):
        for name in list(turns)[:: 1 if epoch % 2 else -1]:
            start = time.perf_counter()
            turns[name]()
            seconds[name].append(time.perf_counter() - start)
        mine, other = (times[-1] for times in seconds.values())
        print(f"{epoch + 1:5}  {mine:7.2f}  {other:7.2f}  {mine / other:5.2f}", flush=True)
    ratios = [a / b for a, b in zip(*seconds.values(), strict=True)]
    modules: dict[str, nn.Module] = {"netspec": ours.module, "by hand": theirs.module}
    for name, module in modules.items():
        result = score(module, ours.loss, samples.test)
        print(f"{name}: {sum(seconds[name]):.1f} s, test accuracy {result.accuracy:.2%}, test loss {result.loss:.4f}")
    print(f"ratio, median of {len(ratios)}: {statistics.median(ratios):.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(description="netspec train beside a hand-written torch loop")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--data", metavar="DIR")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    compare(read_recipe(override(RECIPE, epochs=given.epochs, seed=given.seed, folder=given.data)))


if __name__ == "__main__":
    main()
