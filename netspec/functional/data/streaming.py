"""Images that are decoded when they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from netspec.functional.data.decoding import Source, converted, decoded
from netspec.functional.data.framing import Frame
from netspec.functional.data.pieces import piece_of
from netspec.functional.examples import Images


@dataclass(frozen=True)
class Streamed:
    """Images [N, C, H, W] that are decoded when they are asked for, some at once.

    Attributes:
        sources: The images.
        channels: 1 for gray, 3 for colour.
        frame: Their resize and crop.
        made: The conversion of them after that; None leaves them uint8.
    """

    sources: Sequence[Source]
    channels: int
    frame: Frame
    made: Callable[[Tensor], Tensor] | None = None

    def __len__(self) -> int:
        return len(self.sources)

    def __getitem__(self, rows: Tensor) -> Tensor:
        """Some of the images, by indices [M], on the device of the indices."""
        sources = [self.sources[row] for row in rows.tolist()]
        found = decoded(sources, self.channels, self.frame).to(rows.device)
        return found if self.made is None else self.made(found)

    def cropped(
        self,
        rows: Tensor,
        draws: Tensor,
        boxes: Callable[[Tensor, int, int], Tensor],
        size: tuple[int, int],
    ) -> Tensor:
        """Resized pieces of some of the images, by the numbers [M, K] of each."""

        def piece(row: int, numbers: Tensor) -> np.ndarray[Any, Any]:
            image = converted(self.sources[row], self.channels)
            box = boxes(numbers[None], image.height, image.width)[0].tolist()
            top, left, height, width = box
            return piece_of(image, (left, top, left + width, top + height), size)

        with ThreadPoolExecutor() as pool:
            found = list(pool.map(piece, rows.tolist(), draws))
        return torch.from_numpy(np.stack(found)).to(rows.device)


class StreamedImages(Images):
    """Images that are decoded when they are asked for, with their targets."""

    def take(self, rows: Tensor) -> Images:
        """Some of the examples, by their indices [M]."""
        streamed: Any = self.images
        chosen = [streamed.sources[row] for row in rows.tolist()]
        some = replace(streamed, sources=chosen)
        targets = None if self.targets is None else self.targets[rows]
        return StreamedImages(some, targets)


def images_of(
    sources: Sequence[Source],
    targets: Tensor | None,
    channels: int,
    frame: Frame,
    streams: bool,
) -> Images:
    """Images with their targets, decoded at once or when they are asked for."""
    if streams:
        streamed: Any = Streamed(sources, channels, frame)
        return StreamedImages(streamed, targets)
    return Images(decoded(sources, channels, frame), targets)
