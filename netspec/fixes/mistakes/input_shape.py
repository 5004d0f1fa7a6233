"""Input shapes as other tools write them: with the batch, or with the channels last."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from netspec.diagnostics import Code
from netspec.fixes.base import Case, Mistake, Proposal
from netspec.frontend.source import Path_
from netspec.shape import channels_first, without_batch


def _is_plain(shape: list[Any]) -> bool:
    """Whether the sizes are numbers, not expressions."""
    return all(type(size) is int for size in shape)


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
                (
                    without_batch(shape) if _is_plain(shape[1:]) else None,
                    "the batch is not written",
                    list(shape[:1]) == [1],
                ),
                (channels_first(shape) if _is_plain(shape) else None, "the channels come first", True),
            )
            for value, says, certain in ways:
                if value is not None:
                    # The shape itself shows the fault better than the layer that it does not fit.
                    edit = case.text.replace(path, value)
                    yield Proposal(f"`input: {value}`: {says}", (edit,), -1, certain=certain)

    def shapes(self, case: Case) -> Iterator[Path_]:
        """Paths of the inputs' shapes."""
        names: Any = case.text.at(("inputs",))
        for path in (("input",), *(("inputs", name) for name in names or () if isinstance(names, dict))):
            yield from (each for each in (path, (*path, "shape")) if case.text.has(each))
