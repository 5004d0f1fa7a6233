"""`netspec verify`: Compare a network with a reference, number by number."""

from __future__ import annotations

import click

from netspec.cli import options, output


@click.command()
@click.argument("spec")
@click.option(
    "--against",
    metavar="REFERENCE",
    help="torchvision:NAME, timm:NAME or FILE.py:CALLABLE; else the source that the spec's `weights` names.",
)
@click.option("--weights", metavar="SOURCE", help=f"Compare with trained weights, not random ones: {options.WEIGHTS}.")
@click.option(
    "--with", "arguments", metavar="KEY=VALUE", multiple=True, help="An argument of the reference (repeatable)."
)
@options.inputs
@click.option("--batch", type=click.IntRange(min=1), default=2, show_default=True, help="Examples in the input.")
@click.option(
    "--seed", type=click.IntRange(min=0, max=2**32 - 1), default=0, show_default=True, help="Of weights and inputs."
)
@click.option(
    "--tolerance",
    type=options.Tolerance(),
    default=1e-5,
    show_default=True,
    help="Relative difference up to which tensors are close.",
)
@options.output_format
@options.settings
def verify(
    spec: str,
    against: str | None,
    weights: str | None,
    arguments: tuple[str, ...],
    inputs: tuple[tuple[str | None, tuple[int, ...]], ...],
    batch: int,
    seed: int,
    tolerance: float,
    form: str,
    settings: tuple[str, ...],
) -> int:
    """Compare the network of SPEC with a reference.

    Parameters, MACs, the names and shapes of tensors; then, under the same random weights, outputs, gradients and what
    batch normalisation learns from a step in training mode. Exit code 1 where they differ.
    """
    from netspec import api
    from netspec.frontend.inherit import setting
    from netspec.report.verification import verification

    loaded = options.load(spec, settings)
    with output.load_report_shown():
        found = api.verify(
            loaded,
            against,
            weights=weights,
            options=dict(setting(text) for text in arguments),
            inputs=options.input_shapes(loaded, inputs),
            batch=batch,
            seed=seed,
            tolerance=tolerance,
        )
    output.write(verification(found), form)
    return int(not found.agrees)
