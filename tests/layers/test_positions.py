"""Positions: rotary ones against complex numbers, learned ones at every length, and what they keep."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest
import torch
from torch import Tensor

from netspec import api, nn
from netspec.diagnostics import NetspecError
from netspec.driver.recipes import memory
from tests.saved import kept_storages


def turned(x: Tensor, base: float, interleaved: bool) -> Tensor:
    """Su et al., 2021: pairs of features as complex numbers, times ``exp(i t theta)``."""
    half = x.shape[-1] // 2
    rates = base ** (-torch.arange(half, dtype=torch.float64) / half)
    turns = torch.polar(torch.ones(1, dtype=torch.float64), torch.outer(torch.arange(x.shape[-2]).double(), rates))
    pairs = x.unflatten(-1, (half, 2)) if interleaved else x.unflatten(-1, (2, half)).mT
    found = torch.view_as_real(torch.view_as_complex(pairs.contiguous()) * turns)
    return (found if interleaved else found.mT).flatten(-2)


@pytest.mark.parametrize("seed", range(20))
def test_rotary_positions_turn_complex_numbers(seed: int) -> None:
    draws = random.Random(seed)
    shape = (*(draws.randint(1, 3) for _ in range(draws.randint(1, 2))), draws.randint(1, 40), 2 * draws.randint(1, 9))
    base, interleaved = draws.choice((10.0, 10000.0, 500000.0)), draws.random() < 0.5
    x = torch.randn(shape, dtype=torch.float64)
    found = nn.rotary(x, base, interleaved)
    torch.testing.assert_close(found, turned(x, base, interleaved), rtol=1e-5, atol=2e-5)
    y = torch.randn(shape, dtype=torch.float64)
    scores = (
        nn.rotary(x[..., :1, :].expand_as(x), base, interleaved)
        @ nn.rotary(y[..., :1, :].expand_as(y), base, interleaved).mT
    )
    for offset in range(shape[-2]):  # how far apart two places are is all that matters
        diagonal = scores.diagonal(offset, -2, -1)
        torch.testing.assert_close(diagonal, diagonal[..., :1].expand_as(diagonal), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("interleaved", [False, True])
@pytest.mark.parametrize("causal", [False, True])
def test_attention_turns_queries_and_keys(interleaved: bool, causal: bool) -> None:
    made = nn.GroupedAttention(16, 4, kv_heads=2, head_dim=6, rotary=100.0, interleaved=interleaved, causal=causal)
    made, x = made.double(), torch.randn(3, 7, 16, dtype=torch.float64)
    q, k, v = (
        getattr(made, f"{name}_proj")(x).unflatten(-1, (heads, 6)).transpose(1, 2)
        for name, heads in (("q", 4), ("k", 2), ("v", 2))
    )
    q, k = turned(q, 100.0, interleaved), turned(k, 100.0, interleaved)
    scores = q @ k.repeat_interleave(2, 1).mT / 6**0.5
    if causal:
        scores = scores.masked_fill(torch.ones(7, 7, dtype=torch.bool).triu(1), -torch.inf)
    expected = made.out_proj((scores.softmax(-1) @ v.repeat_interleave(2, 1)).transpose(1, 2).flatten(2))
    torch.testing.assert_close(made(x), expected, rtol=1e-4, atol=1e-5)


NETWORKS = {
    "rotary heads": "input: [4, 5, 8]\nlayers: [{scale: 2.0}, {rotary: 100.0}, {linear: 3}]",
    "interleaved": "input: [5, 8]\nlayers: [{linear: 8}, {rotary: , interleaved: true}, {linear: 3}]",
    "attention": "input: [5, 16]\nlayers: [{attention: 4, kv_heads: 2, rotary: 10000, causal: true}, {linear: 3}]",
    "learned": "input: {shape: [5], dtype: int64}\nlayers: [{embedding: 9, dim: 8, name: w},"
    " {position_embedding: 7, dim: 8, name: p}, {add: [w, p]}, {linear: 3}]",
    "a bias for each head": "input: [5, 16]\nlayers: [{parameter: [4, 5, 5], name: bias},"
    " {attention: 4, from: [input, input, input, bias]}, {linear: 3}]",
    "a mask for each head": "inputs: {rows: [5, 16], seen: {shape: [4, 1, 5], dtype: bool}}\n"
    "layers: [{attention: 4, from: [rows, rows, rows, seen]}, {linear: 3}]",
    "distances": "input: [5, 16]\nlayers: [{relative_position_bias: 4, from: input, name: near},"
    " {attention: 4, from: [input, input, input, near]}, {linear: 3}]",
    "padding": "inputs: {rows: [5, 16], lengths: {shape: [], dtype: int64}}\n"
    "layers: [{padding_mask: [rows, lengths], name: seen}, {attention: 4, from: [rows, rows, rows, seen]},"
    " {linear: 3}]",
    "a separate mask for each head": "inputs: {rows: [5, 16], seen: {shape: [4, 1, 5], dtype: bool}}\n"
    "layers: [{attention: 4, separate: true, rotary: 10.0, from: [rows, rows, rows, seen]}, {linear: 3}]",
}


@pytest.mark.parametrize("name", NETWORKS)
def test_kept_as_torch_keeps_it(name: str) -> None:
    spec = api.loads(f"netspec: 1\nname: n\n{NETWORKS[name]}\n")
    module = api.compile(spec).train()
    inputs = [
        torch.rand(2, *each.shape)
        if each.dtype == "float32"
        else torch.ones(2, *each.shape, dtype=getattr(torch, each.dtype))
        for each in spec.graph.inputs.values()
    ]
    kept, _ = kept_storages(module, lambda: module(*inputs).sum(), inputs)
    found = memory(spec, batch=2).training.kept()
    assert sum(found.values()) - found[""] == sum(kept.values())  # without a loss


LEARNED = """netspec: 1
name: learned
input: {shape: [6], dtype: int64, dynamic: [0]}
layers:
  - {embedding: 9, dim: 4, name: words}
  - {position_embedding: 8, dim: 4, from: input, name: places}
  - add: [words, places]
