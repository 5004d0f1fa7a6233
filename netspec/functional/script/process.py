"""The command line of a script, and the processes that train together."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import torch

from netspec.functional.process import Process, meet
from netspec.functional.script.settings import (
    AMP,
    BATCH_SIZE,
    EPOCHS,
    FOLDER,
    SEED,
    STEPS,
)


def parse_options() -> argparse.Namespace:
    """The command line; without options, a run follows the recipe."""
    parser = argparse.ArgumentParser(
        formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    add = parser.add_argument
    if FOLDER is not None:
        add("--data", type=Path, default=FOLDER, help="the data, maybe in NETSPEC_DATA")
    add("--out", type=Path, default="checkpoints", help="folder of the checkpoints")
    add("--resume", action="store_true", help="go on from the last one, if any")
    length = parser.add_mutually_exclusive_group().add_argument
    whole = "in all, those resumed included"
    length("--epochs", type=int, default=EPOCHS, help=whole)
    length("--steps", type=int, default=STEPS, help=f"instead of epochs, {whole}")
    add("--batch-size", type=int, default=BATCH_SIZE, help="of all devices together")
    add("--seed", type=int, default=SEED, help="of weights, order and dropout")
    add("--device", choices=("auto", "cpu", "cuda"), default="auto", help="CUDA if any")
    if AMP is None:
        add("--amp", choices=("bf16", "fp16"), help="mixed precision")
    else:
        add("--amp", choices=("bf16", "fp16"), default=AMP, help="mixed precision")
    return parser.parse_args()


def join(device: str) -> Process:
    """Join the processes that torchrun started, if it did."""
    rank = int(os.environ.get("RANK", "0"))
    world = int(os.environ.get("WORLD_SIZE", "1"))
    own = torch.device("cpu")
    if device == "cuda" or (device == "auto" and torch.cuda.is_available()):
        own = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
    meet(own, rank, world)
    return Process(own, rank, world)


def leave(process: Process, error: BaseException | None) -> None:
    """End a process that is done, or has failed.

    One that met others on CPUs tells its error, and does without Python's own end: a
    thread of gloo may still hold tensors of the last exchange. Where it lets them go
    after Python has ended, it is ended too, and takes the process with it: "terminate
    called without an active exception".
    """
    if process.world == 1 or process.device.type != "cpu":
        if error is not None:
            raise error
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
