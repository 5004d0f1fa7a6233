"""Processor time of whole commands, beside the packages that netspec stands on, torchinfo, and another commit.

Runs of all commands alternate; the least time of each counts, since load can only add to it.
Usage: python benchmarks/startup.py [--runs N] [--before CHECKOUT] [--without-torchinfo]
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import NamedTuple

from processes import alternating

HERE = Path(__file__).parent.parent
IMPORTS = "import yaml, pydantic, click, rich.table"
TORCHINFO = "torchinfo.summary(torchvision.models.resnet152())"
REFERENCES = {
    IMPORTS: [sys.executable, "-c", IMPORTS],
    TORCHINFO: [sys.executable, "-c", f"import torchinfo, torchvision; print({TORCHINFO})"],
}


class Line(NamedTuple):
    """One command, and how many times the time of another, its reference, it may take; None where that is not said."""

    command: str
    reference: str
    most: float | None = None


LINES = (
    Line("summary lenet", IMPORTS, 2.0),
    Line("summary resnet152", IMPORTS, 3.0),
    Line("summary resnet152", TORCHINFO, 1 / 25),
    Line("build convnext_base", "summary resnet152", 1.3),
    Line("build googlenet", "summary resnet152"),
    Line("build resnet152", "summary resnet152"),
    Line("sizes resnet50", IMPORTS),
    Line("check resnet152", IMPORTS),
    Line("explain resnet152", IMPORTS),
    Line("diff resnet101 resnet152", IMPORTS),
)


def main(runs: int, before: Path | None, lines: tuple[Line, ...]) -> int:
    """Run all, and print a row for each line; 1 where a line takes more than it may."""
    checkouts = [HERE] if before is None else [before.resolve(), HERE]
    commands = dict.fromkeys(name for line in lines for name in (line.reference, line.command))
    given = {
        (name, checkout): (REFERENCES.get(name) or [sys.executable, "-m", "netspec", *name.split()], checkout)
        for name in commands
        for checkout in checkouts
        if name not in REFERENCES or checkout == HERE
    }
    taken = {key: times[0] for key, times in alternating(given, runs).items()}
    for name in REFERENCES:
        if name in commands:
            print(f"{name:<52} {1e3 * taken[name, HERE]:7.0f} ms")
    missed = 0
    for line in lines:
        figures = []
        for checkout in checkouts:
            reference = taken[line.reference, HERE if line.reference in REFERENCES else checkout]
            ratio = taken[line.command, checkout] / reference
            figures.append(f"{1e3 * taken[line.command, checkout]:7.0f} ms {ratio:7.3f}")
        within = line.most is None or ratio <= line.most
        missed += not within
        target = "" if line.most is None else f"  at most {line.most:g}{'' if within else ', MISSED'}"
        print(f"{line.command:<26} of {line.reference[:22]:<22} {' -> '.join(figures)}{target}")
    return int(missed > 0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=7, help="of each command")
    parser.add_argument("--before", type=Path, help="a checkout of another commit, whose figures stand beside")
    parser.add_argument("--without-torchinfo", action="store_true", help="leave out what needs torchinfo")
    given = parser.parse_args()
    chosen = tuple(line for line in LINES if not (given.without_torchinfo and line.reference == TORCHINFO))
    sys.exit(main(given.runs, given.before, chosen))
