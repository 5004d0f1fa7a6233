"""Repeats of several inputs as source: a loop where one text serves all rounds, and torch's numbers in any case."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from netspec import api

DECODER = """netspec: 1
name: decoder
params: {depth: 3, heads: 2}
inputs: {words: [5, 8], memory: [7, 8]}
blocks:
  layer:
    params: {heads: int}
    inputs: [x, memory]
    layers:
      - {attention: $heads, from: x, name: own}
      - {add: [x, own], name: a}
      - {attention: $heads, from: [a, memory], name: cross}
      - {add: [a, cross]}
      - {layer_norm, name: norm}
layers:
  - {layer: $heads, from: [words, memory], repeat: $depth, name: layers}
  - {linear: 4, name: out}
"""

WAVES = """netspec: 1
name: waves
input: [4, 16]
blocks:
  wave:
    params: {dilation: int}
    outputs: [next, skip]
    layers:
      - {conv: 8, kernel: 3, padding: $dilation, dilation: $dilation, name: both}
      - {chunk: 2, to: [a, b]}
      - {sigmoid: , from: b, name: gate}
      - {multiply: [a, gate], name: z}
      - {conv: 4, kernel: 1, name: residual}
      - {add: [input, residual], name: next}
      - {conv: 6, kernel: 1, from: z, name: skip}
layers:
  - {wave: $(2 ** i), repeat: 3, collect: skips, name: waves}
  - {add: [skips]}
  - relu
"""

CELLS = """netspec: 1
name: cells
inputs: {seen: [3, 6, 6], h: [4, 6, 6], c: [4, 6, 6]}
blocks:
  cell:
    inputs: [x, h, c]
    outputs: [out, memory]
    layers:
      - {concat: [x, h]}
      - {conv: 12, kernel: 3, padding: 1, name: gates}
      - {chunk: 3, to: [f, o, g]}
      - {sigmoid: , from: f, name: keeps}
      - {multiply: [c, keeps], name: kept}
      - {add: [kept, g], name: memory}
      - {tanh: , from: memory, name: told}
      - {multiply: [o, told], name: out}
layers:
  - {cell: , from: [seen, h, c], carry: [h, c], repeat: 3, collect: states, to: [last, end], name: cells}
  - {concat: [states, last, end]}
"""

SIZES = """netspec: 1
name: sizes
params: {depth: 2}
inputs: {words: [5, 8], memory: [7, 6]}
blocks:
  layer:
    inputs: [query, memory]
    let: {wide: $(memory.features + input.features)}
    layers:
      - {linear: $wide, from: query, activation: relu}
      - {linear: $memory.features, name: q}
      - {attention: 1, from: [q, memory], name: seen}
      - name: tail
        layers: [{linear: $(2 * memory.features), activation: relu}, {linear: $query.features}]
  outer: {inputs: [a, b], layers: [{layer: , from: [a, b], repeat: 2, name: inner}]}
layers:
  - {layer: , from: [words, memory], repeat: $depth, name: layers}
  - {linear: 9, from: memory, name: other}
  - {outer: , from: [layers, other], name: outer}
  - {linear: "$(memory.shape[0] + words.features)", name: out}
"""


def decoder(network: nn.Module, words: Tensor, memory: Tensor) -> Tensor:
    x = words
    for layer in network.layers:
        a = x + layer.own(x)
        x = layer.norm(a + layer.cross(a, memory))
    return network.out(x)


def waves(network: nn.Module, x: Tensor) -> Tensor:
    total = torch.zeros(())
    for wave in network.waves:
        a, b = wave.both(x).chunk(2, 1)
        z = a * b.sigmoid()
        x, total = x + wave.residual(z), total + wave.skip(z)
    return total.relu()


def cells(network: nn.Module, seen: Tensor, h: Tensor, c: Tensor) -> Tensor:
    states = []
    for cell in network.cells:
        f, o, g = cell.gates(torch.cat([seen, h], 1)).chunk(3, 1)
        c = c * f.sigmoid() + g
        h = o * c.tanh()
        states.append(h)
    return torch.cat([*states, h, c], 1)


@pytest.mark.parametrize(("text", "reference"), [(DECODER, decoder), (WAVES, waves), (CELLS, cells)])
def test_it_computes_what_a_loop_by_hand_does(text, reference):
    spec = api.loads(text)
    network = api.compile(spec).eval()
    given = [torch.randn(2, *each.shape) for each in spec.graph.inputs.values()]
    torch.testing.assert_close(network(*given), reference(network, *given))


def test_what_is_held_is_an_argument_of_a_loop():
    source = api.generate(api.loads(DECODER))
    assert "self.layers = nn.ModuleList(Layer(8, heads) for _ in range(depth))" in source
    assert "        for layer in self.layers:\n            x = layer(x, memory)\n" in source
    deeper = api.loads(DECODER, {"depth": 5})
    assert len(api.compile(deeper).layers) == 5


def test_rounds_whose_results_are_gathered_are_written_out():
    source = api.generate(api.loads(WAVES))
    assert "        _, skip3 = self.waves[2](layers2)\n" in source.replace("waves2", "layers2")
    assert "skip + skip2 + skip3" in source


@pytest.mark.parametrize("depth", [1, 2, 4])
def test_the_number_of_rounds_is_no_argument_where_all_are_gathered(depth):
    text = WAVES.replace("input:", "params: {depth: 2}\ninput:").replace("repeat: 3", "repeat: $depth")
    text = text.replace("{add: [skips]}", "concat: [skips, waves]")
    spec = api.loads(text, {"depth": depth})
    assert "fixed: depth" in api.generate(spec)
    assert api.compile(spec)(torch.zeros(1, 4, 16)).shape == (1, 6 * depth + 4, 16)


def test_shapes_of_inputs_are_parameters_of_a_class():
    """One class serves memories of 6 and of 9 features."""
    source = api.generate(api.loads(SIZES))
    assert source.count("class Layer(") == source.count("class Tail(") == 1
    assert "def __init__(self, in_features: int, memory_features: int) -> None:" in source
    assert "wide = memory_features + in_features" in source
    assert "nn.Linear(in_features, 2 * memory_features)" in source
    network = api.compile(api.loads(SIZES))
    assert network(torch.zeros(1, 5, 8), torch.zeros(1, 7, 6)).shape == (1, 5, 15)
    other = api.compile(api.loads(SIZES), inputs={"memory": (3, 4)})
    assert other(torch.zeros(1, 5, 8), torch.zeros(1, 3, 4)).shape == (1, 5, 11)
