"""The meaning of numbers: the classes of examples, or values. Imports NumPy in its functions alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from netspec.recipe.data.problems import damaged

if TYPE_CHECKING:
    import numpy as np

MOST_CLASSES = 1 << 20
"""Classes that a data set may have: a label such as 2^62 must not make as many names."""

Classes = Annotated[int, Field(ge=1, le=MOST_CLASSES)]
"""The number of classes."""

Targets = Literal["classes", "values"]
"""The meaning of numbers."""


def class_numbers(array: Any, meant: Targets | None, name: str) -> np.ndarray[Any, Any] | None:
    """Numbers as classes [N], int64; None where they are values.

    Whole numbers are classes. So are floats where the recipe says so, or where they are 0, 1, ... without a gap, one to
    an example: that is how tables write labels.

    Args:
        array: [N] or [N, 1] of numbers.
        meant: The meaning that the recipe gives them.
        name: Their place, for diagnostics.

    Raises:
        NetspecError: NS0803: they are said to be classes and are not, or one is larger than any class.
    """
    import numpy as np

    if meant == "values":
        return None
    floats = array.dtype.kind == "f"
    if array.ndim == 2 and array.shape[1] == 1 and (meant or not floats):
        array = array[:, 0]
    if array.ndim != 1:
        if meant:
            damaged(name, f"it is {list(array.shape)}; classes are [N]")
        return None
    if floats:
        whole = np.isfinite(array) & (array == np.floor(array))
        if meant is None and not (whole.all() and _counts(array)):
            return None
        if not whole.all():
            row = int((~whole).argmax())
            damaged(name, f"label {array[row]} of example {row:,} is no whole number, and classes are")
    with np.errstate(over="ignore"):  # numbers beyond the range of half precision
        large = array >= MOST_CLASSES
    if large.any():
        row = int(large.argmax())
        damaged(name, f"label {array[row]} of example {row:,} is too large: there are at most {MOST_CLASSES:,} classes")
    found: np.ndarray[Any, Any] = array.astype(np.int64)
    return found


def counted_from(first: int, last: int, classes: int) -> str | None:
    """The advice for labels that are out of range since they do not start at 0; None for all other labels."""
    if first < 1 or last - first >= classes:
        return None
    ways = f"take {first} off each, so that they are 0 to {last - first}; or say `classes: {last + 1}`"
    return f"labels start at {first}: {ways}"


def _counts(array: Any) -> bool:
    """Whether whole floats are 0, 1, ... without a gap, at least two of them."""
    import numpy as np

    found = np.unique(array)
    return len(found) > 1 and bool((found == np.arange(len(found))).all())
