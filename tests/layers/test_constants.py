"""Constants and slices: tables hold what their formulas say, and keep up with an axis that may have any size."""

from __future__ import annotations

import math

import pytest
import torch

from netspec import api, nn
from netspec.driver.recipes import memory

POSITIONS = """
netspec: 1
name: positions
input: {shape: [10], dtype: int64, dynamic: [0]}
layers:
  - {embedding: 50, dim: 16, name: words}
  - {parameter: [32, 16], name: table}
  - {slice: , from: [table, words], name: own}
  - {constant: sinusoid, shape: [32, 16], name: waves}
  - {slice: , from: [waves, words], name: wave}
  - {add: [words, own, wave], name: tokens}
  - {permute: [1, 0], name: turned}
  - {matmul: [tokens, turned], name: scores}
  - {constant: causal, shape: [32, 32], buffer: true, name: before}
  - {slice: , from: [before, tokens], name: rows}
  - {slice: , axis: 1, like: 0, from: [rows, tokens], name: mask}
  - {where: [mask, scores], other: -1e9}
  - {softmax: -1, name: share}
  - {matmul: [share, tokens]}
  - {constant: [[0.5, 2]], name: factors}
outputs: {mixed: matmul2, factors: factors}
"""


def spec() -> api.Spec:
    return api.loads(POSITIONS.replace("{matmul: [share, tokens]}", "{matmul: [share, tokens], name: matmul2}"))


def test_tables_keep_up_with_a_dynamic_axis() -> None:
    module = api.compile(spec())
    torch.nn.init.normal_(module.table)
    for length in (1, 10, 32):
        words = torch.randint(0, 50, (2, length))
        tokens = module.words(words) + module.table[:, :length] + nn.sinusoid(32, 16)[:length]
        scores = (tokens @ tokens.mT).masked_fill(torch.ones(length, length).triu(1) > 0, -1e9)
        found = module(words)
        assert torch.allclose(found["mixed"], scores.softmax(-1) @ tokens, atol=1e-6)
        assert torch.equal(found["factors"], torch.tensor([[0.5, 2.0]]).expand(2, 1, 2))
    with pytest.raises(RuntimeError, match="exceeds dimension size"):
        module(torch.zeros(1, 33, dtype=torch.int64))


def test_only_buffers_are_saved_and_all_are_held() -> None:
    network = spec()
    module = api.compile(network)
    assert list(module.state_dict()) == ["table", "before", "words.weight"]
    assert not module.before.requires_grad
    assert api.analyze(network).weights.total.buffers == 32 * 32
    assert memory(network).buffers == sum(each.numel() * each.element_size() for each in module.buffers())
    assert "self.waves = nn.Buffer(sinusoid(32, 16), persistent=False)" in api.generate(network)


def test_tables() -> None:
    waves = nn.sinusoid(5, 4)
    assert torch.allclose(waves[3], torch.tensor([math.sin(3), math.cos(3), math.sin(0.03), math.cos(0.03)]))
    assert nn.causal_mask(2, 3).tolist() == [[True, False, False], [True, True, False]]
    assert nn.window_mask(3, 3, 1).tolist() == [[True, True, False], [True, True, True], [False, True, True]]
    index = nn.relative_index(2, 3)
    places = [(y, x) for y in range(2) for x in range(3)]
    told = [[(a[0] - b[0] + 1) * 5 + a[1] - b[1] + 2 for b in places] for a in places]
    assert index.tolist() == told


@pytest.mark.parametrize(
    ("entry", "code", "words"),
    [
        ("{constant: causal, shape: [100000, 100000]}", "NS0207", "too many"),
        ("{constant: sinusoid}", "NS0206", "needs its `shape`"),
        ("{constant: sinusoid, shape: [3, 5]}", "NS0207", "as many sines"),
        ("{constant: [[1, 2], [3]]}", "NS0207", "one length"),
        ("{constant: window, shape: [3, 3]}", "NS0206", "`width`"),
        ("{constant: sinosoid, shape: [3, 4]}", "NS0203", "`value`"),
        ("{slice: [3, 9], from: input}", "NS0207", "no places from 3 up to 9"),
        ("{slice: , from: [input, other]}", "NS0207", "has no 7 places"),
        ("{slice: , from: input}", "NS0206", "`ends`"),
        ("{squeeze: 0, from: input}", "NS0207", "more than one place"),
        ("{unsqueeze: 3, from: input}", "NS0307", "no axis"),
    ],
)
def test_refusals(entry: str, code: str, words: str) -> None:
    text = f"""
netspec: 1
name: n
input: [4, 6]
layers:
  - {{parameter: [7, 6], name: other}}
  - {entry}
"""
    found = [each for each in api.check("n.yaml", text=text) if each.code.value[0] == code]
    assert found
    assert words in found[0].message


def test_a_length_that_is_added_stays_bound() -> None:
    text = "{netspec: 1, name: n, input: {shape: [4, 6], dynamic: [0]}, layers: [{parameter: [4, 6], name: p}, "
    [problem] = api.check("n.yaml", text=f"{text}{{add: [input, p]}}]}}")
    assert problem.code.value[0] == "NS0310"
    assert not api.check("n.yaml", text=f"{text}{{slice: , from: [p, input], name: s}}, {{add: [input, s]}}]}}")
