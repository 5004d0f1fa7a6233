"""A spec checked together with its recipe. Imports no torch, and what reads recipes only where there is one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netspec.driver import checking

if TYPE_CHECKING:
    from netspec.analysis.optimizer_state import OptimizerState
    from netspec.diagnostics import Diagnostic
    from netspec.frontend.inherit import Merged
    from netspec.graph import Graph


def check(
    spec: str | Path,
    settings: Mapping[str, Any] | None = None,
    text: str | None = None,
    ignore: Collection[str] = (),
    recipe: str | Path | None = None,
    max_entries: int | None = None,
    inference: bool = False,
) -> list[Diagnostic]:
    """Every error of a spec and its recipe, the last of each text with fixes; of a right one, what lints tell.

    Args:
        spec: A path, or the name of a network of the zoo; where there is a `text`, only a name for it.
        settings: Params and dotted keys to set.
        text: The text, where it is not in a file.
        ignore: Names or codes of lints to leave out.
        recipe: What takes the place of the section `train`: a file, or the name of a recipe that comes with netspec.
        max_entries: How many entries and rounds of repeats the spec may unroll to; 10,000 unless given.
        inference: Whether the network is checked as it runs outside training, without its side branches.

    Returns:
        What was found, in the order of the text; nothing where all is well.
    """
    return checking.check(spec, settings, text, ignore, recipe, _optimizer_state, max_entries, inference)


def _optimizer_state(document: Merged, graph: Graph | None) -> OptimizerState | None:
    """The `netspec.driver.checking.RecipeReader`. A section `train` that is no mapping is the language's own error."""
    written = document.data.get("train")
    if not isinstance(written, Mapping):
        return None
    from netspec.recipe.findings import spans_in
    from netspec.recipe.modules import resolve_names
    from netspec.recipe.objective import check_against_outputs
    from netspec.recipe.recipe import read_recipe

    spans = spans_in(document)
    found = read_recipe(written, spans)
    if graph is not None:
        check_against_outputs(found, graph, spans)
    if graph is not None and (found.phases or found.fresh):
        resolve_names(found, graph, spans)
    return found.optimizer.state
