"""The base of data sets of images with boxes. It has no name of its own."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from netspec.recipe.data.base import DataSet
from netspec.recipe.parts import MOST_COUNTED

_OF_ALL_ALIKE = ("resize", "pad", "range", "mean", "std")


class Objects(DataSet):
    """Base of data sets that tell the objects of images: their boxes, and the class of each.

    Images keep their sizes, and their pixels go from 0 to 1: a detector resizes and normalises them by its own options.

    Attributes:
        visible: The share of a box's area that augmentation must leave in the image for its object to stay.
    """

    batch_size: int = Field(8, gt=0, le=MOST_COUNTED)
    visible: float = Field(0.25, ge=0, le=1)

    @property
    def readers(self) -> int:
        """Processes that read images while others are trained on; 0 where the training itself does it."""
        return 0

    @model_validator(mode="after")
    def _check_options(self) -> Self:
        for name in _OF_ALL_ALIKE:
            if getattr(self, name) != type(self).model_fields[name].default:
                help = "`detector` has `min_size`, `max_size`, `image_mean` and `image_std`"
                raise ValueError(f"`{name}` is for images without boxes: {help}")
        if self.sampler == "balanced":
            raise ValueError("`sampler: balanced` needs a class for each image, and here each object has one")
        return self
