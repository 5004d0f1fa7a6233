"""Receptive fields of random networks, held by the gradients of the live modules."""

from __future__ import annotations

import os
from random import Random

import torch
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from netspec import api
from netspec.analysis.receptive import ReceptiveFields, trace_receptive_fields
from netspec.analysis.seen_input import Seen
from netspec.diagnostics import NetspecError
from netspec.graph import Graph
from tests.analysis.support import live, outputs
from tests.random_specs.windows import random_windows

EXAMPLES = int(os.environ.get("NETSPEC_EXAMPLES", "40"))


@settings(max_examples=EXAMPLES, suppress_health_check=(HealthCheck.too_slow, HealthCheck.filter_too_much))
@given(st.randoms(use_true_random=False))
def test_a_field_is_what_the_gradient_sees(rng: Random) -> None:
    try:
        spec = api.loads(random_windows(rng))
        graph = spec.graph
    except NetspecError:
        assume(False)
    check_fields(spec, graph)


def check_fields(spec: api.Spec, graph: Graph) -> int:
    """Compares every layer's field with the gradient; gives how many windows lay within the input and were compared."""
    (source,) = graph.inputs.values()
    module = live(graph, spec)
    modules = dict(module.named_modules())
    found = trace_receptive_fields(graph)
    keys = [key for key in graph.nodes if key in modules]
    x = torch.ones(1, *source.shape, dtype=torch.float64, requires_grad=True)
    caught = outputs(module, keys, x)
    compared = 0
    for key in keys:
        output = caught[key]
        for number in {output[0].numel() // 2, output[0].numel() // 3}:
            compared += check_element(found, key, output, x, number)
    return compared


def check_element(found: ReceptiveFields, key: str, output: torch.Tensor, x: torch.Tensor, number: int) -> int:
    """Compares the field of one place, all channels together, along every axis of the input that it is known for."""
    place = torch.unravel_index(torch.tensor(number), output.shape[1:])
    moving = {extent.axis for extent in found.extents[key] or () if isinstance(extent, Seen)}
    chosen = tuple(at if axis in moving else slice(None) for axis, at in enumerate(place))
    seen = torch.autograd.grad(output[(0, *chosen)].sum(), x, retain_graph=True)[0][0].abs().sum(0) > 0
    spans = [e.span(int(place[e.axis])) if isinstance(e, Seen) else None for e in found.extents[key] or ()]
    for extent, span, length in zip(found.extents[key] or (), spans, seen.shape, strict=False):
        if isinstance(extent, Seen):
            # Near a border, a window of a window may lie in the padding, which may hold what is at the other border.
            margin = extent.size
            if span is None or span[0] < margin or span[1] >= length - margin:
                return 0
    if not seen.any() and "global" in (found.extents[key] or ()):
        return 0  # a hole that a transposed convolution leaves where its stride is larger than its kernel
    for axis, extent in enumerate(found.extents[key] or ()):
        others = [other for other in range(seen.ndim) if other != axis]
        where = torch.nonzero(seen.any(others) if others else seen).flatten().tolist()
        if extent == "global":
            # A stride may lose the pixels at a border.
            assert where, (key, axis)
            assert where[-1] - where[0] >= seen.shape[axis] // 3, (key, axis, where)
        elif isinstance(extent, Seen):
            assert where, (key, axis, spans[axis])
            assert (where[0], where[-1]) == spans[axis], (key, axis, spans[axis], where)
    return sum(span is not None for span in spans)
