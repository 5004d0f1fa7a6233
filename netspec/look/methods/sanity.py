"""Whether a map tells of what was learned: maps of the same image under weights made random, layer by layer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import isfinite

import torch
from torch import Tensor

from netspec.look.figures import Array, Chart, Charts, Curve, Figure, Panel, Panels, Scale
from netspec.look.method import Method, Options
from netspec.look.opened import Opened, Seen
from netspec.look.sanity_check import Step, attributions, likeness, steps

_STRIP = 5
"""Steps of which a strip has pictures, beside the trained network."""


def _look(opened: Opened, images: Sequence[Seen], options: Options) -> Iterator[Figure]:
    """A strip of maps for each image, and the curves of their likeness to the first ones, the mean of the images."""
    targets = [options.target_of(opened, seen) for seen in images]
    found = list(steps(opened, torch.cat([seen.inputs for seen in images]), targets, options))
    for row, seen in enumerate(images):
        yield _strip(opened, seen, targets[row], row, found)
    yield _curves(opened, found, [seen.name for seen in images])


def _strip(opened: Opened, seen: Seen, target: int, row: int, found: Sequence[Step]) -> Panels:
    """A row for each method: the trained network, then steps evenly spread up to the wholly random one."""
    shown = sorted({round(at * (len(found) - 1) / _STRIP) for at in range(_STRIP + 1)})
    names = {each.name: each.short for each in attributions(opened)}
    panels = [
        Panel(found[at].layer or title, None, _own_scale(found[at].maps[name][row]))
        for name, title in names.items()
        for at in shown
    ]
    return Panels(
        name=f"sanity-{seen.stem}",
        title=f"Maps of {seen.name} for {opened.class_name(target)} as weights are made random",
        subtitle="first as trained, then with random weights from the named layer to the last; each on its own scale",
        panels=panels,
        scale=Scale(0.0, 1.0, "share of the largest"),
        columns=len(shown),
        facts={"image": seen.name, "class": opened.class_name(target)},
    )


def _own_scale(found: Tensor) -> Array:
    """A map as shares of its largest number; a map of zeros stays one."""
    finite = found[found.isfinite()]
    most = float(finite.max()) if len(finite) else 0.0
    shares: Array = (found / most if most else found).numpy()
    return shares


def _curves(opened: Opened, found: Sequence[Step], names: Sequence[str]) -> Charts:
    """The likeness of each step's maps to those as trained."""
    ranks: list[Curve] = []
    structure: list[Curve] = []
    facts = {}
    for each in attributions(opened):
        values = [likeness(found[0].maps[each.name], step.maps[each.name]) for step in found]
        for curves, position in ((ranks, 0), (structure, 1)):
            numbers = [value[position] for value in values]
            curves.append(Curve(each.title, [float("nan") if number is None else number for number in numbers]))
        facts[each.name] = [{"rank_correlation": rank, "ssim": ssim} for rank, ssim in values]
    lowest = min([0.0, *(each for curve in (*ranks, *structure) for each in curve.values if isfinite(each))]) - 0.05
    gaps = any(not isfinite(each) for curve in (*ranks, *structure) for each in curve.values)
    told = "1: the map as trained, 0: an unrelated one. A map that stays alike does not tell what was learned"
    return Charts(
        name="sanity",
        title="How alike maps stay as weights are made random",
        subtitle=f"{told}\nNo point: the map is the same number everywhere, which is like nothing" if gaps else told,
        places=["as trained", *(str(step.layer) for step in found[1:])],
        axis="random from this layer to the last",
        charts=[
            Chart(curves, unit, limits=(lowest, 1.05))
            for curves, unit in ((ranks, "rank correlation"), (structure, "SSIM"))
        ],
        facts={"images": list(names), "layers": [step.layer for step in found[1:]], **facts},
    )


METHOD = Method(
    "maps as weights are made random, layer by layer, and how alike they stay",
    _look,
    image=True,
    target=True,
    unasked=False,
)
