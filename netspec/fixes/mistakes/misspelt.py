"""Misspelt names: the intended word takes their place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

from netspec.diagnostics import Code
from netspec.diagnostics.codes import LintCode
from netspec.diagnostics.facts import Unknown
from netspec.fixes.base import Case, Mistake, Proposal
from netspec.frontend.foreign import meant_by

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
        """The intended word, in place of the written one."""
        fact, here, code = case.diagnostic.fact, case.written, case.diagnostic.code
        if not isinstance(fact, Unknown) or not fact.meant:
            return
        if case.entry and code is Code.UNKNOWN_LAYER and meant_by(here):
            return  # another tool's word is more than a name
        wrong, word = fact.name.removeprefix("$"), fact.meant
        pattern = re.compile(rf"(?<![\w-]){re.escape(wrong)}(?![\w-])")
        if wrong != word and pattern.search(here):
            title = f"`{word}` instead of `{wrong}`"
            yield Proposal(title, case.at_span(pattern.sub(word, here)), certain=self.is_certain(code, fact))

    def is_certain(self, code: Code | LintCode, fact: Unknown) -> bool:
        """Whether no other meaning is possible: the word belongs to the language, and its letters are unambiguous.

        A name that the author gave may be misspelt in its definition, and the weights bear it then. Another network to
        build on changes everything: only a variant spelling of its name is certain.
        """
        if code is Code.EXTENDS_NOT_FOUND:
            return _letters(fact.name) == _letters(fact.meant)
        return code not in _GIVEN and fact.certain


def _letters(name: str) -> str:
    """A name without its variable parts: case, ``-``, ``_`` and the ending."""
    return re.sub(r"[\W_]", "", re.sub(r"\.ya?ml$", "", name.lower()))
