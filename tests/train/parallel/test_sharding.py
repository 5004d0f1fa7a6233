"""Two gloo processes compute what one does, in copies and in pieces; each takes up what the other saved."""

import pytest
import torch
from torch import nn

from netspec import api
from netspec.train.parallel.sharding import _units
from tests.train.parallel import work
from tests.train.parallel.gloo import run_together


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """Losses and state of nine steps in one process, and of five with what they leave."""
    folder = tmp_path_factory.mktemp("alone")
    ((losses, state),) = run_together(1, work.steps, 1, "ddp", "float32", 9, folder=folder)
    return losses, state


@pytest.mark.parametrize("strategy", ["ddp", "fsdp"])
def test_two_processes_compute_what_one_does(strategy, alone, tmp_path):
    first, second = run_together(2, work.steps, 2, strategy, "float32", 5, folder=tmp_path)
    assert first[0] == second[0]
    torch.testing.assert_close(first[0], alone[0][:5], rtol=1e-5, atol=1e-6)
    # What two processes saved, one takes up: the rest of the curve is the same too.
    ((losses, state),) = run_together(1, work.steps, 1, "ddp", "float32", 9, first[1], folder=tmp_path)
    torch.testing.assert_close(losses, alone[0][5:], rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(state["module"], alone[1]["module"], rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(state["optimizer"]["state"], alone[1]["optimizer"]["state"], rtol=1e-4, atol=1e-5)


def test_two_processes_take_up_what_one_saved(alone, tmp_path):
    ((_, state),) = run_together(1, work.steps, 1, "ddp", "float32", 5, folder=tmp_path)
    losses, _ = run_together(2, work.steps, 2, "fsdp", "float32", 9, state, folder=tmp_path)[0]
    torch.testing.assert_close(losses, alone[0][5:], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("strategy", ["ddp", "fsdp"])
def test_float16_scales_and_clips_the_same_on_many(strategy, tmp_path):
    ((expected, _),) = run_together(1, work.steps, 1, "ddp", "float16", 4, folder=tmp_path)
    losses, _ = run_together(2, work.steps, 2, strategy, "float16", 4, folder=tmp_path)[0]
    torch.testing.assert_close(losses, expected, rtol=2e-3, atol=1e-3)


def test_all_stop_at_the_same_step(tmp_path):
    assert run_together(2, work.stopping, 2, 7, folder=tmp_path) == [8, 8]


def test_buffers_become_those_of_the_first(tmp_path):
    first, second = run_together(2, work.buffers, 2, folder=tmp_path)
    assert first == second == ([pytest.approx(0.1)] * 3, 1)


def test_pieces_are_blocks_of_what_netspec_generates():
    network = api.compile("resnet18")
    names = {module: name for name, module in network.named_modules()}
    units = [names[unit] for unit in _units(network)]
    assert units == ["conv1", "bn1", "layer1", "layer2", "layer3", "layer4", "fc"]


def test_a_weight_that_two_parts_share_belongs_to_neither():
    first, second = nn.Linear(4, 4), nn.Linear(4, 4)
    second.weight = first.weight
    third = nn.Linear(4, 4)
    assert list(_units(nn.Sequential(first, second, third))) == [third]


def test_lists_and_modules_of_torch_are_not_opened():
    attention, linear = nn.MultiheadAttention(8, 2), nn.Linear(8, 8)
    assert list(_units(nn.Sequential(nn.ModuleList([linear]), attention))) == [linear, attention]
