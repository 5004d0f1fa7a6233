"""`netspec time`: The time of a forward pass."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from netspec.cli import options, types
from netspec.report.document import Document

if TYPE_CHECKING:
    from netspec.diagnostics.arguments import Device


@click.command()
@options.device
@options.number(
    "--batch", "batches", multiple=True, default=(1,), show_default=True, help="Examples in a batch (repeatable)."
)
@options.precision
@click.option("--layers", is_flag=True, help="Also the time of each layer.")
@click.option(
    "--seconds",
    type=click.FloatRange(0, 3600, min_open=True),
    callback=types.finite,
    metavar="X",
    default=2.0,
    show_default=True,
    help="Time to spend on each batch size.",
)
@options.number("--threads", most=256, help="Threads of the CPU; torch's choice unless given.")
@options.told
@options.spec_or_run("inputs")
def time(
    spec: options.Given,
    device: Device,
    batches: tuple[int, ...],
    precision: str,
    layers: bool,
    seconds: float,
    threads: int | None,
) -> Document:
    """Measure the latency and the throughput of the network of a SPEC or a RUN on a device of this machine.

    A forward pass in evaluation mode, with random weights and inputs.
    """
    from netspec.driver import timing as driver
    from netspec.driver.run_spec import run_spec
    from netspec.report import timing as report

    loaded = replace(spec, source=str(run_spec(spec.source))).load()
    return report.timing(
        driver.time(
            loaded,
            device,
            batches=batches,
            precision=precision,
            seconds=seconds,
            layers=layers,
            threads=threads,
            inputs=spec.input_shapes(loaded),
        )
    )
