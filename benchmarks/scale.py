"""Processor time per layer of ``netspec summary`` at 1,000 and at 100,000 layers, start-up taken off.

Specs are written with a repeat and written out. Start-up is a summary of one layer.
Target: the time per layer grows by at most a half.
Usage: python benchmarks/scale.py [RUNS]
"""

import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

TARGET = 1.5
SMALL, LARGE = 1_000, 100_000
HEAD = "netspec: 1\nname: chain\ninput: [16]\nlayers:\n"


def repeated(layers: int) -> str:
    return (
        f"{HEAD}  - repeat: {layers // 2}\n    layers: [{{linear: 16}}, relu]\n" if layers > 1 else f"{HEAD}  - relu\n"
    )


def written_out(layers: int) -> str:
    return HEAD + "  - {linear: 16}\n  - relu\n" * (layers // 2) if layers > 1 else f"{HEAD}  - relu\n"


def seconds(spec: Path) -> float:
    """Processor time of one summary: it is a single thread's, and other load on the machine hardly changes it."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-m", "netspec", "summary", spec], check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def per_layer(write: Callable[[int], str], folder: Path, runs: int) -> dict[int, float]:
    """Seconds per layer by number of layers: medians, less the median of start-up."""
    specs = {layers: folder / f"{write.__name__}_{layers}.yaml" for layers in (1, SMALL, LARGE)}
    for layers, spec in specs.items():
        spec.write_text(write(layers))
    taken: dict[int, list[float]] = {layers: [] for layers in specs}
    for _ in range(runs):
        for layers, spec in specs.items():
            # The small specs are cheap and their difference is slight: they are run more often.
            for _ in range(1 if layers == LARGE else 15):
                taken[layers].append(seconds(spec))
    startup = statistics.median(taken[1])
    return {layers: (statistics.median(taken[layers]) - startup) / layers for layers in (SMALL, LARGE)}


def main(runs: int = 3) -> int:
    missed = 0
    with tempfile.TemporaryDirectory() as folder:
        for write in (repeated, written_out):
            found = per_layer(write, Path(folder), runs)
            ratio = found[LARGE] / found[SMALL]
            missed += ratio > TARGET
            times = ", ".join(f"{1e6 * found[layers]:.0f} us per layer at {layers:,}" for layers in found)
            print(f"{write.__name__:<12} {times}: ratio {ratio:.2f}, target at most {TARGET}")
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
