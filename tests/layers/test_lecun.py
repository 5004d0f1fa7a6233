"""Connection tables, unshared biases, subsampling, radial basis functions: beyond what every layer is held to."""

from __future__ import annotations

import copy
import math
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import netspec.nn
from netspec.contract.calls import build
from netspec.diagnostics import Code
from netspec.layers import registry
from netspec.layers.base import Refusal

TABLE = ((0, 1, 2), (3, 1), (2,), (0, 1, 2, 3))


def table_conv(**options: Any) -> Any:
    return netspec.nn.TableConv(4, 4, TABLE, (3, 2), **options)


def masked(module: Any) -> tuple[torch.Tensor, torch.Tensor]:
    """The dense weight, and where the table connects."""
    dense, mask = torch.zeros(4, 4, 3, 2), torch.zeros(4, 4, dtype=torch.bool)
    kernels = iter(module.weight.detach())
    for number, row in enumerate(TABLE):
        for channel in row:
            dense[number, channel] = next(kernels)
            mask[number, channel] = True
    return dense, mask


def test_a_table_is_a_dense_convolution_with_a_masked_weight() -> None:
    ours = table_conv(stride=2, padding=(1, 0, 0, 2))
    dense, mask = masked(ours)
    x = torch.rand(3, 4, 7, 6)
    weight = dense.clone().requires_grad_()
    theirs = F.conv2d(F.pad(x, (1, 0, 0, 2)), weight * mask[:, :, None, None], ours.bias, 2)
    torch.testing.assert_close(ours(x), theirs)
    ours(x).square().sum().backward()
    theirs.square().sum().backward()
    assert weight.grad is not None
    listed = torch.stack([weight.grad[m, c] for m, row in enumerate(TABLE) for c in row])
    torch.testing.assert_close(ours.weight.grad, listed)
    assert ours.weight.numel() == 10 * 6
    assert set(ours.state_dict()) == {"weight", "bias"}


def test_a_table_that_connects_all_is_a_convolution() -> None:
    ours = netspec.nn.TableConv(3, 2, ((0, 1, 2), (0, 1, 2)), (3,))
    theirs = nn.Conv1d(3, 2, 3)
    theirs.load_state_dict({"weight": ours.weight.view(2, 3, 3), "bias": ours.bias})
    x = torch.rand(2, 3, 9)
    torch.testing.assert_close(ours(x), theirs(x))


def test_biases_begin_within_the_bounds_of_their_maps() -> None:
    torch.manual_seed(0)
    module = netspec.nn.TableConv(16, 2, (tuple(range(16)), (0,)), (5, 5), bias_size=(40, 40))
    wide, narrow = 1 / math.sqrt(25), 1 / math.sqrt(400)
    assert 0.95 * narrow < module.weight[:16].abs().max() < narrow
    assert 0.9 * wide < module.weight[16:].abs().max() < wide
    assert 0.95 * narrow < module.bias[0].abs().max() < narrow
    assert 0.95 * wide < module.bias[1].abs().max() < wide


@pytest.mark.parametrize("moved", [False, True])
def test_weights_loaded_on_the_meta_device(moved: bool) -> None:
    trained = table_conv()
    with torch.device("meta"):
        loaded = table_conv()
    assert loaded(torch.rand(2, 4, 5, 5, device="meta")).shape == (2, 4, 3, 4)
    loaded.load_state_dict(trained.state_dict(), assign=True)
    loaded = copy.deepcopy(loaded).to(torch.float64) if moved else loaded
    x = torch.rand(2, 4, 5, 5)
    torch.testing.assert_close(loaded(x.double() if moved else x), trained(x), check_dtype=False)


@pytest.mark.parametrize("table", [((0,),), ((0,), ()), ((0,), (0, 0)), ((0,), (3,)), ((0,), (-1,))])
def test_a_bad_table_is_refused(table: Any) -> None:
    with pytest.raises(ValueError, match="needed"):
        netspec.nn.TableConv(3, 2, table, (1,))
    with pytest.raises(Refusal) as caught:
        registry()["conv"](out=2, kernel=1, connections=table).infer(((3, 4),))
    assert (caught.value.code, caught.value.option) == (Code.BAD_OPTION, "connections")


