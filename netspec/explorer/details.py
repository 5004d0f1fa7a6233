"""What a page tells of each layer call: figures with their arithmetic, lines of text, weights with their names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from netspec.analysis import Analysis
from netspec.analysis.explanation import Explanation, explain
from netspec.backends.text_places import TextPlace
from netspec.explorer.pool import Pool
from netspec.frontend.document import Document
from netspec.frontend.entries import Entry, walk
from netspec.graph import Graph, Node, Scope, state_key
from netspec.report import document as doc
from netspec.report.explanation import entries
from netspec.shape import spell


class Details:
    """The layer calls of a network.

    Args:
        analysis: The network.
        document: Its spec.
        places: Places of the calls in the generated source, by key; empty where there is none.
        texts: The texts of the page.
    """

    def __init__(self, analysis: Analysis, document: Document, places: Mapping[str, TextPlace], texts: Pool) -> None:
        self.analysis, self.document, self.places, self.texts = analysis, document, places, texts
        self.sheets, self.weights = Pool(), Pool()
        self.sources = {text.name: number for number, text in enumerate(document.places.sources)}
        self._entries = _entries_by_place(document)
        self._branches = set(_branch_keys(analysis.graph.root))

    def data(self) -> dict[str, Any]:
        """The calls as plain data, in the order of execution."""
        calls = [self._call(each) for each in explain(self.analysis, self.analysis.graph.nodes)]
        return {
            "calls": calls,
            "sheets": self.sheets.values,
            "weights": self.weights.values,
            "levels": [[self.texts(path), self.texts(words)] for path, words in _levels(self.analysis.graph)],
            "specs": [[Path(text.name).name, text.text] for text in self.document.places.sources],
        }

    def _call(self, found: Explanation) -> list[Any]:
        node = found.node
        place = self.places.get(node.key)
        given, made = (
            [self.texts(spell(shape)) for shape in shapes] for shapes in (node.input_shapes, node.output_shapes)
        )
        figures, seen = [], []
        for entry in entries(found):
            row = [self.texts(entry.name), self.texts(_plain(entry.text)), self.texts(entry.note or "")]
            if entry.group:
                seen.append([self.texts(entry.group), *row])
            else:
                figures.append(row)
        source = self.sources.get(node.span.file, -1) if node.span else -1
        return [
            self.texts(node.key),
            self.texts(node.layer.type_name(node.input_shapes)),
            self.sheets([given, made]),
            self.sheets(figures),
            self.sheets(seen),
            self.sheets([source, node.span.line, node.span.end_line] if node.span and source >= 0 else []),
            self.sheets([] if place is None else [place.head, *(place.made or (None, None)), place.called]),
            self.weights(self._weights(node)),
            self.texts(self._named(node)),
        ]

    def _weights(self, node: Node) -> list[Any]:
        """The tensors of a module: their own names, shapes, and what else is said of them."""
        if node.reuses:
            return []
        rows = []
        owners = self.analysis.graph.owners
        for name, weight in node.weights.items():
            notes = ["a buffer, not learned"] if weight.buffer else ["frozen"] if node.frozen else []
            owner = owners.get(state_key(node.path, name))
            notes += [f"the tensor of {owner}"] if owner else []
            if (start := node.initialisers.get(name)) is not None:
                notes.append(f"begins as {start.function}")
            rows.append([self.texts(name), self.texts(spell(weight.shape)), self.texts("; ".join(notes))])
        return rows

    def _named(self, node: Node) -> str:
        """Where the last part of a path comes from."""
        own = node.path.rpartition(".")[2]
        entry = self._entries.get((node.span.file, node.span.line, node.span.column)) if node.span else None
        if entry is not None and entry.common.name is not None:
            return "the entry's `name`"
        if node.path in self._branches:
            return "the key of its branch"
        if own.isdecimal():
            return "its place in the list"
        return "its layer's name, counted in its module"


def _plain(text: doc.Inline) -> str:
    match text:
        case doc.Math(text=shown) | doc.Verbatim(text=shown) | doc.Emphasis(text=shown) | doc.Link(text=shown):
            return shown
        case tuple():
            return "".join(map(_plain, text))
    return text


def _entries_by_place(document: Document) -> dict[tuple[str, int, int], Entry]:
    found = {}
    for body in (document.body, *(block.body for block in document.blocks.values())):
        for entry in walk(body.entries):
            span = document.places.span(entry.path)
            if span is not None:
                found[span.file, span.line, span.column] = entry
    return found


def _branch_keys(root: Scope) -> Iterator[str]:
    """Paths whose last part is the key of a branch in a `parallel`."""
    for scope in root.walk():
        for child in scope.parts() if scope.kind == "branch" else ():
            if child.path.rpartition(".")[2] == scope.label:
                yield child.path


def _levels(graph: Graph) -> Iterator[tuple[str, str]]:
    """The modules with children by their paths, and what each is."""
    met = {""}
    for scope in graph.root.walk():
        if scope.level and scope.path not in met:
            met.add(scope.path)
            yield scope.path, _what(scope)


def _what(scope: Scope) -> str:
    inner = scope.innermost()
    match inner.kind:
        case "repeat":
            labels = {child.innermost().label for child in inner.parts()}
            return f"a repeat: {len(inner.children)} × {labels.pop() if len(labels) == 1 else inner.label}"
        case "block":
            return f"a call of the block {inner.label}"
        case "network" | "layer" | "absent" | "round":
            return inner.label
        case kind:
            return f"a {kind}" if kind != "group" else "a named group"
