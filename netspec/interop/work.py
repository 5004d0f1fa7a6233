"""The work of a torch network, counted by torch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations

import torch
from torch import nn
from torch.func import functional_call
from torch.utils.flop_counter import FlopCounterMode

from netspec.analysis import Analysis
from netspec.graph import Graph
from netspec.objects.immutable import immutable


@immutable
class Work:
    """Multiply-accumulates of one example in evaluation mode, as torch counts them on the meta device.

    Attributes:
        total: For the whole network.
        modules: By path, for a module with all in it; modules without work that torch counts are left out.
    """

    total: int
    modules: Mapping[str, int]


@immutable
class Otherwise:
    """A layer for which torch counts another number of multiply-accumulates than its definition.

    Attributes:
        op: Its name in specs.
        path: Path of its module.
        defined: The number by the layer's definition.
        counted: Torch's count while the layer's module runs.
    """

    op: str
    path: str
    defined: int
    counted: int


def count_work(network: nn.Module, graph: Graph) -> Work:
    """Count the work of a network with the graph's inputs; the network is left in evaluation mode."""
    network.eval()
    tensors = {**dict(network.named_parameters()), **dict(network.named_buffers())}
    empty = {name: torch.empty_like(tensor, device="meta") for name, tensor in tensors.items()}
    inputs = tuple(
        torch.empty((1, *each.shape), dtype=getattr(torch, each.dtype), device="meta") for each in graph.inputs.values()
    )
    with FlopCounterMode(display=False) as counter:
        functional_call(network, empty, inputs)
    root = f"{type(network).__name__}."
    counts = {name.removeprefix(root): sum(found.values()) // 2 for name, found in counter.get_flop_counts().items()}
    return Work(int(counter.get_total_flops()) // 2, counts)


def counted_otherwise(network: nn.Module, analysis: Analysis, theirs: int) -> tuple[Otherwise, ...]:
    """Layers that may explain why a reference's count differs, though its work is the same.

    Some layers do more than their definition, or work that torch does not count: a convolution by a table computes
    all maps with zeros, a distance is no product. A reference may compute each kind of layer as the definition or as
    our module does. Where some kinds explain its count, the fewest such kinds are returned; else none.

    Args:
        network: The spec's network.
        analysis: The analysis of the same network, with its work known.
        theirs: Torch's count for the reference.
    """
    kinds: dict[str, list[Otherwise]] = {}
    for each in _unlike_their_definition(network, analysis):
        kinds.setdefault(each.op, []).append(each)
    apart = theirs - (analysis.work.total or 0)
    for number in range(1, len(kinds) + 1):
        for chosen in combinations(kinds.values(), number):
            layers = tuple(each for layers in chosen for each in layers)
            if sum(each.counted - each.defined for each in layers) == apart:
                return layers
    return ()


def _unlike_their_definition(network: nn.Module, analysis: Analysis) -> Iterator[Otherwise]:
    work = count_work(network, analysis.graph)
    defined: dict[str, int] = {}
    for key, node in analysis.graph.nodes.items():
        defined[node.path] = defined.get(node.path, 0) + (analysis.work.nodes[key] or 0)
    ops = {node.path: node.layer.op for node in analysis.graph.nodes.values() if not node.reuses}
    modules = {path for path, _ in network.named_modules()}
    for path, op in ops.items():
        counted = work.modules.get(path, 0)
        if path in modules and counted != defined[path]:
            yield Otherwise(op, path, defined[path], counted)
