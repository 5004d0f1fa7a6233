"""Frozen batch norms are torchvision's, of any rank, and take the weights of norms that have learned."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from netspec import api
from netspec.diagnostics import NetspecError
from netspec.nn.norm import FrozenBatchNorm

SPEC = "{netspec: 1, name: one, input: [6, 4, 5], layers: [{conv: 6, kernel: 1, name: conv}, {%s, name: bn}]}"


def trained(norm: Any) -> Any:
    """A norm whose tensors have values of their own."""
    for name, tensor in norm.state_dict().items():
        tensor.copy_(1 + torch.rand(tensor.shape) if name == "running_var" else torch.randn(tensor.shape))
    return norm


def test_it_is_torchvisions_to_the_last_bit() -> None:
    ops = pytest.importorskip("torchvision.ops")
    torch.manual_seed(0)
    ours, theirs = trained(FrozenBatchNorm(6, 1e-3)), ops.FrozenBatchNorm2d(6, 1e-3)
    theirs.load_state_dict(ours.state_dict())
    x, y = torch.randn(2, 6, 4, 5, requires_grad=True), torch.randn(2, 6, 4, 5)
    given = x.detach().clone().requires_grad_()
    for network, image in ((ours, x), (theirs, given)):
        (network.train()(image) * y).sum().backward()
    assert torch.equal(ours(x), theirs(x))
    assert torch.equal(x.grad, given.grad)


@pytest.mark.parametrize("rank", [0, 1, 3])
def test_it_gives_what_a_batch_norm_gives_in_evaluation(rank: int) -> None:
    torch.manual_seed(0)
    norm = torch.nn.BatchNorm3d(6).eval() if rank == 3 else torch.nn.BatchNorm1d(6).eval()
    with torch.no_grad():
        for tensor in (norm.weight, norm.bias, norm.running_mean, norm.running_var):
            tensor.uniform_(0.5, 2)
    ours = FrozenBatchNorm(6)
    ours.load_state_dict(norm.state_dict())  # its counter of batches is no fault
    x = torch.randn(2, 6, *(3, 4, 5)[:rank])
    torch.testing.assert_close(ours.train()(x), norm(x))


def test_weights_of_a_norm_that_learns_load_into_it(tmp_path: Path) -> None:
    learning = api.compile(api.loads(SPEC % "batch_norm"))
    trained(learning.bn)
    torch.save(learning.state_dict(), tmp_path / "learned.pt")
    spec = api.loads(SPEC % "frozen_batch_norm")
    network = api.compile(spec)
    report = api.load_weights(network, tmp_path / "learned.pt", spec)
    assert report.complete
    assert [each.original for each in report.tensors if each.state == "left out"] == ["bn.num_batches_tracked"]
    assert torch.equal(network.bn.running_var, learning.bn.running_var)
    other = {**learning.state_dict(), "elsewhere.num_batches_tracked": torch.tensor(3)}
    torch.save(other, tmp_path / "other.pt")
    with pytest.raises(NetspecError):
        api.load_weights(network, tmp_path / "other.pt", spec)


def test_it_has_nothing_to_train_and_nothing_to_freeze() -> None:
    found = api.analyze(api.loads(SPEC % "frozen_batch_norm"))
    assert (found.weights.total.params, found.weights.total.buffers) == (42, 24)
    frozen = api.generate(api.loads((SPEC % "frozen_batch_norm").replace("name: bn", "name: bn, freeze: true")))
    assert "def train" not in frozen
    assert "requires_grad" not in frozen
