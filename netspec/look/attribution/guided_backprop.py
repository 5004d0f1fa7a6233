"""Guided backpropagation: the gradient along paths that raise the score at every relu."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.overrides import TorchFunctionMode

from netspec.look.attribution.score import Score, gradient

_RELUS = frozenset({F.relu, F.relu_, F.relu6, torch.relu, torch.relu_, Tensor.relu, Tensor.relu_})
"""Functions of torch that are 0 below 0 and keep what is above, at least up to 6; modules call those of F."""


class _Guided(TorchFunctionMode):
    """Lets through no negative gradient to the result of a relu, whoever calls it and however often."""

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        if _is_relu(func, args, kwargs or {}) and result.requires_grad:
            result.register_hook(lambda arriving: arriving.clamp(min=0))
        return result


def _is_relu(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Whether a call is a relu's; torch's ReLU6 calls ``hardtanh(x, 0, 6)``."""
    return func in _RELUS or (func is F.hardtanh and [*args[1:2], kwargs.get("min_val")][0] == 0)


def guided_backprop(score: Score, images: Tensor) -> Tensor:
    """``dS / dx`` with ``(y > 0) (g > 0) g`` for each relu y that the gradient g arrives at, [N, C, H, W], signed.

    Without a relu it is the plain gradient. Springenberg et al., "Striving for simplicity: the all convolutional net",
    2015, section 3.4. It draws edges of the image whatever the network has learned (`sanity` shows it).
    """
    with _Guided():
        return gradient(score, images)
