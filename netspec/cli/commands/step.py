"""`netspec step`: One training step, told with its numbers."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import click

from netspec.cli import options
from netspec.cli.output import load_report_shown
from netspec.frontend.scalars import LARGEST
from netspec.report.document import Document

_LONGEST = 1 << 20
"""The most characters of numbers on the command line."""


def _numbers(ctx: click.Context, param: click.Parameter, value: str | None) -> Any:
    """Nested lists of numbers, as JSON has them; None where none are given."""
    if value is None:
        return None
    try:
        if len(value) > _LONGEST:
            raise ValueError
        return json.loads(value, parse_int=_whole, parse_float=_finite, parse_constant=_finite)
    except click.BadParameter as error:
        raise click.BadParameter(error.message, ctx, param) from None
    except (ValueError, RecursionError):
        short = value if len(value) <= 60 else f"{value[:57]}..."
        raise click.BadParameter(f"{short!r} is no number, nor a list such as '[1, 2, 3]'.", ctx, param) from None


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise click.BadParameter(f"{text} is no finite number of 64 bits.")
    return number


def _whole(text: str) -> int:
    if len(text) > 20 or abs(int(text)) > LARGEST:
        raise click.BadParameter(f"{text[:20]}{'...' * (len(text) > 20)} is no whole number of 64 bits.")
    return int(text)


@click.command()
@click.option("--values", metavar="LIST", callback=_numbers, help="Example, or a list of examples: '[1, 2, 3]'.")
@click.option("--image", metavar="FILE", type=click.Path(path_type=Path), help="Image as the example.")
@click.option("--target", metavar="N|LIST", callback=_numbers, help="Class, or values, of each example.")
@options.data_folder
@options.number("--batch-size", help="Examples of the data's first batch, in place of the recipe's.")
@click.option("--loss", metavar="LOSS", help="In place of the recipe's: mse, cross_entropy, ...")
@click.option("--optimizer", metavar="OPTIMIZER", help="In place of the recipe's: '{sgd: 0.1, momentum: 0.9}'.")
@click.option(
    "--steps", type=click.IntRange(1, 1000), metavar="N", default=1, help="Step to tell; those before are done."
)
@options.weights(f"Weights to start with: {options.WEIGHTS}.")
@options.seed(help="Seed of random weights; the recipe's, or else 0.")
@click.option("--digits", type=click.IntRange(1, 17), metavar="N", default=4, help="Digits of a number.")
@click.option("--shown", type=click.IntRange(2, 10_000), metavar="N", default=12, help="Numbers of a tensor to show.")
@click.option("--terms", type=click.IntRange(1, 10_000), metavar="N", default=6, help="Terms of a sum to show.")
@options.told
@options.spec("recipe", "inputs")
def step(
    spec: options.Given,
    values: Any,
    image: Path | None,
    target: Any,
    folder: str | None,
    batch_size: int | None,
    **rest: Any,
) -> Document:
    """Tell one training step of the network of SPEC, with the numbers put in.

    Forward layer by layer, the loss, the gradients by the chain rule, and the optimizer's update; all are held against
    torch's. The examples are --values or an --image with a --target, or else the first batch of the recipe's data.
    """
    if (values is not None) + (image is not None) + (folder is not None or batch_size is not None) > 1:
        raise click.UsageError("The examples are --values, an --image, or those of the data (--data, --batch-size).")
    loaded = spec.load_sized()
    from netspec.look.stepping import step as told

    with load_report_shown():
        done = told(loaded, values=values, image=image, target=target, data=folder, batch_size=batch_size, **rest)
    from netspec.look.step.report import step_document

    return step_document(done)
