"""Image files with boxes, decoded as strangers' files are. Imports NumPy and Pillow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from netspec.functional.data import annotated
from netspec.functional.data.image_files import Frame
from netspec.images.content import content_of
from netspec.images.door import Unreadable
from netspec.recipe.data.decode import image_of, pixels
from netspec.recipe.data.paths import Paths


@dataclass(frozen=True)
class Annotated(annotated.Annotated):
    """Image files with their objects.

    Attributes:
        files: All files of the part.
        most: The most pixels of an image that is decoded.
    """

    files: Paths
    most: int

    def name(self, row: int) -> str:
        return self.files.name(self.rows[row])

    def counts(self, classes: int) -> list[int]:
        own = np.zeros(len(self.sizes), dtype=bool)
        own[list(self.rows)] = True
        learned = np.repeat(own, np.diff(self.starts)) & ~self.truths.crowd
        found: list[int] = np.bincount(self.truths.labels[learned], minlength=classes + 1)[1:].tolist()
        return found

    def content(self, row: int) -> bytes:
        return content_of(self.name(row))

    def pixels(self, row: int) -> np.ndarray[Any, Any]:
        found = pixels(image_of(self.content(row), 3, self.most), Frame())
        try:
            return self.fitting(row, found)
        except ValueError as error:
            raise Unreadable(str(error)) from error
