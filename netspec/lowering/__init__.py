"""Spec and graph to program."""

from __future__ import annotations

from collections.abc import Mapping

from netspec.frontend.document import Document
from netspec.graph import Graph
from netspec.lowering.driver import Lowering
from netspec.lowering.errors import LoweringError
from netspec.lowering.params import prove, with_requirements
from netspec.lowering.verify import verify
from netspec.program.classes import Program
from netspec.resolve.steps import TensorId

__all__ = ["LoweringError", "held_tensors", "lower", "verify"]


def lower(document: Document, graph: Graph) -> Program:
    """The program of a graph, proven equal to it, whatever arguments of those that it asks for it is called with.

    Raises:
        LoweringError: A fault of netspec: the program would not be the graph.
    """
    fixed: frozenset[str] = frozenset()
    while True:
        lowering = Lowering(document, graph, fixed)
        program = lowering.program()
        if not lowering.params:
            verify(program, graph)
            return program
        proof = prove(program, lowering.params, document, graph)
        if not proof.fixed:
            return with_requirements(program, proof.required)
        fixed |= proof.fixed


def held_tensors(document: Document, graph: Graph) -> Mapping[TensorId, int]:
    """How long local variables of a graph's program hold on to tensors, as `resolve` tells.

    Which params are arguments of the program's class makes no difference to that, and is not asked.

    Raises:
        LoweringError: A fault of netspec: the program would not be the graph.
    """
    return verify(Lowering(document, graph).program(), graph).held
