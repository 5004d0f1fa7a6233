"""The display of a run's progress in a notebook: a bar, and curves that grow with each epoch. Imports no torch."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from html import escape
from math import isfinite
from typing import TYPE_CHECKING, Any, Self

from netspec.diagnostics.notebook import html
from netspec.diagnostics.styled import visible
from netspec.training.showing.figures import headed, shown, title, unit
from netspec.training.showing.progress import Display

if TYPE_CHECKING:
    from netspec.diagnostics import Diagnostic
    from netspec.training.keeping.metrics_file import Epoch

_EVERY = 0.2
"""Seconds between two pictures of an epoch in hand."""
_WIDE, _HIGH, _ABOVE, _LEFT = 300, 120, 18, 44
"""The size of a panel, and the room in it for its title and its numbers."""
_MOST = 4
"""The most figures that have a panel."""
_MOST_POINTS = 400
"""The most points of a curve; of more epochs, some are left out."""
_TRAINING, _VALIDATION = "#0072B2", "#D55E00"
"""Blue and vermilion of Okabe and Ito's palette, which are read on a light and on a dark ground."""


def kernel_display() -> Any | None:
    """IPython's `display` where the process is the kernel of a notebook; None elsewhere."""
    module = sys.modules.get("IPython")
    shell = module.get_ipython() if module else None
    if getattr(shell, "kernel", None) is None:
        return None
    from IPython.display import display

    return display


class Notebook(Display):
    """A bar for the epoch in hand above curves of the figures, all in one output that is drawn anew."""

    def __init__(self, display: Any) -> None:
        """A display by IPython's function `display`, or one like it."""
        self._display = display
        self._handle: Any = None
        self._epochs: list[Epoch] = []
        self._notes: list[str] = []
        self._bar = self._result = ""
        self._counted = ""
        self._steps, self._head = 0, ""
        self._drawn = 0.0

    def note(self, text: str) -> None:
        self._notes.append(f"<div>note: {escape(visible(text))}</div>")
        self._draw()

    def warn(self, findings: Sequence[Diagnostic]) -> None:
        self._notes.append(html(list(findings)))
        self._draw()

    @contextmanager
    def loading(self, what: str) -> Iterator[None]:
        self._bar = f"<div>loading {escape(visible(what))} ...</div>"
        self._draw()
        yield
        self._bar = ""

    def __enter__(self) -> Self:
        self._draw()
        return self

    def __exit__(self, *error: object) -> None:
        self._bar = ""
        self._draw()

    def begin(self, epoch: int, epochs: int, steps: int, counted: str) -> None:
        self._counted = counted
        self._head, self._steps = f"epoch {epoch}/{epochs}", steps
        self._told(0, "")

    def step(self, done: int, figures: Mapping[str, float], rate: float, left: float) -> None:
        if time.monotonic() - self._drawn < _EVERY:
            return
        each = [f"{title(name)} {shown(name, value)}" for name, value in figures.items()]
        self._told(done, "  ".join([f"{timedelta(seconds=round(left))} left", *each, f"{rate:,.0f} {self._counted}/s"]))

    def end(self, epoch: Epoch, epochs: int) -> None:
        self._epochs.append(epoch)
        self._draw()

    def result(self, text: str) -> None:
        self._result = "".join(f"<div>{escape(visible(each))}</div>" for each in text.split("\n"))
        self._draw()

    def _told(self, done: int, text: str) -> None:
        bar = f'<progress value="{done}" max="{self._steps}"></progress>'
        self._bar = f"<div>{self._head} {bar} {done}/{self._steps} {escape(visible(text))}</div>"
        self._draw()

    def _draw(self) -> None:
        """Replace what is shown; the first time it is shown at all."""
        self._drawn = time.monotonic()
        shown_ = _Html("".join([*self._notes, self._bar, curves_html(self._epochs), self._result]))
        if self._handle is None:
            self._handle = self._display(shown_, display_id=True)
        else:
            self._handle.update(shown_)


