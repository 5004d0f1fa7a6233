"""A name that is nearly right: the word that the help suggests takes its place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

from netspec.diagnostics import Code, Suggestion, near_miss, suggested
from netspec.diagnostics.facts import Unknown
from netspec.fixes.base import Case, Mistake, Proposal
from netspec.frontend.foreign import meant_by

_QUOTED = re.compile("`([^`]+)`")

_GIVEN = frozenset(
    {
        *(Code.UNKNOWN_REFERENCE, Code.BAD_REUSE, Code.BAD_TIE, Code.UNKNOWN_VARIABLE, Code.UNKNOWN_SETTING),
        *(Code.UNKNOWN_PARAM, Code.BAD_WEIGHTS, Code.DATA_NOT_FOUND),
    }
)
"""Codes of names that an author gave: of modules, params and files."""


class Misspelt(Mistake):
    """A misspelt layer, option, key, name or variable."""

    codes: ClassVar = frozenset(Code)

    def propose(self, case: Case) -> Iterator[Proposal]:
        """The word that is meant, in place of the one that is written."""
        if isinstance(fact := case.diagnostic.fact, Unknown):
            yield from self.replaced(case, fact)
            return
        word = suggested(case.diagnostic.help)
        if word is None or (case.diagnostic.code is Code.UNKNOWN_LAYER and meant_by(case.written)):
            return  # another tool's word is more than a name
        here = case.written
        texts = (case.diagnostic.message, case.diagnostic.found or "")
        named = dict.fromkeys(name for text in texts for name in _QUOTED.findall(text))
        # `normal` has no argument `main`: the name that is like the suggested word is the wrong one.
        for wrong in sorted(named, key=lambda name: near_miss(word, [name]) is None):
            wrong = wrong.removeprefix("$")
            pattern = re.compile(rf"(?<![\w-]){re.escape(wrong)}(?![\w-])")
            if wrong != word and pattern.search(here):
                title = f"`{word}` instead of `{wrong}`"
                yield Proposal(title, case.at_span(pattern.sub(word, here)), certain=self.is_certain(case, wrong, word))
                return

    def replaced(self, case: Case, fact: Unknown) -> Iterator[Proposal]:
        """One word for another, where the name is written."""
        wrong, word, here = fact.name.removeprefix("$"), fact.meant, case.written
        if not word or (case.entry and case.diagnostic.code is Code.UNKNOWN_LAYER and meant_by(here)):
            return  # another tool's word is more than a name
        pattern = re.compile(rf"(?<![\w-]){re.escape(wrong)}(?![\w-])")
        if wrong != word and pattern.search(here):
            if (code := case.diagnostic.code) is Code.EXTENDS_NOT_FOUND:
                certain = _letters(wrong) == _letters(word)
            else:
                certain = fact.certain and code not in _GIVEN
            title = f"`{word}` instead of `{wrong}`"
            yield Proposal(title, case.at_span(pattern.sub(word, here)), certain=certain)

    def is_certain(self, case: Case, wrong: str, word: str) -> bool:
        """Whether nothing else can be meant: the word is one of the language, and the letters tell.

        A name that the author gave may as well be misspelt where it was given, and then the weights are called so.
        Another network to build on changes everything: only another way of writing its name is certain.
        """
        code, help = case.diagnostic.code, case.diagnostic.help
        if code is Code.EXTENDS_NOT_FOUND:
            return _letters(wrong) == _letters(word)
        return code not in _GIVEN and isinstance(help, Suggestion) and help.certain


def _letters(name: str) -> str:
    """A name without what people write in many ways: case, ``-``, ``_`` and the ending."""
    return re.sub(r"[\W_]", "", re.sub(r"\.ya?ml$", "", name.lower()))
