"""The elaborated graph: a network with every block, repeat and condition unrolled.

It has two views. The *flow* is a networkx DiGraph of layer calls, in execution order. The *scope tree*
shows the nesting of those calls: the block, sequence, branch and round of each.
"""

from netspec.graph.elaborated import Detection, Graph, Initialiser, Input, Node, Scan, Value, state_key
from netspec.graph.scopes import Scope, ScopeKind

__all__ = [
    "Detection",
    "Graph",
    "Initialiser",
    "Input",
    "Node",
    "Scan",
    "Scope",
    "ScopeKind",
    "Value",
    "state_key",
]
