"""Figures as people read them: shares in per cent, the rest as numbers, each by its title. Imports no torch."""

from __future__ import annotations

from collections.abc import Mapping

from netspec.train.metrics import Metric


def title(figure: str) -> str:
    """What a figure of ``metrics.json`` is called: ``top5_error`` is the top-5 error."""
    metric = Metric.of_figure(figure)
    return metric.titled(figure) if metric else figure.replace("_", " ")


def unit(figure: str) -> str:
    """``%`` for a share, which is kept as a fraction; ``dB``, or nothing."""
    metric = Metric.of_figure(figure)
    return metric.unit if metric else ""


def shown(figure: str, value: float | None, width: int = 0) -> str:
    """A value with its unit, right-aligned; a dash for none."""
    if value is None:
        text = "-"
    elif unit(figure) == "%":
        text = f"{value:.2%}"
    else:
        text = f"{value:.4f}" if 1e-3 <= abs(value) < 1e6 or value == 0 else f"{value:.3e}"
        text += f" {unit(figure)}" if unit(figure) else ""
    return f"{text:>{width}}"


def figures_line(figures: Mapping[str, float]) -> str:
    """Figures beside each other, the loss first, as wide in one epoch as in the next."""
    names = ["loss", *(name for name in figures if name != "loss")]
    return "  ".join(f"{title(n)} {shown(n, figures[n], 7 if unit(n) == '%' else 0)}" for n in names)
