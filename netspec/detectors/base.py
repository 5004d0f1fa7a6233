"""The base of all kinds of detectors: the options that they share, and the rules that each has.

A detector's network has *parts*, modules at its top whose paths are torchvision's. Its kind says on what each runs: on
the image, on every level of the pyramid that the backbone gives, on what is cut from it for one region, or on what
another part gives. The rest, from anchors to non-maximum suppression, is torchvision's, and `assembly` says how it is
made.
"""

from collections.abc import Iterator, Mapping
from math import floor
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from netspec.choices import Choice
from netspec.expr.identifiers import Identifier
from netspec.objects.immutable import immutable
from netspec.program.assembly import Argument, Assembly, Made
from netspec.program.names import Target
from netspec.shape import Shape

Share = Annotated[float, Field(ge=0, le=1)]
"""A score, an overlap, or a share of a sample."""

Many = Annotated[int, Field(ge=1, le=1_000_000)]
"""A number of boxes or of pixels."""

Side = Annotated[float, Field(gt=0, le=100_000)] | Annotated[int, Field(gt=0, le=100_000)]
"""The side of an anchor in pixels, or the quotient of its height and width."""

Sides = Annotated[tuple[Side, ...], Field(min_length=1, max_length=64)]
"""Sides of anchors of one level, or quotients that all levels share."""

Ratios = Annotated[tuple[Side, ...], Field(max_length=64)]
"""Quotients of one level beside its squares; there may be none."""

Sizes = Annotated[tuple[Sides, ...], Field(min_length=1, max_length=16)]
"""The sides of the anchors of each level."""

Channel = Annotated[float, Field(ge=-1000, le=1000)]
"""A value of an image's channel, whose values are between 0 and 1."""


@immutable
class Part:
    """A part of a detector's network.

    Attributes:
        path: The path of its module.
        on: What it runs on: the image, each level in turn, the whole pyramid at once, a region, or the results of
            another part, by its path.
        results: For each of its results, the number of channels, or None for any; empty for a backbone, whose results
            are the levels.
        words: What it is, for messages.
        multiples: For each of its results, what divides a number of channels that `results` leaves open; empty for 1.
    """

    path: str
    on: Literal["image", "levels", "pyramid", "region"] | str
    results: tuple[int | None, ...]
    words: str
    multiples: tuple[int, ...] = ()


@immutable
class Unequal:
    """Results of a part that do not go together.

    Attributes:
        path: The part's path.
        message: What it gives, to stand behind its name.
        found: The figures.
        expected: What the kind needs.
    """

    path: str
    message: str
    found: str
    expected: str


class Detector(Choice):
    """Base of all kinds.

    Class attributes:
        kind: Its name in YAML.
        losses: The losses that its class gives in training mode, by torchvision's names.
    """

    kind: ClassVar[str] = ""
    losses: ClassVar[tuple[str, ...]] = ("classification", "bbox_regression")

    def parts(self) -> tuple[Part, ...]:
        """The parts of its network, the backbone first."""
        raise NotImplementedError

    def anchors(self) -> tuple[int, ...]:
        """The number of anchors at a position of each level: the network has as many levels."""
        raise NotImplementedError

    def assembly(self, channels: Mapping[str, tuple[int, ...]], image: Shape) -> Assembly:
        """The construction of its class from torchvision's.

        Args:
            channels: The channels of each result of each part, by the part's path.
            image: The shape of an image, ``[3, H, W]``.
        """
        raise NotImplementedError

    def unequal(self, channels: Mapping[str, tuple[int, ...]]) -> Unequal | None:
        """Results that each are right for themselves and do not go together; None where there are none.

        Args:
            channels: The channels of each result of each part, by the part's path.
        """
        return None

    def unlike(self, image: Shape, levels: tuple[Shape, ...]) -> tuple[str, str, str] | None:
        """An option that is one of levels of other sizes: the option, what is found, and what is expected; or None.

        Args:
            image: The shape of an image, ``[3, H, W]``.
            levels: The shapes of the levels, the finest first.
        """
        return None

    def classes(self, assembly: Assembly, channels: Mapping[str, tuple[int, ...]]) -> int:
        """The number of classes that it tells apart, the background among them.

        Args:
            assembly: The construction of its class, which is told their number.
            channels: The channels of each result of each part, by the part's path.
        """
        return next(value for name, value in assembly.options if name == "num_classes" and isinstance(value, int))

    def region(self, levels: tuple[Shape, ...]) -> Shape | None:
        """The shape of what is cut from the levels for one region; None where nothing is."""
        return None

    @property
    def regions(self) -> int | None:
        """The number of regions of an image in evaluation mode, the most that there can be; None where it has none."""
        return None

    @property
    def divisor(self) -> int | None:
        """The number of pixels that divides the height and width of every batch of images; None for one size alone."""
        return None

    def seen(self, height: int, width: int) -> tuple[int, int] | None:
        """Height and width, padding included, in which it sees an image of these; None for those of its input."""
        return None

    def untaken(self, height: int, width: int) -> str | None:
        """The reason why an image of these cannot be taken; None where it can."""
        return None

    def wrong(self) -> Iterator[tuple[str, str, str]]:
        """Options that do not go together: the option, what is found, and what is expected."""
        return iter(())


