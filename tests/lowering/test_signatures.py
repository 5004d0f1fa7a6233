"""One class serves calls of one signature: what differs in ranks or in the number of results is split."""

from __future__ import annotations

import re
from typing import Any

import pytest
import torch

from netspec import api
from netspec.lowering import LoweringError, lower, verify
from netspec.program import Function
from netspec.program.classes import Program
from netspec.program.forward import Assign, CallFunction, Only, Return
from tests.interpreter import Interpreter

HEAD = "netspec: 1\nname: net\n"

RANKS = {
    "a convolution": (
        """
input: [3, 8, 8]
blocks: {unit: {params: {c: int}, layers: [{conv: $c, kernel: 3, padding: 1}]}}
layers: [{unit: 4}, {mean: 1}, {unit: 5}]
""",
        ["Unit", "Unit2"],
    ),
    "a convolution, two calls of each rank": (
        """
input: [3, 8, 8]
blocks: {unit: {params: {c: int}, layers: [{conv: $c, kernel: 3, padding: 1}]}}
layers: [{unit: 4}, {unit: 3}, {mean: 1}, {unit: 5}, {unit: 2}]
""",
        ["Unit", "Unit2"],
    ),
    "a head": (
        """
input: [3, 8, 8]
blocks: {head: {params: {c: int}, layers: [flatten, {linear: $c}]}}
layers: [{head: 40}, {unflatten: [4, 10]}, {head: 5}]
""",
        ["Head", "Head2"],
    ),
    "a block in a block": (
        """
input: [8, 8, 8]
blocks:
  inner: {params: {c: int}, layers: [{conv: $c, kernel: 3, padding: 1}]}
  outer: {params: {c: int}, layers: [{inner: $c}]}
layers: [{outer: 4}, {mean: 1}, {inner: 5}]
""",
        ["Inner", "Outer", "Inner2"],
    ),
    "a rank that each round adds": (
        """
input: [2, 6]
blocks: {deeper: {layers: [{unflatten: [1, -1], axis: -1}]}}
layers: [{repeat: 3, deeper: }]
""",
        ["Deeper", "Deeper2", "Deeper3"],
    ),
    "a group in a block": (
        """
input: [4, 6, 6]
blocks:
  unit:
    params: {c: int}
    layers: [{name: part, layers: [{conv: $c, kernel: 1, name: a}, {relu, name: b}, {add: [a, b]}]}]
layers: [{unit: 4}, {mean: -1}, {unit: 3}]
""",
        ["Part", "Unit", "Part2", "Unit2"],
    ),
    "results of several ranks": (
        """
input: [4, 6, 6]
blocks: {pooled: {params: {axis: int}, layers: [{mean: $axis, when: $(axis > 0)}, relu]}}
layers: [{pooled: 0}, {pooled: 1}]
""",
        ["Pooled", "Pooled2"],
    ),
    "cuts into one part, two and three": (
        """
input: [6, 4]
blocks: {cut: {params: {parts: int}, layers: [{chunk: $parts}, relu]}}
layers: [{cut: 1}, {cut: 2}, {cut: 3}]
""",
        ["Cut", "Cut2", "Cut3"],
    ),
}


def classes(source: str) -> list[str]:
    return re.findall(r"^class (\w+)\(nn\.Module\)", source, re.MULTILINE)[:-1]


@pytest.mark.parametrize("name", RANKS)
def test_a_block_called_on_several_ranks_is_a_class_for_each(name: str) -> None:
    text, wanted = RANKS[name]
    spec = api.loads(HEAD + text)
    assert [c for c in classes(api.generate(spec)) if c != "Permute"] == wanted
    [given], [made] = spec.graph.inputs.values(), spec.graph.outputs.values()
    assert tuple(api.compile(spec)(torch.rand(2, *given.shape)).shape[1:]) == made.shape


LONE = {
    "a split of an axis of its size": "{split: 4}",
    "a split into one size": "{split: [4]}",
    "one chunk": "{chunk: 1, axis: -1}",
    "one chunk that is named": "{chunk: 1, to: [whole]}",
    "one chunk and its activation": "{chunk: 1, activation: tanh}",
    "one chunk in a repeat": "{chunk: 1, repeat: 2, name: cuts}",
    "one chunk in a branch": "parallel: {left: [{chunk: 1}], right: []}",
    "one chunk in a sequence": "sequence: [{chunk: 1}, relu]",
}


@pytest.mark.parametrize("name", LONE)
def test_a_cut_into_one_part_is_a_tensor(name: str) -> None:
    spec = api.loads(f"{HEAD}input: [4, 6]\nlayers:\n  - {LONE[name]}\n  - relu\n")
    made = api.compile(spec)(torch.rand(3, 4, 6))
    assert isinstance(made, torch.Tensor)
    assert tuple(made.shape[1:]) == next(iter(spec.graph.outputs.values())).shape


ROUNDS = {
    "functions": "{mean: -1, repeat: 2, name: less}",
    "cuts": "{chunk: 2, repeat: 2, name: less}",
    "layers chosen by each round, one of them none": "{$op: , repeat: [relu, null, tanh], as: op, name: acts}",
    "a module called again": "{reuse: first, repeat: 2, name: again}",
    "a single round that changes the axes": "{repeat: $(len(x.shape) - 2), layers: [{mean: -1}, {linear: 4}]}",
    "a cut that the next takes": "{layers: [{chunk: 2, to: [p, q]}, {chunk: 1, from: p, to: [r]}, {add: [r, q]}]}",
    "no rounds": "{conv: 9, kernel: 1, repeat: 0, name: none}",
    "side by side": "parallel: [{mean: -1, repeat: 3, name: fan}]",
    "branches with names that mean something here": "parallel: {branches: [relu, tanh], reuse: [relu, relu]}",
}


