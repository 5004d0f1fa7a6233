"""Images with boxes as batches: lists, since images differ in size and in the number of their objects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, cast

import torch
from torch import Tensor

from netspec.diagnostics.styled import printable
from netspec.functional.augment.scene import Scene
from netspec.functional.data.boxed import BRIGHTEST, Boxed, Truth
from netspec.functional.data.objects import target_of
from netspec.images.door import Unreadable
from netspec.recipe.data import DataSet
from netspec.recipe.data.held_out import hold_out
from netspec.recipe.data.objects import Objects
from netspec.recipe.data.raw import RawData
from netspec.training.feeding.batches import DataSplit
from netspec.training.feeding.decoding import Failure, Request, reason_of
from netspec.training.feeding.inputs import Inputs
from netspec.training.feeding.sample_set import Samples
from netspec.training.feeding.streamed import Stream

Target = dict[str, Tensor]
"""`boxes` [N, 4] float32 in pixels and `labels` [N] int64 from 1; of examples that are not augmented also `area` [N]
float32 and `iscrowd` [N] int64."""


@dataclass(frozen=True, slots=True)
class BoxedBatch:
    """Some images, each of a size of its own, with their objects, on the device.

    Attributes:
        images: B of [C, H, W], uint8 as read; float32 up to the same brightest value, of 16 bits.
        targets: B of them.
        rows: [B] int64 on the CPU: which examples of the split these are.
    """

    images: list[Tensor]
    targets: list[Target]
    rows: Tensor


@dataclass(frozen=True)
class Shares(Inputs):
    """The inputs of a detector: pixels from 0 to 1, images in the sizes that they have."""

    def __call__(self, images: list[Tensor]) -> list[Tensor]:  # type: ignore[override]
        """Float32 [C, H, W] of each image, uint8 or float32 up to the brightest."""
        return [image.float() / BRIGHTEST for image in images]

    def shape(self, image: tuple[int, ...]) -> tuple[int, ...]:
        """The shape of an image, which stays as it is."""
        return image


@dataclass(frozen=True, slots=True)
class BoxedReader:
    """Reads images with their objects.

    Attributes:
        part: The images.
    """

    part: Boxed

    def __len__(self) -> int:
        return len(self.part)

    def __getitem__(self, request: Request) -> tuple[list[Tensor], list[Truth]] | Failure:
        """Images [C, H, W], as they are, and what is in them; or the images that are broken."""
        images: list[Tensor] = []
        broken: list[tuple[str, str]] = []
        for row in request.rows:
            try:
                images.append(torch.from_numpy(self.part.pixels(row)))
            except (Unreadable, OSError) as error:
                broken.append((self.part.name(row), reason_of(error)))
        return Failure(tuple(broken)) if broken else (images, [self.part.truth(row) for row in request.rows])


class BoxedSplit(Stream[BoxedReader]):
    """Images with boxes that are drawn or decoded when they are asked for, in the order of the requests."""

    targets: Tensor | None = None
    labels: Tensor | None = None

    @property
    def part(self) -> Boxed:
        """The images."""
        return self.reader.part

    def batches(self, rows: Sequence[Tensor], draws: Sequence[Tensor] | None = None) -> Iterator[BoxedBatch]:
        """One batch for each tensor of indices."""
        for one, (images, truths) in self._asked(rows, draws):
            yield BoxedBatch([self._there(image) for image in images], [self._told(each) for each in truths], one)

    def _there(self, tensor: Tensor) -> Tensor:
        return tensor.to(self.device, non_blocking=True)

    def _told(self, truth: Truth) -> Target:
        return {name: self._there(each) for name, each in target_of(truth).items()}


def boxed_prepared(raw: RawData, data: DataSet, device: torch.device) -> Samples:
    """Images with boxes ready for training: some held out, and of the others no boxes around crowds.

    Raises:
        NetspecError: NS0804: more is held out than there is.
    """
    assert isinstance(data, Objects)
    parted = hold_out(raw, data.validation)
    assert isinstance(parted.train, Boxed)

    def split(part: object) -> DataSplit | None:
        found = BoxedSplit(BoxedReader(part), device, data.readers) if isinstance(part, Boxed) else None
        return cast("DataSplit | None", found)  # its batches are lists

    train = split(parted.train.to_learn())
    assert train is not None
    shape = (3, *parted.train.size(0))
    return Samples(
        train=train,
        validation=split(parted.validation),
        test=split(parted.test),
        classes=tuple(map(printable, raw.classes)),
        shape=shape,
        read=shape,
        inputs=Shares(None, (0, 0), (0.0,), (BRIGHTEST,)),
        scene=Scene(brightest=BRIGHTEST, neutral=(0.0,)),
        mixable=False,
        target_shape=None,
        notes=parted.notes,
        objects=tuple(part for part in (parted.train, parted.validation, parted.test) if isinstance(part, Boxed)),
    )


def boxed_parts(samples: Samples) -> dict[str, BoxedSplit]:
    """The parts of samples of images with boxes, by their names; `train` comes first."""
    assert samples.objects
    parts = {"train": samples.train, "validation": samples.validation, "test": samples.test}
    return {name: cast(BoxedSplit, part) for name, part in parts.items() if part is not None}


def numbered(images: Iterable[Any], inputs: Iterable[Any], targets: Iterable[Any]) -> dict[str, Tensor]:
    """The examples of some batches by names with numbers: `images.0`, `inputs.0`, `boxes.0`, `labels.0`, ..."""
    found: dict[str, Tensor] = {}
    for name, batches in {"images": images, "inputs": inputs}.items():
        found |= {f"{name}.{index}": each for index, each in enumerate(chain(*batches))}
    for index, target in enumerate(chain(*targets)):
        found |= {f"{name}.{index}": part for name, part in target.items()}
    return found
