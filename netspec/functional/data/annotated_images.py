"""Image files with boxes, which Pillow decodes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from netspec.functional.data.annotated import Annotated
from netspec.functional.data.decoding import Decoding, whole


@dataclass(frozen=True)
class AnnotatedImages(Annotated):
    """Images that Pillow decodes when they are asked for.

    Attributes:
        files: Those of the part.
        decoding: The way to decode them.
    """

    files: Sequence[Path]
    decoding: Decoding

    def pixels(self, row: int) -> np.ndarray[Any, Any]:
        """An image [3, H, W], uint8, or float32 where it has 16 bits."""
        file = self.files[self.rows[row]]
        with whole(file):
            array = np.array(self.decoding.image(file))
            array = array[None] if array.ndim == 2 else array.transpose(2, 0, 1)
            return self.fitting(row, np.ascontiguousarray(array))
