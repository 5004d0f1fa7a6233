"""Processor time of `netspec train` to its first step, beside importing torch; of its refusals, beside `netspec check`.

Runs of all commands alternate; the least time of each counts, since load can only add to it.
Usage: python benchmarks/train_startup.py [--runs N]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from processes import alternating

HERE = Path(__file__).parent.parent

TO_THE_FIRST_STEP = """
import importlib.util, os, shutil, sys

def first(self, *given):
    step(self, *given)
    shutil.rmtree(sys.argv[-1])
    os._exit(0)

def executed(module):
    global step
    execute(module)
    step, module.Stepper.__call__ = module.Stepper.__call__, first

class Finder:
    def find_spec(self, name, path=None, target=None):
        global execute
        if name == "netspec.training.steps.stepper":
            sys.meta_path.remove(self)
            spec = importlib.util.find_spec(name)
            execute, spec.loader.exec_module = spec.loader.exec_module, executed
            return spec

sys.meta_path.insert(0, Finder())
from netspec.__main__ import main
main()
"""
"""Ends as soon as the first step is done; all is imported when and where the command imports it."""

REFUSED = """
import contextlib, io, sys
from netspec.cli import run
with contextlib.redirect_stderr(io.StringIO()):
    code = run(sys.argv[1:])
sys.exit(code not in (1, 3))
"""
"""Ends well where the command refuses."""


class Line(NamedTuple):
    """A row: what is done, by which command, beside which other row, and how many times its time it may take."""

    name: str
    command: list[str]
    reference: str = ""
    most: float | None = None


def lines(folder: Path) -> list[Line]:
    """The rows, given a folder that may be written to."""
    full, file = folder / "full", folder / "file"
    full.mkdir()
    for path in (file, full / "file"):
        path.touch()
    check = [sys.executable, "-m", "netspec", "check", "lenet_digits"]
    train = [sys.executable, "-c", REFUSED, "train", "lenet_digits"]
    first = [sys.executable, "-c", TO_THE_FIRST_STEP, "train", "lenet_digits", "--out", str(folder / "run")]
    mnist = [*first[:-3], "lenet", *first[-2:]]
    refusals = {
        "misspelt key": ["--set", "train.epoch=3"],
        "missing folder": ["--set", "train.data={folder: none}"],
        "--out is full": ["--out", str(full)],
        "--out is a file": ["--out", str(file)],
        "no CUDA device": ["--device", "cuda"],
    }
    return [
        Line("import torch", [sys.executable, "-c", "import torch"]),
        Line("first step", first, "import torch", 1.5),
        Line("first, of MNIST", mnist, "import torch", 2.0),
        Line("check", check),
        *(Line(name, [*train, *given], "check", 1.3) for name, given in refusals.items()),
    ]


def main(runs: int) -> int:
    """Run all, and print a row for each; 1 where one takes more than it may."""
    with tempfile.TemporaryDirectory() as folder:
        rows = lines(Path(folder))
        taken = alternating({row.name: (row.command, HERE) for row in rows}, runs)
    missed = 0
    for row in rows:
        told = f"{row.name:<16} {1e3 * taken[row.name][0]:7.0f} ms"
        if row.most is not None:
            ratio = taken[row.name][0] / taken[row.reference][0]
            missed += ratio > row.most
            verdict = ", MISSED" if ratio > row.most else ""
            told += f"  {ratio:5.2f} of {row.reference:<12}  at most {row.most:g}{verdict}"
        print(told)
    return int(missed > 0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=7, help="of each command")
    sys.exit(main(parser.parse_args().runs))
