"""The precision of a network's computation."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import torch
from torch import Tensor, nn


def computed(network: nn.Module, inputs: Tensor, dtype: torch.dtype | None) -> Any:
    """The outputs of a network, a tensor or several by name, as float32.

    With a 16-bit type, what stands it is computed in that: mixed precision.
    """
    mixed = torch.autocast(inputs.device.type, dtype) if dtype else nullcontext()
    with mixed:
        outputs = network(inputs)
    if isinstance(outputs, dict):
        return {name: output.float() for name, output in outputs.items()}
    return outputs.float()
