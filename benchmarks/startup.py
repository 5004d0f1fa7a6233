"""Whole processes side by side: ``netspec summary resnet50`` and torchinfo on torchvision's ResNet-50.

Runs alternate, so that both meet the same load. Target: an eighth of torchinfo's time.
Usage: python benchmarks/startup.py [RUNS]
"""

import statistics
import subprocess
import sys
import time

TARGET = 1 / 8
PROCESSES = {
    "netspec summary resnet50": [sys.executable, "-m", "netspec", "summary", "resnet50"],
    "torchinfo.summary(torchvision.models.resnet50())": [
        sys.executable,
        "-c",
        "import torchinfo, torchvision; print(torchinfo.summary(torchvision.models.resnet50()))",
    ],
}


def seconds(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def main(runs: int = 7) -> int:
    for command in PROCESSES.values():
        seconds(command)  # fills the caches of bytecode and files
    taken: dict[str, list[float]] = {name: [] for name in PROCESSES}
    for _ in range(runs):
        for name, command in PROCESSES.items():
            taken[name].append(seconds(command))
    medians = {name: statistics.median(times) for name, times in taken.items()}
    for name, median in medians.items():
        print(f"{name:<50} {median:6.3f} s  (median of {runs}, {min(taken[name]):.3f} to {max(taken[name]):.3f})")
    ours, theirs = medians.values()
    print(f"ratio {ours / theirs:.3f}, that is 1/{theirs / ours:.1f}; target below 1/{1 / TARGET:.0f}")
    return int(ours / theirs >= TARGET)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
