"""The precision of a detector over its recall, of each class."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from netspec.diagnostics.styled import shortened
from netspec.training.showing.pictures.palette import colour
from netspec.training.showing.pictures.style import NEUTRAL, figure, headline, png, quiet

_COLOURED = 7
"""The most classes that have a colour; of more, those between the best and the worst are grey."""

_NAMED = 24
"""The characters of a class that are shown."""


def precision_recall(
    curves: Mapping[str, Sequence[float]], overall: float | None, *, title: str = "", ink: str = "#1F2933"
) -> bytes:
    """The precision at each recall as PNG, where an overlap of 0.5 is enough: a line for each class, and their mean.

    Args:
        curves: The precision at 101 recalls from 0 to 1 by the name of the class, as COCO counts it: at each recall the
            highest that this recall or a larger one has.
        overall: The mean over classes and recalls, a fraction; None where no object tells it.
        title: Over the picture: the run's name.
        ink: The colour of the mean.

    Raises:
        NetspecError: NS0904: matplotlib is not installed.
    """
    means = {name: math.fsum(curve) / len(curve) for name, curve in curves.items()}
    ranked = sorted(means, key=lambda name: -means[name])
    half = _COLOURED // 2
    coloured = ranked if len(ranked) <= _COLOURED else [*ranked[: _COLOURED - half], *ranked[-half:]]
    with figure(6.8, 4.4) as drawn:
        axes = drawn.subplots()
        quiet(axes)
        for name in ranked:
            if name not in coloured:
                axes.plot(_recalls(curves[name]), _shares(curves[name]), color="#C6CCD3", linewidth=0.8, zorder=1)
        # A few classes have the colours of their boxes.
        numbers = list(curves) if len(curves) <= _COLOURED else coloured
        for name in coloured:
            tint = [part / 255 for part in colour(numbers.index(name) + 1)]
            label = f"{' ' * name.startswith('_')}{shortened(name, _NAMED)} {means[name]:.2%}"  # else it is left out
            axes.plot(
                _recalls(curves[name]), _shares(curves[name]), color=tint, linewidth=1.6, label=label, clip_on=False
            )
        if len(curves) > 1:
            mean = [math.fsum(at) / len(at) for at in zip(*curves.values(), strict=True)]
            label = f"all {len(curves)} classes {math.fsum(mean) / len(mean):.2%}"
            axes.plot(
                _recalls(mean),
                _shares(mean),
                color=ink,
                linewidth=2.2,
                linestyle=(0, (4, 2)),
                label=label,
                clip_on=False,
            )
        axes.set(xlim=(0, 100), ylim=(0, 100))
        axes.set_xlabel("recall (%)", fontsize=9)
        axes.set_ylabel("precision (%)", fontsize=9)
        axes.grid(axis="x", color="#E4E7EB", linewidth=0.8)
        if curves:
            axes.legend(loc="center left", bbox_to_anchor=(1.02, 0.5), frameon=False, fontsize=8.5, labelcolor=ink)
        else:
            axes.text(50, 50, "no objects", ha="center", va="center", color=NEUTRAL)
        told = "no object tells it" if overall is None else f"mAP50 {overall:.2%}: boxes that overlap by half or more"
        headline(drawn, title or "precision and recall", told)
        return png(drawn)


def _recalls(curve: Sequence[float]) -> list[float]:
    return [100 * index / (len(curve) - 1) for index in range(len(curve))]


def _shares(curve: Sequence[float]) -> list[float]:
    return [100 * value for value in curve]
