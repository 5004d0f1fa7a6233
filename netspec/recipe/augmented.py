"""The fit of augmentations to the images of a data set and to each other. Imports no torch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate

from netspec.recipe.augment import Augmentation
from netspec.recipe.augment.mixing import Mixing

Image = tuple[int, ...]
"""The shape of an image, [C, H, W]."""

_MOST_GROWTH = 16
"""How many times as long an axis can become: memory grows by its square."""


def alternating_of(parts: Sequence[Augmentation]) -> tuple[int, ...]:
    """The places, among the numbers of an image, of those that it keeps: each is the first of its part."""
    changes = [part for part in parts if not isinstance(part, Mixing)]
    starts = accumulate((part.numbers for part in changes), initial=0)
    return tuple(start for start, part in zip(starts, changes, strict=False) if part.alternates)


def augment_problems(
    parts: Sequence[Augmentation], read: Image, made: Callable[[Image], Image], judged: Image, mixable: bool
) -> list[tuple[int, str, str | None]]:
    """The problems of augmentations: the index of the wrong one, the reason, and a help.

    Args:
        parts: In the order of the recipe.
        read: The shape of an image as it is read.
        made: Gives the shape that the recipe's `data` make of a shape.
        judged: The shape of the images that are judged.
        mixable: Whether targets can be mixed: classes, or numbers.
    """
    found: list[tuple[int, str, str | None]] = []
    shape = read
    for index, part in enumerate(parts):
        later = next((other.key for other in parts[index + 1 :] if not isinstance(other, Mixing)), None)
        if isinstance(part, Mixing) and later:
            found.append((index, f"`{part.key}` mixes finished images: `{later}` must stand before it", None))
        if isinstance(part, Mixing) and not mixable:
            text = f"`{part.key}` cannot mix the targets of these data"
            found.append((index, text, "it mixes classes and numbers"))
        try:
            shape = part.shape(shape)
        except ValueError as error:
            return [*found, (index, str(error), None)]
    if parts and made(shape) != judged:
        sizes = f"augmented images become {list(made(shape))}, those for judging {list(judged)}"
        help = "change the size of the crop, or `resize`, `pad` or `crop` at `data`"
        found.append((0, f"{sizes}: both must be the same", help))
    return found


def overgrown(parts: Sequence[Augmentation]) -> list[tuple[int, str, str]]:
    """The augmentation by which axes have become longer than `_MOST_GROWTH` times, as `misplaced` tells of those."""
    times = 1.0
    for index, part in enumerate(parts):
        times = 1.0 if part.growth is None else times * part.growth
        if times > _MOST_GROWTH:
            what = f"with `{part.key}` an axis can become {times:g} times as long"
            return [(index, what, f"{_MOST_GROWTH} times at most; a `crop` brings images back to one size")]
    return []


def misplaced(parts: Sequence[Augmentation], boxes: bool) -> list[tuple[int, str, str]]:
    """Augmentations that cannot move boxes, or that only images with boxes can have.

    Args:
        parts: In the order of the recipe.
        boxes: Whether the data have boxes.

    Returns:
        The index of each, the reason, and what could stand in its place.
    """
    if not boxes:
        other = "one that leaves all images of one size"
        of_boxes = [(index, part.key) for index, part in enumerate(parts) if part.sizes]
        return [(index, f"`{key}` is for images with boxes alone: sizes differ then", other) for index, key in of_boxes]
    unfit = [(index, part.key) for index, part in enumerate(parts) if part.boxed() is None]
    able = ", ".join(key for key, kind in Augmentation.members.items() if _moves(kind)) if unfit else ""
    return [(index, f"`{key}` cannot move boxes", f"one of {able}") for index, key in unfit]


def _moves(kind: type) -> bool:
    return issubclass(kind, Augmentation) and kind.boxed is not Augmentation.boxed
