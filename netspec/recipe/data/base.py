"""The base of data sets."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, LiteralString, Self, get_args

from pydantic import BeforeValidator, Field, PrivateAttr, model_validator
from pydantic_core import PydanticCustomError

from netspec.functional.examples import Data
from netspec.recipe.data.brought import check_brought
from netspec.recipe.data.finding import expanded, locate
from netspec.recipe.data.learned import Learned
from netspec.recipe.data.numpy_files import InMemory
from netspec.recipe.data.problems import mismatch
from netspec.recipe.data.raw import RawData
from netspec.recipe.function import Function
from netspec.recipe.parts import MOST_COUNTED, Part, Size, pixels

if TYPE_CHECKING:
    from torch import Tensor

    from netspec.functional.fields import Field as PackedField


def two_numbers(names: LiteralString) -> Callable[[Any], tuple[float, float]]:
    """A function that reads two different numbers; `names` tells of both."""

    def read(value: Any) -> tuple[float, float]:
        pair = tuple(value) if isinstance(value, list | tuple) else ()
        numbers = all(type(number) in (int, float) and math.isfinite(number) for number in pair)
        if len(pair) != 2 or not numbers or pair[0] == pair[1]:
            raise PydanticCustomError("range", "two different numbers: " + names)
        return float(pair[0]), float(pair[1])

    return read


def _held(value: Any) -> float | int:
    """Reads a share below 1, or a whole number of images."""
    whole = type(value) is int and 0 <= value <= MOST_COUNTED
    if not whole and not (type(value) is float and 0 <= value < 1):
        raise PydanticCustomError("held", "a share from 0 to below 1, or a whole number of images")
    return float(value) if value == 0 else value


def _channels(value: Any) -> tuple[float, ...]:
    """Reads a number for each channel."""
    numbers = tuple(value) if isinstance(value, list | tuple) else (value,)
    if not numbers or not all(type(number) in (int, float) and math.isfinite(number) for number in numbers):
        raise PydanticCustomError("channels", "a number for each channel: [red, green, blue]")
    return tuple(map(float, numbers))


Channels = Annotated[tuple[float, ...], BeforeValidator(_channels)]
"""A number for each channel."""

Held = Annotated[float | int, BeforeValidator(_held)]
"""A part of the examples: a share of each class alike, or so many in all."""


class DataSet(Part):
    """Base of all data sets.

    Class attributes:
        image: Channels, height and width of an image as it is read; None where only reading them tells.
        class_count: Labels are 0 to one less; None where only reading them tells.
        brightest: The largest value that a pixel can have; the least is 0.
        training_examples: Images for training, before some are held out; None where only reading them tells.
        brings_parts: Whether the data may have a part for validation of their own.
        names: The names of the classes, in the order of their labels; where they are empty, classes are numbered.
        whole_numbers: Whether it may hold whole numbers for an input, such as token ids.
        outputs_key: The option that says which targets are for which output of a network.
        fits_inputs: Whether `fitted` follows the network.
        counted: The word for its examples where they are counted: images, rows, windows.
        labelled: What gives its examples targets, where it may come without: ``an array `y_train```.
        row_files: Endings of the files whose rows a network that learned from such data answers; empty where it answers
            images, and arrays of their pixels.

    Attributes:
        resize: Height and width to which images are resized, bilinearly and antialiased; None leaves them.
        pad: Rows above and below, and columns left and right, that are added after that, of value 0 as read.
        range: What the darkest and the brightest pixel that an image can have become, and the others linearly between
            them. Without one, pixels are brought to mean 0 and standard deviation 1.
        batch_size: Images per step; the last batch of an epoch may be smaller.
        drop_last: Whether a last batch that is smaller is left out; other images are in the next epoch.
        sampler: The order of an epoch: `shuffled`, every image once, or `balanced`, as many drawn with replacement so
            that each class is as likely as another (torch's WeightedRandomSampler).
        validation: Share of the training images, of each class alike unless outputs have targets of their own, or their
            number, that is held out of training and chooses the best checkpoint. The held-out images are the same
            whatever the seed. With 0 the training loss chooses.
        mean: With `std`, in place of the training images' own figures: what is taken off each channel, as a share of
            the brightest pixel.
        std: What each channel is divided by after that, as a share of the brightest pixel.
    """

    family: ClassVar[str] = "data set"
    group: ClassVar[str] = "netspec.data"
    told_by: ClassVar[tuple[str, ...]] = ("reader", "load")
    image: ClassVar[tuple[int, int, int] | None] = None
    class_count: ClassVar[int | None] = None
    brightest: ClassVar[int] = 255
    training_examples: ClassVar[int | None] = None
    brings_parts: ClassVar[bool] = False
    names: ClassVar[tuple[str, ...]] = ()
    whole_numbers: ClassVar[bool] = False
    outputs_key: ClassVar[str] = "outputs"
    fits_inputs: ClassVar[bool] = False
    counted: ClassVar[str] = "images"
    labelled: ClassVar[str] = ""
    row_files: ClassVar[tuple[str, ...]] = ()

    resize: Size | None = None
    pad: Annotated[tuple[int, int], pixels(0, "[vertical, horizontal]")] = (0, 0)
    range: Annotated[tuple[float, float], BeforeValidator(two_numbers("[darkest, brightest]"))] | None = None
    batch_size: int = Field(128, gt=0, le=MOST_COUNTED)
    drop_last: bool = False
    sampler: Literal["shuffled", "balanced"] = "shuffled"
    validation: Held = 0.0
    mean: Channels | None = None
    std: Channels | None = None
    _learned: Learned | None = PrivateAttr(None)

    @model_validator(mode="after")
    def _check_figures(self) -> Self:
        if (self.mean is None) != (self.std is None):
            raise ValueError("`mean` and `std` go together")
        if self.mean is not None and self.range is not None:
            raise ValueError("`range` and `mean` exclude each other: both say what becomes of pixels")
        if self.mean is not None and self.std is not None:
            if len(self.mean) != len(self.std):
                raise ValueError("`mean` and `std` have a number for each channel, both as many")
            if min(self.std) <= 0:
                raise ValueError("`std` must be above 0")
        return self

    @classmethod
    def takes_place(cls) -> bool:
        """Whether the main argument is text: the file or the folder that the data lie in."""
        annotation = cls.model_fields[cls.main].annotation if cls.main in cls.model_fields else None
        return not {str, Path}.isdisjoint((annotation, *get_args(annotation)))

    @property
    def located(self) -> str | None:
        """The place that the main argument names, one path however that is written; None where it names none.

        A pattern of names is told by the path of its folder.
        """
        given = getattr(self, self.main, None) if self.main and self.takes_place() else None
        if given is None:
            return None
        (found, _), written = locate(str(given)), expanded(given)
        if found is None and (len(written.parts) < 2 or not written.parent.is_dir()):
            return None
        return str((found or written).resolve())

    def fitted(self, inputs: Mapping[str, Sequence[int]]) -> Self:
        """The data set for a network whose inputs have these shapes, by name, without the batch."""
        return self

    def learned(self, images: int) -> int:
        """The number of images that an epoch shows, of so many training images."""
        return images - images % self.batch_size if self.drop_last else images

    def shape(self, image: tuple[int, ...]) -> tuple[int, ...]:
        """The shape of an image [C, H, W] once it is resized and padded."""
        if len(image) != 3:
            return image
        channels, *size = image
        height, width = self.resize or size
        return channels, height + 2 * self.pad[0], width + 2 * self.pad[1]

    @property
    def known_image(self) -> tuple[int, int, int] | None:
        """The shape of an image as it is read, as far as it is known before: of the kind, or by its options."""
        return self.image

    @property
    def known_classes(self) -> int | None:
        """The number of classes, as far as it is known before the data are read."""
        return self.class_count

    @property
    def known_examples(self) -> int | None:
        """The number of images for training, as far as it is known before the data are read."""
        return self.training_examples

    @property
    def known_names(self) -> tuple[str, ...]:
        """The names of the classes, as far as they are known before the data are read."""
        return self.names or tuple(map(str, range(self.known_classes or 0)))

    @property
    def input_range(self) -> tuple[float, float] | None:
        """The least and the largest number that the pixels of images of a known shape become.

        None where only the data tell; infinite where they are brought to mean 0 and deviation 1.
        """
        if self.known_image is None:
            return None
        if self.range is not None:
            return min(self.range), max(self.range)
        if self.mean is not None and self.std is not None:
            pairs = list(zip(self.mean, self.std, strict=True))
            return min(-mean / std for mean, std in pairs), max((1 - mean) / std for mean, std in pairs)
        return -math.inf, math.inf

    def columns_of(self, output: str) -> tuple[str, ...]:
        """The names of the columns that an output's targets, labels or values, are of; empty where they have none.

        Args:
            output: The output's name; empty where there is one loss.
        """
        return ()

    @property
    def script_folder(self) -> str | None:
        """The folder that a training script looks in unless told otherwise; None where it needs none."""
        return None

    def reader(self) -> Function | None:
        """The function that reads it in a training script, given the folder if need be; None where no script can."""
        return None

    def look(self) -> None:
        """Make sure of what can be told without torch, at once: that the files are there, and begin as they should.

        Nothing is downloaded.

        Raises:
            NetspecError: NS0802 where they are not there, NS0803 where they are broken.
        """

    def load(self) -> RawData:
        """Read the data set, or find its files; by default what `reader` gives.

        Raises:
            NetspecError: NS0802 where it is not there, NS0803 where it is broken.
        """
        reader = self.reader()
        if reader is None:
            raise NotImplementedError
        data = reader()
        if not self.is_builtin():
            check_brought(self.key, data, self.class_count)
        return self.raw(data)

    def raw(self, data: Data) -> RawData:
        """What a reader gave, with the names of the classes."""
        names = data.classes or self.names or tuple(map(str, range(self.class_count or 0)))
        more = (data.fields, data.outputs, data.vocabulary)
        return RawData(data.train, data.test, names, data.brightest, data.validation, (), *more)

    @property
    def named_inputs(self) -> tuple[str, ...]:
        """The network's inputs that the recipe names, where there are several to feed; empty for the only one."""
        return ()

    @property
    def named_outputs(self) -> tuple[str, ...]:
        """The network's outputs that the recipe names targets for; empty where all have the same target."""
        return ()

    @property
    def hides(self) -> bool:
        """Whether parts of an example are hidden, and they alone are to be told."""
        return False

    @property
    def packs(self) -> bool:
        """Whether examples are packed of the network's inputs, each in its own form: no images."""
        return False

    def like(self, learned: Learned) -> Self:
        """The same for data that are held against what a run learned: labels 1.0 and 2.0 are what they were there."""
        found = self.model_copy(update=learned.options(self))
        found._learned = learned
        return found

    def rows(
        self, place: Path | InMemory, taken: Mapping[str, tuple[int, ...]]
    ) -> Iterator[tuple[Tensor, tuple[PackedField, ...]]]:
        """The examples of a file without their targets, [N, ...], piece by piece, and what they are packed of.

        Args:
            place: One of `row_files`, or arrays in memory.
            taken: The shape of an example by the network's inputs: what has it is one example, and no batch.

        Raises:
            NetspecError: NS0802, NS0803: they are not there, or broken; NS0804: such data are no rows of a file.
        """
        mismatch(f"a network that learned from {self.key} takes images, and {place} holds rows")

    def own_parts(self) -> RawData:
        """As `load`, the parts that the data bring: nothing is held out for the test where they have none."""
        return self.load()
