"""Decoding of images, batch by batch, in this process or in others."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from netspec.functional.data.image_files import ALIKE, UNLIKE, Frame
from netspec.images.door import MOST_PIXELS, Unreadable
from netspec.recipe.augment.geometric import RandomResizedCrop
from netspec.recipe.data.decode import image_of, mask_of, pixels
from netspec.recipe.data.raw import Files
from netspec.recipe.data.shard_members import ShardMembers

Pixels = np.ndarray[Any, Any]

GRACE = 10.0
"""The seconds that a reading process goes on after it was told to end."""


@dataclass(frozen=True, slots=True)
class Request:
    """The request of a batch.

    Attributes:
        rows: Indices of examples.
        draws: For each the random numbers of the crop, [B, K]; None takes images as they are judged.
        soon: Indices of examples of later batches, of shards: the system is told to read them meanwhile.
    """

    rows: list[int]
    draws: Tensor | None
    soon: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Failure:
    """Images of a batch that could not be read: a value, since an exception does not come whole out of another process.

    Attributes:
        broken: Each image's name, and the reason.
    """

    broken: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads batches of images of one size; processes of their own may call it.

    Attributes:
        files: The files that are read.
        frame: Their resize and crop.
        size: Height and width of all images after that.
        crop: Takes the frame's place where a request has random numbers.
        classes: The number of classes in a mask.
        ignored: The label in a mask that is no class.
        most: The most pixels of an image that is decoded.
        levels: The pixels that become 0 and 1; None takes those of a file's bits.
        deep: Whether images are float32 from 0 to 1, since some have more than 8 bits.
    """

    files: Files
    frame: Frame
    size: tuple[int, int]
    crop: RandomResizedCrop | None = None
    classes: int = 0
    ignored: int = 255
    most: int = MOST_PIXELS
    levels: tuple[float, float] | None = None
    deep: bool = False

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, request: Request) -> tuple[Tensor, Tensor | None] | Failure:
        """Images [B, C, H, W], uint8 or float32, and targets [B, ...], or the images that are broken."""
        images, masks, broken = [], [], []
        if request.soon and isinstance(self.files.source, ShardMembers):
            self.files.source.soon(request.soon)
        for index, row in enumerate(request.rows):
            draws = None if request.draws is None else request.draws[index]
            try:
                images.append(self._image(row, draws))
            except (Unreadable, OSError) as error:
                broken.append((self.files.source.name(row), reason_of(error)))
                continue
            if self.files.masks is not None:
                try:
                    masks.append(self._mask(row, images[-1].shape[1:]))
                except (Unreadable, OSError) as error:
                    broken.append((self.files.masks.name(row), reason_of(error)))
        if broken:
            return Failure(tuple(broken))
        found = torch.from_numpy(np.stack(images))
        if self.files.masks is not None:
            return found, torch.from_numpy(np.stack(masks))
        return found, None if self.files.targets is None else self.files.targets[request.rows]

    def _image(self, row: int, draws: Tensor | None) -> Pixels:
        image = image_of(self.files.source.data(row), self.files.channels, self.most, self.levels)
        if self.crop is not None and draws is not None:
            box = self.crop.boxes(draws[None], image.height, image.width)[0].tolist()
            return self._alike(pixels(image, self.frame, (box, self.crop.size)))
        found = self._alike(pixels(image, self.frame))
        if found.shape[1:] != self.size:
            (tall, wide), (height, width) = found.shape[1:], self.size
            raise Unreadable(f"it is {tall}x{wide}, others are {height}x{width}; `resize` at `data` makes them equal")
        return found

    def _alike(self, piece: Pixels) -> Pixels:
        """A piece of an image in the type that all images have."""
        if self.deep:
            from netspec.functional.data.depth import shares_of  # Pillow is loaded where images are, and no sooner

            return shares_of(piece, self.files.channels, self.levels)
        if piece.dtype != np.uint8:
            raise Unreadable(f"{UNLIKE}; {ALIKE}")
        return piece

    def _mask(self, row: int, size: tuple[int, ...]) -> Pixels:
        assert self.files.masks
        mask = mask_of(self.files.masks.data(row), self.frame.resize, self.most)
        if mask.shape != size:
            raise Unreadable(f"the mask is {mask.shape[0]}x{mask.shape[1]}, its image {size[0]}x{size[1]}")
        classes = len(self.files.numbers) or self.classes
        wrong = (mask >= classes) & (mask != self.ignored)
        if wrong.any():
            value = int(mask[wrong][0])
            raise Unreadable(
                f"the mask has the label {value}, there are {classes} classes (and {self.ignored} is ignored)"
            )
        return renumbered(mask, self.files.numbers, self.ignored)


def renumbered(mask: Pixels, numbers: Sequence[int], ignored: int) -> Pixels:
    """A mask, uint8, with `numbers[i]` in place of the class `i`; what is no class stays, and all without numbers."""
    table = np.arange(256, dtype=np.uint8)
    table[: len(numbers)] = numbers
    table[ignored] = ignored
    return table[mask]


def reason_of(error: Exception) -> str:
    """The reason why an image could not be read, as the end of a sentence about it."""
    if isinstance(error, OSError) and error.strerror:
        return f"it cannot be read ({error.strerror})"
    return str(error)


def undisturbed() -> None:
    """Let a process that reads ignore Ctrl-C, and take its time after a polite end.

    Both may go to all processes at once: the one that trains still finishes its step, for which it needs the others.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "SIGALRM"):
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.signal(signal.SIGTERM, lambda number, frame: signal.setitimer(signal.ITIMER_REAL, GRACE))
