"""The zoo trains: a step down the gradient, which reaches all that is trained, lowers the loss."""

from __future__ import annotations

from typing import Any

import pytest

from netspec import api

torch = pytest.importorskip("torch")

from tests.alike import networks  # noqa: E402
from tests.backends.networks import inputs_of  # noqa: E402
from tests.reduced import reduced  # noqa: E402


def losses(output: Any) -> Any:
    """The distance of every output, side branches' too, from targets drawn at random."""
    outputs = output if isinstance(output, dict) else {"output": output}
    generator = torch.Generator().manual_seed(5)
    return sum(((each - torch.randn(each.shape, generator=generator)) ** 2).mean() for each in outputs.values())


UNUSED = {"wavenet": ["layers.5.residual.weight", "layers.5.residual.bias"]}
"""Weights that learn nothing: every layer of the paper's network hands a map on, and the last one's has no taker."""


@pytest.mark.parametrize("name", networks())
def test_a_step_lowers_the_loss(name: str) -> None:
    torch.manual_seed(0)
    spec = reduced(name)
    network = api.compile(spec).train()
    inputs = inputs_of(spec, 4)  # of two in a batch, a norm of one pixel leaves signs alone

    def loss() -> Any:
        torch.manual_seed(1)  # the same elements are dropped each time
        return losses(network(*inputs))

    before = loss()
    assert torch.isfinite(before)
    before.backward()
    trained = {key: weight for key, weight in network.named_parameters() if weight.requires_grad}
    assert [key for key, weight in trained.items() if weight.grad is None] == UNUSED.get(name, [])
    trained = {key: weight for key, weight in trained.items() if weight.grad is not None}
    squared = sum((weight.grad**2).sum() for weight in trained.values())
    assert 0 < squared < float("inf")
    with torch.no_grad():
        rate = 0.001 * before / squared  # to first order, a thousandth is gained
        for weight in trained.values():
            weight -= rate * weight.grad
        after = loss()
    assert torch.isfinite(after)
    assert after < before
