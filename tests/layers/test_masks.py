"""Masks: truth values that join, choose and stay truth values; the types of elements are torch's."""

from __future__ import annotations

import pytest
import torch

from netspec import api
from netspec.layers import registry
from netspec.layers.base import Refusal

NUMBERS = (False, True, 0, 3, -1, 300, 2**40, 2**70, 0.0, 0.5, -1e9, 1e300)


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int32", "int64", "float32", "float64"])
def test_types_beside_numbers_are_torchs(dtype: str) -> None:
    """Accepted is what torch gives, with the number in it as it is; refused what it fails on, or turns round."""
    x, mask = torch.ones(2, dtype=getattr(torch, dtype)), torch.tensor([True, False])
    for number in NUMBERS:
        layer = registry()["where"](other=number)
        try:
            told = layer.result_types(("bool", dtype))[0]
        except Refusal:
            told = "refused"
        try:
            made = torch.where(mask, x, number)
        except (OverflowError, RuntimeError):
            assert told == "refused", number
            continue
        numeric = dtype == "bool" and not isinstance(number, bool)
        turned = not made.is_floating_point() and made[1].item() != number
        assert told == ("refused" if numeric or turned else str(made.dtype).removeprefix("torch.")), number


def test_a_comparison_with_what_a_type_does_not_have_is_refused() -> None:
    with pytest.raises(Refusal, match="beyond the numbers of uint8"):
        registry()["compare"](how="lt", value=2**40).result_types(("uint8",))
    assert registry()["compare"](how="lt", value=0.5).result_types(("uint8",)) == ("bool",)


CHOSEN = """
netspec: 1
name: chosen
inputs: {ids: {shape: [5], dtype: int64}, keep: {shape: [5], dtype: bool}}
layers:
  - {compare: gt, value: 3, from: ids, name: large}
  - {logical_not: , from: large, name: small}
  - {where: [keep, small], other: false, name: both}
  - {logical_or: [both, large], name: any}
  - {where: [any, ids], other: 0}
  - {embedding: 10, dim: 4}
"""

FORWARD = """\
        large = torch.gt(ids, 3)  # [N, 5]
        small = torch.logical_not(large)
        both = torch.where(keep, small, False)
        any = torch.logical_or(both, large)
        x: Tensor = torch.where(any, ids, 0)
"""


def test_integers_stay_integers_and_truth_values_truth_values() -> None:
    spec = api.loads(CHOSEN)
    types = [node.outputs[0].dtype for node in spec.graph.nodes.values()]
    assert types == ["bool", "bool", "bool", "bool", "int64", "float32"]
    assert FORWARD in api.generate(spec)
    module = api.compile(spec)
    found = module(torch.tensor([[1, 2, 8, 9, 4]]), torch.tensor([[True, False, True, False, False]]))
    assert torch.equal(found, module.embedding1(torch.tensor([[1, 0, 8, 9, 4]])))


@pytest.mark.parametrize("other", ["0", "0.0"])
def test_a_number_beside_truth_values_is_refused(other: str) -> None:
    [problem] = api.check("n.yaml", text=CHOSEN.replace("other: false", f"other: {other}"))
    assert (problem.code.number, problem.expected) == ("NS0207", "`other: false`, or `true`")
    assert problem.span is not None
    assert problem.span.line == 8


PADDED = """
netspec: 1
name: padded
inputs: {words: {shape: [4, 8], dynamic: [0]}, length: {shape: [], dtype: int64}}
layers:
  - {constant: causal, shape: [9, 9], name: table}
  - {slice: , from: [table, words], name: rows}
  - {slice: , axis: 1, like: 0, from: [rows, words], name: before}
  - {padding_mask: [words, length], name: real}
  - {logical_and: [before, real], name: mask}
  - {attention: 2, from: [words, words, words, mask]}
"""


def test_a_padded_causal_sequence_is_what_it_is_alone() -> None:
    module = api.compile(api.loads(PADDED))
    x = torch.randn(2, 7, 8)
    both = module(x, torch.tensor([5, 7]))
    alone = module(x[:1, :5], torch.tensor([5]))
    first = module(x[:1, :3], torch.tensor([3]))
    assert torch.allclose(both[:1, :5], alone, atol=1e-6)
    assert torch.allclose(both[:1, :3], first, atol=1e-6)
