"""Image files that have an annotation file each, of the same name. It has no name of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import ClassVar

from netspec.diagnostics import NetspecError
from netspec.functional.data.pairs import folder_key, pair_key, part_by_folders
from netspec.functional.data.parts import PARTS
from netspec.functional.data.walk import OUTSIDE, Walk, is_called_an_image
from netspec.recipe.data.annotated_files import MENDED, AnnotatedFiles, Names, sizes_of
from netspec.recipe.data.gathering import Classes, Findings, Gathering
from netspec.recipe.data.problems import missing
from netspec.recipe.function import Function

_SHOWN = 3


class PairedFiles(AnnotatedFiles):
    """Base of data sets whose annotations are a file for each image: beside it, or in a folder beside that of images.

    Class attributes:
        ending: The annotations' ending.
        bare_is_empty: Whether an image without annotations has no objects; otherwise it is left out.
        script_reader: The function of `netspec.functional` that reads them in a training script.

    Attributes:
        classes: The names of the classes, in the order of their labels; None takes those of the images to train on, in
            the order of the alphabet.
    """

    ending: ClassVar[str]
    bare_is_empty: ClassVar[bool] = False
    script_reader: ClassVar[str]

    classes: Names | None = None

    def reader(self) -> Function:
        return self.reading(self.script_reader, classes=self.classes)

    def given_classes(self, place: Path) -> Sequence[str] | None:
        return self.classes

    def part_files(self, place: Path, findings: Findings) -> dict[str, tuple[str, ...]] | None:
        """The part of each image by its file's name without ending; None where folders say it."""
        return None

    def read_marks(self, file: Path, size: tuple[int, int], into: Gathering) -> None:
        """Read the objects of the latest image from its annotations; `size` is the image's height and width."""
        raise NotImplementedError

    def gather(self, place: Path, findings: Findings, classes: Classes) -> Iterator[Gathering | None]:
        walk = Walk(place, place)
        names = sorted(walk.files())
        for name, reason in walk.broken:
            findings.note(name, reason, "put the file itself there" if reason == OUTSIDE else MENDED)
        pairs = self._pairs(place, names, [_relative(place, name) for name, _ in walk.broken], findings)
        if not pairs and not findings.broken:
            missing(f"{place} has no images with annotations that end in {self.ending}", self.expected)
        told = self.part_files(place, findings)
        parts: dict[tuple[str, ...], list[tuple[str, str | None]]] = {names: [] for names in PARTS}
        unlisted = 0
        for image, marks in pairs:
            part = part_by_folders(image) if told is None else told.get(PurePosixPath(image).stem)
            if part is None:
                unlisted += 1
            else:
                parts[part].append((image, marks))
        findings.count("images that no list of a part has are left out", unlisted)
        for chosen in parts.values():
            yield self._part(place, chosen, Gathering(findings, classes)) if chosen else None

    def _part(self, place: Path, pairs: Sequence[tuple[str, str | None]], into: Gathering) -> Gathering:
        sizes = sizes_of([f"{place}/{image}" for image, _ in pairs], self.max_pixels, into.findings)
        for (image, marks), size in zip(pairs, sizes, strict=True):
            if size is None:
                continue
            into.image(image, size)
            if marks is None:
                continue
            try:
                self.read_marks(into.findings.reading(place / marks), size, into)
            except NetspecError as error:
                into.findings.errors += error.diagnostics
        return into

    def _pairs(
        self, place: Path, names: Sequence[str], broken: Sequence[str], findings: Findings
    ) -> list[tuple[str, str | None]]:
        """Images with their annotations; other findings are noted, but of what would be in or beside broken entries."""
        unread = {pair_key(name) for name in broken}
        closed = tuple({folder_key(name) for name in broken})
        marks = {pair_key(name): name for name in names if name.lower().endswith(self.ending)}
        found: list[tuple[str, str | None]] = []
        seen: dict[str, str] = {}
        bare: list[str] = []
        for image in filter(is_called_an_image, names):
            key = pair_key(image)
            if key in seen:
                findings.note(
                    f"{place}/{image}", f"its annotations would be those of {seen[key]}", "rename one of both"
                )
                continue
            seen[key] = image
            if key in marks or self.bare_is_empty:
                found.append((image, marks.get(key)))
            if key not in marks:
                bare.append(image)
        for key, name in marks.items():
            if key not in seen and key not in unread and not key.startswith(closed) and self._is_of_an_image(name):
                findings.note(f"{place}/{name}", "there is no image of its name", "add the image, or delete the file")
        if bare:
            shown = ", ".join(bare[:_SHOWN]) + (f" and {len(bare) - _SHOWN:,} more" if len(bare) > _SHOWN else "")
            what = "count as images without objects" if self.bare_is_empty else "are left out"
            findings.notes.append(f"{len(bare):,} images without annotations {what}: {shown}")
        return found if any(marks for _, marks in found) else []

    def _is_of_an_image(self, name: str) -> bool:
        """Whether a file with the ending of annotations can be nothing else."""
        return True


def _relative(place: Path, name: str) -> str:
    return name.removeprefix(f"{place}/")
