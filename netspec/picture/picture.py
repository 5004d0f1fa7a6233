"""A picture: a drawing with its colours, ready for a writer."""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt

from netspec.objects.immutable import immutable
from netspec.picture.layout import Drawing
from netspec.picture.scene import Box, Scene
from netspec.picture.themes import Theme, mixed

AMOUNTS = ("params", "macs", "memory")
"""What boxes can be coloured by, besides their kind."""


@immutable
class Picture:
    """A drawing with its colours.

    Attributes:
        drawing: The places of everything.
        theme: The colours.
        doc: The description for those who do not see it.
        width: The picture's width with its unit, ``88mm``; None is a pixel for each unit.
        fills: The grounds of boxes, by their numbers, where they are not those of their families.
    """

    drawing: Drawing
    theme: Theme
    doc: str
    width: str | None
    fills: Mapping[int, str]

    def fill(self, box: Box) -> str:
        """The ground of a box."""
        return self.fills.get(box.number) or self.theme.families[box.family]


def box_names(scene: Scene) -> list[str]:
    """The names of boxes in a picture's data: their paths, those of the network's ends after ``input:``."""
    return [f"{box.role}:{box.path}" if box.role in ("input", "output") else box.path for box in scene.boxes]


def fills(scene: Scene, theme: Theme, by: str) -> dict[int, str]:
    """Grounds of boxes, darker the larger their share of an amount is; by ``kind`` none."""
    if by not in AMOUNTS:
        return {}
    amounts = {box.number: getattr(box, "bytes" if by == "memory" else by) for box in scene.boxes if box.keys}
    most = max([each for each in amounts.values() if each is not None], default=0)
    low, high = theme.scale
    return {number: low if not amount else mixed(low, high, sqrt(amount / most)) for number, amount in amounts.items()}
