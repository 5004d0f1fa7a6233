"""The public interface of netspec, one function per stage; the command line is built on it."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netspec.diagnostics import Code, NetspecError
from netspec.diagnostics.arguments import typed
from netspec.driver.elaboration import attempt
from netspec.driver.spec import Spec, elaborate, for_inference, given, load, loads, with_settings
from netspec.frontend.pause import collection_paused
from netspec.shape import Shape
from netspec.zoo_specs import locate, locate_recipe, recipe_text, recipes, zoo, zoo_text

if TYPE_CHECKING:
    from netspec.analysis import Analysis
    from netspec.analysis.explanation import Explanation
    from netspec.analysis.sizes import Sizes
    from netspec.differences import Difference
    from netspec.driver.checking import apply_fix, check, review
    from netspec.driver.drawing import draw, draw_difference, draw_field, mark_of, plot
    from netspec.driver.export import export
    from netspec.driver.generation import generate, lower, out_of_step
    from netspec.driver.live import compile, load_weights, verify, weights_source
    from netspec.driver.pages import explore
    from netspec.driver.recipes import memory
    from netspec.driver.starting import start
    from netspec.driver.timing import time
    from netspec.driver.tokens import generate_tokens
    from netspec.graph import Graph, Input
    from netspec.resizing import Trials

__all__ = [
    "Spec",
    "analyze",
    "apply_fix",
    "check",
    "compile",
    "diff",
    "draw",
    "draw_difference",
    "draw_field",
    "elaborate",
    "explain",
    "explore",
    "export",
    "for_inference",
    "generate",
    "generate_tokens",
    "load",
    "load_weights",
    "loads",
    "locate",
    "locate_recipe",
    "lower",
    "mark_of",
    "memory",
    "out_of_step",
    "plot",
    "recipe_text",
    "recipes",
    "review",
    "schema",
    "sizes",
    "start",
    "time",
    "verify",
    "weights_source",
    "with_settings",
    "zoo",
    "zoo_text",
]

_STAGES = {
    "checking": ("apply_fix", "check", "review"),
    "drawing": ("draw", "draw_difference", "draw_field", "mark_of", "plot"),
    "export": ("export",),
    "generation": ("generate", "lower", "out_of_step"),
    "live": ("compile", "load_weights", "verify", "weights_source"),
    "pages": ("explore",),
    "recipes": ("memory",),
    "starting": ("start",),
    "timing": ("time",),
    "tokens": ("generate_tokens",),
}
"""Functions by the file of `netspec.driver` that has them, which is imported when one of them is used."""


def __getattr__(name: str) -> Any:
    stage = next((stage for stage, names in _STAGES.items() if name in names), None)
    if stage is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"netspec.driver.{stage}"), name)


@typed
def analyze(spec: Spec | str | Path, **params: Any) -> Analysis:
    """Parameters, operations, units, memory and receptive fields of every layer and of the whole network.

    Args:
        spec: A loaded spec, or an argument for `load`.
        params: Params and keys to set, as in `load`.

    Raises:
        NetspecError: The spec is wrong.
    """
    from netspec.analysis import PASSES
    from netspec.driver.notebook import ShownAnalysis

    graph = elaborate(spec, **params)
    return ShownAnalysis(graph, *(run(graph) for run in PASSES))


@typed
def explain(
    spec: Spec | str | Path,
    layers: Sequence[str] = (),
    inputs: Mapping[str, Shape] | None = None,
    **params: Any,
) -> tuple[Explanation, ...]:
    """The derivation of the figures of layers: formulas with the numbers inserted.

    Args:
        spec: A loaded spec, or an argument for `load`.
        layers: Paths of layers or of blocks; all layers if empty.
        inputs: Input shapes in place of the spec's own.
        params: Params and keys to set, as in `load`.

    Raises:
        NetspecError: The spec is wrong, or has no such layer.
    """
    from netspec.analysis import analyze as analysis_of
    from netspec.analysis.explanation import explain as explained
    from netspec.analysis.explanation import named

    graph = elaborate(spec, inputs, **params)
    keys = dict.fromkeys(key for layer in layers for key in named(graph, layer)) if layers else graph.nodes
    return explained(analysis_of(graph), keys)


@typed
def sizes(spec: Spec | str | Path, window: range | None = None, **params: Any) -> tuple[Sizes, ...]:
    """The input sizes that the network accepts, for each group of axes, but channels and features, of one size.

    Args:
        spec: A loaded spec, or an argument for `load`.
        window: Sizes to try one by one; None tries the first that work and those around the spec's own.
        params: Params and keys to set, as in `load`.

    Raises:
        NetspecError: The spec is wrong, and not only for its own size.
    """
    from netspec.analysis.size_search import features_last, groups
    from netspec.analysis.sizes import legal_sizes
    from netspec.frontend.counting import Exhausted
    from netspec.resizing import Trials

    loaded = given(spec, params)
    trials = Trials(loaded.document)
    graph, inputs = _sized(loaded, trials)

    def elaborated(shapes: Mapping[str, Shape]) -> Graph:
        return attempt(loaded.document, shapes, trials.work)

    varied = groups(inputs, features_last(graph))
    with collection_paused():
        try:
            return tuple(legal_sizes(trials, elaborated, graph, group, window) for group in varied)
        except Exhausted:
            message = f"a network of {len(graph.nodes):,} layers is too large to try so many sizes"
            raise NetspecError.of(Code.BAD_REPEAT, message, span=loaded.document.places.span(("layers",))) from None


def _sized(spec: Spec, trials: Trials) -> tuple[Graph, list[Input]]:
    """The network and the spec's own inputs; if its own size does not work, for a size near it.

    Raises:
        NetspecError: The spec is wrong for every size.
    """
    from netspec.analysis.working_sizes import is_of_sizes, working_shapes
    from netspec.frontend.counting import Exhausted

    try:
        graph = elaborate(spec)
        return graph, list(graph.inputs.values())
    except NetspecError as error:
        partial = getattr(error.partial, "inputs", None)
        if not partial or not is_of_sizes(error):
            raise
        shapes = {name: each.shape for name, each in partial.items()}
        try:
            working = working_shapes(trials, shapes, error.diagnostics)
        except Exhausted:
            working = None
        if working is None:
            raise
        return attempt(spec.document, working), list(partial.values())


@typed
def diff(before: Spec | str | Path, after: Spec | str | Path) -> Difference:
    """The changes from one network to another, and the weights that carry over.

    Args:
        before: A loaded spec, or an argument for `load`.
        after: Likewise.

    Raises:
        NetspecError: One of the specs is wrong.
    """
    from netspec.differences import find_difference

    first, second = given(before, {}), given(after, {})
    return find_difference((first.document, first.graph), (second.document, second.graph))


def schema() -> dict[str, Any]:
    """The JSON Schema of the language, training recipe included, for completion and checks in editors."""
    from netspec.frontend.json_schema import json_schema
    from netspec.recipe.json_schema import recipe_schema

    return json_schema(recipe_schema())
