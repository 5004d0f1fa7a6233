"""Shards of webdataset: tar files in which an image and its label bear one name."""

from __future__ import annotations

import os
import tarfile
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from netspec.functional.data.decoding import Decoding, Encoded, decoded_data
from netspec.functional.data.image_files import ENDINGS, MOST_BYTES, kind_of
from netspec.functional.data.parts import files_by_part
from netspec.functional.data.told import told_labels
from netspec.functional.examples import Data, UnfitData

TAR_BLOCK = 512
"""Bytes of a header, and the multiple that members are filled up to."""

MOST_NOTE = 1 << 16
"""Bytes of a long name, or of other notes on a member."""

MOST_LABEL = 1 << 10
"""Bytes of a label."""

MOST_MEMBERS = 1 << 24
"""Members of the shards of a part."""

LABEL = ".cls"
"""The ending of a member that holds the class of the image of its name."""

NOTES = (tarfile.XHDTYPE, tarfile.SOLARIS_XHDTYPE)
TAR_KINDS = {
    **dict.fromkeys((tarfile.LNKTYPE, tarfile.SYMTYPE), "a link"),
    **dict.fromkeys((tarfile.CHRTYPE, tarfile.BLKTYPE), "a device"),
    tarfile.FIFOTYPE: "a pipe",
}


@dataclass
class Shards:
    """The images of some shards, which stay there.

    Attributes:
        files: The tar files.
        names: The images, by their names in them.
        shards: The file of each image, by its place in `files`.
        starts: The byte at which each image begins.
        sizes: The bytes of each image.
        labels: The class of each image, as its file writes it; empty without such.
        beside: Members that are neither image nor class.
    """

    files: list[Path]
    names: list[str] = field(default_factory=list)
    shards: array[int] = field(default_factory=lambda: array("l"))
    starts: array[int] = field(default_factory=lambda: array("q"))
    sizes: array[int] = field(default_factory=lambda: array("q"))
    labels: list[tuple[str, ...]] = field(default_factory=list)
    beside: int = 0

    def member(self, row: int) -> Member:
        """The function that reads an image."""
        file, start = self.files[self.shards[row]], self.starts[row]
        return Member(file, start, self.sizes[row])


@dataclass(frozen=True)
class Member:
    """A member of a shard, which is read when it is called."""

    file: Path
    start: int
    size: int

    def __str__(self) -> str:
        return f"{self.file}, byte {self.start:,}"

    def __call__(self) -> bytes:
        """Its bytes."""
        with self.file.open("rb") as opened:
            opened.seek(self.start)
            return opened.read(self.size)


def load_shards(
    place: Path,
    targets: str | None,
    decoding: Decoding,
    split: Callable[[Data], Data],
) -> Data:
    """Images [N, C, H, W] with their classes or values, of a shard or a folder of them.

    Args:
        place: The folder, or a single shard.
        targets: Whether labels are classes or values, where numbers could be either.
        decoding: The way to decode images.
        split: Takes the images that judge the training, where no part does.
    """
    parts = [indexed_shards(files) for files in shards_of(place)]
    told = told_labels(place, [part.labels for part in parts], targets)
    found: list[Encoded | None] = []
    for part, labels in zip(parts, told.targets, strict=True):
        sources = [part.member(row) for row in range(len(part.names))]
        found.append(Encoded(sources, labels) if sources else None)
    return split(replace(decoded_data(found, decoding), classes=told.classes))


def shards_of(place: Path) -> list[list[Path]]:
    """The shards to learn from, to validate by and to test by; a lone one tests.

    Raises:
        FileNotFoundError: There is none to train on.
        UnfitData: The name of one says two parts.
    """
    if not place.is_dir():
        return [[place], [], []]
    return files_by_part(place, sorted(place.glob("*.tar")))


def indexed_shards(files: list[Path]) -> Shards:
    """The images of some shards, found by their headers alone.

    Raises:
        UnfitData: One is no whole tar, holds links or devices, or an image without a
            class beside others that have one.
    """
    found = Shards(files)
    for number, file in enumerate(files):
        if reason := kind_of(file.lstat()):
            raise UnfitData(f"{file}: {reason}", "put the file itself there")
        with file.open("rb") as opened:
            add_shard(found, number, file, opened)
    if files and not found.names:
        help = "images end in .jpg, .png or the like"
        raise UnfitData(f"{files[0]} and those after it hold no images", help)
    return found


