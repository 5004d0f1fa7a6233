"""The picture of a filtered image, alone or beside the image that it was made of. Needs Pillow."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np

from netspec.diagnostics.styled import shortened
from netspec.look.filtering import Filtered
from netspec.look.levels import Levels

if TYPE_CHECKING:
    from PIL.Image import Image

_MARGIN = 12
_LEAST = 160
"""The least pixels of a picture's longer side beside another; smaller ones are enlarged by whole factors."""


def png(made: Filtered, levels: Levels, *, beside: bool = False) -> bytes:
    """The output as PNG at its own size; `beside` the image, each with a line of words below it."""
    after = _image(levels.pixels(made.after))
    if not beside:
        return _encoded(after)
    before = _image(Levels("clip", 0.0, 1.0).pixels(made.before))
    return _encoded(_pair(before, after, f"{shortened(made.name, 40)}: {levels}"))


def _image(pixels: np.ndarray[Any, Any]) -> Image:
    from PIL import Image

    return Image.fromarray(pixels)


def _encoded(image: Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def _pair(before: Image, after: Image, caption: str) -> Image:
    """Both images on one sheet, enlarged alike where they are small."""
    from PIL import Image, ImageDraw, ImageFont

    factor = max(1, -(-_LEAST // max(*before.size, *after.size)))
    images = [
        image.resize((image.width * factor, image.height * factor), Image.Resampling.NEAREST)
        for image in (before, after)
    ]
    size = max(13, min(max(image.width for image in images) // 32, 64))
    font = ImageFont.load_default(size)
    pen = ImageDraw.Draw(Image.new("RGB", (1, 1)))
    texts = [_lines(pen, font, text, image.width) for text, image in zip(("before", caption), images, strict=True)]
    down = max(image.height for image in images) + max(len(text) for text in texts) * (size + 4)
    across = sum(image.width for image in images)
    sheet = Image.new("RGB", (across + 3 * _MARGIN, down + 3 * _MARGIN), "white")
    pen, left = ImageDraw.Draw(sheet), _MARGIN
    for image, text in zip(images, texts, strict=True):
        sheet.paste(image, (left, _MARGIN))
        for row, line in enumerate(text):
            pen.text((left, image.height + 2 * _MARGIN + row * (size + 4)), line, fill="black", font=font)
        left += image.width + _MARGIN
    return sheet


def _lines(pen: Any, font: Any, text: str, width: int) -> list[str]:
    """A text in lines that fit into so many pixels; a word that is longer has a line of its own."""
    lines: list[str] = []
    for word in text.split(" "):
        if lines and pen.textlength(f"{lines[-1]} {word}", font=font) <= width:
            lines[-1] = f"{lines[-1]} {word}"
        else:
            lines.append(word)
    return lines
