"""Misspelt words, and names of modules, of inputs taken by `from`, and of outputs."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import count

from netspec.diagnostics import Code
from netspec.diagnostics.facts import Unknown
from netspec.fixes.base import Case, Proposal, mends
from netspec.frontend.expressions import pieces
from netspec.frontend.foreign import meant_by
from netspec.frontend.written import BadExpression

_GIVEN = (
    *(Code.UNKNOWN_REFERENCE, Code.BAD_REUSE, Code.BAD_TIE, Code.UNKNOWN_VARIABLE, Code.UNKNOWN_SETTING),
    *(Code.UNKNOWN_PARAM, Code.BAD_WEIGHTS, Code.DATA_NOT_FOUND),
)
"""Codes of names that an author gave: of modules, params and files."""


@mends(*Code)
def misspelt(case: Case) -> Iterator[Proposal]:
    """The intended word, in place of the written one.

    It is certain where the word belongs to the language and its letters are unambiguous. A name that the author gave
    may be misspelt in its definition, and the weights bear it then. Another network to build on changes everything:
    only a variant spelling of its name is certain.
    """
    fact, here, code = case.diagnostic.fact, case.written, case.diagnostic.code
    if not isinstance(fact, Unknown) or not fact.meant:
        return
    if case.entry and code is Code.UNKNOWN_LAYER and meant_by(here):
        return  # another tool's word is more than a name
    wrong, word = fact.name.removeprefix("$"), fact.meant
    pattern = re.compile(rf"(?<![\w-]){re.escape(wrong)}(?![\w-])")
    certain = code not in _GIVEN and fact.certain
    if code is Code.EXTENDS_NOT_FOUND:
        certain = _letters(fact.name) == _letters(fact.meant)
    yield Proposal(f"`{word}` instead of `{wrong}`", case.at_span(pattern.sub(word, here)), certain=certain)


def _letters(name: str) -> str:
    """A name without its variable parts: case, ``-``, ``_`` and the ending."""
    return re.sub(r"[\W_]", "", re.sub(r"\.ya?ml$", "", name.lower()))


@mends(Code.UNKNOWN_REFERENCE)
def automatic_name(case: Case) -> Iterator[Proposal]:
    """The name that `from` gives, written at the entry that has no name of its own."""
    if not isinstance(fact := case.diagnostic.fact, Unknown):
        return
    for key, node in (case.graph.nodes if case.graph else {}).items():
        entry = case.entry_at(node.span) if fact.name in (key.rpartition(".")[2], node.layer.op) else ()
        if entry:
            yield Proposal(f"`name: {fact.name}` at that entry", case.text.set(entry, "name", fact.name))
            return


@mends(Code.BAD_NAME)
def bad_name(case: Case) -> Iterator[Proposal]:
    """The name with `_` for characters that are not allowed, or after a reserved word; its expressions stay."""
    written = case.written.strip("\"'")
    try:
        parts = [*pieces(written)]
    except BadExpression:  # a name that is no template, as of a block
        parts = [written]
    name = "".join(part if part.startswith("$") else _bearable(part) for part in parts)
    if re.match("[0-9]", name):
        name = f"_{name}"
    if name == written:
        name = f"{written}_"
    yield Proposal(f"`{name}` instead of `{written}`", case.at_span(name))


def _bearable(text: str) -> str:
    """A part of a name, with `_` for characters that are not allowed."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().strip() or text
    return re.sub(r"[^\w.]", "_", plain, flags=re.ASCII)


@mends(Code.DUPLICATE_PATH)
def twice_named(case: Case) -> Iterator[Proposal]:
    """A number after the second of two modules with one name; or without the second, where it repeats the first."""
    written, entry, text = case.written.strip("\"'"), case.entry, case.text
    if not written.isidentifier() or case.path[-1:] != ("name",):
        return
    stem = written.rstrip("0123456789") or written
    taken = set(re.findall(r"\w+", text.text))
    number = next(n for n in count(2) if f"{stem}{n}" not in taken)
    yield Proposal(f"`{stem}{number}` for the second", case.at_span(f"{stem}{number}"))
    if entry and isinstance(entry[-1], int) and entry[-1] and text.at(entry) == text.at((*entry[:-1], entry[-1] - 1)):
        yield Proposal("without the second of two equal entries", text.remove(entry))


@mends(Code.UNUSED_OUTPUT)
def unused(case: Case) -> Iterator[Proposal]:
    """The output that no entry uses as the input of the next entry; or without the unused entry."""
    entry, text = case.entry, case.text
    if not entry or not isinstance(entry[-1], int):
        return
    source = (*entry[:-1], entry[-1] + 1, "from")
    if text.has(source):
        yield Proposal("the next entry takes it: without its `from`", text.remove(source))
    yield Proposal("without the entry that nobody uses", text.remove(entry), 5)
