"""Every layer's examples, written into a network by hand: sources that are clean and run."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from pydantic import ValidationError
from torch import Tensor

from netspec.backends.live import build
from netspec.backends.source import render
from netspec.contract.calls import results, types_taken
from netspec.contract.uses import uses
from netspec.graph import Graph, Scope
from netspec.layers import registry
from netspec.layers.base import Example, Layer, Refusal
from netspec.program import Function, Parameter
from netspec.program.building import Attach, AttachParameter, Make
from netspec.program.classes import ClassDef, Program
from netspec.program.forward import Assign, CallFunction, CallModule, Child, Expand, Join, Only, Return
from netspec.program.names import Annotation, Identifier, ModulePath, Target
from tests.backends.checks import clean, imported
from tests.layers.test_contract import COMMON

LAYERS = sorted(registry())
LAYER = ModulePath("layer")

DRAWN = int(os.environ.get("NETSPEC_EXAMPLES", "0"))
"""Random uses of each layer that are written besides its examples."""


def layer_of(op: str, example: Example) -> Layer:
    return registry()[op](**example.options)


def class_of(layer: Layer, example: Example, name: str) -> ClassDef:
    """A class that holds one layer, and an activation where it has one."""
    call = layer.emit(example.inputs)
    outputs = tuple(Identifier(f"y{n}") for n in range(len(layer.infer(example.inputs))))
    inputs = tuple(Identifier(f"x{n}") for n in range(len(example.inputs) or 1))
    attach: Any
    value: Any
    if isinstance(call, Parameter):
        attach = [AttachParameter(LAYER, call)]
        if example.inputs:
            value = Join(LAYER, Target(call.sign), inputs[0])
        else:
            value = Expand(LAYER, len(layer.infer(example.inputs)[0]), inputs[0])
    elif isinstance(call, Function):
        attach, value = [], CallFunction(call, inputs)
        value = Only(value) if call.parts and len(outputs) == 1 else value
    else:
        attach, value = [Attach(LAYER, Make(call))], CallModule(Child(LAYER), inputs)
    returns = Annotation("Tensor" if len(outputs) == 1 else f"tuple[{', '.join(['Tensor'] * len(outputs))}]")
    return ClassDef(
        Identifier(name),
        (f"{layer.op}.",),
        (),
        tuple(attach),
        inputs,
        (Assign(outputs, value), Return(outputs)),
        returns,
    )


@cache
def used(op: str) -> tuple[Example, ...]:
    """The layer's examples, and random uses that it takes, each set of options and shapes once."""
    found = {repr(example): example for example in registry()[op].examples}

    @settings(COMMON, max_examples=max(DRAWN, 1))
    @given(uses(registry()[op]))
    def draw(use: Example) -> None:
        try:
            layer_of(op, use).infer(use.inputs)
        except (Refusal, ValidationError):
            return
        found.setdefault(repr(use), use)

    if DRAWN:
        draw()
    return tuple(found.values())


@cache
def source(op: str) -> str:
    classes = [class_of(layer_of(op, use), use, f"Example{n}") for n, use in enumerate(used(op))]
    if registry()[op].function is not None:
        function = layer_of(op, registry()[op].examples[0]).emit_function()
        x, y = Identifier("x0"), Identifier("y0")
        forward = (Assign((y,), CallFunction(function, (x,))), Return((y,)))
        classes.append(ClassDef(Identifier("Activation"), (), (), (), (x,), forward, Annotation("Tensor")))
    empty = Graph(op, "", {}, {}, (), {}, {}, Scope("network", "", True, ""))
    return render(Program(tuple(classes)), empty, "0" * 16)


def test_sources_are_clean(tmp_path: Path) -> None:
    clean({f"layer_{op}": source(op) for op in LAYERS}, tmp_path)


@pytest.mark.parametrize("op", LAYERS)
def test_a_source_gives_the_inferred_shapes(op: str) -> None:
    assert imported(source(op)) == {"torch"}
    for number, example in enumerate(used(op)):
        layer = layer_of(op, example)
        network = build(source(op), f"Example{number}").eval()
        types = types_taken(layer, len(example.inputs))
        given = [torch.zeros(2, *shape, dtype=dtype) for shape, dtype in zip(example.inputs, types, strict=True)]
        given = [each + 1 if each.shape == (2,) and not each.is_floating_point() else each for each in given]  # lengths
        given = given or [torch.zeros(2)]
        outputs: list[Tensor] = [*results(network(*given))]
        assert [tuple(t.shape) for t in outputs] == [(2, *shape) for shape in layer.infer(example.inputs)]
        weights = {f"layer.{key}" if key else "layer": w.shape for key, w in layer.weights(example.inputs).items()}
        if layer.weights_known:
            assert {key: tuple(t.shape) for key, t in network.state_dict().items()} == weights
