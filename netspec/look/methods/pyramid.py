"""The levels of a detector's pyramid over an image."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from netspec.look.figures import Figure, Panel, Panels, Scale
from netspec.look.method import Method, Options
from netspec.look.opened import Opened, Seen
from netspec.look.pyramid import over, pyramid


def _look(opened: Opened, images: Sequence[Seen], options: Options) -> Iterator[Figure]:
    """A figure for each image, with the image and a panel for each level."""
    for seen in images:
        found = pyramid(opened, seen)
        heats = [over(found.image, each.maps.abs().mean(0).numpy(), found.padded) for each in found.levels]
        height, width = found.image.shape[:2]
        captions = [
            f"level {index}: {each.positions}, {each.maps.shape[0]:,} maps" for index, each in enumerate(found.levels)
        ]
        yield Panels(
            name=f"pyramid-{seen.stem}",
            title=f"{seen.name}: {len(found.levels)} levels of the pyramid",
            subtitle="the mean over a level's maps of what they hold, regardless of sign",
            panels=[
                Panel(f"the image, seen as {height}x{width}", found.image),
                *(Panel(text, found.image, heat) for text, heat in zip(captions, heats, strict=True)),
            ],
            scale=Scale.of(np.stack(heats), "mean |activation|", signed=False),
            facts={"image": seen.name, "levels": [list(each.maps.shape) for each in found.levels]},
        )


METHOD = Method(
    "the levels of a detector's pyramid over an image: where each responds", _look, image=True, detectors="only"
)
