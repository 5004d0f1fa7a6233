"""The work of a training step, against what torch counts while it does one."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from netspec import api
from netspec.analysis.training_work import training_work

HEAD = "netspec: 1\nname: n\n"
SPECS = {
    "maps": HEAD
    + """\
input: [4, 8, 8]
layers:
  - {conv: 8, kernel: 3, name: first}
  - {batch_norm, name: norm}
  - {conv_transpose: 6, kernel: 2, stride: 2, name: up}
  - {locally_connected: 3, kernel: 3, name: own}
  - flatten
  - {linear: 5, name: last}
""",
    "recurrent": HEAD
    + """\
input: [6, 5]
layers:
  - {lstm: 4, num_layers: 2, bidirectional: true, name: lstm}
  - {gru: 3, name: gru}
  - {linear: 2, name: last}
""",
    "states": HEAD
    + """\
inputs: {words: [6, 5], others: [4, 5]}
layers:
  - {gru: 4, states: true, from: others, to: [a, h], name: encoder}
  - {gru: 4, from: [words, h], name: decoder}
  - {linear: 2, name: last}
""",
    "attention": HEAD
    + """\
inputs: {words: [6, 8], memory: [5, 8]}
layers:
  - {attention: 2, from: words, name: own}
  - {linear: 8, name: between}
  - {attention: 4, kv_heads: 2, from: [between, memory], name: cross}
  - {linear: 2, name: last}
""",
    "products": HEAD
    + """\
input: [6, 8]
layers:
  - {linear: 8, name: first}
  - {permute: [1, 0], name: turned}
  - {matmul: [input, turned], name: scores}
  - {linear: 3, name: last}
""",
    "windows": HEAD
    + """\
input: [6, 6, 8]
layers:
  - {window_attention: 2, window: 4, shift: 2, name: seen}
  - {linear: 3, name: last}
""",
    "blind": HEAD
    + """\
input: [6]
layers:
  - {linear: 4, name: first}
  - {argmax: -1, keepdim: true, name: chosen}
  - {embedding: 4, dim: 3, from: chosen, name: told}
  - {linear: 3, name: last}
""",
}  # fmt: skip


def counted(text, frozen=()):
    """Torch's count for an example, and ours; each path that begins with one of `frozen` learns nothing."""
    spec = api.loads(text) if "\n" in text else api.load(text)
    graph, module = api.elaborate(spec), api.compile(spec)
    for name, parameter in module.named_parameters():
        parameter.requires_grad_(not name.startswith(tuple(frozen)))
    learned = {name for name, each in module.named_parameters(remove_duplicate=False) if each.requires_grad}
    inputs = [
        torch.empty(2, *each.shape, dtype=getattr(torch, each.dtype), device="meta") for each in graph.inputs.values()
    ]
    with FlopCounterMode(display=False) as counter:
        module.to("meta")(*inputs).sum().backward()
    ours = training_work(graph, learned.__contains__)
    return counter.get_total_flops() // 4, sum(ours.values())


@pytest.mark.parametrize(
    ("name", "frozen"),
    [
        ("maps", []), ("maps", ["first", "norm"]), ("maps", ["up", "own"]), ("maps", ["first", "norm", "up"]),
        ("recurrent", []), ("recurrent", ["lstm"]), ("recurrent", ["lstm.weight_ih_l0", "gru"]),
        ("recurrent", ["lstm.weight", "lstm.bias_ih_l0", "lstm.bias_hh_l0"]),
        ("states", []), ("states", ["encoder"]), ("states", ["decoder"]),
        ("attention", []), ("attention", ["own", "between"]), ("attention", ["cross"]),
        ("attention", ["own", "between", "cross.q_proj", "cross.k_proj"]),
        ("products", []), ("products", ["first"]),
        ("windows", []), ("windows", ["seen.qkv", "seen.relative"]), ("windows", ["seen.qkv"]),
        ("blind", []),
    ],
)  # fmt: skip
def test_layers_and_frozen_ones(name, frozen):
    theirs, ours = counted(SPECS[name], frozen)
    assert ours == theirs


@pytest.mark.parametrize(("name", "frozen"), [("lenet_digits", []), ("lenet_digits", ["conv1"]), ("lenet", [])])
def test_networks_of_the_zoo(name, frozen):
    theirs, ours = counted(name, frozen)
    assert ours == theirs


def test_the_first_layer_needs_no_gradient_of_the_image():
    graph = api.elaborate(api.load("lenet_digits"))
    forward, found = api.analyze(api.load("lenet_digits")).work.nodes, training_work(graph, lambda key: True)
    assert found["conv1"] == 2 * forward["conv1"]
    assert all(found[path] == 3 * forward[path] for path in ("conv2", "fc1"))


def test_groups_count_once_in_every_direction():
    """Torch counts the gradient of grouped kernels as if maps of all groups met."""
    layers = "[{conv: 4, kernel: 1, name: a}, {conv: 8, kernel: 3, groups: 2, name: b}]"
    text = f"{HEAD}input: [4, 8, 8]\nlayers: {layers}\n"
    found = training_work(api.elaborate(api.loads(text)), lambda key: True)
    assert found == {"a": 2 * 64 * 16, "b": 3 * 36 * 8 * 2 * 9}


def test_what_no_loss_takes_is_not_gone_back_through():
    text = HEAD + "input: [4]\nlayers: [{linear: 3, name: a}, {linear: 2, name: b}]\noutputs: {a: a, b: b}\n"
    graph = api.elaborate(api.loads(text))
    assert training_work(graph, lambda key: True, [graph.outputs["a"]]) == {"a": 24, "b": 6}
    assert training_work(graph, lambda key: key.startswith("b"), [graph.outputs["b"]]) == {"a": 12, "b": 12}
