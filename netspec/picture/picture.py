"""A picture: a drawing with its colours, ready for a writer."""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt

from netspec.diagnostics import Code, NetspecError
from netspec.objects.immutable import immutable
from netspec.picture.canvas import Canvas
from netspec.picture.drawing import Drawing
from netspec.picture.scene import Box, Scene
from netspec.picture.themes import Theme, mixed
from netspec.picture.volume_shapes import Volumes

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

    drawing: Drawing | Volumes | Canvas
    theme: Theme
    doc: str
    width: str | None
    fills: Mapping[int, str]

    @property
    def name(self) -> str:
        """What it shows."""
        return self.drawing.name if isinstance(self.drawing, Canvas) else self.drawing.scene.name

    @property
    def boxes(self) -> tuple[Box, ...]:
        """The boxes of its scene; a canvas has none."""
        return () if isinstance(self.drawing, Canvas) else self.drawing.scene.boxes

    @property
    def graph(self) -> Drawing:
        """The drawing of boxes and frames.

        Raises:
            NetspecError: NS0911: it is one of volumes or a canvas, which the format cannot tell.
        """
        if isinstance(self.drawing, Canvas):
            message = "it is no graph of boxes, which alone this format can tell"
            raise NetspecError.of(Code.UNKNOWN_FORMAT, message, expected="one of .svg, .png, .pdf, .tex")
        if isinstance(self.drawing, Volumes):
            message = "volumes are drawn as SVG, PNG, PDF or TikZ"
            raise NetspecError.of(Code.UNKNOWN_FORMAT, message, help="another format draws the graph: --style graph")
        return self.drawing

    @property
    def flow(self) -> Drawing:
        """The drawing of boxes and frames alone.

        Raises:
            NetspecError: NS0911: it is one of volumes, or has tables, which the format cannot tell.
        """
        if self.graph.tables:
            message = "blocks with their table are drawn as SVG, PNG, PDF or TikZ"
            raise NetspecError.of(Code.UNKNOWN_FORMAT, message, help="this format draws the graph: --style graph")
        return self.graph

    def fill(self, box: Box) -> str:
        """The ground of a box."""
        return self.fills.get(box.number) or self.theme.families[box.family]


def box_name(box: Box) -> str:
    """The name of a box in a picture's data: its path, that of the network's ends after ``input:`` or ``output:``."""
    return f"{box.role}:{box.path}" if box.role in ("input", "output") else box.path


def fills(scene: Scene, theme: Theme, by: str) -> dict[int, str]:
    """Grounds of boxes, darker the larger their share of an amount is; by ``kind`` none."""
    if by not in AMOUNTS:
        return {}
    amounts = {box.number: getattr(box, "bytes" if by == "memory" else by) for box in scene.boxes if box.keys}
    most = max([each for each in amounts.values() if each is not None], default=0)
    low, high = theme.scale
    return {number: low if not amount else mixed(low, high, sqrt(amount / most)) for number, amount in amounts.items()}
