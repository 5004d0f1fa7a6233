"""Windows of texts: examples of as many tokens as a network takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar, NoReturn

import numpy as np
import torch
from torch import Tensor

from netspec.functional.examples import UnfitData
from netspec.functional.fields import UNTOLD
from netspec.functional.holding_out import held_rows

Tokens = np.ndarray[Any, Any]
"""The tokens of a text, whole numbers [length]."""


@dataclass(frozen=True, eq=False)
class Windows:
    """The tokens of documents that follow each other, in windows that do not overlap.

    An end follows each document. It may be a file that is mapped to memory: what is
    read of it is what windows are asked for.

    Attributes:
        documents: The tokens of each, [length], whole numbers.
        length: Tokens of a window, without the one that follows the last of them.
        end: The token after each document.
    """

    documents: Sequence[Tokens]
    length: int
    end: int
    targets: ClassVar[Tensor | None] = None
    labels: ClassVar[Tensor | None] = None

    def __len__(self) -> int:
        return max(0, (self.tokens - 1) // self.length)

    @property
    def tokens(self) -> int:
        """The number of all tokens, ends included."""
        return int(self._starts[-1])

    @cached_property
    def _starts(self) -> Tokens:
        """The place of each document's first token among all, and that of the end."""
        sizes = np.array(
            [0, *(len(each) + 1 for each in self.documents)], dtype=np.int64
        )
        return sizes.cumsum()

    def read(self, rows: Tensor) -> Tensor:
        """Windows by their indices [B]: int64 [B, length + 1], a token more each."""
        import numpy as np

        found = np.full((len(rows), self.length + 1), self.end, dtype=np.int64)
        for window, row in zip(found, rows.tolist(), strict=True):
            self._fill(window, row * self.length)
        return torch.from_numpy(found)

    def _fill(self, window: Tokens, first: int) -> None:
        """Copy the tokens from a place on into a window that is full of ends."""
        at = int(self._starts.searchsorted(first, "right")) - 1
        place, last = first, first + len(window)
        while place < last:
            document, inside = self.documents[at], place - int(self._starts[at])
            piece = document[inside : inside + last - place]
            window[place - first : place - first + len(piece)] = piece
            at += 1
            place = int(self._starts[at])

    def parted(self, amount: float, seed: int, option: str) -> tuple[Windows, Windows]:
        """What is left to learn from, and what is held out.

        That is whole documents, or the end of the only one.

        Args:
            amount: A share of the documents, or their number.
            seed: Decides which ones.
            option: The option that says the amount, for the error.

        Raises:
            UnfitData: It comes to none of them, or to all; or what is left is less than
                a window.
        """
        count = len(self.documents)
        if count == 1:
            parts = self._cut(amount, option)
        else:
            held = held_rows(None, count, amount, seed).tolist()
            if not any(held):
                what = f"`{option}: {amount}` holds no file out: there are {count:,}"
                help = f"write a larger share, or a number of files: `{option}: 1`"
                raise UnfitData(what, help)
            if all(held):
                what = f"`{option}: {amount}` holds out all of {count:,} files"
                raise UnfitData(what, "none would be left to learn from")
            pairs = list(zip(self.documents, held, strict=True))
            left = [each for each, out in pairs if not out]
            parts = left, [each for each, out in pairs if out]
        learned, judged = (replace(self, documents=each) for each in parts)
        if not len(learned):
            _short(learned, "left to learn from")
        if not len(judged):
            _short(judged, f"held out by `{option}`")
        return learned, judged

    def _cut(self, amount: float, option: str) -> tuple[list[Tokens], list[Tokens]]:
        """The only document without its last share, and that."""
        if isinstance(amount, int):
            what = f"`{option}: {amount}` is a number of files, and there is one"
            raise UnfitData(what, f"write a share: `{option}: 0.1`")
        (document,) = self.documents
        place = round(len(document) * (1 - amount))
        return [document[:place]], [document[place:]]


def _short(part: Windows, what: str) -> NoReturn:
    help = "take more text, or a shorter input of the network"
    size = f"{part.length:,} and one more"
    raise UnfitData(f"{part.tokens:,} tokens are {what}, and a window has {size}", help)


@dataclass(frozen=True)
class Hidden:
    """The choice of tokens that are hidden: a share of a window's, as BERT hides them.

    It is that of arXiv:1810.04805, section 3.1. Of those chosen, 80 % are replaced by
    the mask, 10 % by any token, and 10 % stay.

    Attributes:
        share: Of a window's tokens, each by itself.
        mask: The token that hides.
        size: The number of tokens.
    """

    share: float
    mask: int
    size: int

    def __call__(self, tokens: Tensor, seeds: Tensor) -> tuple[Tensor, Tensor]:
        """What the network sees of windows, and the targets.

        These are `UNTOLD` where nothing was chosen.

        Args:
            tokens: int64 [B, length].
            seeds: The chance of each window, int64 [B]: the same for the same one,
                whatever else is in the batch.
        """
        seen, targets = tokens.clone(), torch.full_like(tokens, UNTOLD)
        generator = torch.Generator()
        for row, seed in enumerate(seeds.tolist()):
            generator.manual_seed(seed)
            chosen, way = torch.rand(2, tokens.shape[1], generator=generator).unbind()
            some = torch.randint(self.size, tokens.shape[1:], generator=generator)
            hides = chosen < self.share
            targets[row] = tokens[row].where(hides, UNTOLD)
            seen[row] = seen[row].where(~hides | (way >= 0.8), self.mask)
            seen[row] = some.where(hides & (way >= 0.9), seen[row])
        return seen, targets


def windows_with_test(
    windows: Windows, amount: float | None, seed: int = 1
) -> tuple[Windows, Windows | None]:
    """Windows to learn from and for the test; None for a tenth, one file at least."""
    if amount is None:
        count = len(windows.documents)
        amount = 0.1 if count == 1 or round(0.1 * count) else 1
    return windows.parted(amount, seed, "test") if amount else (windows, None)
