"""A small ResNet on CIFAR-10, on two cores of a CPU: above 80 % of the test images within 15 minutes.

It is the zoo's `resnet9` at a quarter of its width, 24 million multiply-accumulates an image, by the recipe beside
this file. The time is that of the whole command: reading, training, judging.

    python benchmarks/cifar_cpu.py [--data DIR]
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from runs import run

TARGET, MINUTES = 0.80, 15
RECIPE = Path(__file__).with_name("cifar_cpu.yaml")


def main() -> int:
    parser = argparse.ArgumentParser(description="a small ResNet on CIFAR-10 on the CPU")
    parser.add_argument("--data", metavar="DIR", help="where CIFAR-10 is; else as `netspec train` looks for it")
    start = time.perf_counter()
    found = run("resnet9", "--set", "width=16", "--recipe", str(RECIPE), device="cpu", data=parser.parse_args().data)
    minutes = (time.perf_counter() - start) / 60
    print(f"{found['device']}, {found['images_per_second']:,.0f} images/s, {found['seconds'] / 60:.1f} min of training")
    print(
        f"test accuracy {found['test_accuracy']:.2%} after {minutes:.1f} min; target {TARGET:.0%} within {MINUTES} min"
    )
    return int(found["test_accuracy"] <= TARGET or minutes > MINUTES)


if __name__ == "__main__":
    sys.exit(main())
