"""Examples in memory, and the refusal of those that do not fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

    from netspec.functional.fields import Field


class UnfitData(ValueError):
    """Data that could be read in several ways, or in none.

    Attributes:
        what: The reason.
        help: What would mend them.
        option: The option of the data set that asks for it; empty for the data.
    """

    def __init__(self, what: str, help: str, option: str = "") -> None:
        super().__init__(f"{what}: {help}")
        self.what, self.help, self.option = what, help, option


@dataclass(frozen=True)
class Images:
    """Images in memory, with their targets.

    Attributes:
        images: [N, C, H, W], uint8; float32 where the source is float, then also
            [N, ...] of other shapes.
        targets: [N] int64 classes; [N, ...] float32 for regression; [N, H, W] uint8
            masks; None without targets.
    """

    images: Tensor
    targets: Tensor | None

    def __len__(self) -> int:
        return len(self.images)

    @property
    def labels(self) -> Tensor | None:
        """The classes [N]; None where targets are no classes."""
        targets = self.targets
        if targets is None or targets.ndim != 1 or targets.is_floating_point():
            return None
        return targets

    def take(self, rows: Tensor) -> Images:
        """Some of the examples, by their indices [M]."""
        targets = None if self.targets is None else self.targets[rows]
        return Images(self.images[rows], targets)


@dataclass(frozen=True)
class Data:
    """A data set in memory.

    Attributes:
        train: Training examples.
        test: Test examples; None where there are none.
        validation: Validation examples, where the data themselves have such a part.
        brightest: The largest value that a pixel can have; the least is 0.
        fields: The inputs that images are packed of, [N, numbers]; empty where they are
            one input as it is.
        outputs: The like of targets; empty where they are those of one output.
        vocabulary: Categories and classes by the column that has them.
        classes: The names of the classes, where the source tells them.
    """

    train: Images
    test: Images | None
    validation: Images | None = None
    brightest: float = 255
    fields: tuple[Field, ...] = ()
    outputs: tuple[Field, ...] = ()
    vocabulary: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    classes: tuple[str, ...] = ()
