"""The findings of a look through a data set of files: those that are broken, and those that are left out."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NoReturn

from netspec.diagnostics.styled import printable
from netspec.files.reading import OPENED
from netspec.functional.data import listing
from netspec.functional.data.image_files import ENDINGS, unfit
from netspec.functional.data.walk import Found
from netspec.images.door import MOST_PIXELS, Unreadable
from netspec.images.formats import HEAD, format_of
from netspec.recipe.data.decode import image_of, mask_of
from netspec.recipe.data.paths import Paths
from netspec.recipe.data.problems import all_damaged, damaged
from netspec.recipe.data.raw import Files, Source

_DECODED = 20_000
"""Images that are decoded to name all that are broken, where some are by their ends."""

_SHOWN = 3

_ENDINGS = "images end in .jpg, .png or the like"


class Look(listing.Look):
    """A look through the folder of a data set, which names all that is broken and notes what is left out.

    Attributes:
        most: The most pixels of an image that is decoded.
        levels: The pixels that become 0 and 1.
        unnamed: Files that are images by their content and not by their names.
        notes: Other remarks.
    """

    def __init__(
        self,
        folder: Path,
        follow: bool = False,
        most: int = MOST_PIXELS,
        levels: tuple[float, float] | None = None,
    ) -> None:
        super().__init__(None if follow else folder)
        self.most, self.levels = most, levels
        self.unnamed: list[str] = []
        self.notes: list[str] = []

    def images(self, folder: Path) -> Found:
        """The images of a folder and of those below; other findings are noted."""
        found = super().images(folder)
        self.unnamed += filter(_is_image, (str(folder / name) for name in found.others))
        return found

    def refuse_broken(self) -> None:
        if self.broken:
            self.finish(())

    def refuse_class(self, folder: Path) -> None:
        inside = sum(name.startswith(f"{folder}/") for name in self.unnamed)
        self.note(folder, f"the class has no images{_by_content(inside)}", "add some, or delete the folder")

    def refuse_part(self, folder: Path) -> NoReturn:
        self.refuse_broken()
        damaged(folder, f"it holds neither images nor folders of classes{_by_content(len(self.unnamed))}", _ENDINGS)

    def left_out(self, what: str, names: Sequence[str], help: str) -> None:
        """Note files that are there and not used: ``what`` tells what its names are."""
        if names:
            listed = ", ".join(map(printable, names[:_SHOWN])) + (
                f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
            )
            self.notes.append(f"{printable(what)}: {listed}; {printable(help)}")

    def finish(self, parts: Iterable[Files]) -> tuple[str, ...]:
        """Name all that is broken; or else note what is left out.

        Raises:
            NetspecError: NS0803: something is broken. Then images are decoded too, so that all is named at once.
        """
        parts = list(parts)
        ends = [(source, source.broken()) for files in parts for source in (files.source, files.masks)
                if isinstance(source, Paths)]  # fmt: skip
        if self.broken or any(rows for _, (rows, _) in ends):
            known = {id(source): looked for source, looked in ends}
            for source, (rows, _) in ends:
                for row, reason in rows.items():
                    self.note(source.name(row), reason)
            for files in parts:
                self._decode(files, known)
        unseen = sum(len(source) - seen for source, (_, seen) in ends)
        all_damaged(dict.fromkeys(self.broken), "replace the file, or delete it", self.ways, unseen)
        count = len(self.unnamed)
        endings = f"an image's file ends in {', '.join(ENDINGS[:5])} or the like"
        self.left_out(
            f"{count:,} {'file is an image' if count == 1 else 'files are images'} by content, but not by name, "
            f"and left out",
            self.unnamed,
            f"rename {'it' if count == 1 else 'them'}: {endings}",
        )
        return tuple(self.notes)

    def _decode(self, files: Files, known: dict[int, tuple[dict[int, str], int]]) -> None:
        """Add the images that only decoding finds to be broken."""
        for source in (files.source, files.masks):
            if source is None:
                continue
            broken, seen = known.get(id(source), ({}, len(source)))
            for row in (row for row in range(min(seen, _DECODED)) if row not in broken):
                reason = self._reason(source, row, files.channels, mask=source is files.masks)
                if reason is not None:
                    self.note(source.name(row), reason)

    def _reason(self, source: Source, row: int, channels: int, *, mask: bool) -> str | None:
        try:
            data = source.data(row)
            if mask:
                mask_of(data, None, self.most)
            else:
                image_of(data, channels, self.most, self.levels)
        except (Unreadable, OSError) as error:
            return str(error)
        return None


def _is_image(path: str) -> bool:
    """Whether a file begins as an image does."""
    try:
        handle = os.open(path, OPENED)
        with open(handle, "rb", buffering=0) as file:  # noqa: PTH123 - a descriptor
            return unfit(os.fstat(handle)) is None and format_of(file.read(HEAD)) is not None
    except OSError:
        return False


def _by_content(count: int) -> str:
    """The end of a sentence about files that are images, and not called so."""
    return f"; {count:,} file{' is' if count == 1 else 's are'} such by content, but not by name" if count else ""
