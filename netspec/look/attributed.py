"""Attribution as figures: an image, and over it the map of what its score for a class rests on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import isfinite

import torch
from torch import Tensor

from netspec.look.attribution import Score
from netspec.look.figures import Array, Figure, Panel, Panels, Scale
from netspec.look.method import Options
from netspec.look.opened import Opened, Seen

_CLIPPED = 0.995
"""The share of a map's numbers that have colours of their own: single pixels stand out by far."""


@dataclass(frozen=True, slots=True)
class Attribution:
    """A way to split a score among the pixels of an image.

    Attributes:
        name: Its name, which is its method's.
        title: Its name in titles.
        short: Its name in at most 12 letters, where there is little room.
        unit: The meaning of a map's numbers.
        maps: The maps [N, H, W] of images [N, C, H, W], of a network and a score of it, as the options ask.
        note: A line that says how it was computed.
        clipped: Whether its largest numbers share a colour.
    """

    name: str
    title: str
    short: str
    unit: str
    maps: Callable[[Opened, Score, Tensor, Options], Tensor]
    note: Callable[[Opened, Options], str] = lambda opened, options: ""
    clipped: bool = False

    def figures(self, opened: Opened, images: Sequence[Seen], options: Options) -> Iterator[Figure]:
        """A figure for each image: the class that is asked for, or else the likeliest one."""
        for seen in images:
            target = options.target_of(opened, seen)
            score, said = answer(opened, seen.inputs, target)
            found = self.maps(opened, opened.score(target), seen.inputs, options)[0].float().cpu().numpy()
            yield Panels(
                name=f"{self.name.replace('_', '-')}-{seen.stem}",
                title=f"{self.title} for {opened.class_name(target)}: {said}",
                subtitle=self.note(opened, options),
                panels=(
                    Panel(seen.name, seen.pixels),
                    Panel("the map", None, found),
                    Panel("over the image", seen.pixels, found),
                ),
                scale=self._scale(found),
                columns=3 if seen.pixels.shape[1] <= 2 * seen.pixels.shape[0] else None,
                facts={"image": seen.name, "class": opened.class_name(target), "score": score},
            )

    def _scale(self, found: Array) -> Scale:
        """The scale of a map; of one with single bright pixels without the brightest."""
        finite = torch.from_numpy(found).flatten()
        finite = finite[finite.isfinite()]
        if not self.clipped or not len(finite):
            return Scale.of(found, self.unit)
        most = float(torch.quantile(finite.abs()[:: 1 + len(finite) // 2**22], _CLIPPED)) or float(finite.abs().max())
        return Scale.of(found.clip(-most, most), self.unit)


def largest(found: Tensor) -> Tensor:
    """The largest absolute number of each pixel's channels: [N, C, H, W] to [N, H, W]."""
    return found.abs().amax(1)


def answer(opened: Opened, inputs: Tensor, target: int) -> tuple[float | None, str]:
    """The score of a class for an input [1, C, H, W]; and in words, with the probability where outputs tell it.

    A score that is not finite is None.
    """
    with torch.inference_mode():
        outputs = opened.answer(inputs)
    score, shares = float(opened.scores(outputs)[0, target]), opened.probabilities(outputs)
    if not isfinite(score):
        return None, f"score {score}"
    return score, f"score {score:.3g}" + (
        "" if shares is None else f", probability {percent(float(shares[0, target]))}"
    )


def percent(share: float) -> str:
    """A probability in per cent, which is 0 or 100 only where it is exactly that."""
    if not isfinite(share):
        return f"{share}"
    return "over 99.9%" if 0.9995 <= share < 1 else "below 0.1%" if 0 < share < 0.0005 else f"{share:.1%}"
