"""The choice of examples that are held out of training."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from netspec.functional.examples import Data


def held_rows(labels: Tensor | None, count: int, amount: float, seed: int) -> Tensor:
    """The mask of the held-out examples, [count] bool: the same for the same seed.

    Args:
        labels: The classes [count]; without any, all are one group.
        count: The number of examples.
        amount: A share of each class, rounded; or a number of examples, of each class
            in proportion.
        seed: Decides which examples.
    """
    order = torch.randperm(count, generator=torch.Generator().manual_seed(seed))
    held = torch.zeros(count, dtype=torch.bool)
    groups = by_class(labels, order)
    counts = quotas([len(rows) for rows in groups], amount)
    for rows, size in zip(groups, counts, strict=True):
        held[rows[:size]] = True
    return held


def by_class(labels: Tensor | None, order: Tensor) -> list[Tensor]:
    """The rows of each class in an order; all as one where there are no classes."""
    if labels is None:
        return [order]
    ordered = labels[order]
    # A set may number its classes with wide gaps.
    sizes = [size for size in ordered.bincount().tolist() if size]
    return list(order[ordered.argsort(stable=True)].split(sizes))


def quotas(sizes: list[int], amount: float) -> list[int]:
    """The number of examples to take of each group."""
    if isinstance(amount, float):
        return [round(amount * size) for size in sizes]
    total = sum(sizes)
    found = [amount * size // total for size in sizes]
    # The rest left by rounding goes to the groups that lost most by it.
    by_loss = sorted(range(len(sizes)), key=lambda i: (-(amount * sizes[i] % total), i))
    for index in by_loss[: amount - sum(found)]:
        found[index] += 1
    return found


def with_test(data: Data, amount: float | None) -> Data:
    """Data whose test images are taken from those to train on, where there are none.

    They are always the same; without an amount it is 0.2 of each class, or none where
    that is less than an image.

    Raises:
        ValueError: The data have such images and an amount is wanted; or it comes to no
            image, or to all.
    """
    if data.test is not None and amount:
        raise ValueError("the data have test images of their own")
    if amount == 0:
        return replace(data, test=None)
    if data.test is not None:
        return data
    share = 0.2 if amount is None else amount
    held = held_rows(data.train.labels, len(data.train), share, seed=1)
    if amount is None and not held.any():
        return data
    if not held.any() or held.all():
        raise ValueError(f"{share} of {len(held):,} images for the test: none, or all")
    return replace(data, train=data.train.take(~held), test=data.train.take(held))
