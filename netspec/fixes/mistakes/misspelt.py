"""A name that is nearly right: the word that the help suggests takes its place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

from netspec.diagnostics import Code, suggested
from netspec.fixes.base import Case, Mistake, Proposal

_QUOTED = re.compile("`([^`]+)`")


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
        for wrong in dict.fromkeys(name for text in texts for name in _QUOTED.findall(text)):
            wrong = wrong.removeprefix("$")
            pattern = re.compile(rf"(?<![\w-]){re.escape(wrong)}(?![\w-])")
            if wrong != word and pattern.search(here):
                yield Proposal(f"`{word}` instead of `{wrong}`", case.at_span(pattern.sub(word, here)))
                return
