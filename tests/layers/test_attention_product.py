"""Attention built of its parts: grouped heads, masks and rotations, held against torch."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from netspec import api
from netspec.driver.recipes import memory
from tests.saved import kept_storages

GROUPED = """
netspec: 1
name: grouped
inputs: {tokens: {shape: [6, 16], dynamic: [0]}, seen: {shape: [6], dtype: bool, dynamic: [0]}}
blocks:
  heads:
    doc: Projections to heads of one width, [length, features] to [heads, length, width].
    params: {heads: int, width: int}
    layers:
      - {linear: $(heads * width), bias: false, name: proj}
      - {unflatten: [$heads, $width], axis: -1}
      - {permute: [1, 0, 2]}
layers:
  - {heads: 4, width: 8, from: tokens, name: q}
  - {heads: 2, width: 8, from: tokens, name: k}
  - {heads: 2, width: 8, from: tokens, name: v}
  - {unsqueeze: 0, from: seen}
  - {unsqueeze: 0, name: mask}
  - {scaled_dot_product_attention: [q, k, v, mask]}
  - {permute: [1, 0, 2]}
  - {flatten: , start_axis: 1}
  - {linear: 16, bias: false, name: out}
"""


def test_grouped_heads_with_a_mask_of_any_length() -> None:
    spec = api.loads(GROUPED)
    assert "F.scaled_dot_product_attention(q, k, v, mask, enable_gqa=True)" in api.generate(spec)
    assert api.analyze(spec).work.nodes["scaled_dot_product_attention1"] == 4 * 6 * 6 * 16
    module = api.compile(spec)
    for length in (6, 1, 9):
        tokens, seen = torch.randn(2, length, 16), torch.rand(2, length) > 0.3
        seen[:, 0] = True
        q, k, v = (
            getattr(module, name).proj(tokens).unflatten(-1, (heads, 8)).transpose(1, 2)
            for name, heads in (("q", 4), ("k", 2), ("v", 2))
        )
        k, v = k.repeat_interleave(2, 1), v.repeat_interleave(2, 1)
        scores = (q @ k.mT / 8**0.5).masked_fill(~seen[:, None, None], -torch.inf)
        expected = module.out((scores.softmax(-1) @ v).transpose(1, 2).flatten(2))
        assert torch.allclose(module(tokens, seen), expected, atol=1e-6)


def test_kept_as_torch_keeps_it() -> None:
    spec = api.loads(GROUPED)
    module = api.compile(spec).train()
    inputs = torch.randn(2, 6, 16), torch.ones(2, 6, dtype=torch.bool)
    target = torch.zeros(2, 16, dtype=torch.int64)
    kept, _ = kept_storages(module, lambda: F.cross_entropy(module(*inputs), target), (*inputs, target))
    assert memory(spec, batch=2).kept == sum(kept.values())


@pytest.mark.parametrize(
    ("entry", "code", "words"),
    [
        ("{scaled_dot_product_attention: [a, a, b]}", "NS0304", "keys' heads and places"),
        ("{scaled_dot_product_attention: [a, a, a, b]}", "NS0304", "scores' shape"),
        ("{scaled_dot_product_attention: [a, a, a, c], causal: true}", "NS0207", "`causal` means nothing"),
        ("{scaled_dot_product_attention: [a, d, d]}", "NS0304", "do not divide"),
        ("{scaled_dot_product_attention: [flat, flat, flat]}", "NS0301", "heads"),
        ("{scaled_dot_product_attention: [a, a, a, whole]}", "NS0308", "a mask"),
    ],
)
def test_refusals(entry: str, code: str, words: str) -> None:
    text = f"""
netspec: 1
name: n
input: [4, 6, 8]
layers:
  - {{relu: , name: a}}
  - {{parameter: [4, 7, 8], name: b}}
  - {{parameter: [1, 6, 6], name: c}}
  - {{parameter: [3, 6, 8], name: d}}
  - {{parameter: [6, 8], name: flat}}
  - {{constant: relative, shape: [2, 3], name: index}}
  - {{unsqueeze: 0, name: whole}}
  - {entry}
"""
    problems = api.check("n.yaml", text=text)
    found = [each for each in problems if each.code.value[0] == code]
    assert found, [(each.code.value[0], each.message) for each in problems]
    assert words in found[0].message


MASKED = """
netspec: 1
name: masked
inputs: {tokens: {shape: [6, 16], dynamic: [0]}, seen: {shape: [6], dtype: bool, dynamic: [0]}}
layers:
  - {unsqueeze: 0, from: seen, name: mask}
  - {attention: 4, from: [tokens, tokens, tokens, mask], name: joined}
  - {attention: 4, kv_heads: 2, head_dim: 8, from: [tokens, tokens, tokens, mask], name: grouped}
outputs: {joined: joined, grouped: grouped}
"""


def test_attention_hides_what_its_mask_does_not_show() -> None:
    spec = api.loads(MASKED)
    module = api.compile(spec).eval()
    tokens, seen = torch.randn(2, 6, 16), torch.ones(2, 6, dtype=torch.bool)
    seen[1, 4:] = False
    whole, part = module(tokens, seen), module(tokens[1:, :4], seen[1:, :4])
    for name in ("joined", "grouped"):
        assert torch.allclose(whole[name][1:, :4], part[name], atol=1e-6)
        assert not torch.allclose(whole[name][0, :4], module(tokens[:1, :4], seen[:1, :4])[name][0], atol=1e-3)
    assert module.grouped.k_proj.weight.shape == (16, 16)
    step = module.train()
    kept, _ = kept_storages(step, lambda: step(tokens, seen), (tokens, seen))
    found = memory(spec, batch=2)
    assert found.training.kept()["joined"] + found.training.kept()["grouped"] <= sum(kept.values())
