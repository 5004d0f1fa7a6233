"""NumPy arrays: an .npz file, or a folder of .npy files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from netspec.functional.data.numbers import numbered
from netspec.functional.examples import Data, Images
from netspec.functional.holding_out import with_test


def load_arrays(
    place: Path, layout: str | None, targets: str | None, test: float | None
) -> Data:
    """The arrays x_train and y_train, and those of validation and test, if any."""
    if place.is_dir():
        arrays = {file.stem: np.load(file) for file in place.glob("*.npy")}
    else:
        arrays = dict(np.load(place))
    meant = targets

    def part(name: str) -> Images | None:
        nonlocal meant
        if f"x_{name}" not in arrays:
            return None
        told = arrays.get(f"y_{name}")
        found = None if told is None else targets_in(told, meant)
        images = Images(images_in(arrays[f"x_{name}"], layout), found)
        # The other targets are of the same kind as those to learn from.
        meant = "values" if images.labels is None else "classes"
        return images

    train, validation, tested = part("train"), part("val"), part("test")
    assert train is not None
    if tested is None and test is None:
        validation, tested = None, validation
    brightest = 255.0
    if train.images.is_floating_point():
        brightest = float(train.images.abs().max()) or 1.0
    return with_test(Data(train, tested, validation, brightest), test)


def images_in(array: np.ndarray[Any, Any], layout: str | None) -> Tensor:
    """An array as images [N, C, H, W], uint8 or float32, or vectors [N, features]."""
    if array.ndim == 4:
        last = array.shape[3] in (1, 3, 4) and array.shape[1] not in (1, 3, 4)
        if layout == "channels_last" or (layout is None and last):
            array = array.transpose(0, 3, 1, 2)
    array = array[:, None] if array.ndim == 3 else array
    if array.dtype != np.uint8:
        array = array.astype(np.float32)
    return torch.from_numpy(np.ascontiguousarray(array))


def targets_in(array: np.ndarray[Any, Any], meant: str | None) -> Tensor:
    """Classes [N], values [N, outputs], or masks [N, H, W] of uint8."""
    if array.ndim == 3 and array.dtype.kind != "f" and meant != "values":
        return torch.from_numpy(array.astype(np.uint8))
    return numbered(torch.from_numpy(array), meant)
