"""`netspec memory`: The memory of training and inference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import click

from netspec.analysis.fit import Fit
from netspec.analysis.limits import read_bytes
from netspec.autograd import PRECISIONS
from netspec.cli import options, output
from netspec.driver import memory as training
from netspec.driver.memory import optimizer_states
from netspec.report import memory as report

if TYPE_CHECKING:
    from netspec.shape import Shape


class Bytes(click.ParamType[Any]):
    """``80GB``, with 1,024 bytes to the KB."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number of bytes."""
        found = read_bytes(str(value))
        if found is None:
            self.fail(f"{value!r} is no size such as 80GB or 512MB.", param, ctx)
        return found


@click.command()
@click.argument("spec")
@click.option("--batch", type=click.IntRange(min=1), default=1, show_default=True, help="Number of examples.")
@click.option(
    "--precision",
    type=click.Choice(list(PRECISIONS)),
    default="float32",
    show_default=True,
    help="Element types; bf16 and fp16 cast as they go (autocast), -true has all in 16 bits.",
)
@click.option(
    "--optimizer",
    type=click.Choice(list(optimizer_states())),
    help="What updates the weights; the recipe's own unless given, or else sgd.",
)
@click.option(
    "--device",
    type=click.Choice(["cpu", "cuda"]),
    default="cpu",
    show_default=True,
    help="Where it runs: kernels differ in what they keep.",
)
@click.option("--fit", "limit", type=Bytes(), metavar="SIZE", help="Find the largest batch that SIZE holds: 80GB.")
@options.inputs
@options.output_format
@options.settings
def memory(
    spec: str,
    batch: int,
    precision: str,
    optimizer: str | None,
    device: Literal["cpu", "cuda"],
    limit: int | None,
    inputs: tuple[tuple[str | None, Shape], ...],
    form: str,
    settings: tuple[str, ...],
) -> None:
    """Show the memory that the network of SPEC takes in training and in inference.

    Parameters, gradients, optimizer state, what autograd keeps for the backward pass, and the peaks.
    """
    loaded = options.load(spec, settings)
    found = training.memory(
        loaded,
        batch=batch,
        precision=precision,
        optimizer=optimizer,
        device=device,
        inputs=options.input_shapes(loaded, inputs),
    )
    fit = None if limit is None else Fit(found, limit)
    output.write(report.memory(found, fit), form)
