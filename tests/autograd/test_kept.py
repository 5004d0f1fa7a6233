"""What autograd keeps of whole networks, predicted and measured."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from netspec import api
from netspec.driver.recipes import memory
from netspec.graph import Graph
from tests.alike import LENGTHS, networks
from tests.reduced import reduced
from tests.saved import kept_storages

KEPT = {
    "lenet": 64_756,
    "vgg16": 145_514_308,
    "resnet50": 170_835_268,
    "mobilenet_v2": 155_359_300,
    "convnext_tiny": 217_115_532,
    "vit_b_16": 235_125_140,
}
"""Bytes for a batch of 2 in float32, with a cross-entropy."""


@pytest.mark.parametrize("name", KEPT)
def test_kept_for_backward(name: str) -> None:
    assert memory(name, batch=2).kept == KEPT[name]


def measure(spec: api.Spec, graph: Graph, batch: int) -> int:
    """Bytes that autograd keeps of a network's forward pass and its losses."""
    module = api.compile(spec).train()
    inputs = {
        name: torch.rand(batch, *given.shape)
        if given.dtype == "float32"
        else torch.zeros(batch, *given.shape, dtype=getattr(torch, given.dtype))
        for name, given in graph.inputs.items()
    }
    targets = [
        torch.zeros(batch, *value.shape[1:], dtype=torch.int64)
        for value in (*graph.outputs.values(), *graph.side_outputs.values())
        if value.shape
    ]

    def step() -> torch.Tensor:
        found = module(*inputs.values())
        outputs = found.values() if isinstance(found, dict) else [found]
        classes = [each for each in outputs if each.dim() > 1]
        losses = [F.cross_entropy(each, target) for each, target in zip(classes, targets, strict=True)]
        return torch.stack(losses).sum() if len(losses) > 1 else losses[0]

    kept, _ = kept_storages(module, step, (*inputs.values(), *targets))
    return sum(kept.values())


@pytest.mark.parametrize("name", LENGTHS)
def test_what_lengths_decide_is_unknown(name: str) -> None:
    assert memory(reduced(name), batch=2).kept is None


@pytest.mark.parametrize("name", [each for each in networks() if each not in LENGTHS])
def test_kept_as_torch_keeps_it(name: str) -> None:
    spec = reduced(name)
    predicted = memory(spec, batch=2).kept
    assert predicted is not None, "a layer does not say what it keeps"
    assert predicted == measure(spec, spec.graph, 2)
