"""The pixels of an image file from its bytes, by Pillow. Imports no torch, and Pillow in its functions alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netspec.functional.data.image_files import DEEP, Frame
from netspec.images.door import MOST_PIXELS, Unreadable, opened, quiet
from netspec.images.orientation import upright

if TYPE_CHECKING:
    import numpy as np
    from PIL.Image import Image


def image_of(data: bytes, channels: int, most: int = MOST_PIXELS, levels: tuple[float, float] | None = None) -> Image:
    """A decoded image, turned as its EXIF says: gray or in colour; of more than 8 bits, shares in Pillow's mode F.

    Args:
        data: The file's content.
        channels: 1 or 3.
        most: The most pixels of an image that is decoded.
        levels: The pixels that become 0 and 1; None takes those of the file's bits.

    Raises:
        Unreadable: It is no image, is cut short, is too large, or has no range.
    """
    return _channelled(opened(data, most), channels, levels)


def image_in(image: Image, channels: int, most: int = MOST_PIXELS, levels: tuple[float, float] | None = None) -> Image:
    """The same of an image that Pillow has opened, which is left as it is.

    Raises:
        Unreadable: It cannot be decoded, is too large, or has no range.
    """
    if image.width * image.height > most:
        raise Unreadable(f"it has {image.width * image.height:,} pixels; up to {most:,} are taken")
    return _channelled(image, channels, levels)


def image_from(values: np.ndarray[Any, Any], channels: int, levels: tuple[float, float] | None = None) -> Image:
    """The same of pixels that are decoded already.

    Args:
        values: [H, W] or [H, W, C], of 8 or 16 bits, or in gray of any numbers.
        channels: 1 or 3.
        levels: The pixels that become 0 and 1; None takes those of the array's 8 or 16 bits.

    Raises:
        Unreadable: Such numbers are no pixels, or have no range.
    """
    import numpy as np
    from PIL import Image

    kind = values.dtype.newbyteorder("=")
    if values.ndim == 3 and values.shape[2] == 1:
        values = values[:, :, 0]
    if values.ndim == 3 and kind not in (np.uint8, np.bool_):
        raise Unreadable(f"its elements are {kind}; colours are read of uint8")
    if kind.kind not in "buif":
        raise Unreadable(f"its elements are {kind}; pixels are numbers")
    if kind not in (np.uint8, np.bool_, np.uint16) and not levels:
        fix = "save uint8 or uint16, or say which values become 0 and 1, as `--levels 0,1`"
        raise Unreadable(f"its elements are {kind}, which have no range of their own: {fix}")
    if kind == np.bool_:
        values = values.astype(np.uint8) * 255
    elif kind != np.uint8:
        values = values.astype(np.uint16 if kind == np.uint16 else np.float32)
    return _channelled(Image.fromarray(np.ascontiguousarray(values)), channels, levels)


def _channelled(image: Image, channels: int, levels: tuple[float, float] | None) -> Image:
    """An image in its channels, or as shares of its range."""
    from netspec.functional.data.decoding import coloured
    from netspec.functional.data.depth import deepened, levels_of

    deep = image.mode in DEEP
    try:
        found = levels_of(image, levels) if deep or levels else None
        _decode(image)
        with quiet():
            return deepened(upright(image), found) if deep and found else coloured(upright(image), channels)
    except ValueError as error:
        raise Unreadable(str(error)) from error


def is_deep(data: bytes, most: int) -> bool:
    """Whether the pixels of an image have more than 8 bits, by its header.

    Raises:
        Unreadable: It is no image, or too large.
    """
    return opened(data, most).mode in DEEP


def _decode(image: Image) -> None:
    """Read the pixels of an image."""
    try:
        with quiet():
            image.load()
    except Exception as error:  # Pillow's decoders raise whatever a broken file makes them stumble over
        raise Unreadable(f"it cannot be decoded ({error})") from error


def pixels(image: Image, frame: Frame, crop: Any | None = None) -> np.ndarray[Any, Any]:
    """An image in its frame, [C, H, W]: uint8, or float32 of one channel where it has more than 8 bits.

    Args:
        image: The result of `image_of`.
        frame: Its resize and crop.
        crop: In its place: (top, left, height, width) of a piece in pixels, and the size that it becomes.

    Raises:
        Unreadable: The image is smaller than the frame's crop.
    """
    from netspec.functional.data.decoding import piece_of

    if crop is not None:
        (top, left, tall, wide), size = crop
        return piece_of(image, (left, top, left + wide, top + tall), size)
    try:
        box, size = frame.box(image.height, image.width)
    except ValueError as error:
        raise Unreadable(str(error)) from error
    return piece_of(image, box, size)


def mask_of(data: bytes, resize: tuple[int, int] | None, most: int = MOST_PIXELS) -> np.ndarray[Any, Any]:
    """A mask of class numbers, uint8 [H, W]; resized, the nearest pixel is taken.

    Raises:
        Unreadable: It is no image, or not one of class numbers: colours, or more than 8 bits.
    """
    from netspec.functional.data.masks import mask_in

    image = opened(data, most)
    if image.mode in DEEP:
        raise Unreadable(f"a mask has numbers up to 255; this one has more than 8 bits (mode {image.mode})")
    if image.mode not in ("L", "P", "1"):
        raise Unreadable(f"a mask has one number for each pixel, the class; this one has colours (mode {image.mode})")
    _decode(image)
    return mask_in(image, resize)
