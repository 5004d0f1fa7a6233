"""A document elaborated, or refused with all that is known of its mistake."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace

from netspec.diagnostics import Code, NetspecError
from netspec.frontend.counting import Exhausted, Work
from netspec.frontend.document import Document
from netspec.frontend.entries import walk
from netspec.frontend.network import elaborate as elaborate_document
from netspec.frontend.pause import collection_paused
from netspec.frontend.problems import Report
from netspec.graph import Graph
from netspec.shape import Shape

_SEARCHED = 12_000
"""The work that the search for the smallest input may take, in entries."""


def attempt(document: Document, inputs: Mapping[str, Shape] | None = None, work: Work | None = None) -> Graph:
    """The graph of a document, or its unchanged errors: a trial of one input size, or of one text, among many.

    Raises:
        NetspecError: The document has errors.
        Exhausted: The allowance of work is used up.
    """
    return elaborate_document(document, Report(document.places), inputs, work)


def elaborated(document: Document, inputs: Mapping[str, Shape] | None = None) -> Graph:
    """The graph of a document; an error of an input size says which sizes work.

    Raises:
        NetspecError: The document has errors.
    """
    with collection_paused():
        try:
            return attempt(document, inputs)
        except NetspecError as error:
            _tell_working_input(document, inputs, error)
            raise


def refuse_detector(graph: Graph) -> None:
    """Refuse a detector where a network is fed tensors of the spec's shapes.

    Raises:
        NetspecError: NS0913: the graph is one's.
    """
    if graph.detection is not None:
        raise NetspecError.of(
            Code.NOT_RUNNABLE,
            f"`{graph.name}` is a detector: it takes lists of images of any size, and this needs one tensor",
            found=f"`detector: {graph.detection.kind.kind}`",
            expected="a network without `detector`",
            help="`netspec build` writes it as a file, and `netspec.compile` gives the module",
        )


def _tell_working_input(document: Document, inputs: Mapping[str, Shape] | None, error: NetspecError) -> None:
    """Add the sizes that work to an error of an input size."""
    if not isinstance(error.partial, Graph):
        return
    from netspec.analysis.working_sizes import add_help, is_of_sizes, with_working_input
    from netspec.resizing import Trials

    if not is_of_sizes(error):
        return
    own = None
    if inputs:
        with suppress(NetspecError):
            own = attempt(document)
    shapes = {name: each.shape for name, each in error.partial.inputs.items()}
    with suppress(Exhausted):
        with_working_input(error, Trials(document, _SEARCHED), shapes, own)
    if not document.inference and any(entry.common.only is not None for entry in walk(document.body.entries)):
        with suppress(NetspecError):
            attempt(replace(document, inference=True), inputs)
            add_help(error, "it works outside training: `--inference` leaves side branches out")
