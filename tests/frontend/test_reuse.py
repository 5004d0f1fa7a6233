"""What is called again is one module: of another input it must come to the same."""

from __future__ import annotations

import pytest
import torch

from netspec import api
from netspec.diagnostics import Code, NetspecError

HEAD = "netspec: 1\nname: net\ninput: [4, 6, 6]\n"

OTHERS = {
    "a norm of another class": "layers: [{batch_norm, name: b}, {mean: -1}, {reuse: b}]",
    "a condition that comes out otherwise": """
blocks: {u: {layers: [{batch_norm: , when: $(len(x.shape) > 2)}, relu]}}
layers: [{u, name: a}, {mean: -1}, {reuse: a}]""",
    "another number of rounds": """
layers: [{name: a, layers: [{relu: , repeat: $(len(x.shape)), name: acts}, tanh]}, {mean: -1}, {reuse: a}]""",
    "an option that is another": """
layers: [{name: a, layers: [{max_pool: $(x.height // 3)}, relu]}, {reuse: a}]""",
    "a function of other axes": """
layers: [{name: a, layers: [{identity}, {split: $(x.channels)}]}, {conv: 8, kernel: 1}, {reuse: a}]""",
    "a cut into another number of parts": """
layers: [{name: a, layers: [identity, {split: 2}]}, {reuse: a}]""",
    "a sequence with a module more": """
layers: [{sequence: [relu, {tanh: , when: $(x.height > 5)}], name: a}, {max_pool: 2}, {reuse: a}]""",
}


@pytest.mark.parametrize("name", OTHERS)
def test_another_module_is_refused(name: str) -> None:
    with pytest.raises(NetspecError, match="cannot be called again: of this input it would") as caught:
        api.loads(f"{HEAD}{OTHERS[name]}\n").graph  # noqa: B018 -- elaborates
    [found] = caught.value.diagnostics
    assert found.code is Code.BAD_REUSE
    assert found.span is not None


SAME = {
    "a norm": "layers: [{batch_norm, name: b}, {reuse: b}]",
    "a condition that comes out alike": """
blocks: {u: {layers: [{batch_norm: , when: $(len(x.shape) > 2)}, relu]}}
layers: [{u, name: a}, {max_pool: 2}, {reuse: a}]""",
    "functions and rounds": """
layers: [{name: a, layers: [{relu: , repeat: 2, name: acts}, {concat: [acts, acts]}, {chunk: 2}]}, {reuse: a}]""",
    "an activation of another rank": "layers: [{tanh, name: b}, {mean: -1}, {reuse: b}]",
}


@pytest.mark.parametrize("name", SAME)
def test_the_same_module_is_called(name: str) -> None:
    spec = api.loads(f"{HEAD}{SAME[name]}\n")
    made = api.compile(spec)(torch.rand(2, 4, 6, 6))
    assert tuple(made.shape[1:]) == next(iter(spec.graph.outputs.values())).shape
