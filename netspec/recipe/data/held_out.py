"""The examples that are held out. Imports torch in its functions alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from netspec.recipe.data.problems import mismatch
from netspec.recipe.data.raw import Part, RawData

_SPLIT_SEED = 0
"""Not the run's seed: so that runs of different seeds are judged by the same images."""

_TEST_SEED = 1
_TEST_SHARE = 0.2

_NAMED = 5
"""Classes that a note names."""


def hold_out(part: Part, amount: float | int) -> tuple[Part, Part | None]:
    """Training and held-out part; the latter is always the same and None where `amount` is 0.

    Args:
        part: The part that is divided.
        amount: A share of each class, rounded; or a whole number of examples, of each class in proportion.

    Raises:
        NetspecError: NS0804: more is wanted than there is, or a share of so few that it comes to nothing.
    """
    return _parted(part, amount, _SPLIT_SEED, "validation")


def with_test(data: RawData, amount: float | int | None) -> RawData:
    """Data whose test images are taken from the training ones, where they have none or the recipe says how many."""
    if amount is not None and data.test is not None and amount:
        mismatch("the data have test images of their own", help="take `test` out of the recipe's `data`")
    if amount is None and data.test is not None:
        return data
    if amount is None and not _comes_to_any(data.train, _TEST_SHARE):
        note = f"there are no test images: {_TEST_SHARE} of each class comes to none; `test` at `data` may say a number"
        return replace(data, notes=(*data.notes, note))
    learned, held = _parted(data.train, _TEST_SHARE if amount is None else amount, _TEST_SEED, "test")
    return replace(data, train=learned, test=held, notes=(*data.notes, *missing_classes(learned, held, data, "test")))


def missing_classes(learned: Part, held: Part | None, data: RawData, name: str) -> list[str]:
    """Notes on classes that the held-out part lacks, or that it took all examples of.

    Args:
        learned: The examples left to train on.
        held: The examples that are held out.
        data: Tells the classes' names.
        name: The held-out part's.
    """
    labels = learned.labels, None if held is None else held.labels
    counts = [each.bincount(minlength=len(data.classes)).tolist() for each in labels if each is not None]
    if len(counts) < 2:
        return []
    left, taken = counts
    unheld = [name for name, few, many in zip(data.classes, taken, left, strict=False) if not few and many]
    unlearned = [name for name, few, many in zip(data.classes, left, taken, strict=False) if not few and many]
    found = []
    if unheld:
        found.append(f"no image of {_classes(unheld)} is held out for {name}: they have too few")
    if unlearned:
        found.append(f"no image of {_classes(unlearned)} is left to train on: all are held out for {name}")
    return found


def _classes(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_NAMED])
    if len(names) <= _NAMED:
        return f"{'the class' if len(names) == 1 else 'the classes'} {shown}"
    return f"{len(names):,} classes ({shown}, ...)"


def _parted(part: Part, amount: float | int, seed: int, option: str) -> tuple[Part, Part | None]:
    import torch

    from netspec.functional.holding_out import by_class, held_rows

    count = len(part)
    if isinstance(amount, int) and amount >= count:
        mismatch(f"{amount:,} examples cannot be held out of {count:,}: none would be left to train on")
    held = held_rows(part.labels, count, amount, seed)
    if not held.any():
        if amount:
            groups = by_class(part.labels, torch.arange(count))
            _refuse_nothing(max(map(len, groups)), len(groups), amount, option)
        return part, None
    if held.all():
        mismatch(f"`{option}: {amount}` holds out all of {count:,} examples", "none would be left to train on")
    return part.take((~held).nonzero().flatten()), part.take(held.nonzero().flatten())


def _comes_to_any(part: Part, share: float) -> bool:
    from netspec.functional.holding_out import held_rows

    return bool(held_rows(part.labels, len(part), share, seed=0).any())


def _refuse_nothing(largest: int, groups: int, amount: float | int, option: str) -> None:
    """Refuse a share that holds nothing out, with those that would.

    Args:
        largest: Examples of the largest class.
        groups: The number of classes.
        amount: The amount that was asked for.
        option: The option that asks for it.
    """
    least = (50 // largest + 1) / 100
    of = f"the largest class, {largest:,} images" if groups > 1 else f"{largest:,} images"
    mismatch(
        f"`{option}: {amount}` holds no image out: of {of}, that is {amount * largest:.3g}, which rounds to 0",
        f"write a share of at least {least:g}, or a number of images: `{option}: {groups}`",
    )
