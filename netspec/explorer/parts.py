"""A network's picture in a page's data: every part of it with its measures, folded and unfolded.

A page lays out whichever parts are open by the rules of `netspec.picture.layout`, from the widths and heights that are
measured here, and leads each edge along the route that `netspec.picture.routes` gave it in the unfolded picture; what
of a route lies in a folded part is left out. So one picture's data holds all its foldings.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from netspec.analysis import Analysis
from netspec.explorer.pool import Pool
from netspec.graph import Graph
from netspec.picture import captions, layout
from netspec.picture.building import scene
from netspec.picture.drawing import LABEL, LINE, TITLE, box_size
from netspec.picture.font import text_width
from netspec.picture.routes import Across, Beside, Plan, Spine, plans
from netspec.picture.scene import Box, Fork, Frame, Part, boxes_of, children

DEEPEST = 1000
"""A level of modules that no network has: everything is unfolded."""

MEASURES = {
    "gap": layout.GAP,
    "channel": layout.CHANNEL,
    "lane": layout.LANE,
    "lowGap": layout.LOW_GAP,
    "beside": layout.BESIDE,
    "inset": layout.INSET,
    "header": layout.HEADER,
    "margin": layout.MARGIN,
    "title": TITLE,
    "line": LINE,
    "label": LABEL,
}
"""The distances and sizes of fonts with which pictures are laid out, in pixels."""


class PictureParts:
    """The parts of a network's picture.

    Args:
        analysis: The network.
        others: The same network with other sizes; their shapes must fit into the boxes, too.
        texts: The texts of the page.
    """

    def __init__(self, analysis: Analysis, others: Sequence[Graph], texts: Pool) -> None:
        self.analysis, self.others, self.texts = analysis, others, texts
        self.whole = scene(analysis, DEEPEST)
        self.shown = scene(analysis)
        self.numbers = {key: number for number, key in enumerate(analysis.graph.nodes)}
        self.boxes: list[Box] = list(self.whole.boxes)
        self.depth = 0
        self._folded = self._folded_boxes()
        self._frames: list[list[Any]] = []
        self._ids: dict[int, int] = {}
        self._tree = self._part(self.whole.root, 1)

    def data(self) -> dict[str, Any]:
        """The parts as plain data. Boxes of folded parts follow those of the unfolded picture."""
        return {
            "measures": MEASURES,
            "level": self.shown.level,
            "levels": self.depth + 1,
            "tree": self._tree,
            "frames": self._frames,
            "boxes": [self._box(box) for box in self.boxes],
            "edges": list(self._edges()),
        }

    def shapes(self, graph: Graph) -> list[int]:
        """The line with the shape of each box, by its text's number, in one of the networks."""
        return [self.texts(self._shape(box, graph)) for box in self.boxes]

    def _folded_boxes(self) -> dict[tuple[int, frozenset[str]], Box]:
        """The boxes of folded modules, by their depth and the layers that they stand for."""
        found: dict[tuple[int, frozenset[str]], Box] = {}
        level = 1
        while not (shown := scene(self.analysis, level)).complete:
            found |= {(level, frozenset(box.keys)): box for box in shown.boxes if box.role == "block"}
            level += 1
        return found

    def _part(self, part: Part, depth: int) -> Any:
        """A part with what is in it. Parts are numbered in this order."""
        self._ids[id(part)] = len(self._ids)
        match part:
            case Box():
                return part.number
            case Frame():
                self._frames.append([])
                number = len(self._frames) - 1
                self._frames[number] = self._frame(part, depth)
                return ["f", number, self._part(part.body, depth + 1 if part.path else depth)]
            case Fork():
                return ["k", part.main, *(self._part(each, depth) for each in part.branches)]
            case _:
                return ["c", *(self._part(each, depth) for each in children(part))]

    def _frame(self, frame: Frame, depth: int) -> list[Any]:
        frame = replace(frame, steps=0) if self.others else frame  # other sizes may take another number of steps
        left, right = frame.text
        both = ": ".join(filter(None, (left, right)))
        keys = frozenset(key for box in boxes_of(frame) for key in box.keys)
        folded = self._folded.get((depth, keys)) if frame.path else None
        if folded is not None:
            self.depth = max(self.depth, depth)
            self.boxes.append(folded)
        words = [[self.texts(text), _px(text_width(text, LABEL))] for text in (left, right, both)]
        return [self.texts(frame.path), depth, None if folded is None else len(self.boxes) - 1, *words]

    def _box(self, box: Box) -> list[Any]:
        title, *lines = box.text
        sizes = [box_size(box)]
        if lines:
            sizes += [box_size(replace(box, lines=(self._shape(box, graph),))) for graph in self.others]
        width, height = max(size[0] for size in sizes), sizes[0][1]
        return [
            self.texts(box.path),
            box.role,
            self.texts(title),
            int(bool(lines)),
            box.family,
            int(box.minor),
            int(box.aside),
            _px(width),
            _px(height),
            [self.numbers[key] for key in box.keys] if box.role == "layer" else len(box.keys),
            box.times,
        ]

    def _shape(self, box: Box, graph: Graph) -> str:
        """The line with the shape of what leaves a box."""
        if box.role == "input":
            return captions.size(graph.inputs[box.path].shape)
        if box.role == "output":
            return captions.size({**graph.outputs, **graph.side_outputs}[box.path].shape)
        drawn = [graph.nodes[key] for key in box.keys[: len(box.keys) // box.times]]
        return captions.outgoing(graph, drawn, box.keys) or ""

    def _edges(self) -> Iterator[list[Any]]:
        for edge, alone in zip(self.whole.edges, plans(self.whole), strict=True):
            (route,) = alone.routes
            yield [
                edge.source,
                edge.target,
                int(edge.aside),
                [self._piece(piece) for piece in route.pieces],
                None if route.side is None else self._ids[id(route.side.chain)],
                self._lanes(alone),
            ]

    def _piece(self, piece: Across) -> list[int]:
        kind, source, target = piece.channel
        return [self._ids[id(piece.chain)], piece.gap, kind, int(source >= 0), int(target >= 0), *self._to(piece.to)]

    def _to(self, to: Spine | Beside) -> tuple[int, int]:
        """A spine of a part, or a lane beside a chain."""
        return (0, self._ids[id(to.part)]) if isinstance(to, Spine) else (1, self._ids[id(to.chain)])

    def _lanes(self, alone: Plan) -> list[list[int]]:
        return [
            [self._ids[chain], lane.first, lane.last]
            for chain, told in alone.chains.items()
            for lane in told.lanes.values()
        ]


def _px(length: float) -> float:
    return round(length, 1)
