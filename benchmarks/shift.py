"""LeNet with max pools against LeNet with blurred ones: how much a digit's probability changes for a pixel's move.

    NETSPEC_DATA=../shared/data python benchmarks/shift.py

Both are trained alike on MNIST, each with three seeds. The blurred one takes the maximum at every place, and blurs
before it leaves out every other one (Zhang, "Making convolutional networks shift-invariant again", 2019).
"""

from __future__ import annotations

import argparse
import tempfile
import time
import warnings
from pathlib import Path

import torch
from torch import Tensor

import netspec
from netspec.look.opening import open_network
from netspec.look.shifting import changed, probabilities

POOLS = {"max": "{max_pool: 2}", "blur": "{sequence: [{max_pool: 2, stride: 1}, {blur_pool: 3, padding: 1}]}"}

SPEC = """
netspec: 1
name: lenet_{name}
input: [1, 28, 28]
layers:
  - {{conv: 6, kernel: 5, padding: 2}}
  - relu
  - {pool}
  - {{conv: 16, kernel: 5}}
  - relu
  - {pool}
  - flatten
  - {{linear: 120}}
  - relu
  - {{linear: 84}}
  - relu
  - {{linear: 10}}
train:
  data: {{mnist: , batch_size: 64, validation: 0}}
  loss: cross_entropy
  optimizer: {{adamw: 2e-3}}
  schedule: {{one_cycle: 4e-3}}
  steps: {steps}
  log: []
"""


def curves(run: Path, images: int, most: int) -> tuple[Tensor, float]:
    """The mean probability of the first answer's class at each step, [most + 1], and its mean change for a pixel."""
    opened = open_network(run)
    inputs, _ = opened.examples(images)
    with torch.inference_mode():
        shares = [probabilities(opened, opened.answer(changed(inputs, "right", step))) for step in range(most + 1)]
    told = torch.stack(shares)  # [most + 1, N, classes]
    own = told.gather(2, told[0].argmax(1)[None, :, None].expand(len(told), -1, 1))[..., 0]
    return own.mean(1), float(own.diff(dim=0).abs().mean())


def main() -> None:
    """Train, move and print."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--steps", type=int, default=200, help="of training")
    asked.add_argument("--seeds", type=int, default=3)
    asked.add_argument("--images", type=int, default=500, help="test images that are moved")
    asked.add_argument("--most", type=int, default=8, help="pixels that they are moved")
    asked.add_argument("--out", type=Path, help="a new folder for the runs, which `netspec shift` takes")
    options = asked.parse_args()
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    began = time.process_time()
    found: dict[str, list[tuple[Tensor, float]]] = {}
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.out or Path(temporary)
        folder.mkdir(exist_ok=True)
        for name, pool in POOLS.items():
            spec = netspec.loads(SPEC.format(name=name, pool=pool, steps=options.steps))
            for seed in range(options.seeds):
                run = netspec.train(spec, seed=seed, out=folder / f"{name}-{seed}", device="cpu")
                made = curves(run.path, options.images, options.most)
                found.setdefault(name, []).append(made)
                accuracy = run.metrics["test_accuracy"]
                print(f"{name:5} seed {seed}: test accuracy {accuracy:.2%}, {made[1]:.4f} for a pixel", flush=True)
    print(f"\nprobability of the first answer's class, mean of {options.images} images and {options.seeds} seeds")
    print(f"{'pixels':>8}" + "".join(f"{step:7d}" for step in range(options.most + 1)))
    for name, each in found.items():
        mean = torch.stack([curve for curve, _ in each]).mean(0)
        print(f"{name:>8}" + "".join(f"{value:7.3f}" for value in mean.tolist()))
    print("\nmean change of that probability for a pixel, each seed's, and their mean")
    for name, each in found.items():
        changes = torch.tensor([change for _, change in each])
        print(
            f"{name:>8}  " + "  ".join(f"{value:.4f}" for value in changes.tolist()) + f"  {float(changes.mean()):.4f}"
        )
    print(f"\n{time.process_time() - began:.0f} s of CPU")


if __name__ == "__main__":
    main()
