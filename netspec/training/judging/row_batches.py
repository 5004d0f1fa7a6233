"""What is asked one by one, answered together: images of one size in batches, files of many rows as they are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import chain

import torch
from torch import Tensor

from netspec.diagnostics import Diagnostic, NetspecError
from netspec.training.judging.row_inputs import Asked

_MOST, _NUMBERS = 32, 1 << 22
"""The most images that are answered together, and the most numbers of their inputs: 16 MiB."""

Rows = Callable[[int], tuple[str, int]]
"""The file, or the image in one, of the row at a place, and its number there from 1."""


def batched(asked: Iterable[Asked | Diagnostic], unread: list[Diagnostic]) -> Iterator[tuple[Rows, Iterator[Tensor]]]:
    """What is asked, in its order: what holds one row together with its neighbours of that shape, all else alone.

    Args:
        asked: What is asked, or the problem with it.
        unread: Takes the problems, and those of what cannot be read.
    """
    names: list[str] = []
    held: list[Tensor] = []

    def together() -> Iterator[tuple[Rows, Iterator[Tensor]]]:
        if held:
            yield partial(_of_several, list(names)), iter([torch.cat(held)])
        names.clear()
        held.clear()

    for each in asked:
        if isinstance(each, Diagnostic):
            unread.append(each)
            continue
        name, read = each
        rest = read()
        try:
            first = next(rest, None)
            second = next(rest, None)
        except NetspecError as error:
            unread.extend(error.diagnostics)
            continue
        if first is None:
            continue
        alone = second is not None or len(first) != 1
        if held and (alone or first.shape != held[0].shape or not _has_room(held)):
            yield from together()
        if alone:
            yield partial(_of_one, name), chain([first], [] if second is None else [second], rest)
        else:
            names.append(name)
            held.append(first)
    yield from together()


def _has_room(held: list[Tensor]) -> bool:
    return len(held) < _MOST and (len(held) + 1) * held[0].numel() <= _NUMBERS


def _of_one(name: str, row: int) -> tuple[str, int]:
    return name, row + 1


def _of_several(names: list[str], row: int) -> tuple[str, int]:
    return names[row], 1
