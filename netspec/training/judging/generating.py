"""Text that a trained network writes: the next token, again and again."""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from netspec.backends.decoding import tokens_after
from netspec.diagnostics.arguments import Device
from netspec.driver.spec import elaborate
from netspec.driver.tokens import keeping_modules
from netspec.files.run_folder import METRICS
from netspec.recipe.data.problems import mismatch
from netspec.recipe.data.text import Texts
from netspec.recipe.tasks.tokens import NextToken
from netspec.training.judging.opened_run import open_run

MOST_TOKENS = 1_000_000
"""Tokens that are written at most: each costs a forward pass."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the next token is drawn.

    Attributes:
        temperature: What scores are divided by: above 1 the unlikely comes more often; with 0 the likeliest is taken.
        top_k: Among how many of the likeliest it is drawn; None for all.
        seed: Of the draws.
    """

    temperature: float = 1.0
    top_k: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.temperature < float("inf"):
            raise ValueError(f"`temperature` is at least 0 and finite, not {self.temperature}")
        if self.top_k is not None and self.top_k < 1:
            raise ValueError(f"`top_k` is at least 1, not {self.top_k}")


class Writer:
    """A run's network, ready to go on with a text.

    A network whose input is `dynamic` sees as much as there is, up to the length that it learned with, and keeps what
    it has read where its layers can; others always see that length, filled up behind the text, which a network of next
    tokens does not look at.

    Args:
        run: The run's folder.
        weights: Weights in place of its final ones.
        device: The device to compute on.
        max_entries: As `netspec.load` takes it.

    Raises:
        NetspecError: NS0902: that is no run's folder, or its files cannot be read. NS0604: the weights do not fit.
            NS0804: the network did not learn the next tokens of texts.
    """

    def __init__(
        self, run: Path, weights: str | None = None, device: Device = "auto", max_entries: int | None = None
    ) -> None:
        opened = open_run(run, weights, max_entries)
        data, (head, *_) = opened.recipe.data, opened.heads
        if opened.task != NextToken.key or not isinstance(data, Texts):
            told = f"{run / METRICS} tells of {opened.task} with {data.key}"
            mismatch(f"{told}: no text can be written", "a network of the task next_token writes on from --prompt")
        self.vocabulary = data.tokens()
        self.length = opened.network.input_shape[0]
        if head.shape != (self.length, self.vocabulary.size):
            mismatch(f"the vocabulary has {self.vocabulary.size:,} tokens, and the network tells {list(head.shape)}")
        graph = elaborate(opened.spec)
        (taken,) = graph.inputs.values()
        self.dynamic = 0 in taken.dynamic
        self.head = head
        self.device, self.module = opened.module(device)
        self.keeping = keeping_modules(graph, self.module)

    def tokens(self, prompt: Sequence[int], count: int, sampling: Sampling) -> Iterator[int]:
        """So many tokens that go on from others; without any, from the end of a document.

        Raises:
            ValueError: More are asked for than `MOST_TOKENS`.
        """
        if not 0 <= count <= MOST_TOKENS:
            raise ValueError(f"from 0 to {MOST_TOKENS:,} tokens are written, not {count:,}")
        seen = [*prompt[-self.length :]] or [self.vocabulary.end]
        for token in tokens_after(
            lambda tokens: self.head.of(self.module(tokens)),
            torch.tensor([seen], device=self.device),
            count,
            self.length,
            fixed=not self.dynamic,
            keeping=self.keeping,
            temperature=sampling.temperature,
            top_k=sampling.top_k,
            seed=sampling.seed,
        ):
            yield int(token)

    def text(self, prompt: str, count: int, sampling: Sampling) -> Iterator[str]:
        """The text that goes on from another, in pieces as they come; bytes that are no UTF-8 are replaced."""
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        for token in self.tokens(list(self.vocabulary.encode(prompt.encode("utf-8", "replace"))), count, sampling):
            yield decoder.decode(self.vocabulary.decode([token]))
        yield decoder.decode(b"", final=True)
