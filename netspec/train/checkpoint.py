"""Weights and checkpoints on disk.

Weights are safetensors, under the names of the module's state_dict. A checkpoint is a folder, ``checkpoint/step-360``:
weights, their average where there is one, and all else that a run needs to go on. It is written under another name and
gets its own when every byte is on the disk; only then does the one before it go.
"""

from __future__ import annotations

import io
import os
import pickle
import re
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor, nn

from netspec.diagnostics import Code, NetspecError
from netspec.files import umask, write_atomic
from netspec.interop.loading import load
from netspec.interop.weight_files import read_weights
from netspec.run_folder import CHECKPOINT

_WEIGHTS, _AVERAGE, _STATE = "weights.safetensors", "ema.safetensors", "state.pt"
_NAME = re.compile(r"step-(\d+)(?:-(\d+))?")
"""The step, and which checkpoint of it: the end of an epoch may be saved before it is judged, and after."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """All that a run needs to go on.

    Attributes:
        weights: Of the module, by the names of its state_dict.
        average: Their average by the same names, or None.
        state: Tensors and plain data, by what they are the state of.
    """

    weights: Mapping[str, Tensor]
    average: Mapping[str, Tensor] | None
    state: dict[str, Any]


def save_weights(tensors: nn.Module | Mapping[str, Tensor], path: Path) -> None:
    """Write the whole state_dict of a module, or these tensors, atomically.

    Tied weights are written under each of their names, so that the file loads strictly anywhere.

    Raises:
        NetspecError: NS0903: the disk refuses. An older file of that name is untouched.
    """
    write_atomic(path, _bytes(tensors.state_dict() if isinstance(tensors, nn.Module) else tensors))


def load_weights(module: nn.Module, path: Path) -> None:
    """Load a file of weights; every name and shape must agree.

    Raises:
        NetspecError: NS0902: the file is not there or no safetensors. NS0604: its tensors are not those of the module.
    """
    load(module, read_weights(path))


def write_checkpoint(run: Path, step: int, checkpoint: Checkpoint) -> Path:
    """Write a checkpoint into a run's folder, in place of the one that is there.

    Args:
        run: The folder.
        step: Steps done.
        checkpoint: What to write.

    Returns:
        The checkpoint's own folder.

    Raises:
        NetspecError: NS0903: the disk refuses. The checkpoint that was there is whole.
    """
    home = run / CHECKPOINT
    try:
        home.mkdir(exist_ok=True)
        whole = Path(tempfile.mkdtemp(dir=home, prefix=".step-"))
        try:
            _write(whole / _WEIGHTS, _bytes(checkpoint.weights))
            if checkpoint.average is not None:
                _write(whole / _AVERAGE, _bytes(checkpoint.average))
            packed = io.BytesIO()
            torch.save(checkpoint.state, packed)
            _write(whole / _STATE, packed.getbuffer())
            whole.chmod(0o777 & ~umask())
            final = _free(home, step)
            whole.rename(final)
            _settle(home)
        except BaseException:
            shutil.rmtree(whole, ignore_errors=True)
            raise
    except OSError as error:
        reason = error.strerror or str(error)
        raise NetspecError.of(
            Code.FILE_UNWRITABLE, f"the checkpoint of step {step:,} cannot be written: {reason}"
        ) from None
    for other in home.iterdir():
        if other != final:
            shutil.rmtree(other, ignore_errors=True)
    return final


def read_checkpoint(run: Path) -> Checkpoint:
    """The latest checkpoint in a run's folder.

    Raises:
        NetspecError: NS0806: there is none. NS0902: it is damaged.
    """
    folder = _latest(run)
    if folder is None:
        raise NetspecError.of(
            Code.NOT_RESUMABLE, f"{run} holds no checkpoint", expected="the folder of a run of `netspec train`"
        )
    try:
        average = folder / _AVERAGE
        return Checkpoint(
            load_file(folder / _WEIGHTS),
            load_file(average) if average.exists() else None,
            torch.load(folder / _STATE, map_location="cpu", weights_only=True),
        )
    except (OSError, RuntimeError, SafetensorError, pickle.UnpicklingError, EOFError) as error:
        reason = str(error).partition("\n")[0]
        raise NetspecError.of(Code.FILE_UNREADABLE, f"the checkpoint {folder} is damaged: {reason}") from None


def link_weights(checkpoint: Path, last: Path, average: Path) -> None:
    """Give the weights of a checkpoint their names in the run's folder, without a second copy where the disk can.

    Raises:
        NetspecError: NS0903: the disk refuses.
    """
    for source, target in ((checkpoint / _WEIGHTS, last), (checkpoint / _AVERAGE, average)):
        if not source.exists():
            continue
        beside = target.with_name(f".{target.name}.{os.getpid()}")
        try:
            beside.unlink(missing_ok=True)
            try:
                os.link(source, beside)
            except OSError:  # a file system without links
                shutil.copyfile(source, beside)
            beside.replace(target)
        except OSError as error:
            beside.unlink(missing_ok=True)
            raise NetspecError.of(Code.FILE_UNWRITABLE, f"{target} cannot be written: {error.strerror}") from None


def _latest(run: Path) -> Path | None:
    """The folder of the latest checkpoint: those of that name are whole."""
    try:
        found = {
            (int(match[1]), int(match[2] or 1)): path
            for path in (run / CHECKPOINT).iterdir()
            if (match := _NAME.fullmatch(path.name))
        }
    except OSError:
        return None
    return found[max(found)] if found else None


def _free(home: Path, step: int) -> Path:
    """The name of the next checkpoint of a step."""
    path, number = home / f"step-{step}", 1
    while path.exists():
        number += 1
        path = home / f"step-{step}-{number}"
    return path


def _bytes(tensors: Mapping[str, Tensor]) -> bytes:
    # Copies: safetensors takes neither shared memory nor other layouts than the contiguous one.
    state = {
        name: tensor.detach().cpu().clone(memory_format=torch.contiguous_format) for name, tensor in tensors.items()
    }
    return save(state, metadata={"format": "pt"})


def _write(path: Path, content: bytes | memoryview) -> None:
    """Write a file and wait until the disk has it."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _settle(folder: Path) -> None:
    """Wait until the disk has a folder's names, where a system can."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
