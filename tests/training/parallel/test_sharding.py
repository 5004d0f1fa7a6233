"""Two gloo processes compute what one does, in copies and in pieces; each takes up what the other saved."""

import pytest
import torch
from torch import nn

from netspec import api
from netspec.training.parallel.sharding import _units, gathered
from tests.training.parallel import work
from tests.training.parallel.gloo import run_together


@pytest.fixture(scope="module")
def alone():
    """Losses and state of nine steps in one process."""
    return work.steps(1, "ddp", "float32", 9)


@pytest.fixture(scope="module")
def together(tmp_path_factory, warm):
    """What each of two processes found."""
    _, state = work.steps(1, "ddp", "float32", 5)
    folder = tmp_path_factory.mktemp("together")
    return run_together(warm, 2, "tests.training.parallel.work.everything", state, folder)


@pytest.mark.parametrize("strategy", ["ddp", "fsdp"])
def test_two_processes_compute_what_one_does(strategy, alone, together):
    (first, saved), (second, _) = (found[strategy, "float32"] for found in together)
    assert first == second
    torch.testing.assert_close(first, alone[0][:5], rtol=1e-5, atol=1e-6)
    # What two processes saved, one takes up: the rest of the curve is the same too.
    losses, state = work.steps(1, "ddp", "float32", 9, saved)
    torch.testing.assert_close(losses, alone[0][5:], rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(state["module"], alone[1]["module"], rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(state["optimizer"]["state"], alone[1]["optimizer"]["state"], rtol=1e-4, atol=1e-5)


def test_two_processes_take_up_what_one_saved(alone, together):
    torch.testing.assert_close(together[0]["taken up"][0], alone[0][5:], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("strategy", ["ddp", "fsdp"])
def test_float16_scales_and_clips_the_same_on_many(strategy, together):
    expected, _ = work.steps(1, "ddp", "float16", 5)
    torch.testing.assert_close(together[0][strategy, "float16"][0], expected, rtol=2e-3, atol=1e-3)


@pytest.mark.parametrize("key", work.OPTIMIZERS)
def test_every_optimizer_updates_pieces_as_it_does_whole_weights(key, together):
    whole = work.updated(1, "ddp", work.OPTIMIZERS[key])
    pieces, start = together[0]["optimizers"][key], work.network().state_dict()
    for name, tensor in whole.items():
        # Muon works in bfloat16, whose sums depend on where a matrix is cut.
        most = 0.05 if key == "muon" else 1e-4
        moved = (tensor - start[name]).norm()
        assert moved > 0
        assert (pieces[name] - tensor).norm() <= most * moved + 1e-6 * tensor.norm(), name


def test_all_stop_at_the_same_step(together):
    assert [found["stopped"] for found in together] == [8, 8]


def test_buffers_become_those_of_the_first(together):
    first, second = (found["buffers"] for found in together)
    assert first == second
    assert first == ([pytest.approx(0.1)] * 3, 1)


def test_pieces_and_buffers_are_averaged(together):
    found = together[0]["averages"]
    assert found["1.weight"].tolist() == [1.25] * 5
    assert found["1.bias"].tolist() == found["1.running_mean"].tolist() == [0.5] * 5
    assert found["1.running_var"].tolist() == [1] * 5


def test_what_is_gathered_is_a_copy():
    module = nn.Linear(2, 2)
    found = gathered({"module": module.state_dict(), "steps": [3, torch.ones(())]})
    torch.testing.assert_close(found["module"], module.state_dict())
    assert found["steps"] == [3, torch.ones(())]
    with torch.no_grad():
        module.weight.zero_()
    assert found["module"]["weight"].any()


def test_pieces_are_blocks_of_what_netspec_generates():
    network = api.compile(api.load("resnet18"))
    names = {module: name for name, module in network.named_modules()}
    units = [names[unit] for unit in _units(network)]
    assert units == ["conv1", "bn1", "layer1", "layer2", "layer3", "layer4", "fc"]


def test_a_weight_that_two_parts_share_belongs_to_neither():
    first, second, third = (nn.Linear(4, 4) for _ in range(3))
    second.weight = first.weight
    assert list(_units(nn.Sequential(first, second, third))) == [third]


def test_lists_and_modules_of_torch_are_not_opened():
    attention, linear = nn.MultiheadAttention(8, 2), nn.Linear(8, 8)
    assert list(_units(nn.Sequential(nn.ModuleList([linear]), attention))) == [linear, attention]
