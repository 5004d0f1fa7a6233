"""Images that are files, decoded by Pillow: all at once, or when they are asked for."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

from netspec.functional.data.depth import Levels, deepened, levels_of, shares_of
from netspec.functional.data.image_files import (
    ALIKE,
    DEEP,
    FORMATS,
    UNLIKE,
    Box,
    Frame,
)
from netspec.functional.examples import Data, Images, UnfitData
from netspec.functional.inputs import evenly_spread

Source = Path | bytes | Callable[[], bytes]
"""An image as JPEG, PNG or another format, what reads it, or the file that holds it."""

Pixels = np.ndarray[Any, Any]
"""An image, uint8 or float32 [C, H, W], or a mask, uint8 [H, W]."""


@dataclass(frozen=True)
class Encoded:
    """Images that are still encoded, with their targets."""

    sources: Sequence[Source]
    targets: Tensor | None


@dataclass(frozen=True)
class Decoding:
    """The way from image files to images [N, C, H, W].

    Attributes:
        channels: 1 for gray, 3 for colour.
        max_pixels: The most pixels of an image that is decoded.
        frame: The resize and the crop of every image.
        levels: The pixels that become 0 and 1; None takes those of the file's bits.
        deep: Whether images are float32 from 0 to 1, since some have more than 8 bits.
    """

    channels: int
    max_pixels: int
    frame: Frame
    levels: Levels | None = None
    deep: bool = False

    def opened(self, source: Source) -> Image.Image:
        """An image of the formats that are read, and not too large."""
        file: Any = source
        if not isinstance(source, Path):
            file = io.BytesIO(source if isinstance(source, bytes) else source())
        image: Image.Image = Image.open(file, formats=tuple(FORMATS))
        if (size := image.width * image.height) > self.max_pixels:
            most = f"up to {self.max_pixels:,} are decoded, or up to `max_pixels`"
            raise ValueError(f"it has {size:,} pixels; {most}")
        return image

    def image(self, source: Source) -> Image.Image:
        """An image, gray or in colour, turned as its EXIF says."""
        image = self.opened(source)
        if image.mode not in DEEP and not self.deep:
            return coloured(ImageOps.exif_transpose(image), self.channels)
        levels = levels_of(image, self.levels)
        turned = ImageOps.exif_transpose(image)
        if image.mode in DEEP:
            return deepened(turned, levels)
        return coloured(turned, self.channels)

    def pixels(self, source: Source) -> Pixels:
        """An image in its frame."""
        with whole(source):
            image = self.image(source)
            return self.piece(image, *self.frame.box(image.height, image.width))

    def piece(
        self, image: Image.Image, box: Box | None, size: tuple[int, int]
    ) -> Pixels:
        """A piece of an image, resized, in the type that all images have."""
        found = piece_of(image, box, size)
        if self.deep:
            return shares_of(found, self.channels, self.levels)
        if found.dtype != np.uint8:
            raise ValueError(f"{UNLIKE}; {ALIKE}")
        return found

    def fitted(self, parts: Sequence[Encoded]) -> Decoding:
        """The same with the frame and the depth that all need, by some of them.

        Images of one size are kept so, and enlarged on the device.
        """
        some = [
            part.sources[row]
            for part in parts
            for row in evenly_spread(len(part.sources), 16).tolist()
        ]
        deep = self.levels is not None or any(
            self.head(each)[0] in DEEP for each in some
        )
        sizes = (self.head(each)[1] for each in some)
        return replace(self, deep=deep, frame=self.frame.fitting(sizes))

    def head(self, source: Source) -> tuple[str, tuple[int, int]]:
        """Pillow's mode of an image, and its width and height, turned as EXIF says."""
        with whole(source):
            image = self.opened(source)
            return image.mode, ImageOps.exif_transpose(image).size

    def read(self, part: Encoded) -> Images:
        """Images with their targets, in memory."""
        return Images(stacked(self.pixels, part.sources), self.targets(part))

    def targets(self, part: Encoded) -> Tensor | None:
        """The targets of images."""
        return part.targets