class Normalising(Detector):
    """The options of all kinds, as torchvision's GeneralizedRCNNTransform has them."""

    image_mean: tuple[Channel, Channel, Channel] = Field(
        (0.485, 0.456, 0.406), description="The mean of each channel, which is subtracted."
    )
    image_std: tuple[Channel, Channel, Channel] = Field(
        (0.229, 0.224, 0.225), description="The standard deviation of each channel, by which it is divided."
    )

    def wrong(self) -> Iterator[tuple[str, str, str]]:
        """A deviation of 0."""
        if any(each <= 0 for each in self.image_std):
            yield "image_std", f"{list(self.image_std)}", "deviations above 0"


class Resizing(Normalising):
    """The options of kinds that take images of any size, as torchvision's GeneralizedRCNNTransform has them."""

    min_size: Many = Field(800, description="Pixels of an image's shorter side, to which it is scaled.")
    max_size: Many = Field(1333, description="Pixels that its longer side keeps below, scaled less where need be.")
    size_divisible: Annotated[int, Field(ge=1, le=4096)] = Field(
        32, description="The number that divides the sides of a batch, which is padded with zeros."
    )

    @property
    def divisor(self) -> int:
        """Its `size_divisible`."""
        return self.size_divisible

    def seen(self, height: int, width: int) -> tuple[int, int]:
        """The image is scaled to `min_size`, to less where its longer side were longer than `max_size`, and padded."""
        scale, step = self._scale(height, width), self.size_divisible
        first, second = (-(-max(1, floor(side * scale)) // step) * step for side in (height, width))
        return first, second

    def untaken(self, height: int, width: int) -> str | None:
        """Its shorter side would come to less than a pixel."""
        shorter = min(height, width)
        if shorter * self._scale(height, width) >= 1:
            return None
        what = "width" if shorter == width else "height"
        return f"of {height:,}x{width:,} (height x width), scaled to `max_size: {self.max_size}`, no {what} is left"

    def _scale(self, height: int, width: int) -> float:
        """The factor of both sides, as torchvision's transform computes it."""
        return min(self.min_size / min(height, width), self.max_size / max(height, width))

    def wrong(self) -> Iterator[tuple[str, str, str]]:
        """A longer side that is shorter than the shorter one."""
        yield from super().wrong()
        if self.max_size < self.min_size:
            yield "max_size", f"{self.max_size}", f"at least `min_size`, {self.min_size}"


class Anchored(Resizing):
    """The options of kinds one of whose heads runs on each level and tells of anchors of several sides and ratios."""

    sizes: Sizes = Field(description="For each level, the sides of its anchors in pixels.")
    aspect_ratios: Sides = Field((0.5, 1.0, 2.0), description="Height over width of the anchors.")

    def anchors(self) -> tuple[int, ...]:
        """One of each ratio for each side."""
        return tuple(len(each) * len(self.aspect_ratios) for each in self.sizes)

    def wrong(self) -> Iterator[tuple[str, str, str]]:
        """Unlike numbers of anchors."""
        yield from super().wrong()
        if len(set(self.anchors())) > 1:
            yield "sizes", f"{list(self.anchors())} anchors", "as many for each level, since one head runs on all"


def option(value: object, name: str) -> tuple[Identifier, Argument]:
    """A keyword and its value."""
    return Identifier(name), _literal(value)


def _literal(value: object) -> Argument:
    if isinstance(value, (list, tuple)):
        return tuple(_literal(each) for each in value)
    assert isinstance(value, (int, float, str))
    return value


def given(detector: Detector, *names: str, prefix: str = "") -> tuple[tuple[Identifier, Argument], ...]:
    """The options that differ from their defaults, which are those of torchvision's class, by its keywords."""
    fields = type(detector).model_fields
    return tuple(
        option(getattr(detector, name), f"{prefix}{name}")
        for name in names
        if getattr(detector, name) != fields[name].default
    )


def anchor_generator(sizes: tuple[tuple[float, ...], ...], ratios: tuple[float, ...]) -> Made:
    """Torchvision's AnchorGenerator: a tuple of sizes for each level, and the same ratios for all."""
    return Made(
        Target("torchvision.models.detection.anchor_utils.AnchorGenerator"),
        (option(sizes, "sizes"), option((ratios,) * len(sizes), "aspect_ratios")),
    )


def columns(channels: tuple[int, ...], anchors: tuple[int, ...]) -> tuple[int, ...]:
    """The numbers that are told of each anchor of each level, by the channels of the level's map."""
    return tuple(all_of // each for all_of, each in zip(channels, anchors, strict=True))


THIN = "cut the image, leave it out, or raise `max_size` of `detector`"
"""The way to mend an image that is not taken."""

NORMALISATION = ("image_mean", "image_std")
"""The options of `Normalising`."""

TRANSFORM = ("min_size", "max_size", *NORMALISATION, "size_divisible")
"""The options of `Resizing`."""
