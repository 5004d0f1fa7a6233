"""`netspec export`: ONNX, torch.export or safetensors, compared with torch."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from netspec.cli import options
from netspec.cli.output import keep_inputs, write
from netspec.exporters.formats import FORMATS, format_of


@click.command()
@click.argument("source", metavar="SPEC|RUN")
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="The file; else the network's name, in this folder.",
)
@click.option("--format", "form", type=click.Choice(list(FORMATS)), help="Else FILE's suffix tells it; else onnx.")
@click.option(
    "--weights",
    metavar="SOURCE",
    help=f"{options.WEIGHTS}; of a RUN, else its last, and of a SPEC, else random ones.",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0, max=2**32 - 1),
    default=0,
    show_default=True,
    help="Of random weights, and of the inputs that are compared.",
)
@click.option("--opset", type=click.IntRange(min=1), help="Version of ONNX's operators; else torch's choice.")
@click.option(
    "--tolerance",
    type=options.Tolerance(),
    default=1e-4,
    show_default=True,
    help="Relative difference from torch's outputs that is let pass.",
)
@click.option("--report", type=options.Form(), default="text", help="How it is told what was written.")
@click.option("--json", "as_json", is_flag=True, help="The same as --report json.")
@options.settings
def export(
    source: str,
    output: Path | None,
    form: str | None,
    weights: str | None,
    seed: int,
    opset: int | None,
    tolerance: float,
    report: str,
    as_json: bool,
    settings: tuple[str, ...],
) -> None:
    """Export the network of SPEC, or of a RUN's folder, to ONNX, torch.export (.pt2) or safetensors.

    It takes batches of any size, in evaluation mode. Its outputs are compared with torch's before the file is put in
    place.
    """
    from netspec.diagnostics import NetspecError
    from netspec.train.keeping.run_files import run_files

    if output is None:
        form = form or "onnx"
    elif form is None:
        try:
            form = format_of(output).name
        except NetspecError as error:
            raise click.UsageError(f"{error.diagnostics[0].message}; say which with --format.") from None
    if opset is not None and form != "onnx":
        raise click.UsageError("--opset is a version of ONNX's operators.")
    spec, weights = run_files(source, weights)
    loaded = options.load(spec, settings)
    keep_inputs(output, spec, weights, *(source.name for source in loaded.document.places.sources))
    from netspec.exporters.driver import export as run
    from netspec.files.destination import is_own_output
    from netspec.report.exported import exported

    made = run(
        loaded,
        output or Path(loaded.name + FORMATS[form].suffix),
        weights,
        format=form,
        seed=seed,
        opset=opset,
        tolerance=tolerance,
    )
    told = sys.stderr if output is not None and is_own_output(output) else sys.stdout
    write(exported(made), "json" if as_json else report, told)