@pytest.mark.parametrize("size", [(5, 6), (3, 2), (3, 6)])  # one unit along an axis would be broadcast
@pytest.mark.parametrize("table", [True, False])
def test_unshared_biases_are_for_one_size(table: bool, size: tuple[int, int]) -> None:
    fixed = {"connections": ((0,), (1, 0))} if table else {}
    own = registry()["conv"](out=2, kernel=(3, 2), bias="unshared", **fixed)
    module = build(own.emit(((2, 5, 5),)), "cpu")
    assert module(torch.rand(2, 2, 5, 5)).shape == (2, 2, 3, 4)
    with pytest.raises(ValueError, match=r"biases for \[3, 4\] units, not"):
        module(torch.rand(2, 2, *size))


@pytest.mark.parametrize("table", [True, False])
def test_a_single_unshared_bias_is_not_spread(table: bool) -> None:
    fixed = {"connections": ((0,), (1, 0))} if table else {}
    module = build(registry()["conv"](out=2, kernel=3, bias="unshared", **fixed).emit(((2, 3, 3),)), "cpu")
    with pytest.raises(ValueError, match=r"biases for \[1, 1\] units, not \[2, 2\]"):
        module(torch.rand(2, 2, 4, 4))


def test_a_table_and_groups_are_refused_together() -> None:
    with pytest.raises(Refusal, match="both say") as caught:
        registry()["conv"](out=2, kernel=1, groups=2, connections=((0,), (1,))).infer(((2, 4),))
    assert (caught.value.code, caught.value.option) == (Code.BAD_OPTION, "groups")


@pytest.mark.parametrize("bias", [True, False, "unshared"])
def test_connections_are_the_weights_at_each_position_and_the_biases(bias: Any) -> None:
    layer = registry()["conv"](out=4, kernel=(3, 2), stride=2, bias=bias, connections=TABLE)
    inputs = ((4, 9, 8),)
    outputs = layer.infer(inputs)
    assert outputs == ((4, 4, 4),)
    assert layer.fan_in(inputs) is None, "maps differ"
    assert layer.macs(inputs, outputs) == 16 * 60
    assert layer.count_connections(inputs, outputs) == 16 * 60 + (64 if bias else 0)


def test_subsampling_begins_as_the_mean_and_learns_a_coefficient_and_a_bias() -> None:
    module: Any = build(registry()["subsample"](kernel=(2, 3)).emit(((4, 6, 6),)), "cpu")
    x = torch.rand(2, 4, 6, 6)
    torch.testing.assert_close(module(x), F.avg_pool2d(x, (2, 3)))
    with torch.no_grad():
        module.weight[1], module.bias[1] = 2.0, 5.0
    torch.testing.assert_close(module(x)[:, 1], 12 * F.avg_pool2d(x, (2, 3))[:, 1] + 5)


def test_the_scaled_tangent_is_one_at_one() -> None:
    module = netspec.nn.ScaledTanh()
    torch.testing.assert_close(module(torch.tensor([-1.0, 1.0])), torch.tensor([-1.0, 1.0]), atol=1e-4, rtol=0)
    x = torch.linspace(-3, 3, 7)
    torch.testing.assert_close(netspec.nn.scaled_tanh(x, 2.0, 0.5), 2 * torch.tanh(x / 2))


def test_centres_as_pictures_and_as_numbers() -> None:
    module = netspec.nn.RBF(4, 3, ("#.\n.#\n", "## ..", (0.5, 1, -2, 0)))
    expected = torch.tensor([[1.0, -1, -1, 1], [1, 1, -1, -1], [0.5, 1, -2, 0]])
    assert torch.equal(module.centers, expected)
    assert not list(module.parameters())
    assert torch.equal(module(expected).diagonal(), torch.zeros(3))
    assert module(expected)[0, 1] == 8, "two signs differ by two each"


def test_learned_centres_are_a_parameter() -> None:
    module = netspec.nn.RBF(4, 3)
    assert [tuple(parameter.shape) for parameter in module.parameters()] == [(3, 4)]
    with pytest.raises(ValueError, match="3 centres of 4 numbers"):
        netspec.nn.RBF(4, 3, ("#...", "...."))


@pytest.mark.parametrize(
    ("centers", "words"),
    [
        (("#.#", "#.."), "`centers` are 2, the layer has 3 units"),
        (("#.#", "#..", "#"), "the centre of unit 2 has 1 numbers, the input 3"),
        (("#.#", "#o.", "..."), "the picture of unit 1 has other signs"),
        ((("#.#"), (1.0,), "..."), "the centre of unit 1 has 1 numbers"),
    ],
)
def test_bad_centres_are_refused(centers: Any, words: str) -> None:
    with pytest.raises(Refusal) as caught:
        registry()["rbf"](out=3, centers=centers).infer(((3,),))
    assert words in caught.value.message
    assert caught.value.option == "centers"
