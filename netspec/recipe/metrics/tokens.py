"""Figures of tokens that are told: how surprising the right ones are."""

from __future__ import annotations

from typing import ClassVar, Self

from pydantic import PrivateAttr

from netspec.recipe.function import Function, functional
from netspec.recipe.metrics.agreement import ignoring
from netspec.recipe.metrics.base import Metric
from netspec.recipe.metrics.shares import Accuracy


class BitsPerByte(Metric):
    """The bits by which a text is told, over its bytes: -log2 p, summed, whatever its tokens are."""

    key: ClassVar[str] = "bits_per_byte"
    also: ClassVar[tuple[str, ...]] = ("bpb", "bits_per_character", "bpc")
    title: ClassVar[str] = "bits per byte"
    tasks: ClassVar[tuple[str, ...]] = ("next_token",)
    higher: ClassVar[bool] = False
    _lengths: tuple[int, ...] | None = PrivateAttr(default=None)

    def of(self, lengths: tuple[int, ...] | None) -> Self:
        """The same for tokens whose texts have these bytes; None for tokens that are bytes."""
        made = self.model_copy()
        made._lengths = lengths
        return made

    def counter(self, classes: int, ignore_index: int | None) -> Function:
        lengths = {} if self._lengths is None else {"lengths": self._lengths}
        return functional("of_tokens.BitsPerByte", **lengths, **ignoring(ignore_index))


class Perplexity(Metric):
    """e to the mean of -ln p of the right tokens: among so many alike, one would be as hard to tell.

    p is the softmax of the scores, by which text is drawn, whatever the loss.
    """

    key: ClassVar[str] = "perplexity"
    also: ClassVar[tuple[str, ...]] = ("ppl",)
    title: ClassVar[str] = "perplexity"
    tasks: ClassVar[tuple[str, ...]] = ("next_token", "masked_token")
    higher: ClassVar[bool] = False

    def counter(self, classes: int, ignore_index: int | None) -> Function:
        return functional("of_tokens.Perplexity", **ignoring(ignore_index))


class TokenAccuracy(Accuracy):
    """The share of tokens that have the highest score, those that are not to be told left out."""

    key: ClassVar[str] = "token_accuracy"
    title: ClassVar[str] = "token accuracy"
    tasks: ClassVar[tuple[str, ...]] = ("next_token", "masked_token")
