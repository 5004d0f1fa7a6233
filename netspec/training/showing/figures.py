"""Figures as people read them: shares in per cent, the rest as numbers, each by its title. Imports no torch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import isnan
from typing import Any

from netspec.recipe.metrics import Metric
from netspec.recipe.test_time import apart


def title(figure: str) -> str:
    """The title of a figure of ``metrics.json``: ``top5_error`` is the top-5 error."""
    output, _, own = figure.rpartition(".")
    if output:
        return f"{output} {title(own)}"
    way, own = apart(figure)
    metric = Metric.of_figure(own)
    text = metric.titled(own) if metric else own.replace("_", " ")
    return f"{text} ({way})" if way else text


def unit(figure: str) -> str:
    """``%`` for a share, which is kept as a fraction; ``dB``, or nothing."""
    metric = Metric.of_figure(apart(figure)[1])
    return metric.unit if metric else ""


def shown(figure: str, value: float | None, width: int = 0) -> str:
    """A value with its unit, right-aligned; a dash for none, and for nan, which is what metrics keep as none."""
    if value is None or isnan(value):
        text = "-"
    elif unit(figure) == "%":
        text = f"{value:.2%}"
    elif unit(figure) == "dB":
        text = f"{value:.2f} dB"
    else:
        text = f"{value:.4f}" if 1e-3 <= abs(value) < 1e6 or value == 0 else f"{value:.3e}"
    return f"{text:>{width}}"


def share(value: float | None) -> str:
    """A fraction in per cent; a dash for none."""
    return "-" if value is None else f"{value:.2%}"


def counted(data: str) -> str:
    """The word for the examples of a data set, by its key: images, where it is a plugin's that is not there."""
    from netspec.recipe.data import DataSet

    kind = DataSet.members.get(data)
    return kind.counted if isinstance(kind, type) and issubclass(kind, DataSet) else DataSet.counted


def tested(metrics: Mapping[str, Any], examples: int, data: str) -> str:
    """The figures of the test in a sentence, the headline first: those of ``metrics`` that begin with ``test_``.

    Args:
        metrics: The figures by their names.
        examples: The number of examples that they are of.
        data: The key of the data set.
    """
    named = {name.removeprefix("test_"): name for name in metrics if name.startswith("test_")}
    losses = [name for name in named if is_loss(name)]
    names = [name for name in named if name not in ("images", *losses) and not _is_told_by_output(name, named)]
    parts = [f"test {title(name)} {shown(name, metrics[named[name]])}" for name in [*names, *losses]]
    return ", ".join([f"{parts[0]} of {examples:,} {counted(data)}", *parts[1:]])


def headline(metrics: Mapping[str, Any]) -> str | None:
    """The figure for comparing runs: the first of the test's that is not the loss, else the loss; None without."""
    names = [name.removeprefix("test_") for name in metrics if name.startswith("test_")]
    names = [name for name in names if not _is_told_by_output(name, names)]
    return next((name for name in names if not is_loss(name)), names[0] if names else None)


def is_loss(figure: str) -> bool:
    """Whether a figure is a loss: that of all, of one output, or of another look at the images."""
    return apart(figure.rpartition(".")[2])[1] == "loss"


def _is_told_by_output(figure: str, figures: Iterable[str]) -> bool:
    """Whether a figure is there for one of an output, as ``accuracy`` is for ``digit.accuracy``."""
    return figure == "accuracy" and any(name.endswith(".accuracy") for name in figures)


def headed(figures: Mapping[str, float], of_training: Mapping[str, float]) -> dict[str, float]:
    """Those of the held-out examples beside the training's: the same; where these are losses, also the headline."""
    found = {name: figures[name] for name in of_training}
    if all(map(is_loss, found)):
        first = next((name for name in figures if not is_loss(name)), None)
        found |= {first: figures[first]} if first else {}
    return found


def figures_line(figures: Mapping[str, float]) -> str:
    """Figures beside each other, the loss first, as wide in one epoch as in the next; losses by name where all are."""
    names = ["loss", *(name for name in figures if not is_loss(name))]
    names = names if len(names) > 1 else list(figures)
    return "  ".join(f"{title(n)} {shown(n, figures[n], 7 if unit(n) == '%' else 0)}" for n in names)
