"""An input's shape as other tools write it: with the batch, or with the channels last."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from netspec.diagnostics import Code
from netspec.fixes.base import Case, Mistake, Proposal
from netspec.frontend.source import Path_

IMAGE_CHANNELS = (1, 3, 4)
"""Grey, colour, and colour with transparency."""


def channels_first(shape: list[Any]) -> list[Any] | None:
    """``[224, 224, 3]`` as ``[3, 224, 224]``; None where its last axis is not likely the channels."""
    whole = len(shape) == 3 and all(type(size) is int for size in shape)
    if whole and shape[2] in IMAGE_CHANNELS and min(shape[:2]) > max(IMAGE_CHANNELS):
        return [shape[2], *shape[:2]]
    return None


def without_batch(shape: list[Any]) -> list[Any] | None:
    """``[1, 3, 224, 224]`` as ``[3, 224, 224]``; None where its first axis is not likely the batch."""
    inner = shape[1:]
    if len(shape) != 4 or not all(type(size) is int for size in inner):
        return None
    if inner[0] in IMAGE_CHANNELS and min(inner[1:]) > max(IMAGE_CHANNELS):
        return inner
    return channels_first(inner)


class ForeignShape(Mistake):
    """An input written as Keras writes it, or with a batch as torch's tensors have it."""

    codes: ClassVar = frozenset(
        {
            *(Code.KERNEL_TOO_LARGE, Code.BAD_RANK, Code.GROUPS_DO_NOT_DIVIDE, Code.UNEQUAL_SHAPES),
            *(Code.EMPTY_OUTPUT, Code.BAD_RESHAPE, Code.WRONG_TYPE, Code.BAD_OPTION),
        }
    )

    def propose(self, case: Case) -> Iterator[Proposal]:
        """The shape without the batch; with the channels first."""
        for path in self.shapes(case):
            shape = case.text.at(path)
            if not isinstance(shape, list):
                continue
            ways = (
                (without_batch(shape), "the batch is not written"),
                (channels_first(shape), "the channels come first"),
            )
            for value, says in ways:
                if value is not None:
                    # The shape itself says what is wrong with it, more than the layer that it does not fit.
                    yield Proposal(f"`input: {value}`: {says}", (case.text.replace(path, value),), -1)

    def shapes(self, case: Case) -> Iterator[Path_]:
        """Where the shapes of inputs are written."""
        names: Any = case.text.at(("inputs",))
        for path in (("input",), *(("inputs", name) for name in names or () if isinstance(names, dict))):
            yield from (each for each in (path, (*path, "shape")) if case.text.has(each))
