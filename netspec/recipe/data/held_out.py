"""The examples that are held out. Imports torch in its functions alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

from netspec.diagnostics.styled import printable
from netspec.functional.data.boxed import Boxed
from netspec.recipe.data.problems import mismatch, refusals
from netspec.recipe.data.raw import Part, RawData
from netspec.recipe.function import Function, functional

_NAMED = 5
"""Classes that a note names."""


def hold_out(data: RawData, amount: float | int) -> RawData:
    """Data whose validation images are taken from the training ones; notes tell of classes that miss some.

    They are the same whatever the run's seed is: so that runs of different seeds are judged by the same images.

    Args:
        data: The data; they may have a part for validation of their own where `amount` is 0.
        amount: A share of each class, rounded; or a whole number of examples, of each class in proportion.

    Raises:
        NetspecError: NS0804: more is wanted than there is, or a share of so few that it comes to nothing.
    """
    from netspec.functional.data.windows import Windows
    from netspec.functional.holding_out import parted

    if not amount:
        return data
    if data.validation is not None:
        mismatch(
            "the data have a part for validation of their own",
            "take `validation` out of the recipe's `data`",
            "validation",
        )
    with refusals():
        if isinstance(data.train, Windows):
            left, held = data.train.parted(amount, 0, "validation")
            return replace(data, train=left, validation=held)
        train, validation = parted(cast(Any, data.train), amount, 0, "validation")
    notes = _missing_classes(train, validation, data, "validation")
    return replace(data, train=train, validation=validation, notes=(*data.notes, *notes))


def with_test(data: RawData, amount: float | int | None, seed: int = 1) -> RawData:
    """Data whose test images are taken from the training ones, where they have none or the recipe says how many."""
    from netspec.functional import holding_out

    with refusals():
        if amount is None:
            found = cast(RawData, holding_out.with_usual_test(cast(Any, data), seed))
        else:
            found = cast(RawData, holding_out.with_test(cast(Any, data), amount, seed))
    notes = _missing_classes(found.train, found.test, data, "test")
    if amount is None and found.test is None:
        notes = ["there are no test images: 0.2 of each class comes to none; `test` at `data` may say a number"]
    return replace(found, notes=(*data.notes, *notes)) if data.test is None else found


def split_by(amount: float | int | None, seed: int = 1) -> Function:
    """The function that takes the test images from data that have none, as `with_test` does, for readers."""
    if amount is None:
        return functional("holding_out.with_usual_test", seed=seed)
    return functional("holding_out.with_test", amount=amount, seed=seed)


def with_few(data: RawData, each: int, seed: int) -> RawData:
    """Data of which so many images of each class are to train on, and the others test.

    Raises:
        NetspecError: NS0804: classes have fewer images, which are named; or as `holding_out.with_few`.
    """
    from netspec.functional import holding_out

    labels = data.train.labels
    if labels is not None and data.test is None:
        counts = zip(data.classes, labels.bincount(minlength=len(data.classes)).tolist(), strict=False)
        scarce = [f"{name} ({count:,})" for name, count in counts if 0 < count < each]
        if scarce:
            what = f"`per_class: {each}`: there are fewer images of {_classes(scarce)}"
            mismatch(printable(what), "write a smaller number, or leave the classes out", "per_class")
    with refusals():
        found = cast(RawData, holding_out.with_few(cast(Any, data), each, seed))
    return replace(found, notes=(*data.notes, *_missing_classes(found.train, found.test, data, "test")))


def _missing_classes(learned: Part, held: Part | None, data: RawData, name: str) -> list[str]:
    """Notes on classes that the held-out part lacks, or that it took all examples of.

    Args:
        learned: The examples left to train on.
        held: The examples that are held out.
        data: Tells the classes' names.
        name: The held-out part's.
    """
    what, (left, taken) = _what(learned), (_counts(part, len(data.classes)) for part in (learned, held))
    if left is None or taken is None:
        return []
    unheld = [name for name, few, many in zip(data.classes, taken, left, strict=False) if not few and many]
    unlearned = [name for name, few, many in zip(data.classes, left, taken, strict=False) if not few and many]
    found = []
    if unheld:
        found.append(f"no {what} of {_classes(unheld)} is held out for {name}: they have too few")
    if unlearned:
        found.append(f"no {what} of {_classes(unlearned)} is left to train on: all are held out for {name}")
    return found


def _what(part: Part) -> str:
    return "object" if isinstance(part, Boxed) else "image"


def _counts(part: Part | None, classes: int) -> list[int] | None:
    """The images, or objects, of each class in a part; None where that is not known without reading them."""
    if isinstance(part, Boxed):
        return part.counts(classes)
    if part is None or part.labels is None:
        return None
    found: list[int] = part.labels.bincount(minlength=classes).tolist()
    return found


def _classes(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_NAMED])
    if len(names) <= _NAMED:
        return f"{'the class' if len(names) == 1 else 'the classes'} {shown}"
    return f"{len(names):,} classes ({shown}, ...)"
