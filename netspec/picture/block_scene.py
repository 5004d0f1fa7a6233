"""The drawing of each distinct block: its layers and what it calls, between its inputs and its outputs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from netspec.analysis import Analysis
from netspec.graph import Scope, Value
from netspec.picture import block_titles, captions
from netspec.picture.block_forms import Form, Forms
from netspec.picture.building import Builder, side_by_side
from netspec.picture.scene import Box, Chain, Edge, Frame, Scene
from netspec.picture.untying import untied


def block_scenes(analysis: Analysis, forms: Forms, show: Sequence[str]) -> list[Scene]:
    """A scene for each form of a block, its frame around it; boxes are counted on from one to the next."""
    boxes: list[Box] = []
    names: Counter[str] = Counter()
    return [_BlockBuilder(analysis, forms, form, show, boxes, names).block() for form in forms.all]


class _BlockBuilder(Builder):
    """The scene of a block while it is built. Blocks that it calls are boxes."""

    def __init__(
        self, analysis: Analysis, forms: Forms, form: Form, show: Sequence[str], boxes: list[Box], names: Counter[str]
    ) -> None:
        super().__init__(analysis, forms.folding, 0, show)
        self.forms, self.form = forms, form
        self.boxes, self.calls = boxes, names
        self.states = {}  # they are among what the block gives
        self.ends: dict[tuple[str, int], int] = {}
        """The boxes of the block's inputs, by the tensors of its first call."""

    def block(self) -> Scene:
        """The block as a frame."""
        form, scope = self.form, self.form.calls[0]
        span = self.folding.span(scope)
        start = len(self.boxes)
        taken = self._taken()
        inputs = [self._port("input", place, len(taken), values) for place, values in enumerate(taken)]
        self.ends = {(values[0].key, values[0].index): box.number for values, box in zip(taken, inputs, strict=True)}
        body = self._inside(scope, 0, form.shifts)
        given = self._given(span)
        outputs = [self._port("output", place, len(given), values) for place, values in enumerate(given)]
        edges = tuple(self._flow(span, list(zip(given, outputs, strict=True))))
        count = len(form.calls)
        note = f"{count} call{'s' if count > 1 else ''}"
        inside = untied(Chain((*side_by_side(inputs), *body, *side_by_side(outputs))), edges)
        frame = Frame(scope.path, form.name, note, count, 1, inside)
        return Scene(self.graph.name, 0, Chain((frame,)), self.complete, tuple(self.boxes[start:]), edges)

    def _giver(self, value: Value) -> Box:
        end = self.ends.get((value.key, value.index))
        return super()._giver(value) if end is None else self.boxes[end]

    def folds(self, scope: Scope, depth: int) -> bool:
        """Blocks are drawn apart; other modules are opened."""
        return scope.kind == "block"

    def layer_title(self, number: int, shifts: tuple[int, ...]) -> str:
        """The title of a layer, with the block's arguments where its numbers differ."""
        titles = [captions.title(self.folding.nodes[number + shift]) for shift in shifts]
        return block_titles.layer_title(titles, self._around(number, shifts)) if "kernel" in self.show else titles[0].op

    def block_title(self, scope: Scope, shifts: tuple[int, ...]) -> str:
        """The title of a block in the block, with its arguments."""
        calls = [self.forms.alike(scope, shift) for shift in shifts]
        around = self._around(self.folding.span(scope).start, shifts)
        name = self.forms.of(scope).name
        if "kernel" not in self.show or not scope.arguments:
            return name
        return block_titles.call_title(name, [c.arguments for c in calls], [c.usual for c in calls], around)

    def _around(self, number: int, shifts: Sequence[int]) -> block_titles.Arguments:
        return [self.form.arguments_at(number + shift) for shift in shifts]

    def _taken(self) -> list[tuple[Value, ...]]:
        """For each input of the block, the tensors of all calls."""
        return list(zip(*(self.forms.externals(self.folding.span(call)) for call in self.form.calls), strict=True))

    def _given(self, span: range) -> list[tuple[Value, ...]]:
        """For each output that any call has a use for, the tensors of all calls."""
        used = self.forms.used
        return [
            values
            for number in span
            for values in zip(*(self.folding.nodes[number + shift].outputs for shift in self.form.shifts), strict=True)
            if any(
                used.get((value.key, value.index), -1) >= span.stop + shift
                for value, shift in zip(values, self.form.shifts, strict=True)
            )
        ]

    def _port(self, role: str, place: int, number: int, values: Sequence[Value]) -> Box:
        """An input or output of the block, with the shapes that the first call has and the last."""
        name = role if number == 1 else f"{role} {place + 1}"
        shapes = [captions.size(values[0].shape), captions.size(values[-1].shape)]
        line = " … ".join(dict.fromkeys(shapes))
        path = self.form.calls[0].path
        self.calls[f"{role}:{path}"] += 1
        if (count := self.calls[f"{role}:{path}"]) > 1:
            path = f"{path}#{count}"
        shown = (line,) if "shapes" in self.show else ()
        box = Box(len(self.boxes), path, role, (), 1, name, shown, role)  # type: ignore[arg-type]
        self.boxes.append(box)
        return box

    def _flow(self, span: range, outputs: Sequence[tuple[tuple[Value, ...], Box]]) -> Iterator[Edge]:
        found: dict[tuple[int, int], bool] = {}
        for node in self.folding.nodes[span.start : span.stop]:
            target = self.box_of[node.key]
            for value in node.inputs:
                source = self._giver(value).number
                if source < target:
                    found[source, target] = found.get((source, target), True) and node.training_only
        for values, box in outputs:
            found[self.box_of[values[0].key], box.number] = self.boxes[self.box_of[values[0].key]].aside
        return (Edge(source, target, aside) for (source, target), aside in found.items())
