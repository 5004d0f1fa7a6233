"""`netspec export`: ONNX, torch.export or safetensors, compared with torch."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import click

from netspec.cli import destinations, options
from netspec.cli.output import keep_inputs, write
from netspec.exporters.formats import format_of, formats


@click.command()
@destinations.file("-o", "--output", help="The file; else the network's name, in this folder.")
@click.option("--format", "form", type=click.Choice(formats()), help="Format of the file; else FILE's, else onnx.")
@options.weights(f"Weights to export: {options.WEIGHTS}; of a RUN, else its last, and of a SPEC, else random ones.")
@options.seed(default=0, show_default=True, help="Seed of random weights, and of the inputs that are compared.")
@options.number("--opset", help="Version of ONNX's operators; else torch's choice.")
@options.tolerance(1e-4, "Largest relative difference from torch's outputs.")
@click.option("--report", type=options.FORM, default="text", help="Format of the report on what was written.")
@click.option("--json", "as_json", is_flag=True, help="The same as --report json.")
@options.spec_or_run()
def export(
    spec: options.Given,
    output: Path | None,
    form: str | None,
    weights: str | None,
    seed: int,
    opset: int | None,
    tolerance: float,
    report: str,
    as_json: bool,
) -> None:
    """Export the network of SPEC, or of a RUN's folder, to ONNX, torch.export (.pt2) or safetensors.

    What is exported takes batches of any size, and is in evaluation mode. Its outputs are compared with torch's before
    the file is put in place.
    """
    from netspec.diagnostics import NetspecError
    from netspec.training.keeping.runs import run_files

    if output is None:
        form = form or "onnx"
    elif form is None:
        try:
            form = format_of(output)
        except NetspecError as error:
            raise click.UsageError(f"{error.diagnostics[0].message}; say which with --format.") from None
    if opset is not None and form != "onnx":
        raise click.UsageError("--opset is a version of ONNX's operators.")
    source, weights = run_files(spec.source, weights)
    loaded = replace(spec, source=source).load()
    keep_inputs(output, source, weights, *(each.name for each in loaded.document.places.sources))
    from netspec.driver.export import export as run
    from netspec.files.destination import is_own_output
    from netspec.report.exported import exported

    file = output or Path(f"{loaded.name}.{form}")
    made = run(loaded, file, weights, format=form, seed=seed, opset=opset, tolerance=tolerance)
    told = sys.stderr if output is not None and is_own_output(output) else sys.stdout
    write(exported(made), "json" if as_json else report, told)
