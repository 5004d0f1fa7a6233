"""`netspec verify`: Compare a network with a reference, number by number."""

from __future__ import annotations

from typing import Any

import click

from netspec.cli import options, output
from netspec.report.document import Document


@click.command()
@click.option(
    "--against",
    metavar="REFERENCE",
    help="torchvision:NAME, timm:NAME or FILE.py:CALLABLE; else the source that the spec's `weights` names.",
)
@options.weights(f"Compare with trained weights, not random ones: {options.WEIGHTS}.")
@click.option(
    "--with", "arguments", metavar="KEY=VALUE", multiple=True, help="An argument of the reference (repeatable)."
)
@options.number("--batch", default=2, show_default=True, help="Number of examples in the input.")
@options.seed(default=0, show_default=True, help="Seed of weights and inputs.")
@options.tolerance(1e-5, "Relative difference up to which tensors are close.")
@options.told
@options.spec("inputs")
def verify(
    spec: options.Given, against: str | None, weights: str | None, arguments: tuple[str, ...], **values: Any
) -> Document:
    """Compare the network of SPEC with a reference.

    Parameters, MACs, the names and shapes of tensors; then, under the same random weights, outputs, gradients and what
    batch normalisation learns from a step in training mode. Exit code 1 where they differ.
    """
    from netspec import api
    from netspec.frontend.settings import setting
    from netspec.report.verification import verification

    loaded = spec.load()
    inputs = spec.input_shapes(loaded)
    with output.load_report_shown():
        own = dict(map(setting, arguments))
        found = api.verify(loaded, against, weights=weights, options=own, inputs=inputs, **values)
    return verification(found)
