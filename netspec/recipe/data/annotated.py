"""Image files with boxes, as annotation files tell them. Imports NumPy and Pillow in its functions alone."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

from netspec.functional.data.image_files import Frame
from netspec.images.content import content_of
from netspec.images.door import Unreadable
from netspec.objects.immutable import immutable
from netspec.recipe.data.boxed import BRIGHTEST, Boxed, Rows, Truth
from netspec.recipe.data.decode import image_of, pixels
from netspec.recipe.data.paths import Paths

if TYPE_CHECKING:
    import numpy as np

    Numbers = np.ndarray[Any, Any]


@immutable
class Annotated(Rows):
    """Image files with their objects.

    Attributes:
        files: All files of the part.
        sizes: Height and width of each, [F, 2].
        starts: The place of the first object of each, [F + 1].
        truths: The objects of all of them.
        most: The most pixels of an image that is decoded.
    """

    files: Paths
    sizes: Numbers
    starts: Numbers
    truths: Truth
    most: int

    def name(self, row: int) -> str:
        return self.files.name(self.rows[row])

    def size(self, row: int) -> tuple[int, int]:
        height, width = self.sizes[self.rows[row]].tolist()
        return height, width

    def truth(self, row: int) -> Truth:
        start, end = self.starts[self.rows[row] : self.rows[row] + 2]
        return self.truths.take(slice(start, end))  # type: ignore[arg-type]

    def counts(self, classes: int) -> list[int]:
        import numpy as np

        own = np.zeros(len(self.sizes), dtype=bool)
        own[list(self.rows)] = True
        learned = np.repeat(own, np.diff(self.starts)) & ~self.truths.crowd
        found: list[int] = np.bincount(self.truths.labels[learned], minlength=classes + 1)[1:].tolist()
        return found

    def fingerprint(self) -> str:
        found = sha256()
        for row in range(len(self)):
            truth = self.truth(row)
            found.update(f"{self.files.names[self.rows[row]]!r} {self.size(row)} {len(truth.labels)}".encode())
            for part in (truth.boxes, truth.labels, truth.area, truth.crowd):
                found.update(part.tobytes())
        return found.hexdigest()

    def pixels(self, row: int) -> Numbers:
        import numpy as np

        from netspec.functional.data.depth import shares_of

        found = pixels(image_of(content_of(self.name(row)), 3, self.most), Frame())
        if found.dtype.name != "uint8":
            found = shares_of(found, 3, None) * np.float32(BRIGHTEST)
        if found.shape[1:] != self.size(row):
            (tall, wide), (height, width) = found.shape[1:], self.size(row)
            raise Unreadable(f"it is {tall}x{wide} (height x width), and its annotations say {height}x{width}")
        return found

    def to_learn(self) -> Boxed:
        import numpy as np

        kept = ~self.truths.crowd
        if kept.all():
            return self
        starts = np.concatenate([[0], kept.cumsum()])[self.starts]
        return Annotated(self.rows, self.files, self.sizes, starts, self.truths.take(kept), self.most)
