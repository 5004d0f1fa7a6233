"""A picture read back from its SVG alone, and what must be true of every picture."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from xml.etree import ElementTree

from netspec.analysis import Analysis
from netspec.picture.font import text_width

SVG = "{http://www.w3.org/2000/svg}"
SLACK = 0.11
"""Half of the last digit that coordinates are written with, twice."""


@dataclass(frozen=True)
class Placed:
    """A rectangle with its element."""

    element: ElementTree.Element
    left: float
    top: float
    right: float
    bottom: float

    def holds(self, left: float, top: float, right: float, bottom: float) -> bool:
        """Whether a rectangle lies inside."""
        inside = self.left - SLACK <= left and right <= self.right + SLACK
        return inside and self.top - SLACK <= top and bottom <= self.bottom + SLACK

    def meets(self, left: float, top: float, right: float, bottom: float) -> bool:
        """Whether a rectangle, or a line, runs through its inside."""
        beside = right <= self.left + SLACK or self.right - SLACK <= left
        return not (beside or bottom <= self.top + SLACK or self.bottom - SLACK <= top)


def placed(element: ElementTree.Element) -> Placed:
    """The rectangle directly in a group."""
    rect = element.find(f"{SVG}rect")
    x, y, width, height = (float(rect.get(name)) for name in ("x", "y", "width", "height"))
    return Placed(element, x, y, x + width, y + height)


def groups(root: ElementTree.Element, kind: str) -> list[Placed]:
    """Boxes or frames, in the order of the text."""
    found = [each for each in root.iter(f"{SVG}g") if kind in each.get("class", "").split()]
    return [placed(each) for each in found]


def edges(root: ElementTree.Element) -> list[ElementTree.Element]:
    """The edges."""
    return [each for each in root.iter(f"{SVG}path") if "edge" in each.get("class", "").split()]


def corners(path: str) -> list[tuple[float, float]]:
    """The corners of an edge; a rounded one is where its lines would meet."""
    x = y = 0.0
    points = []
    for letter, numbers in re.findall(r"([MLHVQ])([^MLHVQ]*)", path):
        told = [float(each) for each in numbers.split()]
        match letter:
            case "H":
                x = told[0]
            case "V":
                y = told[0]
            case "Q":
                points.append((told[0], told[1]))
                x, y = told[2:]
            case _:
                x, y = told
        points.append((x, y))
    return points


def lines(path: str) -> Iterator[tuple[float, float, float, float]]:
    """The pieces of an edge as rectangles without a width."""
    points = corners(path)
    for (ax, ay), (bx, by) in pairwise(points):
        yield min(ax, bx), min(ay, by), max(ax, bx), max(ay, by)


def font_size(text: ElementTree.Element, style: str) -> float:
    """The size of a text's font, by the picture's style sheet."""
    kind = text.get("class")
    found = re.search(r"\." + kind + r"\{font-size:([\d.]+)px" if kind else r"text\{font:([\d.]+)px", style)
    return float(found[1])


def told(words: ElementTree.Element, style: str) -> Placed:
    """The room of a text that begins at its place."""
    size = font_size(words, style)
    left, base = float(words.get("x")), float(words.get("y"))
    return Placed(words, left, base - 0.8 * size, left + text_width(words.text, size), base + 0.25 * size)


def check_geometry(text: str) -> None:
    """Boxes apart and inside their frames, texts inside their boxes, no edge through a box, everything on the page."""
    root = ElementTree.fromstring(text)
    _, _, width, height = map(float, root.get("viewBox").split())
    page = Placed(root, 0, 0, width, height)
    boxes, frames = groups(root, "box"), groups(root, "frame")
    style = root.find(f"{SVG}style").text
    for index, box in enumerate(boxes):
        assert page.holds(box.left, box.top, box.right, box.bottom)
        for other in boxes[index + 1 :]:
            assert not box.meets(other.left, other.top, other.right, other.bottom), "boxes overlap"
        for words in box.element.findall(f"{SVG}text"):
            size = font_size(words, style)
            middle, base = float(words.get("x")), float(words.get("y"))
            half = text_width(words.text, size) / 2
            assert box.holds(middle - half, base - 0.8 * size, middle + half, base + 0.25 * size), words.text
    for frame in frames:
        assert page.holds(frame.left, frame.top, frame.right, frame.bottom)
        for inner in (*groups(frame.element, "box"), *groups(frame.element, "frame")):
            assert frame.holds(inner.left, inner.top, inner.right, inner.bottom)
        inside = {id(each.element) for each in groups(frame.element, "box")}
        for box in boxes:
            if id(box.element) not in inside:
                assert not frame.meets(box.left, box.top, box.right, box.bottom), "a box lies in a frame not its own"
        for words in frame.element.findall(f"{SVG}text"):
            own = told(words, style)
            assert frame.holds(own.left, own.top, own.right, own.bottom), words.text
            assert not any(box.meets(own.left, own.top, own.right, own.bottom) for box in boxes), words.text
    check_tables(root, page, [*boxes, *frames])
    words_of_frames = [told(words, style) for frame in frames for words in frame.element.findall(f"{SVG}text")]
    for edge in edges(root):
        for piece in lines(edge.get("d")):
            assert page.holds(*piece)
            for words in words_of_frames:
                assert not words.meets(*piece), f"a line runs through {words.element.text}"
            for box in boxes:
                assert not box.meets(*piece), (edge.get("data-from"), edge.get("data-to"), box.element.get("data-path"))
        ends = {_name(box): box for box in boxes}
        source, target = ends[edge.get("data-from")], ends[edge.get("data-to")]
        first, last = corners(edge.get("d"))[0], corners(edge.get("d"))[-1]
        assert source.holds(first[0], first[1], first[0], first[1]), "an edge begins at its box"
        assert target.holds(last[0], last[1], last[0], last[1]), "an edge ends at its box"


def check_tables(root: ElementTree.Element, page: Placed, others: list[Placed]) -> None:
    """Tables lie on the page and apart from boxes and frames, texts inside their rows and apart from each other."""
    style = root.find(f"{SVG}style").text
    tables = groups(root, "table")
    for index, table in enumerate(tables):
        assert page.holds(table.left, table.top, table.right, table.bottom)
        assert not any(each.meets(table.left, table.top, table.right, table.bottom) for each in others)
        assert not any(each.meets(table.left, table.top, table.right, table.bottom) for each in tables[index + 1 :])
        above = table.top
        for row in groups(table.element, "row"):
            assert table.holds(row.left, row.top, row.right, row.bottom)
            assert row.top >= above - SLACK, "rows overlap"
            above, end = row.bottom, row.left
            size = float(re.search(r"\.row>text\{font-size:([\d.]+)px", style)[1])
            for words in row.element.findall(f"{SVG}text"):
                x, base, wide = float(words.get("x")), float(words.get("y")), text_width(words.text, size)
                left = x - wide if words.get("class") == "number" else x
                assert row.holds(left, base - 0.8 * size, left + wide, base + 0.25 * size), words.text
                assert left > end, "texts overlap"
                end = left + wide


def _name(box: Placed) -> str:
    return box.element.get("data-path")


def check_coverage(text: str, analysis: Analysis, *, whole_rounds: bool = True) -> None:
    """Boxes stand for every layer once, with all its parameters; with `whole_rounds`, each for rounds alone."""
    root = ElementTree.fromstring(text)
    graph = analysis.graph
    layers = [box.element for box in groups(root, "box") if box.element.get("data-layers")]
    assert sum(int(box.get("data-layers")) for box in layers) == len(graph.nodes)
    params = [box.get("data-params") for box in layers]
    known = None if "unknown" in params else sum(map(int, params))
    assert known == analysis.weights.total.params
    for box in layers:
        assert not whole_rounds or int(box.get("data-layers")) % int(box.get("data-times")) == 0
