"""Tokens of a text: the next of each, or those that are hidden."""

from __future__ import annotations

from typing import ClassVar

from netspec.recipe.function import Function, functional
from netspec.recipe.losses import Loss
from netspec.recipe.metrics import Metric
from netspec.recipe.metrics.tokens import BitsPerByte, Perplexity, TokenAccuracy
from netspec.recipe.tasks.base import Compared, Problem, Task, TaskFacts, axes, found_targets


class NextToken(Task):
    """The next token after each of a text; the network gives a score for each of the vocabulary, at each place."""

    key: ClassVar[str] = "next_token"
    judged: ClassVar[str] = "next tokens"
    also: ClassVar[tuple[str, ...]] = ("language_modeling", "causal_lm", "lm")
    hides: ClassVar[bool] = False

    def criterion(self, loss: Loss) -> Function:
        return functional("of_tokens.by_token", criterion=loss.of_classes())

    def weighing(self, loss: Loss) -> Function | None:
        return loss.weighing()

    @classmethod
    def learns(cls, loss: type[Loss]) -> bool:
        """Whether the loss can leave tokens out, and tells which is the likeliest by their logits."""
        return loss.takes_classes() and loss.can_ignore() and loss.expects != "any numbers"

    def own(self, facts: TaskFacts | None) -> tuple[Metric, ...]:
        lengths = None if facts is None or facts.tokens is None else facts.tokens.lengths
        return BitsPerByte().of(lengths), Perplexity(), TokenAccuracy()

    def takes(self, facts: TaskFacts) -> bool:
        return facts.tokens is not None and (facts.ignored is not None) == self.hides

    def misfits(self, facts: TaskFacts) -> list[Problem]:
        if facts.tokens is None or not self.takes(facts):
            what = "hidden tokens" if self.hides else "texts"
            given = "the next tokens" if facts.tokens else found_targets(facts)
            if facts.tokens and not self.hides:
                given = "hidden tokens"
            return [(f"{self.key} takes {what}; {facts.data} has {given}", "name another `task`")]
        wanted = (*facts.inputs, facts.tokens.size)
        if facts.outputs == wanted:
            return []
        text = f"{facts.data} has {facts.tokens.size:,} tokens, to be told at {facts.inputs[0]:,} places"
        help = f"end the network with {axes(wanted)}, a score for each token at each place"
        return [(f"{text}; the network gives {axes(facts.outputs)}", help)]

    def compared(self, loss: Loss) -> Compared:
        return lambda outputs, targets: (loss.scores(outputs.flatten(0, -2)), targets.flatten())

    def compared_by(self, loss: Loss, *, mixed: bool) -> Function | None:
        return functional("compared.in_one_row")


class MaskedToken(NextToken):
    """The tokens of a text that are hidden, and no others; the network gives what it does for `next_token`."""

    key: ClassVar[str] = "masked_token"
    judged: ClassVar[str] = "hidden tokens"
    also: ClassVar[tuple[str, ...]] = ("masked_lm", "mlm")
    hides: ClassVar[bool] = True

    def own(self, facts: TaskFacts | None) -> tuple[Metric, ...]:
        return Perplexity(), TokenAccuracy()
