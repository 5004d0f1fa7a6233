"""Mistakes and their cases: a mistake is a function that proposes small edits for a diagnostic."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import field
from functools import cache
from typing import Any

from netspec.choices.registry import imported
from netspec.diagnostics import Code, Diagnostic, Edit, Span
from netspec.diagnostics.codes import LintCode
from netspec.fixes.text import Edits, Text, together
from netspec.frontend.schema import COMMON_KEYS
from netspec.frontend.source import Path_
from netspec.graph import Graph, Node
from netspec.layers import registry
from netspec.layers.base import Layer
from netspec.objects.immutable import immutable

BODIES = ("layers", "sequence", "residual", "shortcut", "parallel")


@immutable
class Proof:
    """A condition on every layer that an entry makes.

    Attributes:
        entry: Path of the entry.
        holds: Whether the condition holds for one layer of the graph.
    """

    entry: Path_
    holds: Callable[[Node], bool]


@immutable
class Proposal:
    """Edits that may mend a diagnostic.

    Attributes:
        title: A few words for the edits, read after "fix:".
        edits: The replacements; a proposal without any is none.
        rank: The place among the proposals that work with as few edits; equal ranks are equally good.
        certain: Whether no other meaning is possible: a slip in a word of the language, another tool's word for the
            same, a missing sign of YAML's. All others are proposals, which are never applied unasked.
        proof: A condition on every layer that the entry makes afterwards, where certainty depends on it.
    """

    title: str
    edits: Edits
    rank: int = 0
    certain: bool = False
    proof: Proof | None = field(default=None, compare=False)


@immutable
class Case:
    """A diagnostic to mend, with a place in the text.

    Attributes:
        diagnostic: The error.
        text: The text with the error.
        graph: The graph as far as it could be made, or None.
    """

    diagnostic: Diagnostic
    text: Text
    graph: Graph | None

    @property
    def path(self) -> Path_:
        """The error's path in the document."""
        return self.diagnostic.path or ()

    @property
    def entry(self) -> Path_:
        """The innermost entry that holds the error; empty where there is none."""
        path = self.path
        while path and not is_entry(path):
            path = path[:-1]
        return path

    @property
    def span(self) -> Span:
        """The diagnostic's place."""
        assert self.diagnostic.span is not None
        return self.diagnostic.span

    @property
    def start(self) -> int:
        """The character at which the diagnostic begins."""
        return self.text.range(self.span)[0]

    @property
    def written(self) -> str:
        """The text at the diagnostic's span."""
        return self.text.text[slice(*self.text.range(self.span))]

    @property
    def line(self) -> tuple[int, str]:
        """The line on which the diagnostic begins, with its start in the text."""
        return next(iter(self.lines.items()))

    @property
    def lines(self) -> dict[int, str]:
        """The lines on which the diagnostic and its related spans begin, by their start in the text."""
        spans = [self.span, *(related.span for related in self.diagnostic.related)]
        starts = (self.text.range(span)[0] for span in spans if span and span.file == self.span.file)
        return {start: self.text.text[start:end] for start, end in map(self.text.line_of, starts)}

    def at_span(self, text: str) -> Edits:
        """Replace the text at the span."""
        return (Edit(*self.text.range(self.span), text),)

    def operation(self, entry: Path_) -> str:
        """An entry's operation: the name of a layer, block or structure; empty where it names none."""
        data = self.text.at(entry) if entry else None
        if isinstance(data, dict):
            return next((key for key in data if key not in COMMON_KEYS), "")
        return data if isinstance(data, str) else ""

    def layer(self, entry: Path_) -> type[Layer] | None:
        """The layer of an entry; None for a block or a structure, and where there is no entry."""
        return registry().get(self.operation(entry))

    def option(self, entry: Path_, name: str) -> Any:
        """An option of a layer's entry as written, including the main argument; its default where it is not written."""
        data, layer = self.text.at(entry), self.layer(entry)
        if isinstance(data, dict):
            if name in data:
                return data[name]
            if layer is not None and layer.main == name and data.get(layer.op) is not None:
                return data[layer.op]
        fields = layer.option_fields() if layer else {}
        return layer.model_fields[fields[name]].default if layer and name in fields else None

    def set(self, entry: Path_, name: str, value: Any) -> Edits:
        """Give an entry's option a value, where it is written: as main argument or as a key."""
        layer = self.layer(entry)
        if layer is not None and layer.main == name and self.text.at((*entry, layer.op)) is not None:
            return self.text.replace((*entry, layer.op), value)
        return self.text.set(entry, name, value)

    def insert_after(self, producer: Path_, entry: str) -> Edits:
        """Insert an entry after another, and move that one's name to it; no edits where there is no room."""
        name = self.text.at((*producer, "name"))
        if name is None:
            return self.text.insert(producer, entry, after=True)
        named = f"{entry[:-1]}, name: {name}}}" if entry.endswith("}") else f"{{{entry}, name: {name}}}"
        return together(self.text.remove((*producer, "name")), self.text.insert(producer, named, after=True))

    def producers(self) -> list[Path_]:
        """The entries whose outputs flow into the entry at fault, from the diagnostic's related spans."""
        return [self.entry_at(related.span) for related in self.diagnostic.related[: len(self.diagnostic.shapes)]]

    def entry_at(self, span: Span | None) -> Path_:
        """The entry that begins exactly at a place of the diagnostic's file; empty where there is none."""
        if span is None or span.file != self.span.file:
            return ()
        spot = span.line, span.column, span.end_line, span.end_column
        return next((path for path, place in self.text.source.values.items() if place == spot and is_entry(path)), ())


def is_entry(path: Path_) -> bool:
    """Whether an entry stands at a path."""
    if not path or not isinstance(path[-1], (int, str)):
        return False
    if isinstance(path[-1], int):
        return len(path) > 1 and (path[-2] in BODIES or (len(path) > 2 and path[-3] == "parallel"))
    return len(path) > 2 and path[-2] == "parallel"


Mistake = Callable[[Case], Iterator[Proposal]]
"""A mistake: edits that may mend a diagnostic, the likeliest first; it need not know whether they work."""

_MISTAKES: dict[Code | LintCode, list[Mistake]] = {}


def mends(*codes: Code | LintCode) -> Callable[[Mistake], Mistake]:
    """A decorator of mistakes: the codes that they may mend."""

    def noted(mistake: Mistake) -> Mistake:
        for code in codes:
            _MISTAKES.setdefault(code, []).append(mistake)
        return mistake

    return noted


@cache
def mistakes(code: Code | LintCode) -> list[Mistake]:
    """The mistakes that a code may come from."""
    imported("netspec.fixes.mistakes")
    return _MISTAKES.get(code, [])


def mended(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """The diagnostics of lints for which there are mistakes, and so fixes."""
    return [each for each in diagnostics if isinstance(each.code, LintCode) and mistakes(each.code)]
