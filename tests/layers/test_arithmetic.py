"""Arithmetic in whole networks: element types flow, source reads as it is written by hand, refusals say what to do."""

from __future__ import annotations

import pytest
import torch

from netspec import api

MIXTURE = """
netspec: 1
name: mixture
params: {k: 2, factor: 0.25}
inputs: {v: {shape: [10, 16], dynamic: [0]}, ids: {shape: [10], dtype: int64, dynamic: [0]}}
layers:
  - {linear: 4, from: v, name: scores}
  - {topk: $k, axis: -1, to: [best, which]}
  - {gather: [scores, which], axis: -1, name: again}
  - {subtract: [best, again], activation: abs, name: nothing}
  - {exp: , from: scores, name: e}
  - {sum: -1, keepdim: true, name: total}
  - {divide: [e, total], name: share}
  - {compare: gt, value: 0.25, name: large}
  - {where: [large, share], other: 0.0}
  - {scale: $factor}
  - {permute: [1, 0], name: turned}
  - {matmul: [turned, v], name: mixed}
  - {argmax: 0, from: ids, keepdim: true}
  - {unflatten: [1, 1], name: end}
  - {gather: [v, end], axis: 0, name: last}
outputs: {nothing: nothing, mixed: mixed, last: last}
"""

FORWARD = """\
        scores = self.scores(v)  # [N, 10, 4]
        best, which = torch.topk(scores, self.k, dim=-1)  # [N, 10, 2]
        again = take_along(scores, which, dim=-1)
        nothing = torch.abs(best - again)
        e = torch.exp(scores)  # [N, 10, 4]
        total = torch.sum(e, dim=-1, keepdim=True)  # [N, 10, 1]
        share = e / total  # [N, 10, 4]
        large = torch.gt(share, 0.25)
        x = torch.where(large, share, 0.0)
        x = x * self.value
"""


def test_a_mixture_of_experts_is_what_torch_computes() -> None:
    spec = api.loads(MIXTURE)
    assert FORWARD in api.generate(spec)
    types = {key: [value.dtype for value in node.outputs] for key, node in spec.graph.nodes.items()}
    assert types["topk1"] == ["float32", "int64"]
    assert (types["large"], types["where1"], types["argmax1"]) == (["bool"], ["float32"], ["int64"])
    module = api.compile(spec)
    v, ids = torch.randn(2, 12, 16), torch.randint(0, 9, (2, 12))
    found = module(v, ids)
    share = module.scores(v).softmax(-1)
    mixed = torch.where(share > 0.25, share, 0.0).mul(0.25).mT @ v
    assert torch.allclose(found["mixed"], mixed, atol=1e-6)
    assert not found["nothing"].any()
    assert torch.equal(found["last"][:, 0], v[torch.arange(2), ids.argmax(1)])


@pytest.mark.parametrize(
    ("entry", "code", "words"),
    [
        ("{where: [input, input, input]}", "NS0308", "truth values as its input 1"),
        ("{exp: , from: mask}", "NS0308", "floating-point numbers"),
        ("{embedding: 4, dim: 2, from: mask}", "NS0308", "integers"),
        ("{matmul: [input, input]}", "NS0304", "columns"),
        ("{subtract: [input, other]}", "NS0304", "agree or are 1"),
        ("{clamp: , from: input}", "NS0206", "`min`"),
        ("{sum: [0, 0], from: input}", "NS0307", "each axis once"),
        ("{topk: 9, from: input}", "NS0207", "no 9 elements"),
        ("{sum: [input, other]}", "NS0203", "`axis`"),
    ],
)
def test_refusals(entry: str, code: str, words: str) -> None:
    text = f"""
netspec: 1
name: n
input: [4, 6]
layers:
  - {{compare: ge, value: 0, name: mask}}
  - {{parameter: [3, 6], name: other}}
  - {entry}
"""
    problems = api.check("n.yaml", text=text)
    found = [each for each in problems if each.code.value[0] == code]
    assert found, [each.code for each in problems]
    assert words in found[0].message


def test_a_sum_of_names_is_mended() -> None:
    text = "{netspec: 1, name: n, input: [4], layers: [{relu: , name: a}, {sum: [a, input]}]}"
    [problem] = api.check("n.yaml", text=text)
    assert [fix.title for fix in problem.fixes] == ["`add` instead of `sum`"]
