"""Weights on disk: safetensors, under the names of the module's state_dict."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import save
from torch import nn

from netspec.files import write_atomic
from netspec.interop.loading import load
from netspec.interop.weight_files import read_weights


def save_weights(module: nn.Module, path: Path) -> None:
    """Write the whole state_dict, atomically.

    Tied weights are written under each of their names, so that the file loads strictly anywhere.

    Raises:
        NetspecError: NS0903: the disk refuses. An older file of that name is untouched.
    """
    # Copies: safetensors takes neither shared memory nor other layouts than the contiguous one.
    state = {
        name: tensor.detach().cpu().clone(memory_format=torch.contiguous_format)
        for name, tensor in module.state_dict().items()
    }
    write_atomic(path, save(state, metadata={"format": "pt"}))


def load_weights(module: nn.Module, path: Path) -> None:
    """Load a file of weights; every name and shape must agree.

    Raises:
        NetspecError: NS0902: the file is not there or no safetensors. NS0604: its tensors are not those of the module.
    """
    load(module, read_weights(path))
