"""What generated source seldom holds does what the spec says, in sources that are as clean as any."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from netspec import api
from netspec.lowering import verify
from tests.backends.checks import clean, imported
from tests.backends.networks import Standalone, compiled, loads, random_state, same
from tests.backends.unusual import SPECS
from tests.interpreter import Interpreter


@cache
def spec(name: str) -> api.Spec:
    return loads(SPECS[name])


def network(name: str) -> nn.Module:
    torch.manual_seed(0)
    return compiled(SPECS[name])


def inputs(name: str) -> list[Tensor]:
    generator = torch.Generator().manual_seed(0)
    return [
        torch.randint(0, 5, (2, *each.shape), generator=generator)
        if each.dtype == "int64"
        else torch.randn(2, *each.shape, generator=generator)
        for each in spec(name).graph.inputs.values()
    ]


def test_sources_are_clean(tmp_path: Path) -> None:
    clean({name: api.generate(spec(name)) for name in SPECS}, tmp_path)


@pytest.fixture(scope="module")
def standalone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standalone]:
    running = Standalone(tmp_path_factory.mktemp("empty"))
    yield running
    running.close()


@pytest.mark.parametrize("name", SPECS)
def test_graph_module_and_file_agree(name: str, standalone: Standalone) -> None:
    graph = spec(name).graph
    verify(api.lower(spec(name)), graph)
    source = api.generate(spec(name))
    assert imported(source) == {"torch"}
    made = network(name).eval()
    state = made.state_dict()
    assert [(k, tuple(t.shape)) for k, t in state.items()] == [(k, w.shape) for k, w in graph.state_dict.items()]
    weights = random_state(made)
    for node in graph.nodes.values():
        for own, target in node.ties.items():
            weights[f"{node.path}.{own}"] = weights[target]
    made.load_state_dict(weights)
    given = inputs(name)
    with torch.no_grad():
        output = made(*given)
        wanted = Interpreter(graph, weights)(**dict(zip(graph.inputs, given, strict=True)))
    returned = output if isinstance(output, dict) else {"output": output}
    for key in graph.outputs:
        assert torch.equal(returned[key], wanted[key])
    assert same(standalone.run(source, "Net", weights, given), output)


# -- carried classes -------------------------------------------------------------------------------


def test_carried_classes() -> None:
    source = api.generate(spec("carried"))
    classes = [line.split("(")[0].removeprefix("class ") for line in source.splitlines() if line.startswith("class ")]
    assert classes == ["PaddedConv2d", "Permute", "Reshape", "SequenceLSTM", "Net"]


# -- init ------------------------------------------------------------------------------------------


def test_initial_values() -> None:
    made = network("init")
    first: Any = made.get_submodule("first")
    assert first.weight.std().item() == pytest.approx(0.02, rel=0.2)
    assert abs(first.weight.mean().item()) < 0.005
    assert not first.bias.any()
    assert not made.get_parameter("bn.weight").any()
    assert (made.get_parameter("bn.bias") == 0.5).all()
    fan_out_deviation = (2 / 16) ** 0.5
    for path in ("group.a", "group.b"):
        assert made.get_parameter(f"{path}.weight").std().item() == pytest.approx(fan_out_deviation, rel=0.25)
    assert (made.get_parameter("group.b.bias") == 1).all()
    head: Any = made.get_submodule("head")
    assert head.weight.abs().max() <= head.in_features**-0.5, "torch's default is kept"


def test_alike_statements_share_a_loop_unless_random_numbers_would_be_drawn_in_another_order() -> None:
    alike, drawn = (api.generate(spec(name)) for name in ("init_alike", "init_drawn"))
    assert alike.count("nn.init.normal_") == 1
    assert alike.count("nn.init.zeros_") == 1
    assert alike.count("for tensor in (") == 2
    assert drawn.count("nn.init.normal_") == 4
    made = network("init_drawn")
    torch.manual_seed(0)
    expected = nn.ModuleDict({name: nn.Conv2d(3 if name == "a" else 4, 4, 1, bias=name != "d") for name in "abcde"})
    nn.init.zeros_(expected["e"].weight)  # type: ignore[arg-type]
    nn.init.ones_(expected["e"].bias)  # type: ignore[arg-type]
    for conv in list(expected.values())[:-1]:
        nn.init.normal_(conv.weight, 0, 0.02)  # type: ignore[arg-type]
        if conv.bias is not None:
            nn.init.uniform_(conv.bias, 0, 1)  # type: ignore[arg-type]
    assert all(torch.equal(made.state_dict()[key], value) for key, value in expected.state_dict().items())


def test_initial_values_of_all_of_a_kind() -> None:
    made = network("init_everywhere")
    for path in ("linear1", "linear2"):
        assert made.get_parameter(f"{path}.weight").std() < 0.03
        assert not made.get_parameter(f"{path}.bias").any()


def test_initial_values_of_named_weights() -> None:
    rnn = network("init_recurrent").get_submodule("rnn")
    hidden = rnn.get_parameter("weight_hh_l0")
    torch.testing.assert_close(hidden.T @ hidden, torch.eye(4), atol=1e-5, rtol=0)
    assert not rnn.get_parameter("bias_ih_l0").any()
    assert rnn.get_parameter("bias_hh_l0").any()


def test_initial_values_of_a_parameter() -> None:
    made = network("parameter")
    assert 0 < made.get_parameter("pos").std() < 0.05
    assert not made.get_parameter("cls_token").any()


def test_initialisation_is_the_same_on_every_build() -> None:
    first, second = network("init").state_dict(), network("init").state_dict()
    assert all(torch.equal(first[key], second[key]) for key in first)


# -- freeze ----------------------------------------------------------------------------------------


def test_frozen_weights_and_an_inner_override() -> None:
    made = network("freeze")
    trained = {name for name, parameter in made.named_parameters() if parameter.requires_grad}
    assert {name.rsplit(".", 2)[0] for name in trained} == {"body.b", "tail"}


def test_frozen_statistics_stay() -> None:
    made = network("freeze")
    for mode in (made, made.train(), made.eval().train()):
        before = {k: v.clone() for k, v in made.state_dict().items()}
        mode(*inputs("freeze"))
        changed = {k for k, v in made.state_dict().items() if not torch.equal(v, before[k])}
        assert {key.rsplit(".", 2)[0] for key in changed} == {"body.b", "tail"}
    assert made.training
    assert made.get_submodule("body.a").training
    assert not made.get_submodule("body.a.bn").training
    assert made.get_submodule("body.b.bn").training


def test_all_frozen() -> None:
    made = network("freeze_all").train()
    assert not any(parameter.requires_grad for parameter in made.parameters())
    assert not made.get_submodule("bn").training


def test_frozen_weights_count_as_such() -> None:
    totals = api.analyze(spec("freeze")).weights.total
    made = network("freeze")
    assert totals.trainable == sum(p.numel() for p in made.parameters() if p.requires_grad)


# -- sharing ---------------------------------------------------------------------------------------


def test_tied_weights_are_one_tensor() -> None:
    made = network("tie")
    assert made.get_parameter("head.weight") is made.get_parameter("wte.weight")
    assert len(list(made.parameters())) == 3
    made(*inputs("tie")).sum().backward()
    other = type(made)(words=13, width=4)
    assert other.get_parameter("head.weight") is other.get_parameter("wte.weight")
    assert made.to(torch.float64).get_parameter("head.weight") is made.get_parameter("wte.weight")


def test_a_reused_module_is_one_module() -> None:
    made = network("reuse")
    calls: list[str] = []
    for path, module in made.named_children():
        module.register_forward_hook(lambda _m, _i, _o, path=path: calls.append(path))
    made(*inputs("reuse"))
    assert calls == ["shared", "relu1", "shared", "tanh1", "acted", "acted"]
    assert {name.partition(".")[0] for name, _ in made.named_parameters()} == {"shared", "acted"}


def test_a_parameter_has_a_batch_axis_of_one() -> None:
    made = network("parameter")
    assert {name: tuple(p.shape) for name, p in made.named_parameters()} == {"cls_token": (1, 1, 4), "pos": (1, 6, 4)}
    assert made(torch.zeros(7, 5, 4)).shape == (7, 6, 4)


# -- shapes of a network ---------------------------------------------------------------------------


def test_dotted_names_open_levels() -> None:
    made = network("dotted")
    assert type(made.get_submodule("heads")) is nn.ModuleDict
    assert [name for name, _ in made.named_children()] == ["encoder", "relu1", "heads"]


def test_several_inputs_and_outputs() -> None:
    outputs = network("several")(*inputs("several"))
    assert {name: tuple(tensor.shape) for name, tensor in outputs.items()} == {"small": (2, 2), "large": (2, 3)}


def test_a_side_branch_is_returned_in_training_alone() -> None:
    made = network("side_branch")
    outputs = made.train()(*inputs("side_branch"))
    assert {name: tuple(tensor.shape) for name, tensor in outputs.items()} == {"output": (2, 3), "auxiliary": (2, 2)}
    assert made.eval()(*inputs("side_branch")).shape == (2, 3)


def test_sequences_given_as_lists_and_tuples() -> None:
    made = network("loops")
    for given in ([4, 8], (4, 8)):
        other = type(made)(widths=given)
        assert {k: v.shape for k, v in other.state_dict().items()} == {k: v.shape for k, v in made.state_dict().items()}
