"""What netspec does, one function per stage: the public interface, which the command line is built on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from netspec.checking import apply_fix, check, review
from netspec.diagnostics import Code, NetspecError
from netspec.frontend.pause import collection_paused
from netspec.generation import generate, lower, out_of_step
from netspec.live import compile, load_weights, verify, weights_source
from netspec.shape import Shape
from netspec.spec import Spec, attempt, elaborate, load, loads, with_settings
from netspec.zoo_specs import locate, locate_recipe, recipes, zoo, zoo_text

if TYPE_CHECKING:
    from netspec.analysis import Analysis
    from netspec.analysis.explanation import Explanation
    from netspec.analysis.sizes import Sizes
    from netspec.differences import Difference
    from netspec.graph import Graph

__all__ = [
    "Spec",
    "analyze",
    "apply_fix",
    "check",
    "compile",
    "diff",
    "elaborate",
    "explain",
    "generate",
    "load",
    "load_weights",
    "loads",
    "locate",
    "locate_recipe",
    "lower",
    "out_of_step",
    "recipes",
    "review",
    "schema",
    "sizes",
    "verify",
    "weights_source",
    "with_settings",
    "zoo",
    "zoo_text",
]


def analyze(spec: Spec) -> Analysis:
    """Parameters, operations, units, memory and receptive fields of every layer and of the whole.

    Raises:
        NetspecError: The spec is wrong.
    """
    from netspec.analysis import analyze as analysis_of

    return analysis_of(elaborate(spec))


def explain(
    spec: Spec, layers: Sequence[str] = (), inputs: Mapping[str, Shape] | None = None
) -> tuple[Explanation, ...]:
    """Where the figures of layers come from: formulas with the numbers put in.

    Args:
        spec: The network.
        layers: Paths of layers or of blocks; all layers if empty.
        inputs: Input shapes in place of the spec's own.

    Raises:
        NetspecError: The spec is wrong, or has no such layer.
    """
    from netspec.analysis import analyze as analysis_of
    from netspec.analysis.explanation import explain as explained
    from netspec.analysis.explanation import named

    graph = elaborate(spec, inputs)
    keys = dict.fromkeys(key for layer in layers for key in named(graph, layer)) if layers else graph.nodes
    analysis = analysis_of(graph)
    return tuple(explained(analysis, key) for key in keys)


def sizes(spec: Spec, window: range | None = None) -> tuple[Sizes, ...]:
    """Which input sizes the network takes, for each group of spatial axes that have one size.

    Args:
        spec: The network.
        window: Sizes to try one by one; the first that work and those around the spec's own if None.

    Raises:
        NetspecError: The spec is wrong.
    """
    from netspec.analysis.sizes import groups, legal_sizes
    from netspec.resizing import Exhausted, Trials

    graph = elaborate(spec)
    trials = Trials(spec.document)

    def elaborated(shapes: Mapping[str, Shape]) -> Graph:
        trials.pay(len(graph.nodes))
        return attempt(spec.document, shapes)

    with collection_paused():
        try:
            return tuple(
                legal_sizes(trials, elaborated, graph, group, window) for group in groups(graph.inputs.values())
            )
        except Exhausted:
            message = f"a network of {len(graph.nodes):,} layers is too large to try so many sizes"
            raise NetspecError.of(Code.BAD_REPEAT, message, span=spec.document.places.span(("layers",))) from None


def diff(before: Spec, after: Spec) -> Difference:
    """What changed from one network to another, and which weights carry over.

    Raises:
        NetspecError: One of the specs is wrong.
    """
    from netspec.differences import find_difference

    return find_difference((before.document, elaborate(before)), (after.document, elaborate(after)))


def schema() -> dict[str, Any]:
    """The JSON Schema of the language, for editors."""
    from netspec.frontend.json_schema import json_schema

    return json_schema()
