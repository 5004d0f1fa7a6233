"""Losses and figures of tokens: outputs [N, L, tokens], targets [N, L]."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from netspec.functional.figures import Metric, Parts, Quotient


def by_token(
    outputs: Tensor, targets: Tensor, criterion: Callable[[Tensor, Tensor], Tensor]
) -> Tensor:
    """A loss of classes over all tokens of all windows alike."""
    return criterion(outputs.flatten(0, -2), targets.flatten())


def surprise(scores: Tensor, targets: Tensor, ignore_index: int | None = None) -> Parts:
    """The sum of -ln p of the right tokens, in nats, and how many there are.

    Scores are [M, tokens], targets [M].
    """
    ignored = -100 if ignore_index is None else ignore_index
    total = F.cross_entropy(
        scores.float(), targets, ignore_index=ignored, reduction="sum"
    )
    return total, (targets != ignored).sum()


class Perplexity(Quotient):
    """e to the mean of -ln p: as many tokens, all alike, would be as hard to tell."""

    def __init__(self, ignore_index: int | None = None) -> None:
        super().__init__(lambda given, wanted: surprise(given, wanted, ignore_index))

    def figure(self, counts: Mapping[str, Tensor]) -> Tensor:
        """The perplexity of all tokens so far."""
        return super().figure(counts).exp()


class BitsPerByte(Metric):
    """The sum of -log2 p over the bytes of the text, whatever its tokens are.

    Without `lengths`, the bytes of each token's text, each token is a byte.
    """

    def __init__(
        self, lengths: Sequence[int] = (), ignore_index: int | None = None
    ) -> None:
        zero = torch.zeros((), dtype=torch.float64)
        super().__init__(nats=zero, bytes=zero)
        self.lengths = torch.tensor(lengths, dtype=torch.float64) if lengths else None
        self.ignore_index = ignore_index

    def update(self, outputs: Tensor, targets: Tensor) -> None:
        """Count a batch."""
        nats, tokens = surprise(outputs, targets, self.ignore_index)
        if self.lengths is not None:
            kept = (
                targets
                if self.ignore_index is None
                else targets[targets != self.ignore_index]
            )
            self.lengths = self.lengths.to(targets.device)
            tokens = self.lengths[kept].sum()
        self.counts["nats"].add_(nats)
        self.counts["bytes"].add_(tokens)

    def figure(self, counts: Mapping[str, Tensor]) -> Tensor:
        """The bits of a byte so far."""
        return counts["nats"] / counts["bytes"] / math.log(2)