class _Html:
    """A piece of HTML for `display`."""

    def __init__(self, text: str) -> None:
        self.text = text

    def _repr_html_(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return "<netspec training>"


def curves_html(epochs: Sequence[Epoch]) -> str:
    """Curves of the figures as SVG in a notebook's own colours: a panel each, training and held-out images in it."""
    if not epochs:
        return ""
    epochs = epochs[:: -(-len(epochs) // _MOST_POINTS)] if len(epochs) > _MOST_POINTS else epochs
    last = epochs[-1]
    held = headed(last.validation, last.figures) if last.validation else {}
    names = list({**last.figures, **held})[:_MOST]
    width = len(names) * _WIDE
    panels = "".join(_panel(epochs, name, at * _WIDE) for at, name in enumerate(names))
    rows = [("training", _TRAINING, last.figures), ("validation", _VALIDATION, last.validation)]
    legend = "".join(
        f'<div><span style="color: {colour}">&#9644;</span> {part}: '
        + "  ".join(escape(f"{title(name)} {shown(name, figures[name])}") for name in names if name in figures)
        + "</div>"
        for part, colour, figures in rows
        if figures
    )
    return (
        f'<svg width="{width}" height="{_ABOVE + _HIGH + 24}" viewBox="0 0 {width} {_ABOVE + _HIGH + 24}" role="img" '
        f'aria-label="figures by epoch" font-size="11" fill="currentColor">{panels}</svg>{legend}'
    )


def _panel(epochs: Sequence[Epoch], name: str, left: int) -> str:
    series = [
        (
            colour,
            [(each.epoch, value) for each in epochs if (value := part(each).get(name)) is not None and isfinite(value)],
        )
        for colour, part in ((_TRAINING, _of_training), (_VALIDATION, _of_validation))
    ]
    values = [value for _, points in series for _, value in points]
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    span, first, last = (high - low) or 1.0, epochs[0].epoch, max(epochs[-1].epoch, epochs[0].epoch + 1)

    def place(epoch: int, value: float) -> str:
        across = left + _LEFT + (epoch - first) / (last - first) * (_WIDE - _LEFT - 16)
        return f"{across:.1f},{_ABOVE + (high - value) / span * _HIGH:.1f}"

    lines = "".join(
        f'<polyline points="{" ".join(place(*point) for point in points)}" fill="none" stroke="{colour}" '
        f'stroke-width="2"/><circle cx="{place(*points[-1]).partition(",")[0]}" '
        f'cy="{place(*points[-1]).partition(",")[2]}" r="3" fill="{colour}"/>'
        for colour, points in series
        if points
    )
    bottom = _ABOVE + _HIGH
    words = [
        (left + _LEFT, 11, "start", f"{title(name)}{f' ({unit(name)})' if unit(name) and unit(name) != '%' else ''}"),
        (left + _LEFT - 4, _ABOVE + 8, "end", _tick(name, high)),
        (left + _LEFT - 4, bottom, "end", _tick(name, low)),
        (left + _LEFT, bottom + 16, "start", f"epoch {first}"),
        (left + _WIDE - 16, bottom + 16, "end", str(epochs[-1].epoch)),
    ]
    told = "".join(
        f'<text x="{x}" y="{y}" text-anchor="{anchor}">{escape(text)}</text>' for x, y, anchor, text in words
    )
    axes = f'<path d="M{left + _LEFT} {_ABOVE}V{bottom}H{left + _WIDE - 16}" fill="none" stroke="#8888"/>'
    return axes + lines + told


def _tick(name: str, value: float) -> str:
    return f"{value:.1%}" if unit(name) == "%" else f"{value:.3g}"


def _of_training(epoch: Epoch) -> Mapping[str, float]:
    return epoch.figures


def _of_validation(epoch: Epoch) -> Mapping[str, float]:
    return epoch.validation
