"""Loss, figures and learning rate over the epochs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from netspec.training.showing import figures
from netspec.training.showing.pictures.style import NEUTRAL, TRAINING, VALIDATION, figure, headline, png, quiet

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Epochs = Sequence[Mapping[str, float | None]]
"""The value of `epochs` in ``metrics.json``."""

_NO_FIGURES = ("epoch", "steps", "step", "learning_rate", "seconds", "images_per_second")
"""The keys of an epoch beside its figures."""

_MOST = 20
"""The most figures that are drawn: of more, which no recipe makes, the first."""

_DECADES = 50
"""The quotient of the largest and the smallest loss from which on the axis is logarithmic."""


def curves(
    epochs: Epochs,
    *,
    title: str = "",
    loss_unit: str = "",
    best: int | None = None,
    rates: Sequence[tuple[float, float]] = (),
) -> bytes:
    """Curves over the epochs as PNG: a panel for the loss, one for each figure, one for the learning rate.

    Args:
        epochs: From the first to the last that is over; figures that begin with ``validation_`` share the panel of
            the training figure of that name. Shares are fractions and are shown in per cent.
        title: Over the picture: the run's name.
        loss_unit: The unit of the loss, such as ``nats``.
        best: The epoch whose weights are the best; marked.
        rates: The learning rate at times, in epochs; without them that of each epoch's end is shown.

    Raises:
        NetspecError: NS0904: matplotlib is not installed.
    """
    names = _names(epochs)
    columns = 1 if len(names) <= 2 else 2
    rows = -(-(len(names) + 1) // columns)
    with figure(7.2 if columns == 1 else 10.4, 0.55 + 2.05 * rows) as drawn:
        panels = drawn.subplots(rows, columns, sharex=True, squeeze=False).flatten(order="F").tolist()
        for panel, name in zip(panels, names, strict=False):
            _figure_panel(panel, epochs, name, loss_unit, best)
        _rate_panel(panels[len(names)], epochs, rates)
        for panel in panels[len(names) + 1 :]:
            panel.set_visible(False)
        for index in (*range(rows - 1, len(panels), rows), len(names)):
            panels[index].set_xlabel("epoch", fontsize=9)
            panels[index].tick_params(labelbottom=True)
        _legend(drawn, panels[0])
        drawn.align_ylabels(panels)
        headline(drawn, title or "training")
        return png(drawn)


def _names(epochs: Epochs) -> list[str]:
    """The figures that any epoch tells, the loss first; each once, for training and validation."""
    found = dict.fromkeys(key.removeprefix("validation_") for epoch in epochs for key in epoch if _is_told(epoch[key]))
    return ["loss", *(name for name in found if name not in (*_NO_FIGURES, "loss"))][:_MOST]


def _series(epochs: Epochs, name: str) -> tuple[list[float], list[float]]:
    """Epochs and values, where there is a value."""
    pairs = [(epoch["epoch"], epoch.get(name)) for epoch in epochs]
    known = [(x, y) for x, y in pairs if x is not None and y is not None and _is_told(y)]
    return [x for x, _ in known], [y for _, y in known]


def _is_told(value: float | None) -> bool:
    return value is not None and math.isfinite(value)


def _figure_panel(panel: Axes, epochs: Epochs, name: str, loss_unit: str, best: int | None) -> None:
    from matplotlib.ticker import MaxNLocator

    quiet(panel)
    unit = loss_unit if name == "loss" else figures.unit(name)
    scale = 100 if unit == "%" else 1
    for label, key, colour in (("training", name, TRAINING), ("validation", f"validation_{name}", VALIDATION)):
        x, y = _series(epochs, key)
        if x:
            panel.plot(x, [scale * value for value in y], color=colour, label=label, **_stroke(len(x)))
    if best is not None:
        panel.axvline(best, color=NEUTRAL, linewidth=0.9, linestyle=(0, (4, 3)), label=f"best epoch, {best}", zorder=1)
    values = [value for key in (name, f"validation_{name}") for value in _series(epochs, key)[1]]
    if name == "loss" and values and min(values) > 0 and max(values) > _DECADES * min(values):
        _logarithmic(panel)
    if unit == "%" and values:
        _within_100(panel)
    panel.set_ylabel(f"{figures.title(name)}{f' ({unit})' if unit else ''}", fontsize=9)
    panel.xaxis.set_major_locator(MaxNLocator(integer=True))


def _logarithmic(panel: Axes) -> None:
    """Make an axis logarithmic, with numbers that are no formulas."""
    from matplotlib.ticker import FuncFormatter, NullFormatter

    panel.set_yscale("log")
    panel.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    panel.yaxis.set_minor_formatter(NullFormatter())  # a loss over decades has powers of ten enough


def _within_100(panel: Axes) -> None:
    """Keep an axis of shares between nothing and all, and at least a hundredth high: more would be noise."""
    low, high = panel.get_ylim()
    short = max(0.0, 1 - (high - low)) / 2
    panel.set_ylim(max(low - short, 0), min(high + short, 100))


def _rate_panel(panel: Axes, epochs: Epochs, rates: Sequence[tuple[float, float]]) -> None:
    from matplotlib.ticker import MaxNLocator

    quiet(panel)
    x, y = ([at for at, _ in rates], [rate for _, rate in rates]) if rates else _series(epochs, "learning_rate")
    stroke: dict[str, Any] = {"linewidth": 1.6} if rates else _stroke(len(x))
    panel.plot(x, y, color=NEUTRAL, **stroke)
    panel.set_ylim(bottom=0)
    panel.set_ylabel("learning rate", fontsize=9)
    panel.ticklabel_format(axis="y", style="sci", scilimits=(-2, 3), useMathText=False)
    panel.xaxis.set_major_locator(MaxNLocator(integer=True))


def _stroke(points: int) -> dict[str, Any]:
    """A line; where points are few, with a dot at each."""
    return {"linewidth": 1.6, "marker": "o" if points <= 20 else None, "markersize": 3.5, "clip_on": False}


def _legend(drawn: Figure, panel: Axes) -> None:
    """A legend of the colours, beside the title."""
    handles, labels = panel.get_legend_handles_labels()
    legend = drawn.legend(handles, labels, loc="upper right", ncols=3, frameon=False, fontsize=9, borderaxespad=0.3)
    legend.set_in_layout(False)
