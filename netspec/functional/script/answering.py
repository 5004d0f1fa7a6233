"""The answers of a network in a script."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from netspec.functional.precision import computed
from netspec.functional.script.run import Run


def answers(run: Run, model: nn.Module, images: Tensor) -> Any:
    """The outputs of the network for images, as float32."""
    types = {"bf16": torch.bfloat16, "fp16": torch.float16}
    return computed(model, images, types.get(run.options.amp))
