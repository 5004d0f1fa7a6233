"""`resolve` evaluates a program as Python would run its source."""

from __future__ import annotations

from typing import Any

import pytest

from netspec import expr as e
from netspec.expr import Literal, Name
from netspec.program import Call, Function, Parameter
from netspec.program.building import (
    Attach,
    AttachParameter,
    Build,
    Chain,
    Choice,
    Declare,
    For,
    Freeze,
    If,
    Instance,
    Keep,
    Let,
    Loop,
    Make,
    Rounds,
)
from netspec.program.classes import ClassDef, Formal, Program
from netspec.program.forward import (
    Assign,
    CallFunction,
    CallModule,
    Child,
    Expand,
    ForChildren,
    ForCount,
    Forward,
    Join,
    Return,
    When,
)
from netspec.resolve import Resolved, resolve

LINEAR = "torch.nn.Linear"


def linear(features: Any, out: Any) -> Make:
    return Make(Call(LINEAR, (features, out)))


def network(
    build: list[Build], forward: list[Forward], *classes: ClassDef, formals: tuple[Formal, ...] = ()
) -> Resolved:
    main = ClassDef("Net", (), formals, tuple(build), ("x",), tuple(forward), "Tensor")
    return resolve(Program((*classes, main)))


def call(name: Any, *arguments: str, **child: Any) -> Assign:
    return Assign(("x",), CallModule(Child(name, **child), arguments or ("x",)))


def sizes(resolved: Resolved) -> dict[str, tuple[Any, ...]]:
    return {path: made.args for path, made in resolved.modules.items()}


RETURN = Return(("x",))


def test_parameters_and_locals() -> None:
    resolved = network(
        [Let("hidden", e.Binary("*", Literal(4), Name("width"))), Attach("fc", linear(Name("width"), Name("hidden")))],
        [call("fc"), RETURN],
        formals=(Formal("width", "int", Literal(16)),),
    )
    assert sizes(resolved) == {"fc": (16, 64)}
    assert [(step.path, step.inputs) for step in resolved.steps] == [("fc", ((-1, 0),))]
    assert resolved.outputs == {"output": (0, 0)}


def test_instances_have_their_own_arguments() -> None:
    block = ClassDef(
        "Block",
        (),
        (Formal("width", "int"), Formal("twice", "bool", Literal(False))),
        (
            Attach("a", linear(Name("width"), Name("width"))),
            Declare("b", "nn.Linear"),
            If(Name("twice"), (Attach("b", linear(Name("width"), Literal(1)), optional=True),)),
        ),
        ("x",),
        (call("a"), When("present", "b", (call("b"),)), RETURN),
        "Tensor",
    )
    resolved = network(
        [
            Attach("one", Instance("Block", (("width", Literal(3)),), 1)),
            Attach("two", Instance("Block", (("width", Literal(5)), ("twice", Literal(True))), 1)),
        ],
        [call("one"), call("two"), RETURN],
        block,
    )
    assert sizes(resolved) == {"one.a": (3, 3), "two.a": (5, 5), "two.b": (5, 1)}
    assert [step.path for step in resolved.steps] == ["one.a", "two.a", "two.b"]
    assert [step.inputs for step in resolved.steps] == [((-1, 0),), ((0, 0),), ((1, 0),)]


def test_chains_number_what_loops_and_conditions_make() -> None:
    index = e.Compare(Name("i"), (("==", Literal(0)),))
    items = (
        linear(Literal(1), Literal(2)),
        Rounds(Loop("i", (), Literal(2), None), (linear(Name("i"), Literal(9)), Choice(index, (linear(7, 7),)))),
        Choice(Literal(False), (linear(8, 8),)),
        Chain("Sequential", (linear(Literal(5), Literal(6)),)),
    )
    resolved = network([Attach("features", Chain("Sequential", items))], [call("features"), RETURN])
    assert sizes(resolved) == {
        "features.0": (1, 2),
        "features.1": (0, 9),
        "features.2": (7, 7),
        "features.3": (1, 9),
        "features.4.0": (5, 6),
    }
    assert [step.path for step in resolved.steps] == list(resolved.modules)


def test_loops_over_values_carry_variables() -> None:
    loop = Loop("i", ("width", "depth"), None, e.literal(((4, 1), (8, 2))), (("channels", Literal(3), Name("width")),))
    inner = Rounds(Loop("j", (), Name("depth"), None), (linear(Name("channels"), Name("width")),))
    resolved = network([Attach("m", Chain("Sequential", (Rounds(loop, (inner,)),)))], [call("m"), RETURN])
    assert sizes(resolved) == {"m.0": (3, 4), "m.1": (4, 8), "m.2": (4, 8)}


def test_a_carried_variable_has_its_first_value_again_in_each_outer_round() -> None:
    inner = Rounds(
        Loop("j", (), Literal(2), None, (("n", Literal(1), e.Binary("+", Name("n"), Literal(1))),)),
        (linear(Name("n"), Name("i")),),
    )
    outer = Rounds(Loop("i", (), Literal(2), None), (inner,))
    resolved = network([Attach("m", Chain("Sequential", (outer,)))], [call("m"), RETURN])
    assert list(sizes(resolved).values()) == [(1, 0), (2, 0), (1, 1), (2, 1)]


