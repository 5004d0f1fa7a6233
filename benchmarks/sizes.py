"""``netspec sizes`` side by side with one ``netspec summary`` of the same network: whole processes, from start to end.

A summary elaborates the network once; `sizes` tries some hundreds of sizes. Target: twice a summary's time.
Runs alternate, so that all meet the same load; medians are compared.
Usage: python benchmarks/sizes.py [RUNS]
"""

import statistics
import sys

from startup import seconds

NETWORKS = ("resnet50", "resnet152", "fcn_resnet50", "vit_b_16", "unet")
COMMANDS = ("summary", "sizes")
TARGET = 2.0


def main(runs: int = 7) -> int:
    missed = 0
    for network in NETWORKS:
        commands = {name: [sys.executable, "-m", "netspec", name, network] for name in COMMANDS}
        taken: dict[str, list[float]] = {name: [] for name in COMMANDS}
        for name in COMMANDS:
            seconds(commands[name])  # fills the caches of bytecode and files
        for _ in range(runs):
            for name, times in taken.items():
                times.append(seconds(commands[name]))
        summary, sizes = (statistics.median(taken[name]) for name in COMMANDS)
        missed += sizes > TARGET * summary
        print(f"{network:<14} summary {summary:.3f} s, sizes {sizes:.3f} s: ratio {sizes / summary:.2f}")
    print(
        f"median of {runs} runs; target: at most {TARGET:g} of a summary's time{', which is missed' if missed else ''}"
    )
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
