"""The randomisation check of Adebayo et al. (2018): guided backpropagation fails it, Grad-CAM passes.

A LeNet with relus learns MNIST; then its weights are made random from the last layer to the first, and each method's
maps of 200 test images, for the class that the trained network gives, are compared with those of the trained network.

Judged is the step at which all linear layers are random and the convolutions as trained: what tells the classes apart
is gone, so that a map of the evidence for a class should be another one. A method fails where the mean rank
correlation of its maps is still over 0.5, half way from unrelated maps (0) to the same map (1), and passes below.

    NETSPEC_DATA=... python benchmarks/sanity.py [RUN]     # a run that is there, or a new one of 1 epoch
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import netspec
from netspec.look.method import Options
from netspec.look.opened import Opened
from netspec.look.opening import open_network
from netspec.look.sanity_check import attributions, likeness, steps

SPEC = """
netspec: 1
name: lenet_relu
input: [1, 28, 28]
layers:
  - {conv: 6, kernel: 5, padding: 2, name: conv1}
  - relu
  - {max_pool: 2}
  - {conv: 16, kernel: 5, name: conv2}
  - relu
  - {max_pool: 2}
  - flatten
  - {linear: 120, name: fc1}
  - relu
  - {linear: 84, name: fc2}
  - relu
  - {linear: 10, name: fc3}
train:
  data: {mnist: , batch_size: 128}
  loss: cross_entropy
  optimizer: {adamw: 2e-3}
  epochs: 1
"""
IMAGES, JUDGED, THRESHOLD = 200, "fc1", 0.5
SEEDS = (0, 1, 2)


def main() -> None:
    data = str(Path(os.environ["NETSPEC_DATA"], "mnist"))
    with tempfile.TemporaryDirectory() as folder:
        run = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(folder, "run")
        if len(sys.argv) == 1:
            netspec.train(netspec.loads(SPEC), data=data, out=run, device="cpu")
        opened = open_network(run, data=data)
        accuracy = netspec.Run(run).metrics["test_accuracy"]
        print(f"{opened.name}: {accuracy:.2%} of the test images right; {IMAGES} images, {len(SEEDS)} random networks")
        compare(opened)


def compare(opened: Opened) -> None:
    """Print the mean likeness of the maps at each step, and the verdict of each method."""
    images, _ = opened.examples(IMAGES)
    targets = opened.answer(images).argmax(1).tolist()
    names = {each.name: each.title for each in attributions(opened)}
    rows: dict[str, dict[str, list[tuple[float, float]]]] = {}
    for seed in SEEDS:
        first = None
        for step in steps(opened, images, targets, Options(seed=seed)):
            first = first or step
            for name in names:
                rank, ssim = likeness(first.maps[name], step.maps[name])
                assert rank is not None
                assert ssim is not None
                rows.setdefault(step.layer or "as trained", {}).setdefault(name, []).append((rank, ssim))
    print(f"{'random from':<12}", *(f"{name:>24}" for name in names.values()))
    for layer, found in rows.items():
        cells = (tuple(sum(each) / len(SEEDS) for each in zip(*found[name], strict=True)) for name in names)
        print(f"{layer:<12}", *(f"{f'rank {rank:.2f}, SSIM {ssim:.2f}':>24}" for rank, ssim in cells))
    for name, title in names.items():
        ranks = [rank for rank, _ in rows[JUDGED][name]]
        verdict = "fails" if sum(ranks) / len(ranks) > THRESHOLD else "passes"
        spread = f"{min(ranks):.2f} to {max(ranks):.2f}"
        print(f"{title} {verdict}: rank correlation {spread} with random linear layers, judged by {THRESHOLD}")


if __name__ == "__main__":
    main()
