"""The command line of a script, and the processes that train together."""

from __future__ import annotations

import argparse
import os
import sys
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from netspec.functional.process import FEW_MACS, Process, meet
from netspec.functional.script.settings import (
    AMP,
    BATCH_SIZE,
    EPOCHS,
    FOLDER,
    MACS,
    SEED,
    STEPS,
)

STRANGE = "is no checkpoint of this network and recipe"
"""What is wrong with a file of weights."""


def parse_options() -> argparse.Namespace:
    """The command line; without options, a run follows the recipe."""
    parser = argparse.ArgumentParser(
        usage="%(prog)s [options]",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    if FOLDER is not None:
        add("--data", type=Path, default=FOLDER, help="the data, maybe in NETSPEC_DATA")
    add("--out", type=Path, default="checkpoints", help="folder of the checkpoints")
    add("--resume", action="store_true", help="go on from the last one")
    length = parser.add_mutually_exclusive_group().add_argument
    whole = "in all, those resumed included"
    length("--epochs", type=number, default=EPOCHS, help=whole)
    length("--steps", type=number, default=STEPS, help=f"instead of epochs, {whole}")
    add("--batch-size", type=number, default=BATCH_SIZE, help="of all devices together")
    seed = partial(number, least=0)
    add("--seed", type=seed, default=SEED, help="of weights, order and dropout")
    add("--device", choices=("auto", "cpu", "cuda"), default="auto", help="CUDA if any")
    if AMP is None:
        add("--amp", choices=("bf16", "fp16"), help="mixed precision")
    else:
        add("--amp", choices=("bf16", "fp16"), default=AMP, help="mixed precision")
    options = parser.parse_args()
    if reason := refusal(options.out, options.resume):
        parser.error(reason)
    return options


def number(text: str, least: int = 1) -> int:
    """A whole number of the command line."""
    if not (text.isdecimal() and len(text) < 11 and least <= int(text) < 2**32):
        given = f"'{text}' is no whole number from {least} to {2**32 - 1}"
        raise argparse.ArgumentTypeError(given)
    return int(text)


def refusal(out: Path, resume: bool) -> str | None:
    """The reason why a run cannot leave its results in a folder; None if it can.

    Permissions do not tell: root has them all. So a folder is made, and taken away.
    """
    try:
        there = next(each for each in (out, *out.parents) if each.exists())
        TemporaryDirectory(dir=there).cleanup()
    except OSError as error:
        return f"--out {out} cannot be a folder of results: {error.strerror}"
    if resume and not (out / "last.pt").exists():
        return f"--resume: {out} has no last.pt to go on from"
    if not resume and any((out / name).exists() for name in ("last.pt", "best.pt")):
        found = f"{out} has the results of an earlier run"
        return f"{found}: go on with --resume, or give another --out"
    return None


def join(options: argparse.Namespace) -> Process:
    """Join the processes that torchrun started, if it did."""
    if MACS is not None and MACS * options.batch_size < FEW_MACS:
        torch.set_num_threads(1)  # several would wait for each other longer than work
    device = options.device
    rank = int(os.environ.get("RANK", "0"))
    world = int(os.environ.get("WORLD_SIZE", "1"))
    own = torch.device("cpu")
    if device == "cuda" or (device == "auto" and torch.cuda.is_available()):
        if not torch.cuda.is_available():
            raise SystemExit("--device cuda: torch finds no such device here")
        own = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
    meet(own, rank, world)
    return Process(own, rank, world)


def leave(process: Process, error: BaseException | None) -> None:
    """End a process that is done, or has failed.

    One that met others on CPUs does without Python's own end: a thread of gloo that
    lets tensors go after that would take the process with it.
    """
    if process.world == 1 or process.device.type != "cpu":
        return
    code: object = None if error is None else 1
    if isinstance(error, SystemExit):
        code = error.code
        if isinstance(code, str):
            print(code, file=sys.stderr)
    elif error is not None:
        sys.excepthook(type(error), error, error.__traceback__)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else int(code is not None))
