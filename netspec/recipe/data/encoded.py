"""The base of data sets of encoded images. It has no name of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, ClassVar, Self

from pydantic import BeforeValidator, Field, model_validator

from netspec.functional.data.image_files import Frame, Middle
from netspec.images.door import MOST_PIXELS, PILLOWS_MOST
from netspec.recipe.data.base import DataSet, Held, two_numbers
from netspec.recipe.data.held_out import split_by, with_few, with_test
from netspec.recipe.data.placed import Placed
from netspec.recipe.data.raw import RawData, Source
from netspec.recipe.function import Function, Instance, functional
from netspec.recipe.parts import MOST_COUNTED, Size


class Encoded(DataSet):
    """Base of data sets whose images are files: JPEG, PNG, WebP, GIF, BMP, TIFF or PPM.

    Attributes:
        shorter: The length to which the shorter side of an image is resized before `crop`.
        crop: Height and width of the piece from the middle that is taken, of images that are judged and, unless
            `random_resized_crop` comes first, of those to train on.
        channels: 3 for colour, 1 for gray: what every image is converted to.
        workers: Processes that decode images; None is one for each core, up to 8. With 0 the training itself does it.
        max_pixels: Up to how many pixels an image is decoded; a larger one is an error.
        in_memory: Whether all images are decoded once and stay on the device; None does so up to 1 GiB.
        levels: The values of a pixel that become 0 and 1, all others linearly between them; those outside are 0 or 1.
            None takes the range of a file's 8 or 16 bits, and refuses pixels of 32.
    """

    image_files: ClassVar[tuple[str, ...]] = ()
    """Endings of files that hold several images, about which a network that learned from such data can be asked."""

    shorter: int | None = Field(None, gt=0, le=1 << 13)
    crop: Size | None = None
    channels: int = Field(3, ge=1, le=3)
    workers: int | None = Field(None, ge=0, le=256)
    max_pixels: int = Field(MOST_PIXELS, ge=1, le=PILLOWS_MOST)
    in_memory: bool | None = None
    levels: Annotated[tuple[float, float], BeforeValidator(two_numbers("[black, white]"))] | None = None

    @model_validator(mode="after")
    def _check_frame(self) -> Self:
        if self.channels == 2:
            raise ValueError("`channels` is 3 for colour or 1 for gray")
        if self.shorter and not self.crop:
            raise ValueError("`shorter` needs a `crop`: images of one shorter side still differ in the other")
        if self.shorter and self.crop and self.shorter < min(self.crop):
            raise ValueError(f"`shorter`, {self.shorter}, is less than the `crop` of {self.crop[0]}x{self.crop[1]}")
        if self.crop and self.resize:
            raise ValueError(
                "`crop` and `resize` exclude each other: both say what size images have; crop by `shorter`"
            )
        return self

    def images_in(self, place: Path) -> Source:
        """The images that a file of `image_files` holds, whatever is told of them there.

        Raises:
            NetspecError: NS0802, NS0803, NS0804: it is not there, is broken, or is no such file.
        """
        raise NotImplementedError

    @property
    def streams(self) -> bool:
        """Whether a training script decodes images when it needs them, rather than all at once."""
        return self.in_memory is False

    @property
    def frame(self) -> Frame:
        """The resize and the crop of images of any size while they are read."""
        return Middle(None, self.shorter, self.crop) if self.crop else Frame(self.resize)

    def decoding(self) -> Function:
        """The way from image files to images in a training script: a `netspec.functional.data.decoding.Decoding`."""
        names = ("shorter", "crop") if self.crop else ("resize",)
        given = {name: getattr(self, name) for name in names if getattr(self, name)}
        kind = "Middle" if self.crop else "FrameOfMasks" if self.masked else "Frame"
        frame = Instance(f"netspec.functional.data.image_files.{kind}", given)
        options: dict[str, Any] = {"channels": self.channels, "max_pixels": self.max_pixels, "frame": frame}
        if self.levels:
            options["levels"] = self.levels
        if self.masked:
            return Instance(
                f"netspec.functional.data.masks.{'StreamingMasks' if self.streams else 'MaskDecoding'}", options
            )
        return Instance(f"netspec.functional.data.decoding.{'Streaming' if self.streams else 'Decoding'}", options)

    @property
    def masked(self) -> bool:
        """Whether the targets of images are masks."""
        return False


class Unsplit(Placed, Encoded):
    """Base of those that may come without test images.

    Attributes:
        test: Share of the images, of each class alike, or their number, that judges the training: always the same
            ones. None takes the data's own test images, and 0.2 of the others where they have none.
        per_class: Images of each class to train on, all others judge: the protocol of Caltech101, with 15 or 30.
        split_seed: Decides which images `test` and `per_class` take, whatever the run's seed is.
    """

    test: Held | None = None
    per_class: int | None = Field(None, ge=1, le=MOST_COUNTED)
    split_seed: int = Field(1, ge=0, lt=2**32)

    @model_validator(mode="after")
    def _check_split(self) -> Self:
        if self.per_class and self.test is not None:
            raise ValueError("`per_class` and `test` exclude each other: both say which images judge")
        return self

    def load(self) -> RawData:
        return self.divided(self.own_parts())

    def own_parts(self) -> RawData:
        return self.read(self.place())

    def read(self, place: Path) -> RawData:
        """The images of a place, in the parts that it has."""
        raise NotImplementedError

    def split(self) -> Function:
        """The function that takes the test images from data that have none, for readers."""
        if self.per_class:
            return functional("holding_out.with_few", each=self.per_class, seed=self.split_seed)
        return split_by(self.test, self.split_seed)

    def divided(self, data: RawData) -> RawData:
        """The same for data as they were read or found, with notes on classes that a part lacks."""
        if self.per_class:
            return with_few(data, self.per_class, self.split_seed)
        return with_test(data, self.test, self.split_seed)
