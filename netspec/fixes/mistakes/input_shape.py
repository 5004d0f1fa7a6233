"""Input shapes as other tools write them: with the batch, or with the channels last."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from netspec.diagnostics import Code
from netspec.fixes.base import Case, Proposal, mends
from netspec.frontend.source import Path_
from netspec.shape import channels_first, without_batch


@mends(
    *(Code.KERNEL_TOO_LARGE, Code.BAD_RANK, Code.GROUPS_DO_NOT_DIVIDE, Code.UNEQUAL_SHAPES),
    *(Code.EMPTY_OUTPUT, Code.BAD_RESHAPE, Code.WRONG_TYPE, Code.BAD_OPTION),
)
def foreign_shape(case: Case) -> Iterator[Proposal]:
    """An input written as Keras writes it, or with a batch as torch's tensors have it."""
    for path in _shapes(case):
        shape = case.text.at(path)
        if not isinstance(shape, list):
            continue
        bare = without_batch(shape) if _is_plain(shape[1:]) else None
        turned = channels_first(shape) if _is_plain(shape) else None
        for value, says, certain in (
            (bare, "the batch is not written", shape[:1] == [1]),
            (turned, "the channels come first", True),
        ):
            if value is not None:
                # The shape itself shows the fault better than the layer that it does not fit.
                yield Proposal(f"`input: {value}`: {says}", case.text.replace(path, value), -1, certain)


def _shapes(case: Case) -> Iterator[Path_]:
    """Paths of the inputs' shapes."""
    names: Any = case.text.at(("inputs",))
    for path in (("input",), *(("inputs", name) for name in names or () if isinstance(names, dict))):
        yield from (each for each in (path, (*path, "shape")) if case.text.has(each))


def _is_plain(shape: list[Any]) -> bool:
    """Whether the sizes are numbers, not expressions."""
    return all(type(size) is int for size in shape)