def add_shard(found: Shards, number: int, file: Path, opened: BinaryIO) -> None:
    """Add the images of a shard, each with the class of its name."""
    images: dict[str, int] = {}
    classes: dict[str, str] = {}
    for name, start, size in members(file, opened):
        if len(found.names) + len(classes) + found.beside > MOST_MEMBERS:
            what = f"{file}: there are more than {MOST_MEMBERS:,} members"
            raise UnfitData(what, "take fewer shards")
        key, ending = key_of(name)
        if ending == LABEL:
            if size > MOST_LABEL:
                what = f"{file}: {name[:100]!r} has {size:,} bytes"
                raise UnfitData(what, f"a class has up to {MOST_LABEL:,}")
            opened.seek(start)
            classes[key] = opened.read(size).decode("utf-8-sig", "replace").strip()
        elif ending in ENDINGS:
            if key in images:
                what = f"{file} has two images called {key[:100]!r}"
                raise UnfitData(what, "give each a name of its own")
            if size > MOST_BYTES:
                what = f"{file}: {name[:100]!r} is {size:,} bytes"
                raise UnfitData(what, f"an image is at most {MOST_BYTES:,}")
            images[key] = len(found.names)
            found.names.append(name)
            found.shards.append(number)
            found.starts.append(start)
            found.sizes.append(size)
        else:
            found.beside += 1
    lone = next((key for key in classes if key not in images), None)
    if lone is not None:
        what = f"{file}: {lone[:100]!r} has a class and no image"
        raise UnfitData(what, "an image stands beside its class, as cat.jpg by cat.cls")
    if classes or any(found.labels):
        bare = next((key for key in images if key not in classes), None)
        if bare is not None:
            what = f"{file}: the image {bare[:100]!r} has no class"
            raise UnfitData(what, "add one, as cat.cls beside cat.jpg")
    found.labels += [(classes[key],) if classes else () for key in images]
    if any(found.labels) and not all(found.labels):
        raise UnfitData(f"{file}: its images have no classes", "others have one each")


def key_of(name: str) -> tuple[str, str]:
    """A member's name up to the first dot of its file, and the rest in lower case."""
    path = PurePosixPath(name)
    stem, dot, ending = path.name.partition(".")
    return str(path.with_name(stem)) if stem else "", f"{dot}{ending}".lower()


def members(file: Path, opened: BinaryIO) -> Iterator[tuple[str, int, int]]:
    """The files of a tar: name, first byte, bytes. Headers are read, and nothing else.

    Raises:
        UnfitData: It is cut short, no tar, or holds what is neither file nor folder.
    """
    length, at, said = os.fstat(opened.fileno()).st_size, 0, dict[str, str]()
    while True:
        opened.seek(at)
        block = opened.read(TAR_BLOCK)
        if not block.strip(b"\0") and len(block) == TAR_BLOCK:
            return
        try:
            header = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
        except tarfile.HeaderError as error:
            what = f"{file}: it is no whole tar ({error}, at byte {at:,})"
            raise UnfitData(what, "make it again, without compression") from None
        name, size = said.get("path", header.name), int(said.get("size", header.size))
        start = at + TAR_BLOCK
        at = start + -(-size // TAR_BLOCK) * TAR_BLOCK
        if size < 0 or start + size > length:
            what = f"{file}: it is cut short within {name[:100]!r}"
            raise UnfitData(what, "make it again")
        if header.type in (*NOTES, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME):
            if size > MOST_NOTE:
                what = f"{file}: a note of {size:,} bytes stands before a member"
                raise UnfitData(what, f"names have up to {MOST_NOTE:,} bytes")
            if header.type != tarfile.XGLTYPE:
                note = opened.read(size)
                long = header.type == tarfile.GNUTYPE_LONGNAME
                said |= {"path": text_of(note)} if long else notes_in(note)
            continue
        said = {}
        if header.type in (tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.CONTTYPE):
            yield name, start, size
        elif header.type != tarfile.DIRTYPE:
            kind = TAR_KINDS.get(header.type, "of a kind that is not read")
            raise UnfitData(f"{file}: {name[:100]!r} is {kind}", "leave it out")


def text_of(note: bytes) -> str:
    """A long name."""
    return note.rstrip(b"\0").decode("utf-8", "surrogateescape")


def notes_in(note: bytes) -> dict[str, str]:
    """The path and the size that a note of POSIX tells of the member after it."""
    found: dict[str, str] = {}
    for line in note.split(b"\n"):
        _, _, told = line.partition(b" ")
        key, _, value = told.partition(b"=")
        if key == b"path" or (key == b"size" and value.isdigit() and len(value) < 19):
            found[key.decode()] = text_of(value)
    return found
