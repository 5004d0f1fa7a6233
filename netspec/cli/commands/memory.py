"""`netspec memory`: The memory of training and inference."""

from __future__ import annotations

from typing import Literal

import click

from netspec.analysis.footprint import Fit
from netspec.analysis.limits import read_bytes
from netspec.cli import options
from netspec.driver import recipes as driver
from netspec.report import memory as report
from netspec.report.document import Document


def _bytes(value: str) -> int:
    """``80GB``, with 1,024 bytes to the KB."""
    found = read_bytes(value)
    if found is None:
        raise click.BadParameter(f"{value!r} is no size such as 80GB or 512MB.")
    return found


@click.command()
@options.number("--batch", default=1, show_default=True, help="Number of examples.")
@options.precision
@click.option(
    "--optimizer",
    type=click.Choice(list(driver.optimizer_states())),
    help="Optimizer; the recipe's own unless given, or else sgd.",
)
@click.option(
    "--device",
    type=click.Choice(["cpu", "cuda"]),
    default="cpu",
    show_default=True,
    help="Device that computes: kernels differ in what they keep.",
)
@click.option("--fit", "limit", type=_bytes, metavar="SIZE", help="Find the largest batch that SIZE holds: 80GB.")
@options.told
@options.spec("inputs")
def memory(
    spec: options.Given,
    batch: int,
    precision: str,
    optimizer: str | None,
    device: Literal["cpu", "cuda"],
    limit: int | None,
) -> Document:
    """Show the memory that the network of SPEC takes in training and in inference.

    Parameters, gradients, optimizer state, what autograd keeps for the backward pass, and the peaks.
    """
    loaded = spec.load()
    inputs = spec.input_shapes(loaded)
    found = driver.memory(loaded, batch=batch, precision=precision, optimizer=optimizer, device=device, inputs=inputs)
    return report.memory(found, None if limit is None else Fit(found, limit))
