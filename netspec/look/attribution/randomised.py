"""A network whose weights are made random, from its last layers to its first (Adebayo et al., 2018)."""

from __future__ import annotations

import copy
from collections.abc import Iterator

import torch
from torch import nn

from netspec.graph import Graph, state_key


def stages(graph: Graph, most: int) -> list[tuple[str, ...]]:
    """Paths of the layers with weights that run in evaluation, the last first, in at most so many parts.

    A layer whose weights are all vectors goes with the one before it, as a normalisation with its convolution. Where
    there are more parts than that, the last stays alone and the others are joined.
    """
    owners = [node for node in graph.nodes.values() if node.weights and not node.reuses and not node.training_only]
    parts: list[list[str]] = []
    for node in owners:
        if parts and all(len(weight.shape) < 2 for weight in node.weights.values()):
            parts[-1].append(node.path)
        else:
            parts.append([node.path])
    each = 1 if len(parts) <= most else -(-(len(parts) - 1) // (most - 1))
    ends = [len(parts), *range(len(parts) - 1, 0, -each)]
    starts = [*ends[1:], 0]
    return [tuple(path for part in parts[start:end] for path in part) for start, end in zip(starts, ends, strict=True)]


def cascade(graph: Graph, network: nn.Module, fresh: nn.Module, most: int = 16) -> Iterator[tuple[str, nn.Module]]:
    """Copies of a network, each with one more part of its layers as in a fresh one; the last is wholly fresh.

    "Sanity checks for saliency maps", 2018, section 3.1: cascading randomisation.

    Args:
        graph: The network's.
        network: With the weights to be explained; it is left as it is.
        fresh: The same network with random weights, drawn by the spec's initialisers.
        most: The most parts.

    Yields:
        The path of the part's first layer, and one module that is changed further on; statistics are weights here.
    """
    changed, drawn = copy.deepcopy(network), fresh.state_dict()
    own = changed.state_dict()
    for part in stages(graph, most):
        keys = {state_key(path, name) for path in part for name in _names(graph, path)}
        with torch.no_grad():
            for key in keys & own.keys():
                own[key].copy_(drawn[key])
        yield part[0], changed


def _names(graph: Graph, path: str) -> list[str]:
    return [name for node in graph.nodes.values() if node.path == path for name in node.weights]
