"""What the explorer shows of a spec."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from netspec.frontend.pause import collection_paused
from netspec.graph import Graph
from netspec.shape import Shape

if TYPE_CHECKING:
    from netspec.driver.spec import Spec
    from netspec.explorer.page import Explored, Shot


@collection_paused()
def explored(
    spec: Spec, inputs: Mapping[str, Shape] | None = None, pictures: Mapping[str, Sequence[Shot]] | None = None
) -> Explored:
    """What the page of a spec shows.

    Args:
        spec: The spec.
        inputs: Input shapes in place of its own.
        pictures: Pictures of its layers, by key.

    Raises:
        NetspecError: The spec is wrong.
    """
    from netspec.analysis import analyze
    from netspec.backends.source import render
    from netspec.backends.text_places import text_places
    from netspec.explorer.page import Explored
    from netspec.explorer.trials import AxesOfTrials
    from netspec.frontend.network import elaborate
    from netspec.frontend.problems import Report
    from netspec.lowering import lower

    graph = spec.elaborated(inputs)
    analysis = analyze(graph)
    program = lower(spec.document, graph)
    source = render(program, graph, spec.digest)

    def resized(shapes: Mapping[str, Shape]) -> Graph:
        return elaborate(spec.document, Report(spec.document.places), shapes)

    def changed(settings: Mapping[str, Any]) -> Graph:
        document = spec.changed(settings).document
        return elaborate(document, Report(document.places), inputs)

    trials = AxesOfTrials(spec.document, analysis, resized, changed)
    axes = trials.axes()
    places = text_places(source, program, graph)
    return Explored(analysis, spec.document, source, places, axes, trials.exhausted, pictures or {})


def explored_page(
    spec: Spec, inputs: Mapping[str, Shape] | None = None, pictures: Mapping[str, Sequence[Shot]] | None = None
) -> str:
    """The page of a spec, which notebooks show; the arguments are those of `explored`.

    Raises:
        NetspecError: The spec is wrong.
    """
    from netspec.driver.shown import PageText
    from netspec.explorer.page import page

    return PageText(page(explored(spec, inputs, pictures)))
