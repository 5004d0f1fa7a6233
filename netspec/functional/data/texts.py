"""Texts in files, or those of Python's own standard library, as windows of bytes."""

from __future__ import annotations

import sysconfig
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from netspec.functional.data.text_files import Text, text_at, texts_below, way_out
from netspec.functional.data.windows import Windows, windows_with_test
from netspec.functional.examples import UnfitData

NOT_STDLIB = (
    *("site-packages", "dist-packages"),
    *("test", "tests", "idle_test", "__pycache__"),
)
"""Folders in that of the standard library that are none of it, and its tests."""


@dataclass(frozen=True)
class WindowData:
    """Texts in windows.

    Attributes:
        train: Windows to train on.
        test: Windows to test by; None where there are none.
    """

    train: Windows
    test: Windows | None


def load_texts(
    place: Path, files: str, length: int, end: int, test: float | None
) -> WindowData:
    """The texts of a file, or of a folder's files and those below.

    Args:
        place: The file or the folder.
        files: What the names of a folder's files are like.
        length: Tokens of a window.
        end: The token after each text.
        test: Share or number of the files that judge; None takes a tenth.
    """
    if not place.exists():
        raise FileNotFoundError(f"there are no texts at {place}")
    if not place.is_dir():
        text, reason = text_at(str(place))
        if text is None or not len(text):
            what, help = way_out(place, reason)
            raise UnfitData(f"{place}: {what}", help or "name another file")
        return in_windows([text], length, end, test)
    found = texts_below(place, files, ())
    if found.broken:
        name, reason = found.broken[0]
        help = "replace the file, or take it out of the folder"
        raise UnfitData(f"{name}: {reason}", help)
    if not found.texts:
        what = f"{place}: it holds no texts called `{files}`"
        raise UnfitData(what, 'say what files are called: `files: "*.txt"`')
    return in_windows(found.texts, length, end, test)


def load_stdlib(length: int, end: int, test: float | None) -> WindowData:
    """The sources of Python's standard library without its tests; as `load_texts`."""
    place = Path(sysconfig.get_paths()["stdlib"])
    found = texts_below(place, "*.py", NOT_STDLIB)
    if not found.texts:
        raise FileNotFoundError(f"Python's standard library is not in {place}")
    return in_windows(found.texts, length, end, test)


def in_windows(
    texts: Sequence[Text], length: int, end: int, test: float | None
) -> WindowData:
    """Texts in windows, of which some judge."""
    whole = Windows(texts, length, end)
    if not len(whole):
        size = f"{length:,} and one more"
        what = f"there are {whole.tokens:,} tokens, and a window has {size}"
        raise UnfitData(what, "take more text, or a shorter input of the network")
    return WindowData(*windows_with_test(whole, test))
