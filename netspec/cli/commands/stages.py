"""`netspec stages`: The layers of networks beside each other, a column each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from netspec.cli import options
from netspec.diagnostics import NetspecError
from netspec.frontend.pause import collection_paused
from netspec.report.document import Document

if TYPE_CHECKING:
    from netspec.report.compare import Entrant


@click.command()
@options.told
@options.spec("inputs", "inference", metavar="SPEC...", many=True)
@collection_paused()
def stages(specs: list[options.Given]) -> Document:
    """Show the layers of networks beside each other, a column each, by the sizes of their maps.

    As papers print configurations: kernels and channels of convolutions, linear layers, pools. A spec that is wrong has
    no column; its errors are told after the table.
    """
    from netspec.report.stages import stages as report

    return report([_entrant(spec) for spec in specs])


def _entrant(given: options.Given) -> Entrant:
    from netspec import api
    from netspec.analysis import analyze
    from netspec.report.compare import Entrant
    from netspec.report.figures import Subject

    try:
        spec = given.load()
        return Entrant(given.source, Subject(analyze(api.elaborate(spec, given.input_shapes(spec)))))
    except NetspecError as error:
        return Entrant(given.source, None, tuple(error.diagnostics))
