"""A data set as it was read or found. Imports no torch but for type checkers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from typing import TYPE_CHECKING, Protocol, TypeAlias

from netspec.functional.data.boxed import Boxed
from netspec.functional.examples import Images
from netspec.objects.immutable import immutable

if TYPE_CHECKING:
    from torch import Tensor

    from netspec.functional.data.windows import Windows
    from netspec.functional.fields import Field
    from netspec.recipe.data.vocabulary import Vocabulary

__all__ = ["IGNORED", "Files", "Images", "Part", "RawData", "Source"]

IGNORED = 255
"""The label of mask pixels without a class, unless the recipe gives another number."""


class Source(Protocol):
    """Encoded images, wherever they lie. Can be handed to another process."""

    def __len__(self) -> int:
        """The number of images."""

    def name(self, row: int) -> str:
        """The name of an image in a diagnostic: its file, or its row in one."""

    def data(self, row: int) -> bytes:
        """The image as JPEG, PNG or another format that is read.

        Raises:
            OSError: It cannot be read.
        """

    def take(self, rows: Sequence[int]) -> Source:
        """Some of the images, by their indices."""


@immutable
class Files:
    """Images that are still encoded.

    Attributes:
        source: The images.
        targets: [N] int64 classes or [N, ...] float32; None with `masks`, or without targets.
        masks: An image of class numbers for each, of the same size; None where there are none.
        channels: 1 (gray) or 3 (red, green, blue): what images are converted to.
        numbers: What stands for each class of the masks, by the run that they are held against; empty where they stay.
    """

    source: Source
    targets: Tensor | None
    masks: Source | None = None
    channels: int = 3
    numbers: tuple[int, ...] = ()

    def __len__(self) -> int:
        return len(self.source)

    @property
    def labels(self) -> Tensor | None:
        """The classes [N]; None where targets are no classes."""
        targets = self.targets
        return None if targets is None or targets.is_floating_point() else targets

    def take(self, rows: Tensor) -> Files:
        """Some of the images, by their indices [M]."""
        chosen = rows.tolist()
        return replace(
            self,
            source=self.source.take(chosen),
            targets=None if self.targets is None else self.targets[rows],
            masks=self.masks and self.masks.take(chosen),
        )


Part: TypeAlias = "Images | Files | Windows | Boxed"
"""Some examples of a data set."""


@immutable
class RawData:
    """A data set as it was read.

    Attributes:
        train: Training examples; those that the recipe holds out for validation are still among them.
        test: Test examples; None where the data have none.
        classes: Their names; a label is the index of one. Empty where targets are no classes.
        brightest: The largest value that a pixel can have; the least is 0.
        validation: Validation examples, where the data themselves have such a part.
        notes: Remarks on them, above all on what is left out.
        fields: The inputs that images are packed of; empty where they are one input as it is.
        outputs: The outputs that targets are packed of; empty where they are those of one.
        vocabulary: Categories and classes by the column that has them, by which other tables are read alike.
        tokens: What the numbers of a text stand for; None of other data.
        labels: The names of the labels of which an example may have several, where its target has 1 for each that it
            has and 0 for others; once it is prepared, of values too that a target has a number for each.
    """

    train: Part
    test: Part | None
    classes: tuple[str, ...]
    brightest: float = 255
    validation: Part | None = None
    notes: tuple[str, ...] = ()
    fields: tuple[Field, ...] = ()
    outputs: tuple[Field, ...] = ()
    vocabulary: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    tokens: Vocabulary | None = None
    labels: tuple[str, ...] = ()
