"""Texts: their next tokens, or hidden ones, are to be told. Imports torch and NumPy in its functions alone."""

from __future__ import annotations

import os
import sysconfig
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self, cast

from pydantic import Field, model_validator

from netspec.diagnostics.styled import printable
from netspec.recipe.data.base import DataSet, Held
from netspec.recipe.data.finding import locate
from netspec.recipe.data.problems import all_damaged, damaged, mismatch, missing, refusals
from netspec.recipe.data.raw import RawData
from netspec.recipe.data.vocabulary import Bytes, Vocabulary, tokenizer
from netspec.recipe.function import Function, Instance, functional

if TYPE_CHECKING:
    import numpy as np

    from netspec.functional.data.windows import Hidden

_OF_IMAGES = ("resize", "pad", "range", "mean", "std")
_SHOWN = 3
_MOST_TOKENS = 2**30
"""Tokens of a vocabulary's file that are held in memory at most."""


class Texts(DataSet):
    """Base of texts, which are cut into windows of as many tokens as the network takes.

    Attributes:
        length: Tokens of a window; None takes the length of the network's input.
        vocabulary: A file of Hugging Face's `tokenizers`, whose tokens the network reads; None takes bytes, all 256.
        masked: The share of tokens that are hidden and to be told, in place of the next one: 0.15 as BERT has it. Of
            those 80 % become the mask, which of bytes is a further token, 10 % any other, and 10 % stay.
        test: Share or number of the files that judge the training: always the same ones. None takes a tenth; of a
            single file it is the end.
    """

    whole_numbers: ClassVar[bool] = True
    fits_inputs: ClassVar[bool] = True
    counted: ClassVar[str] = "windows"

    length: int | None = Field(None, ge=1, le=1 << 20)
    vocabulary: str | None = None
    masked: float = Field(0.0, ge=0, lt=1)
    test: Held | None = None

    @model_validator(mode="after")
    def _check_options(self) -> Self:
        for name in _OF_IMAGES:
            if getattr(self, name) != type(self).model_fields[name].default:
                raise ValueError(f"`{name}` is for images, and {self.key} has none")
        return self

    def fitted(self, inputs: Mapping[str, Sequence[int]]) -> Self:
        shapes = list(inputs.values())
        if self.length is not None or len(shapes) != 1 or len(shapes[0]) != 1:
            return self
        return self.model_copy(update={"length": shapes[0][0]})

    def texts(self) -> tuple[list[np.ndarray[Any, Any]], list[str]]:
        """The bytes of each file, and remarks on what is left out.

        Raises:
            NetspecError: NS0802, NS0803: there are none, or they cannot be read.
        """
        raise NotImplementedError

    def tokens(self) -> Vocabulary:
        """The vocabulary.

        Raises:
            NetspecError: NS0802, NS0803, NS0904: its file is not there, is broken, or its library is not installed.
        """
        return Bytes(self.masked > 0) if self.vocabulary is None else tokenizer(self.vocabulary)

    def load(self) -> RawData:
        from netspec.functional.data.windows import Windows, windows_with_test

        whole = self.own_parts()
        assert isinstance(whole.train, Windows)
        with refusals():
            train, test = windows_with_test(whole.train, self.test)
        return replace(whole, train=train, test=test)

    def own_parts(self) -> RawData:
        """All texts, none of them held out."""
        from netspec.functional.data.windows import Windows

        if self.length is None:
            mismatch(f"{self.key} does not know how long a window is", "write `length: 128` at `data`, say")
        vocabulary = self.tokens()
        if self.masked and vocabulary.mask is None:
            mismatch(f"{self.vocabulary} has no token that hides others", "it is called [MASK] or <mask>", "vocabulary")
        texts, notes = self.texts()
        documents = texts if self.vocabulary is None else _encoded(texts, vocabulary)
        windows = Windows(documents, self.length, vocabulary.end)
        if not len(windows):
            what = f"{self.key} has {windows.tokens:,} tokens, and a window {self.length:,} and one more"
            mismatch(what, option="length")
        return RawData(windows, None, (), vocabulary.size - 1, notes=tuple(notes), tokens=vocabulary)

    @property
    def hides(self) -> bool:
        return self.masked > 0

    def hidden(self, vocabulary: Vocabulary) -> Hidden | None:
        """What hides tokens; None where the next one is to be told."""
        hiding = self.hiding(vocabulary)
        return cast("Hidden", hiding.made()) if hiding else None

    def hiding(self, vocabulary: Vocabulary) -> Instance | None:
        """The same as an expression: a `netspec.functional.data.windows.Hidden`."""
        if not self.masked:
            return None
        given = {"share": self.masked, "mask": vocabulary.mask or 0, "size": vocabulary.size}
        return Instance("netspec.functional.data.windows.Hidden", given)

    def in_windows(self) -> dict[str, Any]:
        """The options of a script's reader that all texts have."""
        return {"length": self.length, "end": Bytes(self.hides).end, "test": self.test}


