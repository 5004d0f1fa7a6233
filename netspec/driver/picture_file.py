"""Pictures as files of a format."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from netspec.diagnostics import Code, NetspecError
from netspec.objects.immutable import immutable

if TYPE_CHECKING:
    from netspec.analysis import Analysis
    from netspec.picture.canvas import Canvas
    from netspec.picture.drawing import Direction, Drawing
    from netspec.picture.scene import Scene
    from netspec.picture.themes import Theme
    from netspec.picture.volume_shapes import Volumes
    from netspec.picture.writers import Write

SHOWN = ("kernel", "shapes")
"""What boxes tell unless asked otherwise."""

Themes = Literal["light", "dark", "print"]


@immutable
class Look:
    """How a picture looks, by the options of `netspec.draw`; pictures of other things have the first three."""

    form: str = ".svg"
    theme: Themes = "light"
    width: str | None = None
    style: Literal["graph", "volumes", "blocks"] = "graph"
    level: int | None = None
    direction: Direction = "down"
    show: Sequence[str] = SHOWN
    colour: Literal["kind", "params", "macs", "memory"] = "kind"


@immutable
class Finish:
    """What makes a file of a drawing: a format's writer, colours, the width with its unit, and the format's suffix."""

    write: Write
    theme: Theme
    width: str | None
    form: str = ".svg"

    def file(
        self, drawing: Drawing | Volumes | Canvas, doc: str, fills: Mapping[int, str] | None = None
    ) -> str | bytes:
        """A drawing as a file.

        Args:
            drawing: The places of everything.
            doc: The description for those who do not see it.
            fills: The grounds of boxes, by their numbers, where they are not those of their families.

        Raises:
            NetspecError: NS0911: the format has no place for it. NS0904: a library that it needs is not installed.
        """
        from netspec.driver.shown import picture
        from netspec.picture.picture import Picture

        return picture(self.write(Picture(drawing, self.theme, doc, self.width, fills or {})), self.form)


def finish(look: Look) -> Finish:
    """What makes a file that looks so; asked for before anything is drawn.

    Raises:
        NetspecError: NS0911: the format is unknown or the width is none.
    """
    from netspec.picture import units
    from netspec.picture.themes import THEMES
    from netspec.picture.writers import writer

    return Finish(
        writer(look.form), THEMES[look.theme], None if look.width is None else units.width(look.width), look.form
    )


def picture_file(analysis: Analysis, look: Look) -> str | bytes:
    """A picture of a network as a file; errors are those of `netspec.draw`."""
    from netspec.picture import captions
    from netspec.picture.picture import fills

    made = finish(look)
    shown, drawing = _drawn(analysis, look)
    return made.file(drawing, captions.described(analysis, shown), fills(shown, made.theme, look.colour))


def _drawn(analysis: Analysis, look: Look) -> tuple[Scene, Drawing | Volumes]:
    from netspec.picture.blocks import blocks
    from netspec.picture.building import scene
    from netspec.picture.layout import layout
    from netspec.picture.volumes import line_scene, volumes

    if look.style == "volumes":
        shown = line_scene(analysis, look.level)
        return shown, volumes(analysis, shown)
    if look.style == "blocks":
        if look.level is not None:
            message = "blocks are drawn whole, whatever their level"
            raise NetspecError.of(Code.UNKNOWN_FORMAT, message, help="--level is for --style graph and volumes")
        drawing = blocks(analysis, look.direction, look.show)
        return drawing.scene, drawing
    shown = scene(analysis, look.level, look.show)
    return shown, layout(shown, look.direction)
