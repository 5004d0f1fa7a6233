"""NumPy arrays: an .npz file, or a folder of .npy files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from zipfile import is_zipfile

import numpy as np
import torch
from torch import Tensor

from netspec.functional.examples import Data, Images, UnfitData
from netspec.functional.fields import Field
from netspec.functional.holding_out import with_test, with_usual_test
from netspec.functional.packing import packed

ARRAY_PARTS = ("train", "val", "test")
Array = np.ndarray[Any, Any]
Meant = str | Mapping[str, str] | None
"""Whether targets are classes or values, of all outputs or by the name of each."""


def load_arrays(
    place: Path,
    layout: str | None,
    targets: Meant,
    test: float | None,
    inputs: Sequence[str] = (),
    outputs: Sequence[str] = (),
    classes: Mapping[str, Sequence[str]] | None = None,
) -> Data:
    """The arrays x_train and y_train, and those of validation and test, if any.

    Of several inputs each has its name in place of x, and of several outputs in place
    of y; the names of their `classes` are numbers unless they are given.
    """
    arrays = arrays_of(place, inputs, outputs)
    parts = images_by_part(arrays, layout, targets, inputs, outputs)
    data = data_of(parts, test)
    data = with_usual_test(data) if test is None else with_test(data, test)
    told = outputs_in(arrays, targets, outputs, classes or {})
    return replace(data, fields=fields_in(arrays, layout, inputs), outputs=told)


def array_names(inputs: Sequence[str], outputs: Sequence[str] = ()) -> tuple[str, ...]:
    """The arrays that are read: those of the inputs, or x, and of the targets, or y."""
    names = (*(inputs or "x"), *(outputs or "y"))
    return tuple(f"{name}_{part}" for part in ARRAY_PARTS for name in names)


def read_arrays(place: Path, names: Sequence[str]) -> dict[str, Array]:
    """The arrays of a file, or of the files of a folder, by name."""
    if place.is_dir():
        files = {name: place / f"{name}.npy" for name in names}
        return {name: np.load(file) for name, file in files.items() if file.is_file()}
    with np.load(place) as archive:
        return {name: archive[name] for name in names if name in archive}


def arrays_of(
    place: Path, inputs: Sequence[str], outputs: Sequence[str]
) -> dict[str, Array]:
    """The like, as they are needed: all that a part has, and one to train on.

    Raises:
        UnfitData: It holds no arrays, or lacks some.
    """
    if not (place.is_dir() or (place.is_file() and is_zipfile(place))):
        help = "name one, or a folder of .npy files"
        raise UnfitData(f"{place} is no .npz file", help)
    try:
        arrays = read_arrays(place, array_names(inputs, outputs))
    except Exception as error:  # of files that may hold anything
        raise UnfitData(f"{place}: an array cannot be read", "save it again") from error
    told = outputs or ("y" if "y_train" in arrays else ())
    for part in ARRAY_PARTS:
        names = [f"{name}_{part}" for name in (*(inputs or "x"), *told)]
        lacking = [name for name in names if name not in arrays]
        if lacking and (part == "train" or names[0] in arrays):
            raise UnfitData(f"{place}: it has no array {lacking[0]}", "save it there")
    return arrays


def fields_in(
    arrays: Mapping[str, Array], layout: str | None, inputs: Sequence[str]
) -> tuple[Field, ...]:
    """The inputs that examples are packed of; none where there is but x."""
    parts = ((name, input_in(arrays[f"{name}_train"][:1], layout)) for name in inputs)
    return tuple(Field(name, tuple(part.shape[1:])) for name, part in parts)


def outputs_in(
    arrays: Mapping[str, Array],
    targets: Meant,
    outputs: Sequence[str],
    classes: Mapping[str, Sequence[str]],
) -> tuple[Field, ...]:
    """The outputs that targets are packed of; none where there are not several."""
    found = []
    for name in outputs if len(outputs) > 1 else ():
        told = targets_in(arrays[f"{name}_train"], meaning(targets, name))
        names: Sequence[str] = ()
        if not told.is_floating_point():
            names = classes.get(name) or tuple(map(str, range(int(told.max()) + 1)))
        found.append(Field(name, tuple(told.shape[1:]), classes=tuple(names)))
    return tuple(found)


def meaning(targets: Meant, output: str) -> str | None:
    """Whether the targets of an output are classes or values; None where they tell."""
    if targets is None or isinstance(targets, str):
        return targets
    return targets.get(output)


def input_in(array: Array, layout: str | None) -> Tensor:
    """An array of one of several inputs: as it is, an image in the layout."""
    if array.ndim == 4:
        return images_in(array, layout)
    array = array[:, None] if array.ndim == 1 else array
    return torch.from_numpy(np.ascontiguousarray(array.astype(np.float32)))


def images_by_part(
    arrays: Mapping[str, Array],
    layout: str | None,
    targets: Meant,
    inputs: Sequence[str] = (),
    outputs: Sequence[str] = (),
) -> dict[str, Images]:
    """The examples of each part that is there; of several inputs or outputs packed."""
    found: dict[str, Images] = {}
    meant = {name: meaning(targets, name) for name in outputs or "y"}
    for part in ARRAY_PARTS:
        names = [f"{name}_{part}" for name in inputs or "x"]
        if names[0] in arrays:
            told = {
                name: targets_in(arrays[f"{name}_{part}"], kind)
                for name, kind in meant.items()
                if f"{name}_{part}" in arrays
            }
            if inputs:
                images = packed([input_in(arrays[name], layout) for name in names])
            else:
                images = images_in(arrays[names[0]], layout)
            made = packed(list(told.values())) if len(told) > 1 else None
            found[part] = Images(
                images, next(iter(told.values()), None) if made is None else made
            )
            if part == "train":  # the others are of the same kind
                for name, each in told.items():
                    meant[name] = "values" if each.is_floating_point() else "classes"
    return found


def data_of(parts: Mapping[str, Images], test: float | None) -> Data:
    """Data of some parts: those for validation test where nothing else is to."""
    train, validation, tested = map(parts.get, ARRAY_PARTS)
    assert train is not None
    if tested is None and test is None:
        validation, tested = None, validation
    brightest = 255.0
    if train.images.is_floating_point():
        brightest = float(train.images.abs().max()) or 1.0
    return Data(train, tested, validation, brightest)


def images_in(array: Array, layout: str | None) -> Tensor:
    """An array as images [N, C, H, W], sequences [N, C, L], or vectors [N, features].

    It is uint8 or float32.
    """
    if array.ndim == 4:
        last = array.shape[3] in (1, 3, 4) and array.shape[1] not in (1, 3, 4)
        if layout == "channels_last" or (layout is None and last):
            array = array.transpose(0, 3, 1, 2)
    if layout == "sequences_last" and array.ndim == 3:
        array = array.transpose(0, 2, 1)
    sequences = layout in ("sequences", "sequences_last")
    array = array[:, None] if array.ndim == (2 if sequences else 3) else array
    if array.dtype != np.uint8:
        array = array.astype(np.float32)
    return torch.from_numpy(np.ascontiguousarray(array))


def targets_in(array: Array, meant: str | None) -> Tensor:
    """Classes [N], values [N, outputs], or masks [N, H, W] of uint8."""
    if array.ndim == 3 and array.dtype.kind != "f" and meant != "values":
        return torch.from_numpy(array.astype(np.uint8))
    return numbered(array, meant)


def numbered(numbers: Array, meant: str | None) -> Tensor:
    """Classes [N], int64, or values [N, outputs], float32.

    Whole numbers are classes. So are floats where the recipe says so, or where they are
    0, 1, ... without a gap, one to an example: that is how tables write labels.
    """
    floats = numbers.dtype.kind == "f"
    if numbers.ndim == 2 and numbers.shape[1] == 1 and (meant or not floats):
        numbers = numbers[:, 0]
    may_count = meant != "values" and numbers.ndim == 1
    if may_count and (not floats or meant or counts(numbers)):
        return torch.from_numpy(numbers.astype(np.int64))
    values = torch.from_numpy(numbers.astype(np.float32))
    return values[:, None] if values.ndim == 1 else values


def counts(numbers: Array) -> bool:
    """Whether numbers are 0, 1, ... without a gap, at least two of them."""
    found = np.unique(numbers)
    return len(found) > 1 and np.array_equal(found, np.arange(len(found)))
