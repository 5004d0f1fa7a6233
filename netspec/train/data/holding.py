"""Which examples are held out. Imports torch in its functions alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netspec.train.data.problems import mismatch
from netspec.train.data.raw import Part, RawData

if TYPE_CHECKING:
    from torch import Tensor

_SPLIT_SEED = 0
"""Not the run's seed: so that runs of different seeds are judged by the same images."""

_TEST_SEED = 1
_TEST_SHARE = 0.2


def hold_out(part: Part, amount: float | int) -> tuple[Part, Part | None]:
    """Training and held-out part; the latter is always the same and None where `amount` holds nothing out.

    Args:
        part: What is parted.
        amount: A share of each class, rounded; or a whole number of examples, of each class in proportion.
    """
    return _parted(part, amount, _SPLIT_SEED)


def with_test(data: RawData, amount: float | int | None) -> RawData:
    """Data whose test images are taken from the training ones, where they have none or the recipe says how many."""
    if amount is None:
        if data.test is not None:
            return data
        amount = _TEST_SHARE
    elif data.test is not None and amount:
        mismatch("the data have test images of their own", help="take `test` out of the recipe's `data`")
    learned, held = _parted(data.train, amount, _TEST_SEED)
    return RawData(learned, held, data.classes, data.brightest, data.validation)


def _parted(part: Part, amount: float | int, seed: int) -> tuple[Part, Part | None]:
    import torch

    count = len(part)
    if isinstance(amount, int) and amount >= count:
        mismatch(f"{amount:,} examples cannot be held out of {count:,}: none would be left to train on")
    order = torch.randperm(count, generator=torch.Generator().manual_seed(seed))
    held = torch.zeros(count, dtype=torch.bool)
    groups = _groups(part, order)
    for rows, taken in zip(groups, _quotas([len(rows) for rows in groups], amount), strict=True):
        held[rows[:taken]] = True
    if not held.any():
        return part, None
    return part.take((~held).nonzero().flatten()), part.take(held.nonzero().flatten())


def _groups(part: Part, order: Tensor) -> list[Tensor]:
    """The rows of each class in a fixed order; all rows as one group where there are no classes."""
    labels = part.labels
    if labels is None:
        return [order]
    ordered = labels[order]
    sizes = ordered.bincount().tolist()
    return list(order[ordered.argsort(stable=True)].split(sizes))


def _quotas(sizes: list[int], amount: float | int) -> list[int]:
    """How many are taken of each group."""
    if isinstance(amount, float):
        return [round(amount * size) for size in sizes]
    total = sum(sizes)
    quotas = [amount * size // total for size in sizes]
    # What rounding left over goes to the groups that lost most by it.
    by_loss = sorted(range(len(sizes)), key=lambda i: (-(amount * sizes[i] % total), i))
    for index in by_loss[: amount - sum(quotas)]:
        quotas[index] += 1
    return quotas
