"""Text files of strangers as bytes, mapped to memory where they are large."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import numpy as np

from netspec.functional.data.encodings import LOOKED_AT, foreign_encoding, in_utf_8
from netspec.functional.data.image_files import kind_of
from netspec.functional.data.walk import Walk
from netspec.functional.examples import UnfitData

Text = np.ndarray[Any, Any]
"""The bytes of a text, uint8 [length]."""

MOST_FILES = 1_000_000

MOST_HELD = 4 * 2**30
"""Bytes of small files that are held in memory at most; large ones are mapped."""

MAPPED = 2**20
"""Bytes from which on a file is mapped."""

TOLD_BY = 2**13
"""Bytes of a file's beginning that tell whether it is a text: one has no byte 0."""

BINARY = "it is no text: it holds a byte 0"

UNDELAYED = os.O_RDONLY | sum(
    getattr(os, name, 0) for name in ("O_NONBLOCK", "O_NOCTTY", "O_CLOEXEC", "O_BINARY")
)
"""Flags that open a pipe that takes a file's place, too, without waiting for it."""


@dataclass
class Texts:
    """The texts of a place.

    Attributes:
        texts: The bytes of each, in the order of their names.
        binary: The names of files that are no texts.
        broken: Files that cannot be read, each with the reason.
    """

    texts: list[Text] = field(default_factory=list)
    binary: list[str] = field(default_factory=list)
    broken: list[tuple[str, str]] = field(default_factory=list)


def texts_below(place: Path, pattern: str, without: Sequence[str]) -> Texts:
    """The texts of a folder and of those below; no link that leads out is followed.

    Args:
        place: The folder.
        pattern: What the names of files are like, relative to the folder: ``*.txt``.
        without: Names of folders that are passed over.

    Raises:
        UnfitData: The files are too many, or too large together.
    """
    walk = Walk(place, place)
    found = Texts(broken=walk.broken)
    held = 0
    for name in sorted(names_like(walk, place, pattern, without)):
        text, reason = text_at(f"{place}/{name}")
        if text is None and reason == BINARY:
            found.binary.append(name)
        elif text is None:
            found.broken.append((f"{place}/{name}", reason))
        elif len(text):
            found.texts.append(text)
            held += len(text) if len(text) < MAPPED else 0
        if held > MOST_HELD:
            what = f"{place}: its small files have more than {MOST_HELD:,} bytes"
            raise UnfitData(what, "join them to larger ones")
    return found


def way_out(path: Path, reason: str) -> tuple[str, str]:
    """The reason why a lone file is not read, and what would mend it.

    Args:
        path: The file.
        reason: As `text_at` gives it; empty for an empty file.
    """
    if reason == BINARY:
        with path.open("rb") as file:
            encoding = foreign_encoding(file.read(LOOKED_AT))
        if encoding:
            what = f"it is in {encoding}, and texts are read in UTF-8"
            return what, in_utf_8(encoding)
    return reason or "it is empty", ""


def names_like(
    walk: Walk, place: Path, pattern: str, without: Sequence[str]
) -> Iterator[str]:
    """The files of a walk whose names are like a pattern."""
    for count, name in enumerate(walk.files()):
        if count >= MOST_FILES:
            what = f"{place}: it holds more than {MOST_FILES:,} files"
            raise UnfitData(what, "name a folder of fewer")
        if fnmatch(name, pattern) and not {*without}.intersection(name.split("/")[:-1]):
            yield name


def text_at(path: str) -> tuple[Text | None, str]:
    """The bytes of a file; None, and the reason, where it is no text."""
    try:
        handle = os.open(path, UNDELAYED)
        with os.fdopen(handle, "rb", buffering=0) as file:
            state = os.fstat(handle)
            if reason := kind_of(state):
                return None, reason
            if state.st_size >= MAPPED:
                text: Text = np.memmap(file, np.uint8, "r")
            else:
                text = np.frombuffer(file.read(MAPPED), np.uint8)
    except OSError as error:
        return None, f"it cannot be read ({error.strerror or error})"
    if (text[:TOLD_BY] == 0).any():
        return None, BINARY
    return text, ""
