"""Numbers and shapes as text."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from netspec.objects.immutable import immutable
from netspec.shape import Shape

UNKNOWN = "unknown"

UNITS = ("", "K", "M", "G", "T", "P")
"""The letters for powers of 1,000."""

LEAST_TYPE = 4
"""Characters below which a layer's type is left out, to leave room for its name."""


@immutable
class View:
    """Display options of a table.

    Attributes:
        batch: Size of the batch, or None to show ``None`` in its place.
        channels_last: Whether images and volumes are shown in Keras's order, channels at the end.
        depth: Levels of nesting to show; deeper modules are folded into one row. None shows all.
    """

    batch: int | None = None
    channels_last: bool = False
    depth: int | None = None


def count(number: int | None) -> str:
    """``24147`` as ``24,147``; None as ``unknown``."""
    return UNKNOWN if number is None else f"{number:,}"


def counted(number: int, one: str, several: str) -> str:
    """``1 class`` or ``24,147 classes``."""
    return f"{number:,} {one if number == 1 else several}"


def byte_size(size: int | None) -> str:
    """Bytes as Keras writes them: ``94.32 KB``, with 1,024 bytes to the KB; None as ``unknown``."""
    if size is None:
        return UNKNOWN
    amount, unit = _scaled(size, 1024, ("B", "KB", "MB", "GB", "TB"))
    return f"{amount:.2f} {unit}"


def compact_bytes(size: int | None) -> str:
    """Bytes in fewer characters: ``94.3 KB``; None as ``unknown``."""
    if size is None:
        return UNKNOWN
    amount, unit = _scaled(size, 1024, ("B", "KB", "MB", "GB", "TB"))
    return f"{_three(amount)} {unit}"


def compact(number: int | None) -> str:
    """``25557032`` as ``25.6 M``, with powers of 1,000; a short number is unchanged; None as ``unknown``."""
    if number is None or abs(number) < 100_000:
        return count(number)
    amount, unit = _scaled(number, 1000, UNITS, below=999.5)
    return f"{_three(amount)} {unit}"


def round_count(number: int) -> str:
    """A round number, as the marks on an axis are: ``50 K``, ``2.5 G``."""
    amount, unit = _scaled(number, 1000, UNITS)
    return f"{amount:g} {unit}".strip()


def _scaled(number: int, base: int, units: Sequence[str], below: float | None = None) -> tuple[float, str]:
    """The number in the first unit in which it is below the bound, or else in the last."""
    amount = float(number)
    for unit in units[:-1]:
        if amount < (below or base):
            return amount, unit
        amount /= base
    return amount, units[-1]


def _three(amount: float) -> str:
    """An amount with three digits."""
    return f"{amount:.{max(0, 3 - len(str(int(amount))))}f}"


def yaml_text(value: Any) -> str:
    """A value as YAML in one line, exact."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(yaml_text, value))}]"
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{key}: {yaml_text(each)}' for key, each in value.items())}}}"
    return str(value)


def listed(texts: Sequence[str], most: int, joint: str = ", ") -> str:
    """``a, b, c and 4 more``: at most `most` of the texts."""
    more = f" and {len(texts) - most:,} more" if len(texts) > most else ""
    return joint.join(texts[:most]) + more


def shape_text(shape: Shape, view: View) -> str:
    """A shape with its batch: ``(None, 62, 62, 16)``."""
    axes = (*shape[1:], shape[0]) if view.channels_last and len(shape) >= 3 else shape
    batch = "None" if view.batch is None else str(view.batch)
    return f"({', '.join([batch, *map(str, axes)])})" if axes else f"({batch},)"


def shapes_text(shapes: Sequence[Shape], view: View) -> str:
    """The shapes of all outputs of a layer; a list where there are several."""
    texts = [shape_text(shape, view) for shape in shapes]
    return texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"


def shorten(text: str, width: int, ellipsis: str) -> str:
    """`text` in at most `width` characters, cut in the middle."""
    if len(text) <= width:
        return text
    kept = max(width - len(ellipsis), 0)
    head = (kept + 1) // 2
    tail = kept - head
    return (text[:head] + ellipsis + (text[-tail:] if tail else ""))[:width]


def shorten_shapes(text: str, width: int, ellipsis: str) -> str:
    """``[(None, 8), (None, 4), (None, 2)]`` in at most `width`: the first ones and the number of the others.

    Equal ones are told once; where none has room, there is their number.
    """
    if len(text) <= width or not text.startswith("["):
        return shorten(text, width, ellipsis)
    shapes = re.findall(r"\([^)]*\)", text)
    number = len(shapes)
    told = [f"{number} x {shapes[0]}"] if len(set(shapes)) == 1 else []
    told += [f"[{', '.join(shapes[:shown])}, {number - shown} more]" for shown in range(number - 1, 0, -1)]
    return next((each for each in (*told, f"{number} tensors") if len(each) <= width), shorten(text, width, ellipsis))


def shorten_label(text: str, width: int, ellipsis: str) -> str:
    """``conv1 (Conv2d)`` in at most `width`: first the type loses its end, then all of it, then the name its middle.

    A mark behind the type stays.
    """
    if len(text) <= width:
        return text
    name, _, rest = text.rpartition(" (")
    kind, _, mark = rest.partition(")")
    room = width - len(name) - len(f" (){mark}")
    if room < LEAST_TYPE:
        return shorten(name, width - len(mark), ellipsis) + mark
    return f"{name} ({kind[: room - len(ellipsis)]}{ellipsis}){mark}"
