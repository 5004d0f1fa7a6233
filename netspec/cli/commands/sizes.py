"""`netspec sizes`: The input sizes that a network takes."""

from __future__ import annotations

import re

import click

from netspec.cli import options
from netspec.report.document import Document

LARGEST = 10_000


def _range(value: str) -> range:
    """``224`` or ``200-256``, the last included."""
    match = re.fullmatch(r"(\d+)(?:-(\d+))?", value)
    first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
    if not 1 <= first <= last <= LARGEST:
        raise click.BadParameter(f"{value!r} is no size such as 224 and no range such as 200-256.")
    return range(first, last + 1)


@click.command()
@click.option("--try", "window", type=_range, metavar="SIZES", help="Sizes to try and show one by one: 200-256.")
@options.told
@options.spec("inference")
def sizes(spec: options.Given, window: range | None) -> Document:
    """Find the heights and widths that SPEC takes, and those that lose border pixels to a stride or a pool.

    Axes of one size are varied together. Every size is tried. For a spec that does not take its own size, the nearest
    that work are shown, and their steps.
    """
    from netspec import api
    from netspec.report import sizes as report

    loaded = spec.load()
    return report.sizes(loaded.name, api.sizes(loaded, window), each=window is not None)
