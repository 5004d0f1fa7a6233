"""The findings of a look through a data set of files: those that are broken, and those that are left out."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from netspec.diagnostics.printable import printable
from netspec.files.reading import OPENED
from netspec.functional.data.formats import ENDINGS
from netspec.functional.data.regular import unfit
from netspec.functional.data.walk import OUTSIDE, Found, folders_in, images_below
from netspec.images.door import MOST_PIXELS, Unreadable
from netspec.images.formats import HEAD, format_of
from netspec.recipe.data.decode import image_of, mask_of
from netspec.recipe.data.paths import Paths
from netspec.recipe.data.problems import all_damaged
from netspec.recipe.data.raw import Files, Source

_DECODED = 20_000
"""Images that are decoded to name all that are broken, where some are by their ends."""

_SHOWN = 3


@dataclass(slots=True)
class Look:
    """A look through the folder of a data set.

    Attributes:
        home: The folder.
        follow: Whether links may lead out of it.
        most: The most pixels of an image that is decoded.
        broken: Broken entries, each with the reason.
        ways: Ways to mend those of them that no other file mends, by their names.
        unnamed: Files that are images by their content and not by their names.
        notes: Other remarks.
    """

    home: Path
    follow: bool = False
    most: int = MOST_PIXELS
    broken: list[tuple[str, str]] = field(default_factory=list)
    ways: dict[str, str] = field(default_factory=dict)
    unnamed: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def _bounds(self) -> Path | None:
        """The folder that no link may lead out of, if there is one."""
        return None if self.follow else self.home

    def images(self, folder: Path) -> Found:
        """The images of a folder and of those below; other findings are noted."""
        found = images_below(folder, self._bounds)
        self._note_broken(found.broken)
        self.unnamed += filter(_is_image, (str(folder / name) for name in found.others))
        return found

    def folders(self, folder: Path) -> list[str]:
        """The names of the folders in a folder, in order."""
        names, broken = folders_in(folder, self._bounds)
        self._note_broken(broken)
        return names

    def _note_broken(self, found: Iterable[tuple[str, str]]) -> None:
        for name, reason in found:
            self.note_broken(name, reason, "write `follow_links: true` at `data`" if reason == OUTSIDE else None)

    def note_broken(self, name: str, reason: str, way: str | None = None) -> None:
        """Note a broken entry, and the way to mend it where that is not another file in its place."""
        self.broken.append((name, reason))
        if way is not None:
            self.ways[name] = way

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
        if self.broken or any(rows for _, rows in ends):
            known = {id(source): rows for source, rows in ends}
            for source, rows in ends:
                self.broken += [(source.name(row), reason) for row, reason in rows.items()]
            for files in parts:
                self._decode(files, known)
        all_damaged(dict.fromkeys(self.broken), "replace the file, or delete it", self.ways)
        count = len(self.unnamed)
        endings = f"an image's file ends in {', '.join(ENDINGS[:5])} or the like"
        self.left_out(
            f"{count:,} {'file is an image' if count == 1 else 'files are images'} by content, but not by name, "
            f"and left out",
            self.unnamed,
            f"rename {'it' if count == 1 else 'them'}: {endings}",
        )
        return tuple(self.notes)

    def _decode(self, files: Files, known: dict[int, dict[int, str]]) -> None:
        """Add the images that only decoding finds to be broken."""
        for source in (files.source, files.masks):
            if source is None:
                continue
            rows = (row for row in range(min(len(source), _DECODED)) if row not in known.get(id(source), {}))
            for row in rows:
                reason = self._reason(source, row, files.channels, mask=source is files.masks)
                if reason is not None:
                    self.note_broken(source.name(row), reason)

    def _reason(self, source: Source, row: int, channels: int, *, mask: bool) -> str | None:
        try:
            data = source.data(row)
            if mask:
                mask_of(data, None, self.most)
            else:
                image_of(data, channels, self.most)
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
