"""What `Run.predict` is given: files, and what Python has in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL.Image import Image

from netspec.recipe.data.numpy_files import InMemory
from netspec.recipe.data.problems import mismatch

_TAKEN = (
    "a file or a folder, an array of NumPy, a tensor of torch, an image of PIL, a dictionary of arrays by the inputs' "
    "names, or a list of such"
)


@dataclass(frozen=True, slots=True, eq=False)
class HeldImage:
    """An image that Pillow has opened, and what it is called."""

    image: Image
    name: str


def asked_in(given: object) -> list[Path | InMemory | HeldImage]:
    """Each thing that is asked about; what is in memory is called by its place, from 1: ``array 2``.

    Raises:
        NetspecError: NS0804: something is of no type that is taken.
    """
    lone = isinstance(given, str | bytes | Path | np.ndarray | torch.Tensor | Image | Mapping)
    several = [given] if lone or not isinstance(given, Iterable) else given
    return [_one(each, number) for number, each in enumerate(several, 1)]


def _one(given: object, number: int) -> Path | InMemory | HeldImage:
    if isinstance(given, str | Path):
        return Path(given)
    if isinstance(given, Image):
        return HeldImage(given, f"image {number}")
    if isinstance(given, Mapping) and given:
        return InMemory(f"array {number}", {str(key): _array(each, f"{number}, {key},") for key, each in given.items()})
    return InMemory(f"array {number}", {"": _array(given, str(number))})


def _array(given: object, which: str) -> np.ndarray[Any, Any]:
    """An array of NumPy, or a tensor as one.

    Raises:
        NetspecError: NS0804: it is neither, or NumPy has no such numbers.
    """
    if isinstance(given, np.ndarray):
        return given
    if not isinstance(given, torch.Tensor):
        mismatch(f"what is given as number {which} is of the type {type(given).__name__}", f"give {_TAKEN}")
    try:
        made: np.ndarray[Any, Any] = given.detach().cpu().numpy()
    except (TypeError, RuntimeError) as error:
        reason = str(error).partition("\n")[0]
        mismatch(f"tensor {which} cannot be an array ({reason})", "make it dense, of a type that NumPy has")
    return made
