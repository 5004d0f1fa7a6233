"""What data give a network and ask of it; images in files are asked by their headers alone."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any, Literal

from netspec.objects.immutable import immutable
from netspec.recipe.data import DataSet
from netspec.recipe.data.headers import headers_of
from netspec.recipe.data.problems import mismatch
from netspec.recipe.data.raw import Files, Images, RawData

Told = Literal["classes", "labels", "values", "masks", "image"]
"""What examples tell: a class, some of several labels, values, a class for each pixel, or nothing but themselves."""

_LOOKED_AT = 512
"""Files whose headers are read, evenly spread."""

_FEWEST = 8
"""Examples to learn from."""

_HALVED = 8
"""Height and width of images with masks are multiples of it."""

_GRAY = ("1", "L", "LA", "I", "F")
_SIZES = (32, 48, 64, 96, 128)
"""Heights and widths that images of several sizes are brought to: the largest that most images have."""

_LARGEST = 256
"""Height or width up to which images that are all of one size stay as they are."""


@immutable
class Seen:
    """What data give and ask.

    Attributes:
        shape: The shape of an example as the network takes it.
        told: What examples tell.
        names: The names of classes or labels; empty where they tell neither.
        values: How many numbers they tell.
        options: Options of the section `data` that bring examples to this shape.
        files: The sizes of the files, in words; empty of others.
    """

    shape: tuple[int, ...]
    told: Told
    names: tuple[str, ...]
    values: int
    options: Mapping[str, Any]
    files: str = ""

    @property
    def outputs(self) -> int:
        """How many numbers the network tells of each example, or of each of its pixels."""
        return len(self.names) or self.values


def seen(data: DataSet, raw: RawData) -> Seen:
    """What the examples of a data set give and ask.

    Raises:
        NetspecError: NS0804: no start is known for such examples.
    """
    part = raw.train
    if len(part) < _FEWEST:
        mismatch(f"there are {len(part)} examples to learn from, and a start needs {_FEWEST}")
    if isinstance(part, Files):
        channels, (height, width), files = _of_files(part)
        options: dict[str, Any] = {} if channels == 3 else {"channels": channels}
        resized = _resized(height, width, isinstance(files, str), _HALVED if part.masks else 1)
        shape: tuple[int, ...] = (channels, *resized)
        if files is not None or resized != (height, width):
            options["resize"] = resized[0] if resized[0] == resized[1] else list(resized)
    elif isinstance(part, Images):
        shape, options, files = tuple(part.images.shape[1:]), {}, None
        if len(shape) == 3 and _masked(part):
            if any(size % _HALVED for size in shape[1:]):
                what = f"its masks are {shape[1]}x{shape[2]}, and the start for masks halves its maps three times"
                mismatch(what, f"bring images and masks to multiples of {_HALVED}")
        elif len(shape) == 3 and data.known_image is None:
            resized = _resized(*shape[1:], several=False, multiple=1)
            if resized != shape[1:]:
                shape, options = (shape[0], *resized), {"resize": list(resized)}
    else:
        mismatch(f"no start is known for the examples of {data.key}")
    told = _told(part, raw)
    if told == "values" and part.targets is not None and part.targets.ndim > 2:
        mismatch(f"each example tells values of {list(part.targets.shape[1:])}, and a start tells one axis of them")
    if told == "classes" and len(raw.classes) > len(part):
        what = f"there are {len(raw.classes):,} classes for {len(part):,} examples"
        mismatch(what, "number classes from 0 on without gaps, or say `targets: values`")
    names = raw.classes if told in ("classes", "masks") else raw.labels
    targets = part.targets
    values = 1 if targets is None or targets.ndim == 1 else prod(targets.shape[1:])
    return Seen(shape, told, names, values, options, files or "")


def _masked(part: Images | Files) -> bool:
    targets = part.targets
    return (isinstance(part, Files) and part.masks is not None) or (
        targets is not None and targets.ndim == 3 and not targets.is_floating_point()
    )


def _told(part: Images | Files, raw: RawData) -> Told:
    if _masked(part):
        return "masks"
    targets = part.targets
    if targets is None:
        return "image"
    if not targets.is_floating_point():
        return "classes" if targets.ndim == 1 else "labels"
    binary = targets.ndim == 2 and targets.shape[1] > 1 and bool(((targets == 0) | (targets == 1)).all())
    return "labels" if raw.labels or binary else "values"


def _of_files(part: Files) -> tuple[int, tuple[int, int], str | None]:
    """Channels and size of images in files, by some headers, and their sizes in words where they differ."""
    sizes, gray = [], True
    for found in headers_of(part, _LOOKED_AT):
        sizes.append((found.size[1], found.size[0]))
        gray = gray and (found.mode in _GRAY or found.mode.startswith("I;"))
    if not sizes:
        mismatch("none of the images can be read")
    middle = sorted(sizes, key=min)[len(sizes) // 4]
    if len(set(sizes)) == 1:
        return (1 if gray else 3), sizes[0], None
    heights, widths = zip(*sizes, strict=True)
    words = f"{min(heights)}x{min(widths)} to {max(heights)}x{max(widths)}"
    return (1 if gray else 3), middle, words


def _resized(height: int, width: int, several: bool, multiple: int) -> tuple[int, int]:
    """The size that images are brought to: their own, unless they are of several, large, or no multiple of a number.

    Args:
        height: Of the images, or of a typical one.
        width: Likewise.
        several: Whether others have another size.
        multiple: What the network halves evenly.
    """
    if several:
        side = max((size for size in _SIZES if size <= min(height, width)), default=_SIZES[0])
        return side, side
    shrunk = max(1.0, max(height, width) / _LARGEST)
    fitted = [max(multiple, round(length / shrunk) // multiple * multiple) for length in (height, width)]
    return fitted[0], fitted[1]
