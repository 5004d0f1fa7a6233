"""The loss over a learning rate that rises."""

from __future__ import annotations

from netspec.recipe.measuring.range_test import RangeTest
from netspec.training.showing.pictures.style import NEUTRAL, TRAINING, VALIDATION, figure, headline, png, quiet


def rate_curve(found: RangeTest) -> bytes:
    """The curve of a range test as PNG: losses as they were, smoothed, and the rate that is suggested.

    Raises:
        NetspecError: NS0904: matplotlib is not installed.
    """
    values = found.smoothed
    with figure(7.2, 3.4) as drawn:
        from matplotlib.ticker import FuncFormatter

        axes = drawn.subplots()
        quiet(axes)
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.plot(found.rates, found.losses, color=NEUTRAL, linewidth=0.8, alpha=0.5)
        axes.plot(found.rates, values, color=TRAINING, linewidth=1.8)
        low, high = min(values), max(values)
        room = 0.15 * (high - low) or 1.0
        axes.set_ylim(min(low, *found.losses[: found.lowest + 1]) - room, high + room)
        subtitle = "no rate is suggested: the loss did not fall beyond its noise"
        suggested = found.suggested
        if suggested is not None:
            axes.axvline(suggested, color=VALIDATION, linewidth=1.2, linestyle="--")
            subtitle = f"suggested: {suggested:.1e}"
        axes.set_xlabel("learning rate", fontsize=9)
        axes.set_ylabel("loss", fontsize=9)
        headline(drawn, f"{found.name}: loss while the learning rate rises", subtitle)
        return png(drawn)
