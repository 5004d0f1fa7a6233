"""Three measurements on one NVIDIA GPU.

1. `lenet` on MNIST to 98.9 % in less than 2 s of training time.
2. `resnet9` on CIFAR-10 to 93 % in less than 15 s of training time.
3. `resnet50`, 224x224, bfloat16, batches of 256 random images: images per second of netspec's loop over those of
   torchvision's network in a loop tuned by hand, both compiled and channels-last, in turns in one process; at least 1.

Training time is that of the steps, from the first to the last, with their data and augmentation; steps are compiled
before that, and the network is judged after it.

    python benchmarks/gpu.py [--data DIR] [lenet] [cifar] [resnet50]

DIR holds MNIST and CIFAR-10; without it they are looked for as `netspec train` does.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch
import torchvision
from torch import Tensor, nn

from netspec import api
from netspec.frontend.problems import NOWHERE
from netspec.recipe.recipe import read_recipe
from netspec.training.feeding.samples import prepare
from netspec.training.fitting import check_fit
from netspec.training.judging.mfu import Work
from netspec.training.showing.progress import Display
from netspec.training.spec import network_of
from netspec.training.steps.compile import Compilation, fastest_convolutions
from netspec.training.steps.device import arrange, take
from netspec.training.steps.loop import Loop
from runs import run

TURNS = 5
"""Of which medians are taken; one more before them warms up."""


def trained(name: str, target: float, limit: float, data: str | None, *arguments: str) -> bool:
    """Train a network as a user does; whether it reached the accuracy within the time."""
    found = run(name, *arguments, device="cuda", data=data)
    accuracy, seconds = found["test_accuracy"], found["seconds"]
    print(f"{name}: test accuracy {accuracy:.2%} after {seconds:.2f} s of training, target {target:.1%} in {limit:g} s")
    print(f"  {found['images_per_second']:,.0f} images/s; {share_of_peak(found['mfu'])}", flush=True)
    return bool(accuracy >= target and seconds < limit)


def share_of_peak(mfu: dict[str, float | None]) -> str:
    return f"MFU {mfu['share']:.1%}" if mfu["share"] is not None else f"no MFU: {mfu['source']}"


class Theirs:
    """torchvision's network in a loop as an expert writes it: a batch that is on the device already, all else fused."""

    def __init__(self, batch: int, size: int, graphs: bool) -> None:
        self.module = torchvision.models.resnet50().cuda().to(memory_format=torch.channels_last).train()
        mode = "reduce-overhead" if graphs else None
        self.compiled: Callable[[Tensor], Tensor] = torch.compile(self.module, mode=mode)
        self.optimizer = torch.optim.SGD(self.module.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4, fused=True)
        self.images = torch.randn(batch, 3, size, size, device="cuda").to(memory_format=torch.channels_last)
        self.labels = torch.randint(1000, (batch,), device="cuda")

    def steps(self, count: int) -> None:
        for _ in range(count):
            torch.compiler.cudagraph_mark_step_begin()
            self.optimizer.zero_grad(set_to_none=True)
            with torch.autocast("cuda", torch.bfloat16):
                loss: Tensor = nn.functional.cross_entropy(self.compiled(self.images), self.labels)
            loss.backward()
            self.optimizer.step()
        loss.item()  # waits for the device


def ours(batch: int, size: int, count: int) -> Loop:
    """The loop of `netspec train` for the zoo's network; an epoch has so many steps."""
    recipe = read_recipe(
        {
            "data": {"synthetic": [3, size, size], "examples": count * batch, "batch_size": batch},
            "loss": "cross_entropy",
            "optimizer": {"sgd": 0.1, "momentum": 0.9, "weight_decay": 1e-4},
            "precision": "bfloat16",
            "epochs": TURNS + 1,
        }
    )
    spec = api.load("resnet50", {"input": [3, size, size]} if size != 224 else {})
    process = take("cuda")
    samples = prepare(recipe.data, process.device)
    objective = check_fit(network_of(spec, recipe), samples, recipe, NOWHERE)
    module = arrange(api.compile(spec), (3, size, size))
    compilation = Compilation(True, process.device)
    compilation.compile(module)
    loop = Loop(process, module, recipe, samples, objective, Display(), compilation)
    loop.warm_up()
    return loop


def seconds(call: Callable[[], object]) -> float:
    torch.cuda.synchronize()
    start = time.perf_counter()
    call()
    torch.cuda.synchronize()
    return time.perf_counter() - start


def resnet50(batch: int = 256, size: int = 224, count: int = 40) -> bool:
    """Both in turns; whether netspec's loop is as fast as the better of the two by hand."""
    with fastest_convolutions(torch.device("cuda")):
        mine = ours(batch, size, count)
        rivals = {"compiled": Theirs(batch, size, False), "compiled, CUDA graphs": Theirs(batch, size, True)}
        calls: dict[str, Callable[[], object]] = {"netspec": mine.run_epoch}
        calls |= {name: partial(rival.steps, count) for name, rival in rivals.items()}
        turns: dict[str, list[float]] = {name: [] for name in calls}
        for turn in range(TURNS + 1):
            for name in list(calls) if turn % 2 else reversed(calls):
                turns[name].append(seconds(calls[name]))
    macs = api.analyze(api.load("resnet50")).work.training
    rates = {name: count * batch / statistics.median(taken[1:]) for name, taken in turns.items()}
    work = Work(macs, torch.cuda.get_device_name(), "bfloat16")
    for name, rate in rates.items():
        who = name if name == "netspec" else f"torchvision, {name}"
        print(f"resnet50, {who}: {rate:,.0f} images/s, {work.utilisation(rate).text()}")
    best = max(rivals, key=rates.__getitem__)
    pairs = zip(turns[best][1:], turns["netspec"][1:], strict=True)
    ratio = statistics.median(theirs / own for theirs, own in pairs)
    print(f"  images/s over torchvision's ({best}), median of {TURNS} turns of {count} steps: {ratio:.3f}; target 1")
    return ratio >= 1


def main() -> int:
    parser = argparse.ArgumentParser(description="three measurements on one GPU")
    parser.add_argument("which", nargs="*", choices=[[], "lenet", "cifar", "resnet50"], help="all of them, if none")
    parser.add_argument("--data", metavar="DIR")
    given = parser.parse_args()
    if not torch.cuda.is_available():
        print("This needs a GPU.", file=sys.stderr)
        return 2
    print(torch.cuda.get_device_name(), "torch", torch.__version__, flush=True)
    lenet = str(Path(__file__).with_name("lenet_gpu.yaml"))
    measurements: dict[str, Callable[[], bool]] = {
        "lenet": lambda: trained("lenet", 0.989, 2, given.data, "--recipe", lenet),
        "cifar": lambda: trained("resnet9", 0.93, 15, given.data),
        "resnet50": resnet50,
    }
    results = [measure() for name, measure in measurements.items() if not given.which or name in given.which]
    return int(not all(results))


if __name__ == "__main__":
    sys.exit(main())