@pytest.mark.parametrize("name", ROUNDS)
def test_rounds_that_are_no_modules(name: str) -> None:
    spec = api.loads(f"{HEAD}input: [4, 4, 4]\nlayers:\n  - {{linear: 4, name: first}}\n  - {ROUNDS[name]}\n")
    network = api.compile(spec)
    assert list(network.state_dict()) == list(spec.graph.state_dict)
    [made] = spec.graph.outputs.values()
    assert tuple(network(torch.rand(2, 4, 4, 4)).shape[1:]) == made.shape


EMPTY = {
    "a branch": "{parallel: {one: []}, when: $use}",
    "a residual's body": "{residual: [], skip: $use}",
    "a group": "{layers: [{relu, when: false}], when: $use}",
    "a sequence": "{sequence: [], when: $use}",
    "rounds": "{repeat: 0, relu: , when: $use}",
    "an entry of a sequence": "{sequence: [{sequence: [], when: $use}, {repeat: 0, relu: , when: $use}, relu]}",
    "branches that all are": "{parallel: {one: [], two: []}, when: $use}",
}


@pytest.mark.parametrize("name", EMPTY)
def test_a_condition_on_what_is_empty(name: str) -> None:
    unit = f"{{params: {{use: bool}}, layers: [{EMPTY[name]}, {{conv: 3, kernel: 1}}]}}"
    spec = api.loads(f"{HEAD}input: [4, 6]\nblocks: {{unit: {unit}}}\nlayers: [{{unit: true}}, {{unit: false}}]\n")
    made = api.compile(spec)(torch.rand(3, 4, 6))
    assert tuple(made.shape[1:]) == next(iter(spec.graph.outputs.values())).shape


ONE_LEFT = {
    "the second of two": "{parallel: [{mean: 1, when: $use}, tanh], merge: concat}",
    "the first of two": "{parallel: [tanh, {mean: 1, when: $use}], merge: concat}",
    "the third of three": "{parallel: [{mean: 1, when: $use}, {mean: 0, when: $use}, tanh], merge: add}",
    "a repeat of one round": "{parallel: [{mean: 1, when: $use}, {tanh: , repeat: 1}], merge: concat}",
    "one in a round": "{repeat: 1, layers: [{parallel: [{mean: 1, when: $use}, tanh], merge: concat}]}",
    "one whose results are not merged": "{parallel: [{mean: 1, when: $use}, tanh], merge: none}",
    "one of a module": "{parallel: [{mean: 1, when: $use}, tanh], merge: concat, name: p}",
}


@pytest.mark.parametrize("around", ["{residual: [%s], merge: add}", "%s", "{layers: [relu, %s]}"])
@pytest.mark.parametrize("name", ONE_LEFT)
def test_a_parallel_with_one_branch_left_gives_what_that_branch_gives(name: str, around: str) -> None:
    entry = around % ONE_LEFT[name]
    spec = api.loads(f"{HEAD}params: {{use: false}}\ninput: [4, 6]\nlayers: [{{softmax: , axis: 1}}, {entry}]\n")
    given = torch.randn(3, 4, 6)
    [found] = Interpreter(spec.graph, {}, training=False)(input=given).values()
    torch.testing.assert_close(api.compile(spec)(given), found, rtol=0, atol=0)


def test_instances_with_another_branch_left_are_classes_of_their_own() -> None:
    unit = "{params: {use: bool}, layers: [{residual: [{parallel: [{relu, when: $use}, {tanh, when: $(not use)}]}]}]}"
    spec = api.loads(f"{HEAD}input: [4, 6]\nblocks: {{unit: {unit}}}\nlayers: [{{unit: true}}, {{unit: false}}]\n")
    given = torch.randn(3, 4, 6)
    wanted = given + given.relu()
    torch.testing.assert_close(api.compile(spec)(given), wanted + wanted.tanh())


def test_a_side_branch_that_is_empty_returns_what_it_reads() -> None:
    layers = "[{linear: 6}, {only: training, name: side, layers: [{relu, when: false}]}, {linear: 2}]"
    network = api.compile(api.loads(f"{HEAD}input: [4, 6]\nlayers: {layers}\n"))
    given = torch.rand(3, 4, 6)
    torch.testing.assert_close(network.train()(given)["side"], network.linear1(given))


def forward_of(program: Program, statement: Any) -> Program:
    """The program with another statement in the place of the first of its network's forward pass."""
    main = program.classes[-1]
    changed = type(main)(**{f: getattr(main, f) for f in main.__slots__} | {"forward": (statement, Return(("x",)))})
    return Program((*program.classes[:-1], changed))


def test_the_proof_sees_a_tuple_taken_for_a_tensor() -> None:
    spec = api.loads(f"{HEAD}input: [4, 6]\nlayers: [{{chunk: 1}}]\n")
    graph = spec.graph
    program = lower(spec.document, graph)
    cut = CallFunction(Function("torch.chunk", (), {"chunks": 1, "dim": 1}, parts=True), ("x",))
    verify(forward_of(program, Assign(("x",), Only(cut))), graph)
    for wrong in (Assign(("x",), cut), Assign(("x", "_"), cut)):
        with pytest.raises(LoweringError):
            verify(forward_of(program, wrong), graph)
    with pytest.raises(LoweringError, match="for a tuple"):
        verify(forward_of(program, Assign(("x",), Only(CallFunction(Function("torch.neg"), ("x",))))), graph)
