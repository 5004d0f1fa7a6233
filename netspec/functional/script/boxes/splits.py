"""The data of a detector's script, read when they are asked for."""

from __future__ import annotations

import argparse
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from netspec.functional.data.boxed import Boxed, BoxedData
from netspec.functional.holding_out import parted_rows
from netspec.functional.process import Process
from netspec.functional.script.reading import read_data
from netspec.functional.script.settings import (
    CLASSES,
    STREAMS,
    VALIDATES,
    VALIDATION,
)

Split = Boxed
"""Images with the boxes around their objects."""


@dataclass
class Splits:
    """The training images, and those of test and validation if there are any."""

    train: Boxed
    test: Boxed | None
    if VALIDATES:
        validation: Boxed | None = None
    if STREAMS:
        readers: ThreadPoolExecutor = field(default_factory=ThreadPoolExecutor)


def load_splits(options: argparse.Namespace, process: Process) -> Splits:
    """What there is in all images, which are read when they are asked for."""
    data: BoxedData = read_data(options, process)
    if len(data.classes) != CLASSES:
        known = f"{len(data.classes)} classes: {', '.join(data.classes[:10])}"
        raise SystemExit(f"the network tells {CLASSES} classes, and the data {known}")
    train = data.train
    if VALIDATION:
        left, held = parted_rows(None, len(train), VALIDATION, 0, "validation")
        train, validation = train.take(left), train.take(held)
    splits = Splits(train.to_learn(), data.test)
    if VALIDATION:
        splits.validation = validation
    elif VALIDATES:
        splits.validation = data.validation
    return splits
