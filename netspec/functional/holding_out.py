"""The choice of examples that are held out of training."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from netspec.functional.examples import Data, Images, UnfitData


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


def parted(
    part: Images, amount: float, seed: int, option: str
) -> tuple[Images, Images | None]:
    """Examples without those that are held out, and the latter; None without an amount.

    Args:
        part: The examples.
        amount: As `held_rows` takes it.
        seed: Decides which examples are held out.
        option: The option that says the amount, for the error.

    Raises:
        UnfitData: The amount comes to no example, or leaves less than two.
    """
    if not amount:
        return part, None
    left, held = parted_rows(part.labels, len(part), amount, seed, option)
    return part.take(left), part.take(held)


def parted_rows(
    labels: Tensor | None, count: int, amount: float, seed: int, option: str
) -> tuple[Tensor, Tensor]:
    """The rows of examples that are left to learn from, and of those held out.

    Args:
        labels: The classes [count]; without any, all are one group.
        count: The number of examples.
        amount: As `held_rows` takes it.
        seed: Decides which examples are held out.
        option: The option that says the amount, for the error.

    Raises:
        UnfitData: The amount comes to no example, or leaves less than two.
    """
    held = held_rows(labels, count, amount, seed)
    left = count - int(held.sum())
    if not held.any():
        sizes = [len(rows) for rows in by_class(labels, torch.arange(count))]
        most = max(sizes)
        examples = f"{most:,} example{'s' * (most > 1)}"
        of = f"{'the largest class, ' if len(sizes) > 1 else ''}{examples}"
        share, least = f"{amount * most:.3g}", f"{(50 // most + 1) / 100:g}"
        raise UnfitData(
            f"`{option}: {amount}` holds no example out: of {of}, that is {share}, "
            "which rounds to 0",
            f"write a share of at least {least}, or a number of examples: "
            f"`{option}: {len(sizes)}`",
            option,
        )
    if left < 2:
        whole = f"all but one of {count:,}" if left else f"all of {count:,} examples"
        rest = f", at most `{option}: {count - 2}`" if count > 2 else ""
        help = f"two at least are to be left to train on{rest}"
        raise UnfitData(f"`{option}: {amount}` holds out {whole}", help, option)
    return (~held).nonzero()[:, 0], held.nonzero()[:, 0]


def with_usual_test(data: Data, seed: int = 1) -> Data:
    """Data whose test images are taken from those to train on, where there are none.

    They are 0.2 of each class, or none where that is less than an image; the same for
    the same seed.
    """
    held = held_rows(data.train.labels, len(data.train), 0.2, seed)
    if data.test is not None or not held.any():
        return data
    left, tested = ((rows.nonzero()[:, 0]) for rows in (~held, held))
    return replace(data, train=data.train.take(left), test=data.train.take(tested))


def with_test(data: Data, amount: float, seed: int = 1) -> Data:
    """Data of which an amount of those to train on are taken for the test.

    They are the same for the same seed.

    Raises:
        UnfitData: The data have such images already; or as `parted`.
    """
    if data.test is not None and amount:
        what = "the data have test images of their own"
        raise UnfitData(what, "take `test` out of the recipe's `data`", "test")
    train, test = parted(data.train, amount, seed, "test")
    return replace(data, train=train, test=test)


def with_few(data: Data, each: int, seed: int) -> Data:
    """Data of which so many images of each class are to train on, and the others test.

    Raises:
        UnfitData: The data have test images or no classes, a class has fewer images, or
            none is left to test by.
    """
    said = f"`per_class: {each}`"
    labels = data.train.labels
    if data.test is not None:
        what = f"{said}: the data have test images of their own"
        raise UnfitData(
            what, "take `per_class` out of the recipe's `data`", "per_class"
        )
    if labels is None:
        what = f"{said}: the images have no classes"
        raise UnfitData(what, "write `test` instead", "per_class")
    count = len(labels)
    order = torch.randperm(count, generator=torch.Generator().manual_seed(seed))
    groups = by_class(labels, order)
    scarce = [rows for rows in groups if len(rows) < each]
    if scarce:
        label, size = int(labels[scarce[0][0]]), len(scarce[0])
        what = f"{said}: class {label} has {size:,} images ({len(scarce):,} such)"
        help = "write a smaller number, or leave the class out"
        raise UnfitData(what, help, "per_class")
    learned = torch.zeros(count, dtype=torch.bool)
    learned[torch.cat([rows[:each] for rows in groups])] = True
    if learned.all():
        what = f"{said} takes all of {count:,} images"
        raise UnfitData(what, "none would be left to test by", "per_class")
    train, test = ((rows.nonzero()[:, 0]) for rows in (learned, ~learned))
    return replace(data, train=data.train.take(train), test=data.train.take(test))
