"""The comparison of a program with its graph finds every kind of difference."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from netspec import api
from netspec.expr import Literal
from netspec.lowering import LoweringError, verify
from netspec.program.building import Attach, Freeze, Make
from netspec.program.classes import Program
from netspec.program.forward import Assign, CallFunction, CallModule, Child, Return

TEXT = """
netspec: 1
name: net
input: [4, 8, 8]
layers:
  - {conv: 4, kernel: 1, name: first, freeze: true}
  - {conv: 4, kernel: 1, name: second, activation: relu}
  - {add: [first, second]}
"""


def changed(change: Callable[[Any], Any]) -> tuple[Program, Any]:
    spec = api.loads(TEXT)
    program = api.lower(spec)
    main = program.main
    new = replace(
        main,
        build=tuple(c for s in main.build if (c := change(s)) is not None),
        forward=tuple(c for s in main.forward if (c := change(s)) is not None),
    )
    assert new != main
    return Program((*program.classes[:-1], new)), spec.graph


def another_option(s: Any) -> Any:
    if isinstance(s, Attach) and s.name == "first" and isinstance(s.module, Make):
        return replace(s, module=Make(replace(s.module.call, kwargs={**s.module.call.kwargs, "bias": Literal(False)})))
    return s


def another_name(s: Any) -> Any:
    if isinstance(s, Attach) and s.name == "first":
        return replace(s, name="third")
    if isinstance(s, Assign) and isinstance(s.value, CallModule) and s.value.child == Child("first"):
        return replace(s, value=replace(s.value, child=Child("third")))
    return s


def another_input(s: Any) -> Any:
    if isinstance(s, Assign) and isinstance(s.value, CallFunction) and s.value.function.target == "+":
        return replace(s, value=replace(s.value, arguments=("first", "first")))
    return s


def another_order(s: Any) -> Any:
    if isinstance(s, Assign) and isinstance(s.value, CallFunction) and s.value.function.target == "+":
        return replace(s, value=replace(s.value, arguments=tuple(reversed(s.value.arguments))))
    return s


def no_activation(s: Any) -> Any:
    if isinstance(s, Assign) and isinstance(s.value, CallFunction) and "relu" in s.value.function.target:
        return replace(s, value=s.value.arguments[0])
    return s


def another_output(s: Any) -> Any:
    return replace(s, values=("first",)) if isinstance(s, Return) else s


def no_freezing(s: Any) -> Any:
    return None if isinstance(s, Freeze) else s


def no_sum(s: Any) -> Any:
    if isinstance(s, Assign) and isinstance(s.value, CallFunction) and s.value.function.target == "+":
        return replace(s, value="first")
    return s


CHANGES = (
    another_option,
    another_name,
    another_input,
    another_order,
    no_activation,
    another_output,
    no_freezing,
    no_sum,
)


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_program_is_found_out(change: Callable[[Any], Any]) -> None:
    program, graph = changed(change)
    with pytest.raises(LoweringError):
        verify(program, graph)


def test_an_unchanged_program_is_not() -> None:
    spec = api.loads(TEXT)
    assert len(verify(api.lower(spec), spec.graph).steps) == 4
