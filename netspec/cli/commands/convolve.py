"""`netspec convolve`: A convolution by hand."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NoReturn

import click

from netspec.cli import options
from netspec.report.document import Document

if TYPE_CHECKING:
    from netspec.analysis.convolution import Array

_MOST = 256
"""The most numbers of a signal, and of a kernel."""

_LONGEST = 40
"""The most digits of a number."""


def _numbers(ctx: click.Context, param: click.Parameter, value: str) -> Array:
    """A list of numbers, or of rows of them, as JSON has it or in a lecture's round brackets; decimals are exact."""
    from netspec.analysis.convolution import Array, Unfit

    text = value.strip().replace("(", "[").replace(")", "]")
    text = f"[{text}]" if "," in text and text[0] not in "[{" else text
    try:
        made = Array.of(
            json.loads(
                text,
                parse_int=_whole,
                parse_float=_exact,
                parse_constant=_no_number,
            )
        )
    except Unfit as error:
        raise click.BadParameter(f"{_short(value)}: {error}.", ctx, param) from None
    except (ValueError, RecursionError):
        message = f"{_short(value)} is no list such as '[2, -1, 1]' or '[[1, 2], [0, -1]]'."
        raise click.BadParameter(message, ctx, param) from None
    if len(made.numbers) > _MOST:
        raise click.BadParameter(f"it has {len(made.numbers):,} numbers; at most {_MOST}.", ctx, param)
    return made


def _padding(ctx: click.Context, param: click.Parameter, value: str) -> int | str:
    """A number of zeros, or a word for it."""
    if value in ("full", "same", "valid"):
        return value
    if not (value.isdecimal() and value.isascii() and len(value) < 4):
        message = f"{_short(value)} is neither full, same or valid nor a number of zeros, at most 999."
        raise click.BadParameter(message, ctx, param)
    return int(value)


def _whole(text: str) -> int:
    return int(_short_enough(text))


def _exact(text: str) -> Fraction:
    from netspec.analysis.convolution import Unfit

    digits, _, power = _short_enough(text).lower().partition("e")
    if power and (len(power) > 4 or len(digits) + abs(int(power)) > _LONGEST):  # 1e999999 has a million digits
        raise Unfit(f"{text} has more than {_LONGEST} digits")
    return Fraction(text)


def _no_number(text: str) -> NoReturn:
    from netspec.analysis.convolution import Unfit

    raise Unfit(f"{text} is no number to calculate with")


def _short_enough(text: str) -> str:
    from netspec.analysis.convolution import Unfit

    if len(text) > _LONGEST:
        raise Unfit(f"a number has more than {_LONGEST} digits")
    return text


def _short(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:57]}...")


@click.command()
@click.argument("signal", callback=_numbers, metavar="SIGNAL")
@click.argument("kernel", callback=_numbers, metavar="KERNEL")
@click.option(
    "--mode",
    type=click.Choice(["convolution", "cross_correlation"]),
    default="convolution",
    show_default=True,
    help="Whether the kernel is turned first, as in mathematics, or not, as in a network.",
)
@click.option(
    "--padding",
    callback=_padding,
    metavar="full|same|valid|N",
    default="full",
    show_default=True,
    help="Zeros on either side; full lets the kernel touch the signal by one number.",
)
@options.number("--stride", default=1, show_default=True, help="Steps between the places of the kernel.")
@options.told
def convolve(signal: Any, kernel: Any, mode: Any, padding: Any, stride: int) -> Document:
    """Work out by hand what SIGNAL * KERNEL is, as flip and filter and as a sparse matrix.

    Both are lists such as '[2, -1, 1]', or lists of rows such as '[[1, 3, 1], [0, -1, 1]]'. Numbers are exact.
    """
    from netspec.analysis.convolution import Unfit
    from netspec.analysis.convolution import convolve as convolved
    from netspec.report.convolution import convolution

    try:
        made = convolved(signal, kernel, mode, padding, stride)
    except Unfit as error:
        raise click.UsageError(f"{error}.") from None
    return convolution(made)
