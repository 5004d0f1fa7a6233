"""Lowering: a spec and its graph to a program."""

from __future__ import annotations

from collections.abc import Mapping

from netspec.frontend.document import Document
from netspec.graph import Graph
from netspec.lowering.driver import Lowering
from netspec.lowering.instances import LoweringError
from netspec.lowering.params import prove, with_requirements
from netspec.lowering.verify import verify
from netspec.program.classes import Program
from netspec.resolve.steps import TensorId

__all__ = ["LoweringError", "held_tensors", "lower", "verify"]


def lower(document: Document, graph: Graph) -> Program:
    """The program of a graph, proven equal to it for all arguments that satisfy the program's requirements.

    Raises:
        LoweringError: A fault of netspec: the program would not be the graph.
    """
    # A detector's options are for its params as they are: no other values are arguments of its class.
    fixed = frozenset(document.params) if graph.detection is not None else frozenset[str]()
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
    """The last step at which local variables of a graph's program still hold each tensor, from `resolve`.

    The choice of params as arguments of the program's class makes no difference here, and is left out.

    Raises:
        LoweringError: A fault of netspec: the program would not be the graph.
    """
    return verify(Lowering(document, graph).program(), graph).held
