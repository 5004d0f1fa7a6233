"""``netspec sizes`` beside one ``netspec summary`` of the same network: processor time of whole processes.

A summary elaborates the network once; `sizes` tries some hundreds of sizes. Target: twice a summary's time.
Usage: python benchmarks/sizes.py [RUNS]
"""

import sys
from pathlib import Path

from processes import alternating

HERE = Path(__file__).parent.parent
NETWORKS = ("resnet50", "resnet152", "fcn_resnet50", "vit_b_16", "unet")
TARGET = 2.0


def main(runs: int = 7) -> int:
    commands = {
        (name, network): ([sys.executable, "-m", "netspec", name, network], HERE)
        for network in NETWORKS
        for name in ("summary", "sizes")
    }
    least = {key: times[0] for key, times in alternating(commands, runs).items()}
    missed = 0
    for network in NETWORKS:
        summary, sizes = least["summary", network], least["sizes", network]
        missed += sizes > TARGET * summary
        print(f"{network:<14} summary {summary:.3f} s, sizes {sizes:.3f} s: ratio {sizes / summary:.2f}")
    print(f"least of {runs} runs; target: at most {TARGET:g} of a summary's{', which is missed' if missed else ''}")
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
