"""The windows of texts of a script, read when they are asked for."""

from __future__ import annotations

import argparse
from dataclasses import dataclass

from netspec.functional.data.texts import WindowData
from netspec.functional.data.windows import Windows
from netspec.functional.process import Process
from netspec.functional.script.reading import read_data
from netspec.functional.script.settings import VALIDATES, VALIDATION

Split = Windows
"""Texts in windows, each of which is an example."""


@dataclass
class Splits:
    """The texts to train on, and those of test and validation if there are any."""

    train: Windows
    test: Windows | None
    if VALIDATES:
        validation: Windows | None = None


def load_splits(options: argparse.Namespace, process: Process) -> Splits:
    """All texts; those that are large stay where they lie."""
    data: WindowData = read_data(options, process)
    if VALIDATES:
        train, validation = data.train.parted(VALIDATION, 0, "validation")
        return Splits(train, data.test, validation)
    return Splits(data.train, data.test)