class Streaming(Decoding):
    """The way from image files to images that are decoded when they are asked for."""

    def read(self, part: Encoded) -> Images:
        """Images with their targets, which are in memory."""
        streamed: Any = Streamed(part.sources, self)
        return StreamedImages(streamed, self.targets(part))


def decoded_data(parts: Sequence[Encoded | None], decoding: Decoding) -> Data:
    """The images to train on, to validate by and to test by, in this order."""
    fitted = decoding.fitted([part for part in parts if part is not None])
    train, validation, tested = (
        None if part is None else fitted.read(part) for part in parts
    )
    assert train is not None
    return Data(train, tested, validation, 1.0 if fitted.deep else 255.0)


def stacked(read: Callable[..., Pixels], *sources: Any) -> Tensor:
    """The results of a function of each source, [N, ...]."""
    with ThreadPoolExecutor() as pool:
        return torch.from_numpy(np.stack(list(pool.map(read, *sources))))


@dataclass(frozen=True)
class Streamed:
    """Images [N, C, H, W] that are decoded when they are asked for, some at once.

    Attributes:
        sources: The images.
        decoding: The way to decode them.
        made: The conversion of them after that; None leaves them uint8.
    """

    sources: Sequence[Source]
    decoding: Decoding
    made: Callable[[Tensor], Tensor] | None = None

    def __len__(self) -> int:
        return len(self.sources)

    def __getitem__(self, rows: Tensor) -> Tensor:
        """Some of the images, by indices [M], on the device of the indices."""
        sources = [self.sources[row] for row in rows.tolist()]
        found = stacked(self.decoding.pixels, sources).to(rows.device)
        return found if self.made is None else self.made(found)

    def cropped(
        self,
        rows: Tensor,
        draws: Tensor,
        boxes: Callable[[Tensor, int, int], Tensor],
        size: tuple[int, int],
    ) -> Tensor:
        """Resized pieces of some of the images, by the numbers [M, K] of each."""

        def piece(row: int, numbers: Tensor) -> Pixels:
            with whole(self.sources[row]):
                image = self.decoding.image(self.sources[row])
                drawn = boxes(numbers[None], image.height, image.width)[0]
                top, left, height, width = drawn.tolist()
                box = (left, top, left + width, top + height)
                return self.decoding.piece(image, box, size)

        return stacked(piece, rows.tolist(), draws).to(rows.device)


class StreamedImages(Images):
    """Images that are decoded when they are asked for, with their targets."""

    def take(self, rows: Tensor) -> Images:
        """Some of the examples, by their indices [M]."""
        streamed: Any = self.images
        chosen = [streamed.sources[row] for row in rows.tolist()]
        some = replace(streamed, sources=chosen)
        targets = None if self.targets is None else self.targets[rows]
        return StreamedImages(some, targets)


@contextmanager
def whole(source: Source) -> Iterator[None]:
    """A context that refuses an image, by its name, where it turns out to be broken."""
    try:
        yield
    except (OSError, SyntaxError, ValueError) as error:
        what = f"{name_of(source)}: {error}"
        raise UnfitData(what, "replace it, or delete it") from error


def name_of(source: Source) -> str:
    """The name of an image in an error."""
    return "an image" if isinstance(source, bytes) else str(source)


def coloured(image: Image.Image, channels: int) -> Image.Image:
    """An image that is gray, or in colour."""
    mode = "L" if channels == 1 else "RGB"
    if image.mode == "P" and "transparency" in image.info:
        image = image.convert("RGBA")  # Pillow's way without a warning
    return image if image.mode == mode else image.convert(mode)


def piece_of(image: Image.Image, box: Box | None, size: tuple[int, int]) -> Pixels:
    """A piece of an image, resized, [C, H, W]; without a box all of it.

    It is uint8, or float32 where the image is of Pillow's mode F.
    """
    if box is not None or size != (image.height, image.width):
        image = image.resize((size[1], size[0]), Image.Resampling.BILINEAR, box=box)
    array = np.array(image)
    if array.ndim == 2:
        return array[None]
    return np.ascontiguousarray(array.transpose(2, 0, 1))
