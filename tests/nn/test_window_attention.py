"""Attention within windows equals torchvision's over random sizes, windows and shifts, to the last bit."""

from __future__ import annotations

import random

import pytest
import torch

from netspec.nn import WindowAttention

swin = pytest.importorskip("torchvision.models.swin_transformer", reason="torchvision is not installed")


@pytest.mark.parametrize("seed", range(60))
def test_it_is_torchvision_s(seed: int) -> None:
    draw = random.Random(seed)
    torch.manual_seed(seed)
    window = draw.randint(1, 4), draw.randint(1, 4)
    shift = draw.randrange(window[0]), draw.randrange(window[1])
    heads = draw.randint(1, 3)
    features = heads * draw.randint(1, 4)
    ours = WindowAttention(features, heads, window, shift)
    theirs = swin.ShiftedWindowAttention(features, list(window), list(shift), heads)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert torch.equal(ours.relative_position_index, theirs.relative_position_index)
    ours.load_state_dict(theirs.state_dict())
    shape = draw.randint(1, 3), draw.randint(1, 9), draw.randint(1, 9), features
    x = torch.randn(shape, requires_grad=True)
    other = x.detach().clone().requires_grad_()
    found, wanted = ours(x), theirs(other)
    assert torch.equal(found, wanted)
    weights = torch.randn(shape)
    (found * weights).sum().backward()
    (wanted * weights).sum().backward()
    assert torch.equal(x.grad, other.grad)
    for (name, mine), (_, his) in zip(ours.named_parameters(), theirs.named_parameters(), strict=True):
        assert torch.equal(mine.grad, his.grad), name


def test_an_empty_batch_stays_empty() -> None:
    assert WindowAttention(4, 2, (2, 2), (1, 1))(torch.zeros(0, 5, 6, 4)).shape == (0, 5, 6, 4)


def test_a_shift_of_a_whole_window_is_refused() -> None:
    with pytest.raises(ValueError, match="too far"):
        WindowAttention(4, 2, (2, 2), (2, 0))
