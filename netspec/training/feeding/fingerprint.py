"""The fingerprint of a data set as it was read or found: of some of its bytes, at places that its length decides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import sha256

import torch
from torch import Tensor

from netspec.functional.data.boxed import Boxed
from netspec.functional.data.windows import Windows
from netspec.functional.inputs import evenly_spread
from netspec.images.door import Unreadable
from netspec.recipe.data.decode import mask_of
from netspec.recipe.data.raw import IGNORED, Files, Images, Part, RawData, Source
from netspec.training.feeding.decoding import renumbered

_ROWS = 1_024
"""Examples in memory, or targets, that are looked at in each part."""

_FILES = 32
"""Files that are read of each part, from first to last."""

_BYTES = 1 << 24
"""Bytes of each part, or of all its targets, after which no more are read."""


def fingerprint_of(raw: RawData) -> str:
    """64 hexadecimal digits, which differ where the data surely do; names and places of files have no part in them.

    Images in files are taken as they lie, not decoded: decoders differ from machine to machine.
    """
    found = sha256()
    for name, part in {"train": raw.train, "validation": raw.validation, "test": raw.test}.items():
        if part is not None:
            found.update(f"{name} {len(part)}".encode())
            for piece in _pieces(part):
                found.update(piece)
    return found.hexdigest()


def _pieces(part: Part) -> Iterator[bytes]:
    """Some bytes of a part, the same wherever it is read."""
    if isinstance(part, Images):
        yield from _rows(part.images)
        yield from _targets(part.targets)
    elif isinstance(part, Files):
        yield from _contents(part.source)
        if part.masks is not None:
            yield from _masks(part.masks, part.numbers)
        yield from _targets(part.targets)
    elif isinstance(part, Windows):
        yield f"{part.tokens} {part.length}".encode()
        yield _bytes(part.read(evenly_spread(len(part), max(1, min(_ROWS, _BYTES // (8 * part.length))))))
    elif part.content(0) is not None:  # otherwise a recipe draws them
        yield from _boxes(part)


def _rows(values: Tensor) -> Iterator[bytes]:
    """Some rows of a tensor, with its form."""
    yield f"{values.dtype} {tuple(values.shape)}".encode()
    size = max(1, values[:1].numel() * values.element_size())
    yield _bytes(values[evenly_spread(len(values), max(1, min(_ROWS, _BYTES // size)))])


def _targets(values: Tensor | None) -> Iterator[bytes]:
    """All targets; of many only some."""
    if values is not None and values.numel() * values.element_size() <= _BYTES:
        yield f"{values.dtype} {tuple(values.shape)}".encode()
        yield _bytes(values)
    elif values is not None:
        yield from _rows(values)


def _contents(source: Source) -> Iterator[bytes]:
    """Some files as they lie."""
    left = _BYTES
    for row in evenly_spread(len(source), _FILES).tolist():
        try:
            found = source.data(row)
        except (OSError, Unreadable):
            continue  # it is named where all are read
        yield len(found).to_bytes(8, "big")
        yield found[:left]
        left = max(0, left - len(found))


def _masks(source: Source, numbers: Sequence[int]) -> Iterator[bytes]:
    """Some masks, whose classes have the numbers that they have in the run: they are stored without loss."""
    for row in evenly_spread(len(source), _FILES).tolist():
        try:
            yield renumbered(mask_of(source.data(row), None), numbers, IGNORED).tobytes()
        except (OSError, Unreadable):
            continue


def _boxes(part: Boxed) -> Iterator[bytes]:
    """Some files as they lie, and what some images are said to hold."""
    for row in evenly_spread(len(part), _FILES).tolist():
        try:
            yield part.content(row) or b""
        except (OSError, Unreadable):
            continue
    for row in evenly_spread(len(part), _ROWS).tolist():
        truth = part.truth(row)
        yield f"{part.size(row)} {len(truth.labels)}".encode()
        yield from (each.tobytes() for each in (truth.boxes, truth.labels, truth.area, truth.crowd))


def _bytes(values: Tensor) -> bytes:
    """The bytes of a tensor's numbers, row by row."""
    return values.contiguous().view(torch.uint8).numpy().tobytes() if values.numel() else b""
