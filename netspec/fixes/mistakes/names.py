"""Names: of modules, of inputs taken by `from`, of outputs."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import ClassVar, TypeGuard

from netspec.diagnostics import Code
from netspec.diagnostics.facts import Unknown
from netspec.fixes.base import Case, Mistake, Proposal, is_entry
from netspec.frontend.source import Path_

_VARIABLE = re.compile(r"\$(?:\$|[A-Za-z_]\w*(?:\.\w+)*)")


class BadName(Mistake):
    """A name that Python or torch cannot bear."""

    codes: ClassVar = frozenset({Code.BAD_NAME})

    def propose(self, case: Case) -> Iterator[Proposal]:
        """The name with `_` for what is not allowed, or after a word that is taken; expressions in it stay."""
        written = case.written.strip("\"'")
        name = "".join(part if part.startswith("$") else self.bearable(part) for part in parts(written))
        if re.match("[0-9]", name):
            name = f"_{name}"
        if name == written:
            name = f"{written}_"
        yield Proposal(f"`{name}` instead of `{written}`", case.at_span(name))

    def bearable(self, text: str) -> str:
        """A part of a name, with `_` for what is not allowed."""
        plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().strip() or text
        return re.sub(r"[^\w.]", "_", plain, flags=re.ASCII)


def parts(template: str) -> list[str]:
    """The parts of a name: its expressions, each with its `$`, and the texts between them."""
    found, at = [""], 0
    while at < len(template):
        if template.startswith("$(", at):
            end, level = at + 1, 0
            while end < len(template) and (level or end == at + 1):
                level += (template[end] == "(") - (template[end] == ")")
                end += 1
        else:
            variable = _VARIABLE.match(template, at)
            end = variable.end() if variable else at + 1
        if template[at] == "$":
            found += [template[at:end], ""]
        else:
            found[-1] += template[at:end]
        at = end
    return [part for part in found if part]


class TwiceNamed(Mistake):
    """Two modules of one name."""

    codes: ClassVar = frozenset({Code.DUPLICATE_PATH})

    def propose(self, case: Case) -> Iterator[Proposal]:
        """A number after the second; without the second, where it is the first once more."""
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
    """`from` an entry that has no name of its own."""

    codes: ClassVar = frozenset({Code.UNKNOWN_REFERENCE})

    def propose(self, case: Case) -> Iterator[Proposal]:
        """The name, written at that entry."""
        if not isinstance(fact := case.diagnostic.fact, Unknown):
            return
        wanted = fact.name
        for key, node in (case.graph.nodes if case.graph else {}).items():
            if wanted not in (key.rpartition(".")[2], node.layer.op) or node.span is None:
                continue
            spot = (node.span.line, node.span.column, node.span.end_line, node.span.end_column)
            for path, place in case.text.source.values.items():
                if place == spot and is_entry(path):
                    yield Proposal(f"`name: {wanted}` at that entry", (case.text.set(path, "name", wanted),))
                    return


class Unused(Mistake):
    """An output that nobody uses, because an entry takes its input from elsewhere."""

    codes: ClassVar = frozenset({Code.UNUSED_OUTPUT})

    def propose(self, case: Case) -> Iterator[Proposal]:
        """The entry after it takes its output; or it is left out."""
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
