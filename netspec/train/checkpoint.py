"""Weights on disk: safetensors, under the names of the module's state_dict."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor, nn

from netspec.diagnostics import Code, NetspecError
from netspec.files import write_atomic


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
        NetspecError: NS0902: the file is not there or no safetensors. NS0604: it has other weights than the module.
    """
    try:
        state = load_file(path)
    except (OSError, SafetensorError) as error:
        raise NetspecError.of(
            Code.FILE_UNREADABLE, f"{path}: no weights can be read from it ({error})", expected="a .safetensors file"
        ) from error
    problems = _differences(module.state_dict(), state)
    if problems:
        shown = "; ".join(problems[:5]) + (f"; and {len(problems) - 5} more" if len(problems) > 5 else "")
        raise NetspecError.of(
            Code.WEIGHTS_MISMATCH,
            f"{path}: the weights are not this network's: {shown}",
            help="give the weights of a run of the same spec",
        )
    module.load_state_dict(state, strict=True)


def _differences(wanted: dict[str, Tensor], found: dict[str, Tensor]) -> list[str]:
    """What keeps weights from fitting, a phrase each."""
    missing = [f"`{name}` is missing" for name in wanted if name not in found]
    extra = [f"`{name}` is not in the network" for name in found if name not in wanted]
    shapes = [
        f"`{name}` is {list(found[name].shape)} and should be {list(tensor.shape)}"
        for name, tensor in wanted.items()
        if name in found and found[name].shape != tensor.shape
    ]
    return missing + extra + shapes
