"""From the bytes of an image file to pixels, by Pillow. Imports no torch, and Pillow in its functions alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netspec.functional.data.formats import DEEP
from netspec.functional.data.framing import Box, Frame
from netspec.images.door import MOST_PIXELS, Unreadable, opened, quiet
from netspec.images.orientation import upright

if TYPE_CHECKING:
    import numpy as np
    from PIL.Image import Image

_MODES = {1: "L", 3: "RGB"}


def image_of(data: bytes, channels: int, most: int = MOST_PIXELS) -> Image:
    """A decoded image, gray or in colour, turned as its EXIF says.

    Args:
        data: The file's content.
        channels: 1 or 3.
        most: Pixels up to which it is decoded.

    Raises:
        Unreadable: It is no image, is cut short, is too large, or has more than 8 bits.
    """
    image = _decoded(data, most)
    with quiet():
        image = upright(image)
        return image if image.mode == _MODES[channels] else _converted(image, channels)


def _decoded(data: bytes, most: int) -> Image:
    """An image whose pixels were read."""
    image = opened(data, most)
    if image.mode in DEEP:
        raise Unreadable(f"its pixels have more than 8 bits (mode {image.mode}); such images go in as NumPy arrays")
    try:
        with quiet():
            image.load()
    except Exception as error:  # Pillow's decoders raise whatever a broken file makes them stumble over
        raise Unreadable(f"it cannot be decoded ({error})") from error
    return image


def _converted(image: Image, channels: int) -> Image:
    if image.mode == "P" and "transparency" in image.info:
        image = image.convert("RGBA")  # Pillow's way without a warning
    return image.convert(_MODES[channels])


def pixels(image: Image, frame: Frame, crop: Any | None = None) -> np.ndarray[Any, Any]:
    """An image in its frame, uint8 [C, H, W].

    Args:
        image: As `image_of` gives it.
        frame: What becomes of its size.
        crop: In its place: (top, left, height, width) of a piece in pixels, and the size that it becomes.

    Raises:
        Unreadable: The image is smaller than the frame's crop.
    """
    import numpy as np
    from PIL.Image import Resampling

    width, height = image.size
    box: Box | None
    if crop is not None:
        (top, left, tall, wide), size = crop
        box = (left, top, left + wide, top + tall)
    else:
        try:
            box, size = frame.box(height, width)
        except ValueError as error:
            raise Unreadable(str(error)) from error
    if box is not None or size != (height, width):
        image = image.resize((size[1], size[0]), Resampling.BILINEAR, box=box)
    array = np.array(image, dtype=np.uint8)
    return array[None] if array.ndim == 2 else np.ascontiguousarray(array.transpose(2, 0, 1))


def mask_of(data: bytes, resize: tuple[int, int] | None, most: int = MOST_PIXELS) -> np.ndarray[Any, Any]:
    """A mask of class numbers, uint8 [H, W]; resized, the nearest pixel is taken.

    Raises:
        Unreadable: It is no image, or not one of class numbers: colours, or more than 8 bits.
    """
    import numpy as np
    from PIL.Image import Resampling

    image = _decoded(data, most)
    if image.mode not in ("L", "P", "1"):
        raise Unreadable(f"a mask has one number for each pixel, the class; this one has colours (mode {image.mode})")
    if image.mode == "1":
        image = image.point(lambda value: 1 if value else 0, "L")
    if resize and image.size != (resize[1], resize[0]):
        image = image.resize((resize[1], resize[0]), Resampling.NEAREST)
    return np.array(image, dtype=np.uint8)
