"""What commands are given, read and checked: runs, which may go by their names in ``runs/``, numbers and shapes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from netspec.files.run_folder import run_named

if TYPE_CHECKING:
    from netspec.shape import Shape


def run(value: str) -> Path:
    """The folder of a run, or of many."""
    if not value:
        raise click.BadParameter("it is empty.")
    return run_named(Path(value))


def weights(value: str) -> str:
    """Weights as they are given, or the folder of a run."""
    found = run_named(Path(value))
    return value if value == "default" or found == Path(value) else str(found)


def finite(ctx: click.Context, param: click.Parameter, value: float) -> float:
    """A number of an option that is neither infinite nor nan."""
    if not value < float("inf"):  # true of nan too, which compares with no number
        raise click.BadParameter(f"'{value}' is not a finite number.", ctx, param)
    return value


def shape(value: str) -> tuple[str | None, Shape]:
    """``3x224x224`` for the only input, or ``left=3x224x224`` for one of several: its name, or None, and its shape."""
    name, equals, sizes = value.rpartition("=")
    parts = sizes.split("x")
    if not all(part.isdecimal() and int(part) > 0 for part in parts):
        raise click.BadParameter(f"{value!r} is not a shape such as 3x224x224 or NAME=3x224x224.")
    return (name if equals else None), tuple(map(int, parts))
