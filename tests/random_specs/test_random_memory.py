"""Memory of random networks: what autograd keeps, and what is there at once in inference."""

from __future__ import annotations

import os
from collections.abc import Callable
from random import Random

import pytest
import torch
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from netspec import api
from netspec.diagnostics import NetspecError
from netspec.driver.recipes import memory
from netspec.graph import Graph, Node
from tests.autograd.test_kept import measure
from tests.random_specs.generate import random_spec
from tests.random_specs.members import random_attention, random_member
from tests.random_specs.windows import random_windows
from tests.saved import LivePeak

EXAMPLES = int(os.environ.get("NETSPEC_EXAMPLES", "25"))
LAYERS = 120
"""Larger networks take long and tell no more."""

MAKERS = (random_spec, random_windows)
SLOW = (HealthCheck.too_slow, HealthCheck.filter_too_much)


def valid_spec(rng: Random, make: Callable[[Random], str]) -> api.Spec:
    """A random spec that is valid and not too large."""
    try:
        spec = api.loads(make(rng))
        assume(len(spec.graph.nodes) <= LAYERS)
    except NetspecError:
        assume(False)
    return spec


@pytest.mark.parametrize("make", MAKERS)
@settings(max_examples=EXAMPLES, suppress_health_check=SLOW)
@given(rng=st.randoms(use_true_random=False), batch=st.sampled_from((1, 3)))
def test_kept_as_torch_keeps_it(make: Callable[[Random], str], rng: Random, batch: int) -> None:
    spec = valid_spec(rng, make)
    assume(batch > 1 or not any(node.layer.op == "batch_norm" for node in spec.graph.nodes.values()))
    assert memory(spec, batch=batch).kept == measure(spec, spec.graph, batch)


@pytest.mark.parametrize("make", MAKERS)
@settings(max_examples=EXAMPLES, suppress_health_check=SLOW)
@given(rng=st.randoms(use_true_random=False), batch=st.sampled_from((1, 3)))
def test_what_is_there_at_once_in_inference(make: Callable[[Random], str], rng: Random, batch: int) -> None:
    spec = valid_spec(rng, make)
    assume(not any(is_opaque(node) for node in spec.graph.nodes.values()))
    assume(not spec.graph.scans)  # what holds the values of their steps is not followed
    told, followed = inference_peaks(spec, batch)
    assert told == followed


@settings(max_examples=EXAMPLES, suppress_health_check=SLOW)
@given(rng=st.randoms(use_true_random=False), batch=st.sampled_from((1, 3)))
def test_what_attention_has_at_once_in_inference(rng: Random, batch: int) -> None:
    spec = api.loads(random_attention(rng))
    told, followed = inference_peaks(spec, batch, rng.choice(("float32", "bf16")))
    assert told == followed


@settings(max_examples=EXAMPLES, suppress_health_check=SLOW, deadline=None)
@given(rng=st.randoms(use_true_random=False), batch=st.sampled_from((1, 3)))
def test_what_families_have_at_once_in_inference(rng: Random, batch: int) -> None:
    told, followed = inference_peaks(random_member(rng), batch)
    assert told == followed


def inference_peaks(spec: api.Spec, batch: int, precision: str = "float32") -> tuple[int, int]:
    """Bytes of values in inference, as they are predicted and as they are followed."""
    found = memory(spec, batch=batch, precision=precision)
    inputs = inputs_of(spec.graph, batch)
    module = api.compile(spec).eval()
    casts = torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16")
    with torch.no_grad(), LivePeak(inputs).leave_out(module) as followed, casts:
        module(*inputs)
    assert found.inference_peak is not None
    assert found.parameters is not None
    assert found.buffers is not None
    assert found.input is not None
    return found.inference_peak - found.parameters - found.buffers, max(followed.peak, found.input)


def inputs_of(graph: Graph, batch: int) -> list[torch.Tensor]:
    """Random numbers, and where an input takes no numbers, ones."""
    kinds = [(getattr(torch, each.dtype), (batch, *each.shape)) for each in graph.inputs.values()]
    return [torch.rand(shape) if kind.is_floating_point else torch.ones(shape, dtype=kind) for kind, shape in kinds]


def is_opaque(node: Node) -> bool:
    """Whether torch does something else while it is followed: a pool over one axis makes indices there alone."""
    return node.layer.op in ("max_pool", "min_pool") and len(node.input_shapes[0]) == 2


POOLED = """
netspec: 1
name: pooled
input: [3, 12, 12]
layers:
  - {conv: 8, kernel: 1}
  - {max_pool: 3, stride: 1, padding: 1}
"""

ROUNDS = """
netspec: 1
name: rounds
input: [2, 6, 6]
layers:
  - {conv: 16, kernel: 1}
  - {conv: 4, kernel: 1, activation: tanh, repeat: 3, name: rounds}
  - {conv: 16, kernel: 3, padding: 1}
"""

POWERS = "netspec: 1\nname: powers\ninput: [2, 6, 6]\nlayers: [relu, {lp_pool: 1, norm_type: 3}]\n"


@pytest.mark.parametrize("text", [POOLED, ROUNDS, POWERS])
def test_indices_rounds_and_powers(text: str) -> None:
    """A pool's indices are there in inference too; the rounds of a named repeat have no caller of their own."""
    spec = api.loads(text)
    found = memory(spec, batch=2)
    module, inputs = api.compile(spec).eval(), inputs_of(spec.graph, 2)
    with torch.no_grad(), LivePeak(inputs).leave_out(module) as followed:
        module(*inputs)
    assert (found.inference_peak or 0) - (found.parameters or 0) == followed.peak
