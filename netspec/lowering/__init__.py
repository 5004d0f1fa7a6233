"""Spec and graph to program."""

from __future__ import annotations

from collections.abc import Mapping

from netspec.frontend.document import Document
from netspec.graph import Graph
from netspec.lowering.driver import Lowering
from netspec.lowering.errors import LoweringError
from netspec.lowering.params import unfit
from netspec.lowering.verify import verify
from netspec.program.classes import Program
from netspec.resolve.steps import Tensor

__all__ = ["LoweringError", "held_tensors", "lower", "verify"]


def lower(document: Document, graph: Graph) -> Program:
    """The program of a graph, proven equal to it.

    Raises:
        LoweringError: A fault of netspec: the program would not be the graph.
    """
    fixed: frozenset[str] = frozenset()
    while True:
        lowering = Lowering(document, graph, fixed)
        program = lowering.program()
        more = lowering.decided - fixed
        if not more:
            verify(program, graph)
            more = unfit(program, document, graph)
        if not more:
            return program
        fixed |= more


def held_tensors(document: Document, graph: Graph) -> Mapping[Tensor, int]:
    """How long local variables of a graph's program hold on to tensors, as `resolve` tells.

    Which params are arguments of the program's class makes no difference to that, and is not asked.

    Raises:
        LoweringError: A fault of netspec: the program would not be the graph.
    """
    return verify(Lowering(document, graph).program(), graph).held
