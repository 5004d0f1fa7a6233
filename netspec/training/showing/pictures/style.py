"""The style of all pictures: a figure that needs no screen, quiet axes, colours that all eyes tell apart."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import TYPE_CHECKING, Any, Literal

from netspec.diagnostics.styled import shortened
from netspec.frontend.pause import collection_paused
from netspec.recipe.libraries import require

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TRAINING, VALIDATION, NEUTRAL = "#0072B2", "#D55E00", "#5A6472"
"""Blue and vermilion of Okabe and Ito's palette; slate grey for the rest."""

_INK, _LINE, _GRID = "#1F2933", "#9AA5B1", "#E4E7EB"
_DOTS = 150
"""Dots per inch."""


_AS_WRITTEN: Any = {"text.parse_math": False, "text.usetex": False, "axes.formatter.use_mathtext": False}
"""Texts are no formulas, whatever dollars are in them: names of classes and runs are strangers'."""

_TITLE = 80
"""Characters of a title that are shown."""


@contextmanager
def figure(
    width: float,
    height: float,
    dots: int = _DOTS,
    ground: str = "white",
    layout: Literal["constrained"] | None = "constrained",
) -> Iterator[Figure]:
    """An empty figure, which belongs to no window; it is filled and written within the context.

    Args:
        width: In inches.
        height: In inches.
        dots: Pixels of an inch.
        ground: The colour behind all.
        layout: The way in which axes find their places; None has them where they are put.

    Raises:
        NetspecError: NS0904: matplotlib is not installed.
    """
    require("matplotlib")
    with collection_paused():
        from matplotlib import rc_context
        from matplotlib.figure import Figure

    with rc_context(_AS_WRITTEN), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of every character that the font lacks
        yield Figure(figsize=(width, height), dpi=dots, layout=layout, facecolor=ground)


def quiet(axes: Axes) -> None:
    """Axes without a box, on a faint horizontal grid."""
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(_LINE)
    axes.tick_params(colors=_INK, labelsize=8, color=_LINE, length=3)
    axes.grid(axis="y", color=_GRID, linewidth=0.8)
    axes.set_axisbelow(True)


def headline(drawn: Figure, title: str, subtitle: str = "", size: float = 11) -> None:
    """A title over the whole figure, and a smaller subtitle in it."""
    title = shortened(title, _TITLE)
    text = f"{title}\n{subtitle}" if subtitle else title
    drawn.suptitle(text, x=0.012, ha="left", fontsize=size, color=_INK, linespacing=1.4)


def png(drawn: Figure, margin: float | None = None) -> bytes:
    """The figure as PNG: in its own size, or cut to what is on it and a margin in inches."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas: Any = FigureCanvasAgg(drawn)
    stream = BytesIO()
    metadata: Any = {"Software": "netspec"}
    if margin is None:
        canvas.print_png(stream, metadata=metadata)  # lays out and draws once, where `savefig` does so twice
    else:
        drawn.savefig(stream, format="png", bbox_inches="tight", pad_inches=margin, metadata=metadata)
    return stream.getvalue()


def pixels(drawn: Figure) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """The figure's colours, uint8 [H, W, 3], in its own size."""
    import numpy as np
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas: Any = FigureCanvasAgg(drawn)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()
