"""Dynamic axes: what is accepted runs at every size, and what is made or decided for one size is refused."""

from __future__ import annotations

import pytest
import torch

from netspec import api
from netspec.diagnostics import Code, NetspecError

HEAD = "netspec: 1\nname: net\n"
SIGNAL = "input: {shape: [3, 33], dynamic: [1]}\n"
IMAGE = "input: {shape: [3, 32, 32], dynamic: [1, 2]}\n"

BOUND = {
    "a weight, by a stride that hides the next size": SIGNAL + "layers: [{avg_pool: 2}, flatten, {linear: 10}]",
    "a weight, by two strides": SIGNAL
    + "layers: [{conv: 4, kernel: 3, stride: 4}, {max_pool: 3}, flatten, {linear: 2}]",
    "a weight of a norm": SIGNAL + "layers: [{avg_pool: 4}, {layer_norm: , axis: -1}]",
    "a size that an expression reads": IMAGE
    + "layers: [{conv: 4, kernel: 3, stride: 2}, {upsample: , size: [$input.height, $input.width]}]",
    "a reshape that an expression reads": IMAGE
    + "layers: [{reshape: [$x.channels, $(x.height * x.width)]}, {conv: 2, kernel: 1}]",
    "a condition": IMAGE + "layers: [{conv: 4, kernel: 3, when: $(x.height > 8)}, relu]",
    "a number of rounds": SIGNAL + "layers: [{relu: , repeat: $(x.width // 8)}, tanh]",
    "a variable": SIGNAL + "layers: [{let: {n: $x.width}, layers: [{conv: $n, kernel: 1}]}]",
    "an argument of a block": SIGNAL
    + "blocks: {u: {params: {n: int}, layers: [{conv: $n, kernel: 1}]}}\nlayers: [{u: '$(x.shape[1])'}]",
    "a number of parts": SIGNAL + "layers: [{split: 16, axis: 1}, relu]",
    "a join that fits one size": IMAGE + "layers: [{residual: [{max_pool: 2}, {upsample: 2}], merge: concat}]",
}

FREE = {
    "convolutions and a global pooling": IMAGE
    + "layers: [{conv: 4, kernel: 3, stride: 2}, global_avg_pool, flatten, {linear: 2}]",
    "an adaptive pooling": IMAGE + "layers: [{avg_pool: 2}, {adaptive_avg_pool: 3}, flatten, {linear: $x.features}]",
    "ranks and channels that expressions read": IMAGE
    + "layers: [{conv: $x.channels, kernel: 3, when: $(len(x.shape) == 3)}, {conv: '$(x.shape[0])', kernel: 1}]",
    "a shape with -1": IMAGE + "layers: [{conv: 4, kernel: 1}, {reshape: [$x.channels, -1]}, {mean: -1}, {linear: 2}]",
    "a recurrence": SIGNAL + "layers: [{permute: [1, 0]}, {lstm: 4}, {select: -1}, {linear: 3}]",
    "attention": SIGNAL + "layers: [{conv: 4, kernel: 1}, {permute: [1, 0]}, {attention: 2}, {mean: 0}, {linear: 3}]",
    "another axis than the one that is read": "input: {shape: [3, 8, 32], dynamic: [2]}\n"
    + "layers: [{conv: $x.height, kernel: 1}, {mean: -1}, flatten, {linear: 2}]",
}


@pytest.mark.parametrize("name", BOUND)
def test_what_is_made_for_one_size_is_refused(name: str) -> None:
    with pytest.raises(NetspecError) as caught:
        api.loads(f"{HEAD}{BOUND[name]}\n").graph  # noqa: B018 -- elaborates
    assert caught.value.diagnostics[0].code is Code.DYNAMIC_WEIGHT
    fixed = BOUND[name].replace(", dynamic: [1]}", "}").replace(", dynamic: [1, 2]}", "}")
    assert api.loads(f"{HEAD}{fixed}\n").graph.outputs


@pytest.mark.parametrize("name", FREE)
def test_what_is_accepted_runs_at_every_size(name: str) -> None:
    spec = api.loads(f"{HEAD}{FREE[name]}\n")
    network = api.compile(spec)
    [given] = spec.graph.inputs.values()
    for more in (*range(9), 16, 31):
        shape = [size + more * (axis in given.dynamic) for axis, size in enumerate(given.shape)]
        assert network(torch.rand(2, *shape)).shape[0] == 2


@pytest.mark.parametrize("table", ["parameter: [6, 4]", "constant: sinusoid, shape: [6, 4]"])
def test_a_table_of_one_length_is_told_of_a_slice(table: str) -> None:
    text = f"""
netspec: 1
name: n
input: {{shape: [6, 4], dynamic: [0]}}
layers:
  - {{{table}, name: table}}
  - {{add: [input, table]}}
"""
    (problem,) = api.check("n.yaml", text=text)
    assert problem.code.number == "NS0310"
    assert "{slice: , from: [table, words]}" in str(problem.help)
    assert ("position_embedding" in str(problem.help)) == table.startswith("parameter")
    assert not api.check("n.yaml", text=text.replace("add: [input, table]", "slice: , from: [table, input]"))