class Text(Texts):
    """Texts in files: bytes, or tokens of a vocabulary, whose next ones are to be told.

    The main argument is a file, or a folder whose files and those below are taken, as it is or below ``$NETSPEC_DATA``.
    They follow each other, with an end after each: byte 0. Files that are no texts are left out, and so are empty ones.

    Attributes:
        files: What the names of a folder's files are like, with `*` for any letters.
    """

    key: ClassVar[str] = "text"
    also: ClassVar[tuple[str, ...]] = ("texts", "language_modeling", "wikitext")
    main: ClassVar[str | None] = "path"

    path: str
    files: str = "*"

    def look(self) -> None:
        self._place()

    @property
    def script_folder(self) -> str | None:
        return self.path

    def reader(self) -> Function:
        return functional("data.texts.load_texts", files=self.files, **self.in_windows())

    def texts(self) -> tuple[list[np.ndarray[Any, Any]], list[str]]:
        return texts_in(self._place(), self.files)

    def _place(self) -> Path:
        place, looked = locate(self.path)
        if place is None:
            missing(f"there are no texts at {self.path}; looked for {looked}", "a file, or a folder of files")
        return place


class PythonStdlib(Texts):
    """The sources of Python's own standard library, without its tests: 12 MB of text that is there on every machine."""

    key: ClassVar[str] = "python_stdlib"
    also: ClassVar[tuple[str, ...]] = ("stdlib", "python")

    def reader(self) -> Function:
        return functional("data.texts.load_stdlib", **self.in_windows())

    def texts(self) -> tuple[list[np.ndarray[Any, Any]], list[str]]:
        from netspec.functional.data.texts import NOT_STDLIB

        place = Path(sysconfig.get_paths()["stdlib"])
        if not place.is_dir():
            missing(f"Python's standard library is not in {place}", "the folder with its .py files")
        texts, _ = texts_in(place, "*.py", NOT_STDLIB, strict=False)
        return texts, []


def texts_in(
    place: Path, pattern: str, without: Sequence[str] = (), *, strict: bool = True
) -> tuple[list[np.ndarray[Any, Any]], list[str]]:
    """The bytes of the texts of a place, in the order of their names, and remarks on what is left out.

    Args:
        place: A file, or a folder whose files and those below are taken; links that lead out of it are not followed.
        pattern: What the names of files are like, relative to the folder: ``*.txt``.
        without: Names of folders that are passed over.
        strict: Whether files that cannot be read are an error; otherwise they are passed over.

    Raises:
        NetspecError: NS0803, NS0804: files cannot be read, there are none, or they are too many.
    """
    from netspec.functional.data.text_files import text_at, texts_below, way_out

    if not os.path.isdir(place):  # noqa: PTH112 - a Path's own raises where a name is too long
        text, reason = text_at(str(place))
        if text is None or not len(text):
            what, help = way_out(place, reason)
            damaged(place, what, help or None)
        return [text], []
    with refusals():
        found = texts_below(place, pattern, without)
    all_damaged(found.broken if strict else (), "replace the file, or take it out of the folder")
    if not found.texts:
        damaged(place, f"it holds no texts called `{pattern}`", 'say what files are called: `files: "*.txt"`')
    return found.texts, _left_out(found.binary)


def _left_out(names: Sequence[str]) -> list[str]:
    """The remark on files that are no texts."""
    if not names:
        return []
    more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
    listed = ", ".join(map(printable, names[:_SHOWN]))
    return [f"{len(names):,} {'file is' if len(names) == 1 else 'files are'} no text, and left out: {listed}{more}"]


def _encoded(texts: Sequence[np.ndarray[Any, Any]], vocabulary: Vocabulary) -> list[np.ndarray[Any, Any]]:
    """The tokens of each text, in memory."""
    import numpy as np

    if (size := sum(map(len, texts))) > _MOST_TOKENS:
        mismatch(
            f"the texts have {size:,} bytes, of which a vocabulary takes {_MOST_TOKENS:,}",
            "take some of them",
            "vocabulary",
        )
    kind = np.uint16 if vocabulary.size <= 2**16 else np.int32
    return [np.array(vocabulary.encode(text.tobytes()), dtype=kind) for text in texts]
