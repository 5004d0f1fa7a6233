"""A name that is nearly right: the word that the help suggests takes its place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

from netspec.diagnostics import Code, near_miss, suggested
from netspec.fixes.base import Case, Mistake, Proposal

_QUOTED = re.compile("`([^`]+)`")
_DIGITS = re.compile("[0-9]+")

_NUMBERED = frozenset(
    {Code.UNKNOWN_REFERENCE, Code.BAD_REUSE, Code.BAD_TIE, Code.BAD_INIT, Code.UNKNOWN_VARIABLE, Code.BAD_RECIPE}
)
"""Codes of names in which a number tells one thing from another: the author's own, those of modules and data sets."""


class Misspelt(Mistake):
    """A misspelt layer, option, key, name or variable."""

    codes: ClassVar = frozenset(Code)

    def propose(self, case: Case) -> Iterator[Proposal]:
        """The suggested word, in place of the one that the message names."""
        word = suggested(case.diagnostic.help)
        if word is None:
            return
        here = case.written
        texts = (case.diagnostic.message, case.diagnostic.found or "")
        named = dict.fromkeys(name for text in texts for name in _QUOTED.findall(text))
        # `normal` has no argument `main`: the name that is like the suggested word is the wrong one.
        for wrong in sorted(named, key=lambda name: near_miss(word, [name]) is None):
            wrong = wrong.removeprefix("$")
            pattern = re.compile(rf"(?<![\w-]){re.escape(wrong)}(?![\w-])")
            if wrong != word and pattern.search(here):
                title = f"`{word}` instead of `{wrong}`"
                yield Proposal(title, case.at_span(pattern.sub(word, here)), bold=self.is_guess(case, wrong, word))
                return

    def is_guess(self, case: Case, wrong: str, word: str) -> bool:
        """Whether the word may be another thing than was meant.

        Another network to build on changes everything: only another way of writing its name is sure. Nor is
        `conv3` a slip of the pen for `conv2`.
        """
        if case.diagnostic.code is Code.EXTENDS_NOT_FOUND:
            return _letters(wrong) != _letters(word)
        return case.diagnostic.code in _NUMBERED and _DIGITS.findall(wrong) != _DIGITS.findall(word)


def _letters(name: str) -> str:
    """A name without what people write in many ways: case, ``-``, ``_`` and the ending."""
    return re.sub(r"[\W_]", "", re.sub(r"\.ya?ml$", "", name.lower()))
