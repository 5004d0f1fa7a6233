"""The base of data sets of image files with annotation files. It has no name of its own."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal
from typing import Annotated as Checked

from pydantic import BeforeValidator, Field

from netspec.diagnostics import Code, Diagnostic, NetspecError
from netspec.diagnostics.styled import printable
from netspec.functional.data.image_files import DEEP
from netspec.images.door import MOST_PIXELS, PILLOWS_MOST, Unreadable
from netspec.images.ends import cut_short
from netspec.images.heads import head_of, upright_size
from netspec.recipe.data.base import Held
from netspec.recipe.data.gathering import Classes, Findings, Gathering
from netspec.recipe.data.held_out import split_by, with_test
from netspec.recipe.data.objects import Objects
from netspec.recipe.data.placed import Placed
from netspec.recipe.data.problems import all_damaged, missing, refusals
from netspec.recipe.data.raw import RawData
from netspec.recipe.function import Function, Instance, functional

if TYPE_CHECKING:
    from PIL.Image import Image

    from netspec.recipe.data.annotated import Annotated

_READERS = 16
_SHOWN = 3
_MOST_ERRORS = 10

_MANY = 5_000
"""Objects of an image from which a note tells of them."""

MENDED = "replace the file, or take it out of the data set"


def names_given(value: object) -> object:
    """Reads a list of names as a tuple: each is there, and another."""
    if not isinstance(value, list):
        return value
    names = tuple(str(each).strip() for each in value)
    if not all(names):
        raise ValueError("`classes` has an empty name: each class has a name of its own")
    if twice := [name for name, times in Counter(names).items() if times > 1]:
        raise ValueError(f"`classes` names {twice[0][:80]!r} twice: each class has a name of its own")
    return names


Names = Checked[tuple[str, ...], BeforeValidator(names_given), Field(min_length=1, max_length=1 << 16)]
"""The names of classes."""


class AnnotatedFiles(Placed, Objects):
    """Base of data sets whose images are files, with the boxes of their objects in others.

    Attributes:
        broken: What is done with boxes that leave their image, are empty or are no numbers: `refuse` names them before
            the first step, `drop` leaves them out.
        workers: Processes that decode images; None is one for each core, up to 8. With 0 the training itself does it.
        max_pixels: Up to how many pixels an image is decoded; a larger one is an error.
        test: Share of the images, or their number, that judges the training, always the same ones. None takes the
            data's own test images, and 0.2 of the others where they have none.
        split_seed: Decides which images `test` takes, whatever the run's seed is.
    """

    in_folder: ClassVar[bool] = True

    broken: Literal["refuse", "drop"] = "refuse"
    workers: int | None = Field(None, ge=0, le=256)
    max_pixels: int = Field(MOST_PIXELS, ge=1, le=PILLOWS_MOST)
    test: Held | None = None
    split_seed: int = Field(1, ge=0, lt=2**32)

    @property
    def readers(self) -> int:
        if self.workers is not None:
            return self.workers
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        return min(8, cores) if cores > 1 else 0

    def reading(self, name: str, **options: Any) -> Function:
        """A function of `netspec.functional` that reads them in a training script, with what all of them take."""
        frame = Instance("netspec.functional.data.image_files.Frame", {})
        decoding = {"channels": 3, "max_pixels": self.max_pixels, "frame": frame}
        return functional(
            name,
            **options,
            drop=self.broken == "drop",
            decoding=Instance("netspec.functional.data.decoding.Decoding", decoding),
            split=split_by(self.test, self.split_seed),
        )

    def given_classes(self, place: Path) -> Sequence[str] | None:
        """The names of the classes, where something says them before the images do."""
        return None

    def gather(self, place: Path, findings: Findings, classes: Classes) -> Iterator[Gathering | None]:
        """The images of each part: to train on, to validate by, to test by; the latter ones may be None.

        Raises:
            NetspecError: A file cannot be read at all.
        """
        raise NotImplementedError

    def look_into(self, place: Path) -> None:
        findings = Findings(self.broken == "drop")
        _LATEST.keep(self, self._read(place, findings), findings.read)

    def own_parts(self) -> RawData:
        return _LATEST.taken(self) or self._read(self.place(), Findings(self.broken == "drop"))

    def load(self) -> RawData:
        return with_test(self.own_parts(), self.test, self.split_seed)

    def _read(self, place: Path, findings: Findings) -> RawData:
        """All annotations, checked; no image is decoded, but all are looked at by their ends."""
        with refusals():
            classes = Classes(self.given_classes(place))
            parts: list[Annotated | None] = []
            for gathered in self.gather(place, findings, classes):
                moved = classes.settle()  # by the first part, which is learned from
                parts.append(None if gathered is None else gathered.annotated(place, self.max_pixels, moved))
        train, validation, test = [*parts, None, None][:3]
        for part in (train, validation, test):
            if part is not None:
                ends, _ = part.files.broken()
                for row, reason in ends.items():
                    findings.note(part.files.name(row), reason, MENDED)
        _refuse(findings)
        if train is None:
            missing(f"{place} has no images to train on", self.expected)
        self._check_objects(place, train, findings)
        if validation is not None and test is None:
            validation, test = None, validation
        findings.notes += [text for part in (train, validation, test) if part and (text := _crowded(part))]
        return RawData(train, test, tuple(classes.names), 255, validation, tuple(_notes(findings)))

    def _check_objects(self, place: Path, train: Annotated, findings: Findings) -> None:
        """Make sure that there is something to learn from.

        Raises:
            NetspecError: NS0802: the images to train on have no objects, or crowds alone.
        """
        crowds = len(train.truths.labels)
        if crowds > train.truths.crowd.sum():
            return
        what, help = "no objects", "write the boxes of some objects into the annotations"
        if crowds:
            what, help = "boxes around crowds alone", "nothing is learned from crowds: add boxes of single objects"
        elif findings.dropped:
            what, help = f"no objects left: `broken: drop` left out {_dropped(findings)}", "mend some of them"
        missing(f"the images of {place} have {what} to train on", help=help)


def _refuse(findings: Findings) -> None:
    """Name all that is broken, the files that cannot be read at all first.

    Raises:
        NetspecError: NS0902 for the latter, NS0803 for others.
    """
    errors = findings.errors[:_MOST_ERRORS]
    if more := len(findings.errors) - len(errors):
        errors.append(
            Diagnostic(Code.FILE_UNREADABLE, f"{more:,} more {'file' if more == 1 else 'files'} cannot be read")
        )
    try:
        all_damaged(dict.fromkeys(findings.broken), MENDED, findings.ways)
    except NetspecError as error:
        raise NetspecError([*errors, *error.diagnostics]) from None
    if errors:
        raise NetspecError(errors)


def _notes(findings: Findings) -> Iterator[str]:
    yield from map(printable, findings.notes)
    yield from (f"{times:,} {remark}" for remark, times in findings.counts.items() if times)
    if findings.dropped:
        broken = len(findings.dropped)
        yield f"{broken:,} broken {'box is' if broken == 1 else 'boxes are'} left out: {_dropped(findings)}"


def _dropped(findings: Findings) -> str:
    """The first boxes that were left out, each with the reason."""
    shown = "; ".join(f"{where}: {reason}" for where, reason in findings.dropped[:_SHOWN])
    more = f" and {len(findings.dropped) - _SHOWN:,} more" if len(findings.dropped) > _SHOWN else ""
    return printable(f"{shown}{more}")


def _crowded(part: Annotated) -> str | None:
    """A note on the image with the most objects, where they are so many that a step takes long."""
    counts = part.starts[1:] - part.starts[:-1]
    row = int(counts.argmax())
    if counts[row] <= _MANY:
        return None
    return printable(
        f"{part.files.name(row)} has {counts[row]:,} objects, and each is compared with every anchor: "
        "memory and time of a step grow with them"
    )


def sizes_of(paths: Sequence[str], most: int, findings: Findings) -> list[tuple[int, int] | None]:
    """Height and width of image files by their headers; None where that cannot be read, which is noted."""

    def look(path: str) -> tuple[int, int] | str:
        try:
            head = head_of(path, most)
            return _without_range(head) or upright_size(head)
        except FileNotFoundError:
            return "there is no such file"
        except OSError as error:
            return f"it cannot be read ({error.strerror or error})"
        except Unreadable as error:
            return cut_short(path) or str(error)

    found: list[tuple[int, int] | None] = []
    with ThreadPoolExecutor(_READERS) as pool:
        for path, size in zip(paths, pool.map(look, paths), strict=True):
            if isinstance(size, str):
                findings.note(path, size, MENDED)
            found.append(None if isinstance(size, str) else size)
    return found


def _without_range(image: Image) -> str | None:
    """What is wrong with the depth of an image; None of 8 and 16 bits."""
    from netspec.functional.data.depth import levels_of

    try:
        if image.mode in DEEP:
            levels_of(image, None)
    except ValueError:
        return f"its pixels are of 32 bits (mode {image.mode}), which have no range: images with boxes have 8 or 16"
    return None


class _Latest:
    """What was read of the latest data set, so that a look at it before the training is not a second reading."""

    def __init__(self) -> None:
        self._data: AnnotatedFiles | None = None
        self._raw: RawData | None = None
        self._read: Mapping[str, int] = {}

    def keep(self, data: AnnotatedFiles, raw: RawData, read: Mapping[str, int]) -> None:
        """Keep what a data set has, and when the files that were read for it were last changed."""
        self._data, self._raw, self._read = data, raw, read

    def taken(self, data: AnnotatedFiles) -> RawData | None:
        """What is kept of a data set, once; None where a file has changed since."""
        try:
            same = self._data == data and all(Path(name).stat().st_mtime_ns == at for name, at in self._read.items())
        except OSError:
            same = False
        found = self._raw if same else None
        self._data = self._raw = None
        return found


_LATEST = _Latest()
