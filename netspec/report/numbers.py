"""Numbers and shapes as text."""

from __future__ import annotations

from collections.abc import Sequence

from netspec.objects.immutable import immutable
from netspec.shape import Shape

UNKNOWN = "unknown"

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


def byte_size(size: int) -> str:
    """Bytes as Keras writes them: ``94.32 KB``, with 1,024 bytes to the KB."""
    amount = float(size)
    for unit in ("B", "KB", "MB", "GB"):
        if amount < 1024:
            return f"{amount:.2f} {unit}"
        amount /= 1024
    return f"{amount:.2f} TB"


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
