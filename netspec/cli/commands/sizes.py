"""`netspec sizes`: The input sizes that a network takes."""

from __future__ import annotations

import re
from typing import Any

import click

from netspec.cli import options, output

LARGEST = 10_000


class SizeRange(click.ParamType[Any]):
    """``224`` or ``200-256``."""

    name = "sizes"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> range:
        """The sizes, the last included."""
        match = re.fullmatch(r"(\d+)(?:-(\d+))?", value)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
        if not 1 <= first <= last <= LARGEST:
            self.fail(f"{value!r} is no size such as 224 and no range such as 200-256.", param, ctx)
        return range(first, last + 1)


@click.command()
@click.argument("spec")
@click.option("--try", "window", type=SizeRange(), help="Sizes to try one by one, and to tell of each: 200-256.")
@options.inference
@options.output_format
@options.settings
def sizes(spec: str, window: range | None, inference: bool, form: str, settings: tuple[str, ...]) -> None:
    """Find the heights and widths that SPEC takes, and those that lose border pixels to a stride or a pool.

    Axes of one size are varied together. What is told of a size was found by trying it. A spec that does not take its
    own size is told the nearest that work, and the steps in which they come.
    """
    from netspec import api
    from netspec.report import sizes as report

    loaded = options.load(spec, settings)
    loaded = api.for_inference(loaded) if inference else loaded
    found = api.sizes(loaded, window)
    output.write(report.sizes(loaded.name, found, each=window is not None), form)
