"""`netspec convolve`: A convolution by hand."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import click

from netspec.cli import options
from netspec.report.document import Document

if TYPE_CHECKING:
    from netspec.analysis.convolution import Array

_MOST = 256
"""The most numbers of a signal, and of a kernel."""

_LONGEST = 40
"""The most digits of a number."""


class _Numbers(click.ParamType["Array"]):
    """A list of numbers, or of rows of them, as JSON has it; decimals are exact."""

    name = "numbers"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Array:
        """The numbers."""
        from netspec.analysis.convolution import Array, Unfit

        if isinstance(value, Array):
            return value
        try:
            made = Array.of(json.loads(value, parse_int=_whole, parse_float=_exact, parse_constant=_exact))
        except Unfit as error:
            self.fail(f"{_short(value)}: {error}", param, ctx)
        except (ValueError, RecursionError):
            self.fail(f"{_short(value)} is no list such as '[2, -1, 1]' or '[[1, 2], [0, -1]]'.", param, ctx)
        if len(made.numbers) > _MOST:
            self.fail(f"it has {len(made.numbers):,} numbers; at most {_MOST}.", param, ctx)
        return made


class _Padding(click.ParamType["int | str"]):
    """A number of zeros, or a word for it."""

    name = "padding"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | str:
        """The number or the word."""
        if value in ("full", "same", "valid") or isinstance(value, int):
            return value  # type: ignore[no-any-return]
        if not (value.isdecimal() and value.isascii() and len(value) < 4):
            self.fail(f"{_short(value)} is neither full, same or valid nor a number of zeros, at most 999.", param, ctx)
        return int(value)


def _whole(text: str) -> int:
    if len(text) > _LONGEST:
        raise ValueError
    return int(text)


def _exact(text: str) -> Fraction:
    if len(text) > _LONGEST or "e" in text.lower():  # 1e999999 would be a number of a million digits
        raise ValueError
    return Fraction(text)


def _short(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:57]}...")


@click.command()
@click.argument("signal", type=_Numbers(), metavar="SIGNAL")
@click.argument("kernel", type=_Numbers(), metavar="KERNEL")
@click.option(
    "--mode",
    type=click.Choice(["convolution", "cross_correlation"]),
    default="convolution",
    show_default=True,
    help="Whether the kernel is turned first, as in mathematics, or not, as in a network.",
)
@click.option(
    "--padding",
    type=_Padding(),
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
