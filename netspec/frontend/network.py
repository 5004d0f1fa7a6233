"""A document's network: its graph, which is valid for every size of the dynamic axes."""

from __future__ import annotations

from collections.abc import Mapping

from netspec.diagnostics import NetspecError
from netspec.frontend.counting import Work
from netspec.frontend.document import Document
from netspec.frontend.elaborate import Elaborator
from netspec.frontend.problems import Failed, Report
from netspec.graph import Graph
from netspec.shape import Shape


def elaborate(
    document: Document, report: Report, inputs: Mapping[str, Shape] | None = None, work: Work | None = None
) -> Graph:
    """The graph of a document; `inputs` replaces the shapes of its inputs.

    Raises:
        NetspecError: The document has errors.
        Exhausted: The allowance of work is used up.
    """
    try:
        el = Elaborator(document, report, work)
        graph = el.network(inputs)
        if document.detector is not None:
            from netspec.frontend.detection import with_detection  # few networks are detectors

            graph = with_detection(el, graph)
    except Failed:
        raise NetspecError(report.told()) from None
    if graph.detection is not None or any(each.dynamic for each in graph.inputs.values()):
        from netspec.frontend.dynamic_axes import refuse_bound  # few networks have any

        refuse_bound(document, graph, report, work)
    return graph