"""


def test_learned_positions_take_every_length_up_to_the_table() -> None:
    module: Any = api.compile(api.loads(LEARNED))
    for length in range(1, 9):
        tokens = torch.randint(9, (2, length))
        assert torch.equal(module(tokens), module.words(tokens) + module.places.weight[:length])
    with pytest.raises(ValueError, match="9 places, and vectors for 8"):
        module(torch.zeros(1, 9, dtype=torch.int64))
    with pytest.raises(NetspecError, match="there are 8 positions for a sequence of 9"):
        api.elaborate(api.loads(LEARNED.replace("[6]", "[9]")))


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("{rotary: 0.0}", "must be positive"),
        ("{attention: 2, rotary: 10000, head_dim: 3}", "pairs of features"),
        ("{attention: 2, interleaved: true}", "means nothing"),
        ("{position_embedding: 0, dim: 3}", "at least 1"),
    ],
)
def test_refusals(entry: str, words: str) -> None:
    problems = api.check("n.yaml", text=f"netspec: 1\nname: n\ninput: [6, 8]\nlayers: [{entry}]\n")
    assert problems
    assert words in problems[0].message


def t5_buckets(offset: Tensor, count: int, furthest: int, both: bool) -> Tensor:
    """Raffel et al., 2020, as their code has it, by logarithms of float32."""
    first: Any = 0
    if both:
        count //= 2
        first, offset = (offset > 0).long() * count, offset.abs()
    else:
        offset = (-offset).clamp(min=0)
    exact = count // 2
    far = exact + ((offset.clamp(min=1) / exact).log() / math.log(furthest / exact) * (count - exact)).long()
    return first + torch.where(offset < exact, offset, far.clamp(max=count - 1))


@pytest.mark.parametrize("seed", range(20))
def test_distances_are_in_the_buckets_of_t5(seed: int) -> None:
    draws = random.Random(seed)
    both = draws.random() < 0.5
    count, furthest = (32, 128) if seed < 2 else (draws.randint(4, 64), draws.randint(33, 300))
    made = nn.RelativePositionBias(3, count, furthest, both)
    queries, keys = draws.randint(1, 400), draws.randint(1, 400)
    offset = torch.arange(keys) - torch.arange(queries).unsqueeze(1)
    expected = made.weight[t5_buckets(offset, count, furthest, both)].permute(2, 0, 1)
    found = made(torch.zeros(2, queries, 5), torch.zeros(2, keys))
    assert torch.equal(found, expected.expand(2, -1, -1, -1))


def test_the_bias_of_t5_itself() -> None:
    t5 = pytest.importorskip(
        "transformers.models.t5.modeling_t5", reason="Hugging Face's transformers is not installed"
    )
    config = pytest.importorskip("transformers").T5Config(num_heads=4, d_model=16, d_kv=4)
    for decoder in (False, True):
        config.is_decoder = decoder
        theirs = t5.T5Attention(config, has_relative_attention_bias=True, layer_idx=0)
        ours = nn.RelativePositionBias(4, bidirectional=not decoder)
        ours.load_state_dict(theirs.relative_attention_bias.state_dict())
        assert torch.equal(ours(torch.zeros(1, 300)), theirs.compute_bias(300, 300))


PADDED = """netspec: 1
name: padded
inputs:
  words: {shape: [9], dtype: int64, dynamic: [0]}
  lengths: {shape: [], dtype: int64}
layers:
  - {embedding: 20, dim: 8, from: words, name: embedded}
  - {padding_mask: [embedded, lengths], name: mask}
  - {relative_position_bias: 2, from: embedded, num_buckets: 8, max_distance: 12, name: near}
  - {attention: 2, from: [embedded, embedded, embedded, mask], name: one}
  - {attention: 2, kv_heads: 1, rotary: 100.0, from: [one, one, one, mask], name: two}
  - {unsqueeze: 0, from: mask, name: seen}
  - {where: [seen, near], other: -1e9, name: shown}
  - {attention: 2, from: [two, two, two, shown], name: three}
  - {linear: 3, name: scores}
"""


def test_padding_changes_nothing_that_a_sequence_gives_alone() -> None:
    spec = api.loads(PADDED)
    module = api.compile(spec).eval()
    for size in (1, 4, 9, 15):
        lengths = torch.randint(1, size + 1, (6,))
        words = torch.randint(20, (6, size))
        found = module(words, lengths)
        for row, length in enumerate(lengths.tolist()):
            alone = module(words[row : row + 1, :length], lengths[row : row + 1])
            torch.testing.assert_close(found[row, :length], alone[0], rtol=1e-5, atol=1e-6)
