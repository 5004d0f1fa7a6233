"""`_` is a name as any other in a spec; generated source writes it for what nobody reads."""

from __future__ import annotations

import pytest
import torch

from netspec import api

HEAD = "netspec: 1\nname: net\n"
UNIT = "blocks: {unit: {params: {_: int}, layers: [{conv: $_, kernel: $_, padding: 1, repeat: 4, name: rounds}]}}\n"

SPECS = {
    "a result": "input: [3, 8, 8]\nlayers: [{chunk: 3, to: [_, b, c]}, {add: [_, b, c]}]\n",
    "a result that nobody takes": "input: [3, 8, 8]\nlayers: [{split: [1, 2], to: [_, b]}, {relu: , from: b}]\n",
    "a branch": "input: [3, 8, 8]\nlayers: [{parallel: {_: [{conv: 3, kernel: 1}], b: []}, merge: add}]\n",
    "a side branch": "input: [3, 8, 8]\nlayers: [{only: training, name: _, layers: [relu]}, relu]\n",
    "an input": "inputs: {_: [3], b: [3]}\nlayers: [{add: [_, b]}]\n",
    "a block's parameter, in a loop": f"input: [3, 8, 8]\n{UNIT}layers: [{{unit: 3}}, {{unit: 3}}]\n",
    "a loop's variable": "input: [3, 8, 8]\nlayers: [{conv: $_, kernel: 1, repeat: [4, 3], as: _, name: a}]\n",
}


@pytest.mark.parametrize("name", SPECS)
def test_an_underscore_hides_nothing_and_is_not_hidden(name: str) -> None:
    spec = api.loads(HEAD + SPECS[name])
    graph = spec.graph
    network = api.compile(spec)
    assert {k: tuple(t.shape) for k, t in network.state_dict().items()} == {
        k: w.shape for k, w in graph.state_dict.items()
    }
    [made] = graph.outputs.values()
    output = network.eval()(*(torch.rand(2, *each.shape) for each in graph.inputs.values()))
    assert tuple(output.shape[1:]) == made.shape
