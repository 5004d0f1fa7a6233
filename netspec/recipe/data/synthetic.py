"""Random images, for measurements of speed."""

from __future__ import annotations

from dataclasses import replace
from math import prod
from typing import Annotated, Any, ClassVar, Self

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from netspec.recipe.data.base import DataSet
from netspec.recipe.data.labels import MOST_CLASSES
from netspec.recipe.data.raw import RawData
from netspec.recipe.function import Function, functional

_MOST = 1 << 36
"""Bytes of images and labels that are drawn at most: 64 GiB."""

_LABEL = 8
"""The bytes of a label."""


def _shape(value: Any) -> Any:
    axes = tuple(value) if isinstance(value, list | tuple) else ()
    if len(axes) != 3 or any(type(axis) is not int or axis < 1 for axis in axes):
        raise PydanticCustomError("shape", "three whole numbers: [channels, height, width]")
    return axes


class Synthetic(DataSet):
    """Random pixels with random labels, of the shape given: nothing can be learned but how fast a network trains.

    Attributes:
        size: Channels, height and width.
        classes: How many classes there are.
        examples: Images to train on; a tenth as many, at least one, are for the test.
        seed: Seed of the images and labels.
    """

    key: ClassVar[str] = "synthetic"
    main: ClassVar[str | None] = "size"

    size: Annotated[tuple[int, int, int], BeforeValidator(_shape)]
    classes: int = Field(1000, ge=2, le=MOST_CLASSES)
    examples: int = Field(1024, ge=1)
    seed: int = Field(0, ge=0, lt=2**32)

    @model_validator(mode="after")
    def _check_bytes(self) -> Self:
        if (size := (prod(self.size) + _LABEL) * self.examples) > _MOST:
            what = f"{self.examples:,} `examples` of {list(self.size)}, and their labels, are {size:,} bytes"
            raise ValueError(f"{what}; at most {_MOST:,}")
        return self

    @property
    def known_image(self) -> tuple[int, int, int]:
        return self.size

    @property
    def known_classes(self) -> int:
        return self.classes

    @property
    def known_examples(self) -> int:
        return self.examples

    def load(self) -> RawData:
        return replace(super().load(), classes=tuple(map(str, range(self.classes))))

    def reader(self) -> Function:
        options = {name: getattr(self, name) for name in ("size", "classes", "examples", "seed")}
        return functional("data.synthetic.random_images", **options)
