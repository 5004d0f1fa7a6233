"""Whole processes side by side, from start to end.

- ``netspec summary resnet50`` and torchinfo on torchvision's ResNet-50. Target: an eighth of torchinfo's time.
- What netspec tells of ResNet-152, and the bare import of the packages that it stands on. Target: twice their time.

Runs alternate, so that all meet the same load; medians are compared.
Usage: python benchmarks/startup.py [RUNS]
"""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping

SUMMARY = "netspec summary resnet50"
TORCHINFO = "torchinfo.summary(torchvision.models.resnet50())"
IMPORTS = "import yaml, pydantic, networkx, click"
TOLD = (
    "netspec explain resnet152",
    "netspec check resnet152",
    "netspec compare resnet152",
    "netspec diff resnet101 resnet152",
)

COMMANDS = {
    TORCHINFO: [sys.executable, "-c", f"import torchinfo, torchvision; print({TORCHINFO})"],
    IMPORTS: [sys.executable, "-c", IMPORTS],
    **{told: [sys.executable, "-m", *told.split()] for told in (SUMMARY, *TOLD)},
}

ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""Packages of pip have their bytecode; so has a checkout from its first run on, unless it is forbidden to keep it."""

AGAINST_TORCHINFO = 1 / 8
AGAINST_IMPORTS = 2.0


def seconds(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=ENVIRONMENT)
    return time.perf_counter() - start


def compare(reference: str, names: tuple[str, ...], limit: float, runs: int) -> bool:
    """Print medians and their ratios to the reference's; whether all are within the limit."""
    taken: dict[str, list[float]] = {name: [] for name in (reference, *names)}
    for name in taken:
        seconds(COMMANDS[name])  # fills the caches of bytecode and files
    for _ in range(runs):
        for name, times in taken.items():
            times.append(seconds(COMMANDS[name]))
    medians = {name: statistics.median(times) for name, times in taken.items()}
    show(taken, medians, reference)
    within = all(medians[name] <= limit * medians[reference] for name in names)
    print(f"median of {runs} runs; target: at most {limit:g} of the first{'' if within else ', which is missed'}\n")
    return within


def show(taken: Mapping[str, list[float]], medians: Mapping[str, float], reference: str) -> None:
    """A line for each command: median, range, ratio."""
    for name, median in medians.items():
        spread = f"({min(taken[name]):.3f} to {max(taken[name]):.3f})"
        print(f"{name:<50} {median:6.3f} s  {spread}  {median / medians[reference]:.3f}")


def main(runs: int = 7) -> int:
    within = [
        compare(IMPORTS, TOLD, AGAINST_IMPORTS, runs),
        compare(TORCHINFO, (SUMMARY,), AGAINST_TORCHINFO, runs),
    ]
    return int(not all(within))


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
