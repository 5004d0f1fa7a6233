"""Texts before a network sees them: how many windows each part has, and the beginnings of some."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
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
from netspec.training.showing.data_seen import DataSeen

_SHOWN = 5
"""Windows of those to train on that are shown."""

_WIDTH = 60
"""Characters of a window that are shown."""

_COUNTED = ("files", "tokens", "windows")


@dataclass(frozen=True, slots=True)
class TextsSeen(DataSeen):
    """Texts in figures.

    Attributes:
        data: The recipe's.
        vocabulary: What their tokens stand for.
        parts: The files, tokens and windows of each part.
        shown: What the network would be given of some windows, and what it is to tell.
    """

    data: Texts
    vocabulary: Vocabulary
    parts: dict[str, tuple[int, int, int]]
    shown: list[tuple[str, str]]

    def as_dict(self) -> dict[str, Any]:
        """The figures as plain data, for ``--format json``."""
        return {
            "data": self.data.key,
            "length": self.data.length,
            "tokens": self.vocabulary.size,
            "parts": {name: dict(zip(_COUNTED, each, strict=True)) for name, each in self.parts.items()},
            "shown": [{"given": given, "told": told} for given, told in self.shown],
            "notes": list(self.samples.notes),
        }

    def remark(self) -> str:
        """The length of a window, and what it is of."""
        what = "bytes" if self.vocabulary.lengths is None else f"{self.vocabulary.size:,} tokens"
        return f"windows of {self.data.length:,} of {what}, read batch by batch"

    def rows(self) -> Sheet:
        """The files, tokens and windows of each part."""
        return Sheet(("part", *_COUNTED), ([name, *each] for name, each in self.parts.items()))

    def figures(self) -> Iterator[doc.Part]:
        """The table of parts, and the beginnings of some windows."""
        rows = [doc.Row((name, *(f"{each:,}" for each in found))) for name, found in self.parts.items()]
        yield doc.Table(doc.columns(["part"], list(_COUNTED)), rows)
        yield doc.Definitions([doc.Entry(f"window {at}", text) for at, (text, _) in enumerate(self.shown, 1)])


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