def test_an_empty_loop_makes_nothing() -> None:
    loop = Rounds(Loop("i", (), Literal(0), None), (linear(1, 1),))
    resolved = network([Attach("m", Chain("Sequential", (loop,)))], [call("m"), RETURN])
    assert not resolved.modules
    assert resolved.outputs == {"output": (-1, 0)}


def test_computed_names() -> None:
    name = e.Format(("fc", e.Binary("+", Name("i"), Literal(1))))
    resolved = network(
        [
            Keep("rounds", Literal(2)),
            For(Loop("i", (), Literal(2), None), (Attach(name, linear(Name("i"), Literal(1))),)),
        ],
        [ForCount("i", "rounds", (call(name),)), RETURN],
    )
    assert [step.path for step in resolved.steps] == ["fc1", "fc2"]


def test_children_by_loop_and_by_number() -> None:
    resolved = network(
        [Attach("blocks", Chain("ModuleList", (linear(1, 2), linear(2, 3))))],
        [ForChildren("block", "blocks", (call("block", variable=True),)), call("blocks", index=0), RETURN],
    )
    assert [step.path for step in resolved.steps] == ["blocks.0", "blocks.1", "blocks.0"]


def test_dotted_names() -> None:
    resolved = network([Attach("heads.head", linear(1, 2))], [call("heads.head"), RETURN])
    assert list(resolved.modules) == ["heads.head"]
    assert resolved.steps[0].path == "heads.head"


def test_functions_and_learned_tensors() -> None:
    parameter = Parameter("torch.zeros", (1, Name("width")))
    scaled = Function("torch.nn.functional.elu", kwargs={"alpha": e.Attribute(Name("self"), "alpha")})
    resolved = network(
        [AttachParameter("token", parameter), Keep("alpha", e.Binary("/", Name("width"), Literal(8)))],
        [
            Assign(("token",), Expand("token", 1, "x")),
            Assign(("x",), CallFunction(Function("+"), ("token", "x"))),
            Assign(("x",), CallFunction(scaled, ("x",))),
            RETURN,
        ],
        formals=(Formal("width", "int", Literal(4)),),
    )
    assert resolved.modules == {"token": Parameter("torch.zeros", (1, 4))}
    assert [(step.path, step.inputs) for step in resolved.steps] == [
        ("token", ()),
        (None, ((0, 0), (-1, 0))),
        (None, ((1, 0),)),
    ]
    assert dict(resolved.steps[2].call.kwargs) == {"alpha": 0.5}


def test_a_learned_tensor_that_meets_its_input() -> None:
    parameter = Parameter("torch.full", ((2,), 0.1), sign="*")
    resolved = network(
        [AttachParameter("gamma", parameter)],
        [Assign(("x",), Join("gamma", "*", "x")), Assign(("x",), CallFunction(Function("+"), ("x", "x"))), RETURN],
    )
    assert resolved.modules == {"gamma": parameter}
    assert [(step.path, step.inputs) for step in resolved.steps] == [("gamma", ((-1, 0),)), (None, ((0, 0), (0, 0)))]


def test_several_results() -> None:
    split = CallFunction(Function("torch.chunk", (2,), parts=True), ("x",))
    resolved = network([], [Assign(("a", "b"), split), Return(("b", "a"), ("late", "early"))])
    assert resolved.outputs == {"late": (0, 1), "early": (0, 0)}


def test_training_is_the_mode() -> None:
    forward: list[Forward] = [
        When("training", None, (Assign(("aux",), CallModule(Child("side"), ("x",))),)),
        call("main"),
        When("training", None, (Return(("x", "aux"), ("output", "side")),)),
        RETURN,
    ]
    resolved = network([Attach("side", linear(1, 1)), Attach("main", linear(2, 2))], forward)
    assert resolved.outputs == {"output": (1, 0), "side": (0, 0)}


@pytest.mark.parametrize("kept", [True, False])
def test_kept_flags(kept: bool) -> None:
    resolved = network(
        [Keep("skip", Literal(kept)), Attach("fc", linear(1, 1))],
        [When("attribute", "skip", (call("fc"),)), RETURN],
    )
    assert len(resolved.steps) == kept


def test_settings_are_kept_in_order() -> None:
    settings = [Freeze("b"), Freeze("a", statistics=True)]
    resolved = network([Attach("a", linear(1, 1)), *settings], [call("a"), RETURN])
    assert list(resolved.settings) == settings


def test_values_come_out_plain() -> None:
    resolved = network(
        [Attach("c", Make(Call("torch.nn.Conv2d", (Name("w"),), {"padding": (Name("w"), Literal(0))})))],
        [call("c"), RETURN],
        formals=(Formal("w", "int", Literal(2)),),
    )
    made = resolved.modules["c"]
    assert made.args == (2,)
    assert dict(made.kwargs) == {"padding": (2, 0)}
    assert type(made.args[0]) is int
