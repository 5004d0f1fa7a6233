"""The meaning of numbers: the classes of examples, or values. Imports torch and NumPy in its functions alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from netspec.recipe.data.problems import damaged

if TYPE_CHECKING:
    from torch import Tensor

MOST_CLASSES = 1 << 20
"""Classes that a data set may have: a label such as 2^62 must not make as many names."""

Classes = Annotated[int, Field(ge=1, le=MOST_CLASSES)]
"""The number of classes."""

Targets = Literal["classes", "values"]
"""The meaning of numbers."""


def numbers_of(array: Any, meant: Targets | None, name: str) -> Tensor:
    """Numbers as classes [N], int64, or as values [N, ...], float32, as `functional.data.arrays.numbered` tells them.

    Args:
        array: [N, ...] of numbers.
        meant: The meaning that the recipe gives them.
        name: Their place, for diagnostics.

    Raises:
        NetspecError: NS0803: they are said to be classes and are not, one is larger than any class, or not finite.
    """
    import numpy as np

    from netspec.functional.data.arrays import numbered

    with np.errstate(over="ignore", invalid="ignore"):
        found = numbered(array, meant)
    if found.is_floating_point():
        if meant == "classes":
            damaged(name, f"it is {list(array.shape)}; classes are [N]")
        broken = (~found.isfinite()).flatten(1).any(1).numpy()
        if broken.any():
            damaged(name, f"target {int(broken.argmax()):,} is no finite number")
        return found
    given = array.reshape(-1)
    large = np.isfinite(given) & (given >= MOST_CLASSES)
    if large.any():
        row = int(large.argmax())
        damaged(name, f"label {given[row]} of example {row:,} is too large: there are at most {MOST_CLASSES:,} classes")
    broken = found.numpy() != given
    if broken.any():
        row = int(broken.argmax())
        damaged(name, f"label {given[row]} of example {row:,} is no whole number, and classes are")
    return found


def counted_from(first: int, last: int, classes: int) -> str | None:
    """The advice for labels that are out of range since they do not start at 0; None for all other labels."""
    if first < 1 or last - first >= classes:
        return None
    ways = f"take {first} off each, so that they are 0 to {last - first}; or say `classes: {last + 1}`"
    return f"labels start at {first}: {ways}"
