"""Files of `torch.save`: only tensors and plain data are read, and no more than the file holds."""

from __future__ import annotations

import io
import pickle
import zipfile
from pathlib import Path
from typing import Any

import torch

from netspec.diagnostics import Code, NetspecError
from netspec.interop.pickle_cost import costly

_PICKLES = 5
"""Pickles of an old file: a magic number, its version, the machine, its content, and the names of its numbers."""


def read_torch_file(path: Path) -> Any:
    """A file's content, read without running code, on the CPU.

    Raises:
        NetspecError: NS0902: it is no such file, is damaged or packed, or holds more than tensors and plain data.
    """
    try:
        reason = _costly(path)
        if reason is not None:
            raise unreadable(path, reason)
        return torch.load(path, map_location="cpu", weights_only=True)
    except NetspecError:
        raise
    except pickle.UnpicklingError as error:
        if "Unsupported" not in str(error) and "weights_only" not in str(error):
            raise unreadable(path, first_line(error)) from None
        raise NetspecError.of(
            Code.FILE_UNREADABLE,
            f"{path} holds more than tensors; to read the rest would run the code in it",
            found=_culprit(error),
            expected="a state_dict",
            help="save it anew: torch.save(model.state_dict(), FILE), or as .safetensors",
        ) from None
    except Exception as error:  # a broken pickle can raise any exception
        raise unreadable(path, first_line(error)) from None


def _costly(path: Path) -> str | None:
    """The reason why a file would cost more than its bytes; None where it would not."""
    if not zipfile.is_zipfile(path):
        with path.open("rb") as stream:  # the form before torch 1.6: pickles after each other, then the numbers
            return next((reason for _ in range(_PICKLES) if (reason := costly(stream))), None)
    with zipfile.ZipFile(path) as file:
        parts = file.infolist()
        if any(part.compress_type != zipfile.ZIP_STORED for part in parts):
            return "its parts are compressed, which torch.save never does"
        whole, size = sum(part.file_size for part in parts), path.stat().st_size
        if whole > size:
            return f"its parts are {whole:,} bytes, the file {size:,}"
        pickles = (io.BytesIO(file.read(part)) for part in parts if part.filename.endswith(".pkl"))
        return next((reason for each in pickles if (reason := costly(each))), None)


def unreadable(path: Path, reason: str, expected: str = "a whole file of torch.save") -> NetspecError:
    """The error of a file without weights."""
    message = f"{path}: no weights can be read from it ({reason})"
    return NetspecError.of(Code.FILE_UNREADABLE, message, expected=expected)


def _culprit(error: Exception) -> str | None:
    """The class or function that the file names."""
    parts = str(error).partition("GLOBAL ")[2].split()
    return f"a reference to {parts[0]}" if parts else None


def first_line(error: Exception) -> str:
    """The first line of an error's message, or its type where it has none."""
    return str(error).strip().partition("\n")[0] or type(error).__name__
