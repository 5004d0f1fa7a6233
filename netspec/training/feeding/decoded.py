"""Reading of a data set of encoded images: the size of images, all at once or batch by batch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from netspec.diagnostics import NetspecError
from netspec.functional.data.boxed import Boxed
from netspec.functional.data.image_files import Frame, Middle
from netspec.functional.data.windows import Windows
from netspec.functional.fields import Slot
from netspec.functional.inputs import FIGURES, evenly_spread
from netspec.images.door import Unreadable
from netspec.recipe.augment.geometric import RandomResizedCrop
from netspec.recipe.data import DataSet
from netspec.recipe.data.decode import image_of, is_deep
from netspec.recipe.data.encoded import Encoded
from netspec.recipe.data.problems import all_damaged, mismatch
from netspec.recipe.data.raw import IGNORED, Files, Images, Part, RawData
from netspec.training.feeding.batches import in_order
from netspec.training.feeding.decoding import Reader
from netspec.training.feeding.streamed import Streamed, default_workers

IN_MEMORY = 2**30
"""Bytes of decoded images up to which a set is held in memory, unless the recipe says so or not."""

_PROBED = 16
"""The images whose size is checked first; every other one is checked when it is read."""

_MENDED = "replace the file, or take it out of the data set"

_LOOKED_AT = 20_000
"""The images of a part that are tried where none of those is readable."""

_FEW = 512
"""The most images for which no process is started."""

_BATCH = 64


@dataclass(frozen=True, slots=True)
class Decoder:
    """The way to read the images of a data set.

    Attributes:
        reader: Reads a batch of any of its files.
        workers: Processes that read.
        streams: Whether the set is too large to be held in memory.
    """

    reader: Reader
    workers: int
    streams: bool

    @classmethod
    def of(cls, data: DataSet, raw: RawData, slots: Sequence[Slot] = ()) -> Decoder | None:
        """The decoder of a data set; None where it is in memory already.

        Args:
            data: The data set.
            raw: What it has read.
            slots: The network's inputs, where they are known.

        Raises:
            NetspecError: NS0803: all images looked at are broken; NS0804: they differ in size.
        """
        parts = [part for part in (raw.train, raw.validation, raw.test) if isinstance(part, Files)]
        if not parts or not isinstance(data, Encoded):
            return None
        frame, size = _frame(data, parts, slots)
        ignored, deep = getattr(data, "ignored", IGNORED), bool(data.levels) or _any_is_deep(data, parts)
        reader = Reader(parts[0], frame, size, None, len(raw.classes), ignored, data.max_pixels, data.levels, deep=deep)
        large = sum(map(len, parts)) * parts[0].channels * size[0] * size[1] * (4 if deep else 1) > IN_MEMORY
        return cls(reader, default_workers(data.workers), large if data.in_memory is None else not data.in_memory)

    @property
    def brightest(self) -> float:
        """The largest value that a pixel can have, once it is read."""
        return 1.0 if self.reader.deep else 255.0

    def stream(self, files: Files, device: torch.device, crop: RandomResizedCrop | None = None) -> Streamed:
        """Files that are read batch by batch; with a `crop`, at random pieces where a batch brings the numbers."""
        return Streamed(replace(self.reader, files=files, crop=crop), device, self.workers)

    def read(self, raw: RawData) -> RawData:
        """The data set with all images in memory.

        Raises:
            NetspecError: NS0803: images are broken, of whatever part.
        """
        found: list[Images | None] = []
        broken: list[tuple[str, str]] = []
        for part in (raw.train, raw.test, raw.validation):
            try:
                found.append(self._whole(part))
            except NetspecError as error:
                if not isinstance(error.partial, list):
                    raise
                broken += error.partial
        all_damaged(broken, _MENDED)
        train, test, validation = found
        assert train
        return replace(raw, train=train, test=test, validation=validation, brightest=self.brightest)

    def sample(self, files: Files) -> Tensor:
        """Images evenly spread over the files, as they are judged: [N, C, H, W]."""
        rows = evenly_spread(len(files), FIGURES)
        try:
            return self._whole_of(files.take(rows)).images
        except NetspecError:
            for _ in self.stream(files, torch.device("cpu")).batches(in_order(files, _BATCH)):
                pass  # so that all that are broken are named
            raise

    def _whole(self, part: Part | None) -> Images | None:
        assert not isinstance(part, Windows | Boxed)  # they are read where they lie
        return self._whole_of(part) if isinstance(part, Files) else part

    def _whole_of(self, files: Files) -> Images:
        workers = self.workers if len(files) > _FEW else 0
        split, size = Streamed(replace(self.reader, files=files), torch.device("cpu"), workers), self.reader.size
        try:
            kind = torch.float32 if self.reader.deep else torch.uint8
            images = torch.empty(len(files), files.channels, *size, dtype=kind)
            masks = torch.empty(len(files), *size, dtype=torch.uint8) if files.masks is not None else None
        except RuntimeError:
            what = f"{len(files):,} images of {size[0]}x{size[1]} decoded does not fit into memory"
            mismatch(f"a set of {what}", "write `in_memory: false` at `data`", "in_memory")
        for batch in split.batches(in_order(split, _BATCH)):
            images[batch.rows] = batch.images
            if masks is not None:
                masks[batch.rows] = batch.targets.to(torch.uint8)
        return Images(images, files.targets if masks is None else masks)


def _frame(data: Encoded, parts: Sequence[Files], slots: Sequence[Slot]) -> tuple[Frame, tuple[int, int]]:
    """The frame of images of any size, and the size that all have then."""
    if data.crop:
        return Middle(None, data.shorter, data.crop), data.crop
    sizes = _sizes(data, parts)
    if not sizes:
        all_damaged(_broken(data, parts), _MENDED)
    (first, where), *others = sizes.items()
    masks = any(part.masks is not None for part in parts)
    if data.resize and (others or masks or data.resize[0] * data.resize[1] < first[0] * first[1]):
        return Frame(resize=data.resize), data.resize
    if others:
        other, there = others[0]
        mismatch(
            f"the images differ in size: {where} is {first[0]}x{first[1]}, {there} is {other[0]}x{other[1]}",
            _sizing(slots, masks),
        )
    # Images of one size are kept so, and enlarged on the device: that takes less memory.
    return Frame(), first


def _sizing(slots: Sequence[Slot], masks: bool) -> str:
    """Advice on what gives all images, and their masks, the size that the network takes."""
    taken = [slot.shape[1:] for slot in slots if len(slot.shape) == 3]
    if len(taken) != 1:
        return "`resize: [height, width]` at `data` makes all as large as the network takes them"
    height, width = taken[0]
    size = height if height == width else [height, width]
    usual = round(max(height, width) * 8 / 7)  # 256 for 224
    cut = "" if masks else f", or `shorter: {usual}` and `crop: {size}`,"
    return f"write `resize: {size}`{cut} at `data`: the network takes {height}x{width}"


def _any_is_deep(data: Encoded, parts: Iterable[Files]) -> bool:
    """Whether pixels have more than 8 bits among some images of each part."""
    for part in parts:
        for row in evenly_spread(len(part), _PROBED).tolist():
            with suppress(Unreadable, OSError):  # it is named when all are read
                if is_deep(part.source.data(row), data.max_pixels):
                    return True
    return False


def _sizes(data: Encoded, parts: Iterable[Files]) -> dict[tuple[int, int], str]:
    """Heights and widths that occur among some images of each part, with the name of one of each; broken ones aside."""
    found: dict[tuple[int, int], str] = {}
    for part in parts:
        for row in evenly_spread(len(part), _PROBED).tolist():
            try:
                image = image_of(part.source.data(row), part.channels, data.max_pixels, data.levels)
            except (Unreadable, OSError):
                continue  # it is named with all others that are broken, when all are read
            found.setdefault((image.height, image.width), part.source.name(row))
    return found


def _broken(data: Encoded, parts: Iterable[Files]) -> Iterator[tuple[str, str]]:
    """Images that cannot be decoded, of the first of each part, with the reason."""
    for part in parts:
        for row in range(min(len(part), _LOOKED_AT)):
            try:
                image_of(part.source.data(row), part.channels, data.max_pixels, data.levels)
            except (Unreadable, OSError) as error:
                yield part.source.name(row), str(error)
