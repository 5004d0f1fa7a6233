"""Names of modules, of inputs taken by `from`, and of outputs."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import ClassVar, TypeGuard

from netspec.diagnostics import Code
from netspec.diagnostics.facts import Unknown
from netspec.fixes.base import Case, Mistake, Proposal
from netspec.frontend.expressions import pieces
from netspec.frontend.source import Path_
from netspec.frontend.written import BadExpression


class BadName(Mistake):
    """A name that is not valid in Python or torch."""

    codes: ClassVar = frozenset({Code.BAD_NAME})

    def propose(self, case: Case) -> Iterator[Proposal]:
        """The name with `_` for characters that are not allowed, or after a reserved word; its expressions stay."""
        written = case.written.strip("\"'")
        try:
            parts = [*pieces(written)]
        except BadExpression:  # a name that is no template, as of a block
            parts = [written]
        name = "".join(part if part.startswith("$") else self.bearable(part) for part in parts)
        if re.match("[0-9]", name):
            name = f"_{name}"
        if name == written:
            name = f"{written}_"
        yield Proposal(f"`{name}` instead of `{written}`", case.at_span(name))

    def bearable(self, text: str) -> str:
        """A part of a name, with `_` for characters that are not allowed."""
        plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().strip() or text
        return re.sub(r"[^\w.]", "_", plain, flags=re.ASCII)


class TwiceNamed(Mistake):
    """Two modules with one name."""

    codes: ClassVar = frozenset({Code.DUPLICATE_PATH})

    def propose(self, case: Case) -> Iterator[Proposal]:
        """A number after the second; or without the second, where it repeats the first."""
        written = case.written.strip("\"'")
        if not written.isidentifier() or not is_named(case):
            return
        stem = written.rstrip("0123456789") or written
        taken = set(re.findall(r"\w+", case.text.text))
        number = next(n for n in range(2, 1000) if f"{stem}{n}" not in taken)
        entry, text = case.entry, case.text
        twin = is_later(entry) and text.at(entry) == text.at((*entry[:-1], int(entry[-1]) - 1))
        yield Proposal(f"`{stem}{number}` for the second", case.at_span(f"{stem}{number}"))
        removed = text.remove(entry) if twin and entry else None
        if removed is not None:
            yield Proposal("without the second of two equal entries", (removed,), 0)


def is_later(entry: Path_ | None) -> TypeGuard[Path_]:
    """Whether an entry stands in a list, behind another."""
    return entry is not None and isinstance(entry[-1], int) and entry[-1] > 0


def is_named(case: Case) -> bool:
    """Whether the error stands at a `name`."""
    return bool(case.path) and case.path[-1] == "name"


class AutomaticName(Mistake):
    """`from` with an entry that has no name of its own."""

    codes: ClassVar = frozenset({Code.UNKNOWN_REFERENCE})

    def propose(self, case: Case) -> Iterator[Proposal]:
        """The name, written at that entry."""
        if not isinstance(fact := case.diagnostic.fact, Unknown):
            return
        wanted = fact.name
        for key, node in (case.graph.nodes if case.graph else {}).items():
            entry = case.entry_at(node.span) if wanted in (key.rpartition(".")[2], node.layer.op) else None
            if entry is not None:
                yield Proposal(f"`name: {wanted}` at that entry", (case.text.set(entry, "name", wanted),))
                return


class Unused(Mistake):
    """An output that no entry uses, because an entry takes its input from elsewhere."""

    codes: ClassVar = frozenset({Code.UNUSED_OUTPUT})

    def propose(self, case: Case) -> Iterator[Proposal]:
        """The output as the input of the next entry; or without the unused entry."""
        entry, text = case.entry, case.text
        if entry is None or not isinstance(entry[-1], int):
            return
        following = (*entry[:-1], entry[-1] + 1)
        if text.has((*following, "from")):
            edit = text.remove((*following, "from"))
            if edit is not None:
                yield Proposal("the next entry takes it: without its `from`", (edit,))
        edit = text.remove(entry)
        if edit is not None:
            yield Proposal("without the entry that nobody uses", (edit,), 5)
