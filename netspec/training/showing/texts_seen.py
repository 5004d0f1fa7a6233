"""Texts before a network sees them: how many windows each part has, and the beginnings of some."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from netspec.diagnostics.styled import shortened
from netspec.functional.inputs import evenly_spread
from netspec.recipe.data.text import Texts
from netspec.recipe.data.vocabulary import Vocabulary
from netspec.report import document as doc
from netspec.report.sheet import Sheet
from netspec.training.feeding.sample_set import Samples
from netspec.training.feeding.windows import WindowSplit

_SHOWN = 5
"""Windows of those to train on that are shown."""

_WIDTH = 60
"""Characters of a window that are shown."""


@dataclass(frozen=True, slots=True)
class TextsSeen:
    """Texts in figures.

    Attributes:
        data: The recipe's.
        samples: The samples that training would get.
        vocabulary: What their tokens stand for.
        parts: The files, tokens and windows of each part.
        shown: What the network would be given of some windows, and what it is to tell.
    """

    data: Texts
    samples: Samples
    vocabulary: Vocabulary
    parts: dict[str, tuple[int, int, int]]
    shown: list[tuple[str, str]]

    def as_dict(self) -> dict[str, Any]:
        """The figures as plain data, for ``--format json``."""
        return {
            "data": self.data.key,
            "length": self.data.length,
            "tokens": self.vocabulary.size,
            "parts": {
                name: dict(zip(("files", "tokens", "windows"), each, strict=True)) for name, each in self.parts.items()
            },
            "shown": [{"given": given, "told": told} for given, told in self.shown],
            "notes": list(self.samples.notes),
        }

    def document(self, sheet: Path | None = None) -> doc.Document:
        """The figures for every reader."""
        columns = ("part", "files", "tokens", "windows")
        return doc.Document(
            title=self.data.key,
            parts=self._parts,
            data=self.as_dict,
            sheet=lambda: Sheet(columns, ([name, *each] for name, each in self.parts.items())),
        )

    def _parts(self) -> Iterator[doc.Part]:
        what = "bytes" if self.vocabulary.lengths is None else f"{self.vocabulary.size:,} tokens"
        yield doc.Caption(self.data.key, remark=f": windows of {self.data.length:,} of {what}, read batch by batch")
        rows = [doc.Row((name, *(f"{each:,}" for each in found))) for name, found in self.parts.items()]
        yield doc.Table(doc.columns(["part"], ["files", "tokens", "windows"]), rows)
        yield doc.Definitions([doc.Entry(f"window {at}", text) for at, (text, _) in enumerate(self.shown, 1)])
        if self.samples.notes:
            yield doc.Notes([f"note: {text}" for text in self.samples.notes])


def texts_seen(data: Texts, samples: Samples) -> TextsSeen:
    """The figures of texts that were prepared."""
    parts: dict[str, tuple[int, int, int]] = {}
    for name, split in {"train": samples.train, "validation": samples.validation, "test": samples.test}.items():
        if isinstance(split, WindowSplit):
            windows = split.windows
            parts[name] = (len(windows.documents), windows.tokens, len(windows))
    assert samples.tokens is not None
    vocabulary, shown = samples.tokens, []
    for batch in samples.train.batches([evenly_spread(len(samples.train), _SHOWN)]):
        for seen, told in zip(batch.images, batch.targets, strict=True):
            known = told[told >= 0]
            shown.append((_text(vocabulary, seen), _text(vocabulary, known)))
    return TextsSeen(data, samples, vocabulary, parts, shown)


def _text(vocabulary: Vocabulary, tokens: torch.Tensor) -> str:
    """The beginning of a text, with signs in place of what is none."""
    text = vocabulary.decode(tokens[: 4 * _WIDTH].tolist()).decode("utf-8", "replace")
    return shortened(text, _WIDTH)
