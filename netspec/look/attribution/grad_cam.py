"""Grad-CAM: where the maps lie that a class's score rests on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager

import torch
from torch import Tensor

from netspec.look.attribution.score import Score, at_once

Tap = Callable[[], AbstractContextManager[Mapping[str, Tensor]]]
"""Gives a context whose only value is the maps, [N, K, h, w], once the network has run inside."""


def grad_cam(score: Score, images: Tensor, tap: Tap) -> Tensor:
    """``relu(sum_k w_k A^k)`` with ``w_k`` the mean of ``dS / dA^k`` over the map, [N, 1, h, w] as the maps ``A``.

    Selvaraju et al., "Grad-CAM: visual explanations from deep networks via gradient-based localization", 2017,
    equations 1 and 2.

    Args:
        score: The score of a class.
        images: [N, C, H, W].
        tap: Catches the maps on their way.
    """
    found = []
    with torch.inference_mode(False), torch.enable_grad():
        for few in images.clone().split(at_once(images)):
            with tap() as caught:
                total = score(few.detach().requires_grad_()).sum()  # the maps have gradients, whatever is frozen
            (maps,) = caught.values()
            (slopes,) = torch.autograd.grad(total, maps, materialize_grads=True)
            weights = slopes.mean((2, 3), keepdim=True)
            found.append((weights * maps).sum(1, keepdim=True).relu().detach())
    return torch.cat(found)
