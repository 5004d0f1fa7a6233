"""A process's part of each global batch, what it weighs, and how many processes there are."""

import pytest
import torch

from netspec.diagnostics import Code, NetspecError
from netspec.training.parallel.world import Share, World, find_world, is_first


@pytest.mark.parametrize("processes", [1, 2, 3, 8])
@pytest.mark.parametrize("rows", [1, 2, 5, 8, 33])
def test_every_row_is_one_process_s_own(rows, processes):
    shares = [Share(rank, processes) for rank in range(processes)]
    own = [torch.arange(rows)[share.of(rows)].tolist() for share in shares if share.count(rows)]
    assert sorted(row for each in own for row in each) == list(range(rows))
    assert [len(each) for each in own] == [share.count(rows) for share in shares if share.count(rows)]
    assert max(map(len, own)) - min(map(len, own)) <= 1
    assert all(len(torch.arange(rows)[share.of(rows)]) >= 1 for share in shares)


@pytest.mark.parametrize("processes", [1, 2, 3, 8])
@pytest.mark.parametrize("sizes", [[32], [5], [2], [32, 32, 7]])
def test_averaged_gradients_are_those_of_the_whole_step(sizes, processes):
    weight = torch.randn(4, generator=torch.Generator().manual_seed(0), requires_grad=True)
    batches = [torch.randn(size, 4, generator=torch.Generator().manual_seed(size)) for size in sizes]
    rows = sum(sizes)
    (whole,) = torch.autograd.grad((torch.cat(batches) @ weight).tanh().mean(), weight)
    averaged = torch.zeros(4)
    for rank in range(processes):
        share = Share(rank, processes)
        for batch in batches:
            loss = (batch[share.of(len(batch))] @ weight).tanh().mean()
            (gradient,) = torch.autograd.grad(loss * share.weight(len(batch), rows), weight)
            averaged += gradient / processes
    torch.testing.assert_close(averaged, whole)


def test_torchrun_s_numbers_hold(monkeypatch):
    assert find_world(None, None) == World(1, 1)
    assert find_world(8, 4).size == 32
    for name, value in {"LOCAL_RANK": "1", "LOCAL_WORLD_SIZE": "2", "WORLD_SIZE": "6", "GROUP_RANK": "0"}.items():
        monkeypatch.setenv(name, value)
    assert find_world(None, None) == find_world(2, 3) == World(2, 3)
    assert not is_first()
    with pytest.raises(NetspecError) as caught:
        find_world(4, None)
    (found,) = caught.value.diagnostics
    assert found.code is Code.TRAINING_FAILED
    assert found.found == "2 on each of 3 machines"
