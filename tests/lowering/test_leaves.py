"""The leaves of a program say which layer they are, with its options, whatever torch calls it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from netspec import api
from netspec.expr import Literal, Name
from netspec.layers import registry
from netspec.lowering import LoweringError, verify
from netspec.program import Call
from netspec.program.building import Attach, Make
from netspec.program.classes import Program
from netspec.program.rewrite import calls_in


def leaves(text: str) -> dict[str, Call]:
    """The only call of each layer."""
    return {call.op: call for call in calls_in(api.lower(api.loads(f"netspec: 1\nname: net\n{text}")))}


@pytest.mark.parametrize("name", ["lenet", "resnet50", "vit_b_16", "googlenet"])
def test_every_call_of_a_program_knows_its_layer(name: str) -> None:
    for call in calls_in(api.lower(api.load(name))):
        unknown = set(registry()[call.op].option_fields()) - set(call.options)
        assert unknown <= {"shape"} if call.op == "parameter" else not unknown  # which has the batch's axis before it


def test_an_option_that_is_passed_on_is_the_argument() -> None:
    found = leaves(
        """
input: [3, 8, 8]
params: {width: 4, p: 0.5}
layers: [{conv: $(2 * width), kernel: 3, padding: same}, {dropout: $p}, {flatten: , end_axis: -1}, {linear: $width}]
"""
    )
    assert found["conv"].option("out") == found["conv"].args[1] != Literal(8)
    assert found["conv"].option("kernel") == Literal(3)
    assert found["conv"].option("padding") == Literal("same")
    assert found["conv"].option("connections") is None
    assert found["dropout"].option("p") == Name("p")
    assert found["linear"].option("out") == Name("width")
    assert found["flatten"].option("end_axis") == -1


def test_an_option_that_differs_and_is_no_argument_is_left_out() -> None:
    found = leaves(
        """
input: [3, 8, 8]
blocks: {unit: {params: {edge: any}, layers: [{pad: $edge}]}}
layers: [{unit: 1}, {unit: 2}]
"""
    )
    assert found["pad"].options["mode"] == "constant"
    with pytest.raises(KeyError):
        found["pad"].option("padding")


@pytest.mark.parametrize(
    "wrong", [{"op": "conv_transpose"}, {"options": {"kernel": 3}}, {"options": {"bias": 1}}], ids=str
)
def test_a_leaf_that_says_something_else_is_found(wrong: Mapping[str, Any]) -> None:
    spec = api.loads("{netspec: 1, name: net, input: [4, 8, 8], layers: [{conv: 4, kernel: 1, name: first}]}")
    program = api.lower(spec)
    verify(program, spec.graph)

    def changed(statement: Any) -> Any:
        if isinstance(statement, Attach) and isinstance(statement.module, Make):
            return replace(statement, module=Make(replace(statement.module.call, **wrong)))
        return statement

    main = program.main
    with pytest.raises(LoweringError, match="first is the layer"):
        verify(Program((replace(main, build=tuple(map(changed, main.build))),)), spec.graph)
