"""The gathering of images and their boxes from annotation files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from netspec.functional.data.annotated_images import AnnotatedImages
from netspec.functional.data.boxed import BoxedData
from netspec.functional.data.decoding import Decoding
from netspec.functional.data.edges import number_of, unfit_box
from netspec.functional.data.truths import truth_of
from netspec.functional.examples import UnfitData


class Marks:
    """Images with their objects, while annotation files are read.

    Classes whose names are not given are those of the first part, in order.

    Attributes:
        names: The names of the classes so far; a label is the place of one, from 1.
        dropped: The number of broken boxes that were left out.
    """

    def __init__(
        self, names: Sequence[str] | None, drop: bool, decoding: Decoding
    ) -> None:
        self.names, self.given = list(names or ()), names is not None
        self.drop, self.decoding, self.dropped = drop, decoding, 0
        self.parts: list[AnnotatedImages | None] = []
        self.clear()

    def clear(self) -> None:
        """Begin a part."""
        self.files: list[Path] = []
        self.sizes: list[tuple[int, int]] = []
        self.counts: list[int] = []
        self.rows: list[tuple[float, ...]] = []

    def fix(self, names: Sequence[str]) -> None:
        """Take these classes and no others, unless some are given."""
        if not self.given:
            self.names, self.given = list(names), True

    def image(self, file: Path, size: tuple[int, int] | None = None) -> tuple[int, int]:
        """Begin an image; its size is read from its file where it is not told."""
        if size is None:
            image = self.decoding.opened(file)
            size = (image.height, image.width)
            if image.getexif().get(274, 1) > 4:  # it is turned by a quarter
                size = (image.width, image.height)
        self.files.append(file)
        self.sizes.append(size)
        self.counts.append(0)
        return size

    def add(
        self,
        where: str,
        box: Sequence[Any],
        name: Any,
        area: float | None = None,
        crowd: bool = False,
    ) -> None:
        """An object of the latest image, by left, top, right and bottom in pixels.

        Raises:
            UnfitData: It is of no class, or broken and not to be left out.
        """
        if not isinstance(name, str) or not name.strip():
            raise UnfitData(f"{where}: it has no name of a class", "write one")
        if name.strip() not in self.names:
            if self.given:
                known = ", ".join(self.names[:10])
                what = f"{where}: there is no class {name[:80]!r}"
                raise UnfitData(what, f"they are {known}")
            self.names.append(name.strip())
        edges = [number_of(value) for value in box]
        if len(edges) != 4 or None in edges:
            self.refuse(where, f"{str(box)[:60]} are no edges of a box")
            return
        left, top, right, bottom = (edge or 0.0 for edge in edges)
        height, width = self.sizes[-1]
        if reason := unfit_box(left, top, right, bottom, (height, width)):
            self.refuse(where, reason)
            return
        left, top = max(left, 0.0), max(top, 0.0)
        right, bottom = min(right, width), min(bottom, height)
        pixels = (right - left) * (bottom - top) if area is None else area
        label = self.names.index(name.strip()) + 1
        self.rows.append((left, top, right, bottom, pixels, label, crowd))
        self.counts[-1] += 1

    def refuse(self, where: str, reason: str) -> None:
        """Leave a broken box out, or refuse the data for it."""
        if not self.drop:
            raise UnfitData(f"{where}: {reason}", "correct it, or take it out")
        self.dropped += 1

    def close(self) -> None:
        """End a part; those after the first have no other classes."""
        order = self.names if self.given else sorted(self.names)
        places = np.array([0, *(order.index(name) + 1 for name in self.names)])
        self.names, self.given = list(order), True
        if self.files:
            table = np.array(self.rows, dtype=np.float64).reshape(-1, 7)
            truths = truth_of(
                table[:, :4],
                places[table[:, 5].astype(np.int64)],
                table[:, 4],
                table[:, 6] > 0,
            )
            starts = np.array([0, *self.counts]).cumsum()
            sizes = np.array(self.sizes)
            rows = range(len(self.files))
            made = AnnotatedImages(
                rows, sizes, starts, truths, tuple(self.files), self.decoding
            )
        self.parts.append(made if self.files else None)
        self.clear()

    def data(self, place: Path, split: Callable[[Any], Any]) -> BoxedData:
        """The images of all parts that were ended: to learn, to validate, to test.

        Args:
            place: The data set's folder.
            split: Takes the images that judge the training, where no part does.

        Raises:
            FileNotFoundError: There is nothing to learn from.
        """
        train, validation, test = [*self.parts, None, None][:3]
        if train is None or train.truths.crowd.all():
            raise FileNotFoundError(f"{place} has no objects to train on")
        if test is None:
            validation, test = None, validation
        if self.dropped:
            print(f"{self.dropped:,} broken boxes are left out")
        found: BoxedData = split(BoxedData(train, test, validation, tuple(self.names)))
        return found
