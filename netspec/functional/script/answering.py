"""The answers of a network in a script."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import torch
from torch import Tensor, nn

from netspec.functional.precision import computed
from netspec.functional.script.run import Run
from netspec.functional.script.settings import (
    DICT_IN_EVALUATION,
    DICT_IN_TRAINING,
    SEVERAL,
)


def answers(run: Run, model: nn.Module, images: Tensor) -> Any:
    """The outputs of the network for images, as float32."""
    types = {"bf16": torch.bfloat16, "fp16": torch.float16}
    dtype = types.get(run.options.amp)
    if SEVERAL or DICT_IN_TRAINING or DICT_IN_EVALUATION:
        return computed(model, images, dtype)
    with torch.autocast(images.device.type, dtype) if dtype else nullcontext():
        outputs = model(images)
    return outputs.float()
