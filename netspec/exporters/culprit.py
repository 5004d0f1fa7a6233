"""The layer that keeps a network from being traced: each is traced by itself, since torch names none."""

from __future__ import annotations

import inspect
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from netspec.exporters.subject import BATCHES, STRETCH, TRACED, Subject
from netspec.graph import Graph
from netspec.interop.calls import watched

Calls = dict[str, tuple[Tensor, ...]]
"""Inputs of modules at their first call, by path."""


def culprit(subject: Subject) -> str | None:
    """The path of the first layer that cannot be traced with the network's free axes free.

    None where no layer is at fault by itself, or where it is no module.
    """
    modules = dict(subject.network.named_modules())
    layers = {
        path: modules[path] for path in dict.fromkeys(n.path for n in subject.graph.nodes.values()) if path in modules
    }
    usual = _calls(subject, layers, subject.samples(TRACED))
    other = _calls(subject, layers, subject.samples(max(BATCHES)))
    return next((path for path, inputs in usual.items() if not _traces(layers[path], inputs, other[path])), None)


def looping(subject: Subject) -> str | None:
    """The key of the first scan along an axis of any size, of which a trace holds the steps of one size; else None."""
    resized = subject.resized(STRETCH) or subject.resized(1 / STRETCH)
    if resized is None:
        return None
    usual, other = ({key: _steps(graph, key) for key in graph.scans} for graph in (subject.graph, resized))
    return next((key for key in usual if usual[key] != other[key]), None)


def _steps(graph: Graph, key: str) -> int:
    return graph.nodes[key].input_shapes[0][graph.scans[key].axis]


def _calls(subject: Subject, layers: Mapping[str, nn.Module], inputs: tuple[Tensor, ...]) -> Calls:
    found: Calls = {}

    def note(path: str, given: tuple[Tensor, ...]) -> None:
        found.setdefault(path, given)

    with watched(layers, note), torch.no_grad():
        subject.network(*inputs)
    return found


def _traces(layer: nn.Module, inputs: tuple[Tensor, ...], others: tuple[Tensor, ...]) -> bool:
    """Whether a layer can be traced with those axes free whose sizes differ between two calls."""
    free = tuple(
        {
            axis: torch.export.Dim.DYNAMIC
            for axis, (size, other) in enumerate(zip(tensor.shape, there.shape, strict=True))
            if size != other
        }
        for tensor, there in zip(inputs, others, strict=True)
    )
    try:
        torch.export.export(layer, inputs, dynamic_shapes=(free,) if _takes_any(layer) else free)
    except Exception:  # the same error as for the whole network
        return False
    return True


def _takes_any(layer: nn.Module) -> bool:
    """Whether a layer takes its inputs as one sequence, ``*inputs``."""
    kinds = (each.kind for each in inspect.signature(layer.forward).parameters.values())
    return inspect.Parameter.VAR_POSITIONAL in kinds
