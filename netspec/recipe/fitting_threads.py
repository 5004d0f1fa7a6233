"""Threads that compute parts of a batch, held against a network whose examples may not be parted. Imports no torch."""

from __future__ import annotations

from netspec.diagnostics import Code
from netspec.frontend.problems import Report
from netspec.frontend.schema import SECTION
from netspec.graph import Graph
from netspec.layers import joined
from netspec.recipe.recipe import Recipe


def check_threads(recipe: Recipe, graph: Graph, report: Report) -> None:
    """Note the first layer that would give parts of a batch something else than the whole, NS0801."""
    if recipe.threads == 1:
        return
    for node in graph.nodes.values():
        for layer in (node.layer, node.activation):
            if layer is not None and (reason := joined(layer)):
                message = f"`threads` computes a batch in parts, and `{layer.op}`, at `{node.path}`, {reason}"
                report.add(Code.BAD_RECIPE, message, (SECTION, "threads"), help="leave `threads` out")
                return
