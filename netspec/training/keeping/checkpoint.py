"""Weights and checkpoints on disk.

Weights are safetensors, under the names of the module's state_dict. A checkpoint is a folder, ``checkpoint/step-360``:
weights, their average where there is one, and all else that a run needs to go on. It is written under another name and
gets its own when every byte is on the disk; only then does the one before it go.
"""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor

from netspec.diagnostics import Code, NetspecError
from netspec.files.destination import refused
from netspec.files.run_folder import EMA, LAST
from netspec.files.writing import aside, umask, within
from netspec.interop.torch_files import read_torch_file
from netspec.interop.weight_files import weight_bytes
from netspec.recipe.measuring.saved_values import fields
from netspec.training.keeping.checkpoint_folder import (
    AVERAGE,
    STATE,
    WEIGHTS,
    checkpoint_home,
    latest,
    next_name,
    remove_others,
)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """All data that a run needs to go on.

    Attributes:
        weights: The weights of the module, by the names of its state_dict.
        average: Their average by the same names, or None.
        state: Tensors and plain data, by the name of the object whose state they are.
    """

    weights: Mapping[str, Tensor]
    average: Mapping[str, Tensor] | None
    state: dict[str, Any]


def write_checkpoint(run: Path, step: int, checkpoint: Checkpoint) -> Path:
    """Write a checkpoint into a run's folder, in place of the one that is there.

    Args:
        run: The folder.
        step: Steps done.
        checkpoint: The checkpoint to write.

    Returns:
        The checkpoint's own folder.

    Raises:
        NetspecError: NS0903: the disk refuses. The checkpoint that was there is whole. NS0925: the folder of
            checkpoints is a link.
    """
    home = checkpoint_home(run)
    try:
        home.mkdir(exist_ok=True)
        with aside(home / f"step-{step}") as whole:
            whole.mkdir(0o700)
            _write(whole / WEIGHTS, weight_bytes(checkpoint.weights))
            if checkpoint.average is not None:
                _write(whole / AVERAGE, weight_bytes(checkpoint.average))
            packed = io.BytesIO()
            torch.save(checkpoint.state, packed)
            _write(whole / STATE, packed.getbuffer())
            whole.chmod(0o777 & ~umask())
            final = home / next_name(home, step)
            whole.rename(final)
            _settle(home)
    except OSError as error:
        reason = error.strerror or str(error)
        raise NetspecError.of(
            Code.FILE_UNWRITABLE, f"the checkpoint of step {step:,} cannot be written: {reason}"
        ) from None
    remove_others(home, final.name)
    return final


def read_checkpoint(run: Path) -> Checkpoint:
    """The latest checkpoint in a run's folder.

    Raises:
        NetspecError: NS0806: there is none. NS0902: it is damaged.
    """
    folder = latest(run)
    if folder is None:
        raise NetspecError.of(
            Code.NOT_RESUMABLE, f"{run} holds no checkpoint", expected="the folder of a run of `netspec train`"
        )
    with damage(folder):
        average = folder / AVERAGE
        state = read_torch_file(folder / STATE)
        return Checkpoint(
            load_file(folder / WEIGHTS),
            load_file(average) if average.exists() else None,
            dict(fields(state, ("started_from", "best", "loop", "stepper", "random"), "its state")),
        )


@contextmanager
def damage(checkpoint: Path) -> Iterator[None]:
    """Report any error inside the context as damage to a checkpoint: while it is read and loaded.

    Raises:
        NetspecError: NS0902.
    """
    try:
        yield
    except NetspecError as error:
        reason = error.diagnostics[0].message
    except Exception as error:  # what it holds is anybody's: it can fail in any way
        reason = str(error).strip().partition("\n")[0] or type(error).__name__
    else:
        return
    raise NetspecError.of(
        Code.FILE_UNREADABLE,
        f"the checkpoint {checkpoint} is damaged: {reason}",
        help="train anew; weights that are whole can be started from with --weights",
    ) from None


def link_weights(checkpoint: Path, run: Path) -> None:
    """Give the weights of a checkpoint their names in the run's folder, without a second copy where the disk can.

    Raises:
        NetspecError: NS0903: the disk refuses. NS0925: an entry of such a name is no file.
    """
    for source, name in ((checkpoint / WEIGHTS, LAST), (checkpoint / AVERAGE, EMA)):
        if not source.exists():
            continue
        target = within(run, name)
        try:
            with aside(target) as beside:
                try:
                    os.link(source, beside)
                except OSError:  # a file system without links
                    shutil.copyfile(source, beside)
                beside.replace(target)
        except OSError as error:
            raise refused(target, error) from None


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
