"""The scene of a network at a level of folding, from its scope tree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from netspec.analysis import Analysis
from netspec.analysis.unknown_sums import total
from netspec.graph import Node, Scope, Value
from netspec.picture import captions
from netspec.picture.branches import Branches
from netspec.picture.folding import Folding
from netspec.picture.scene import Box, Chain, Edge, Fork, Frame, Part, Scene, boxes_of, looped
from netspec.picture.untying import untied
from netspec.report.loops import ends_of_loops, loop_of, states_given

MOST_BOXES = 40
"""The largest number of boxes at which a deeper level is still shown unasked."""


def scene(
    analysis: Analysis, level: int | None = None, show: Sequence[str] = ("kernel", "shapes"), *, one_shape: bool = False
) -> Scene:
    """The scene of a network.

    Args:
        analysis: The network, analysed.
        level: Levels of modules to show; by default as many as fit into `MOST_BOXES` boxes, but one at least.
        show: The lines of each box: names of `captions.ROWS`.
        one_shape: Whether a box stands for tensors of one shape alone.
    """
    folding = Folding(analysis.graph, one_shape=one_shape)
    found = Builder(analysis, folding, 1 if level is None else level, show).scene()
    while level is None and not found.complete:
        deeper = Builder(analysis, folding, found.level + 1, show).scene()
        if len(deeper.boxes) > MOST_BOXES:
            break
        found = deeper
    return found


class Builder:
    """A scene while it is built: blocks below a level are folded."""

    def __init__(self, analysis: Analysis, folding: Folding, level: int, show: Sequence[str]) -> None:
        self.analysis, self.graph = analysis, analysis.graph
        self.folding, self.level, self.show = folding, level, show
        self.branches = Branches(analysis.graph, folding)
        self.boxes: list[Box] = []
        self.box_of: dict[str, int] = {}
        self.complete = True
        self.calls: Counter[str] = Counter()
        self.lengths = ends_of_loops(self.graph)
        """Ends of loops, which read of their second input its length alone: the flow is through the loop."""
        self.states = states_given(self.graph)

    def scene(self) -> Scene:
        graph = self.graph
        inputs = [self._end(name, "input", Value(name, 0, each.shape)) for name, each in graph.inputs.items()]
        body = self._inside(graph.root, 0, (0,))
        outputs = [self._end(name, "output", value) for name, value in graph.outputs.items()]
        root = Chain((*side_by_side(inputs), *self._with_asides([*body, *side_by_side(outputs)])))
        edges = tuple(self._edges())
        return Scene(graph.name, self.level, untied(root, edges), self.complete, tuple(self.boxes), edges)

    def _edges(self) -> Iterator[Edge]:
        found: dict[tuple[int, int], bool] = {}
        for key, node in self.graph.nodes.items():
            target = self.box_of[key]
            for value in node.inputs[:1] if key in self.lengths else node.inputs:
                source = self.box_of[value.key]
                if source < target:  # not inside a box, nor from one round to the next
                    found[source, target] = found.get((source, target), True) and node.training_only
        for box in self.boxes:
            if box.role == "output":
                value = {**self.graph.outputs, **self.graph.side_outputs}[box.title]
                found[self.box_of[value.key], box.number] = box.aside
        return (Edge(source, target, aside) for (source, target), aside in found.items())

    def _end(self, name: str, role: str, value: Value, aside: bool = False) -> Box:
        box = Box(len(self.boxes), name, role, (), 1, name, captions.ends(value), role, aside=aside)  # type: ignore[arg-type]
        self.boxes.append(box)
        if role == "input":
            self.box_of[name] = box.number
        return box

    def _giver(self, value: Value) -> Box:
        """The box that gives a tensor."""
        return self.boxes[self.box_of[value.key]]

    def _inside(self, scope: Scope, depth: int, shifts: tuple[int, ...]) -> list[Part]:
        """The parts of a scope's children, alike ones as one."""
        if scope.kind in ("residual", "parallel"):
            return self._joined(scope, depth, shifts)
        if self.branches.are_rounds(scope):
            return self._side_by_side(scope, depth, shifts, None)
        parts: list[Part] = []
        for run in self.folding.runs(scope):
            first = run[0]
            repeated = len(run)
            if repeated == 1:
                parts.extend(self._parts(first, depth, shifts))
                continue
            length = len(self.folding.span(first))
            moved = tuple(shift + length * number for shift in shifts for number in range(repeated))
            shared = tuple(dict.fromkeys(self._giver(value).name for value in self.folding.shared(run)))
            parts.append(self._as_one(self._parts(first, depth, moved), len(moved), repeated, shared=shared))
        return parts

    def _as_one(
        self, parts: list[Part], times: int, repeated: int = 1, branches: int = 1, shared: tuple[str, ...] = ()
    ) -> Part:
        """Parts that stand for rounds or for branches, as one part that says so, under the name of what they are."""
        match parts:
            case [Box() | Frame() as part]:
                repeated, branches = repeated * part.repeated, branches * part.branches
                part = replace(part, repeated=repeated, branches=branches, shared=shared or part.shared)
                if isinstance(part, Frame):
                    return replace(part, label="", note=part.note or part.label)
                own, _, what = part.title.partition(": ")
                self.boxes[part.number] = part = replace(part, title=what or own)
                return part
            case _:
                return Frame("", "", "", times, repeated, Chain(tuple(parts)), shared=shared, branches=branches)

    def _with_asides(self, parts: Sequence[Part]) -> Iterator[Part]:
        """The parts of the network; what runs in training alone stands beside the part after it, with its output."""
        main: list[Part] = []
        beside: list[Chain] = []
        for part in parts:
            held = list(boxes_of(part))
            if not all(box.aside for box in held):
                main.append(part)
                continue
            if main and beside:
                yield Fork((Chain(tuple(main)), *beside), main=0)
                main, beside = [], []
            yield from main
            main = []
            numbers = {box.number for box in held}
            own = {n: v for n, v in self.graph.side_outputs.items() if self.box_of[v.key] in numbers}
            beside.append(Chain((part, *side_by_side([self._end(n, "output", v, aside=True) for n, v in own.items()]))))
        if main and beside:
            yield Fork((Chain(tuple(main)), *beside), main=0)
        else:
            yield from (*main, *beside)

    def _parts(self, part: Scope | str, depth: int, shifts: tuple[int, ...]) -> list[Part]:
        """A part of the scope tree as parts of the chain that it stands in."""
        if isinstance(part, str):
            return [self._layer(part, shifts)]
        scope = part.innermost()
        if scope.level:
            return [self._module(scope, depth + 1, shifts)]
        if scope.kind == "scan":
            return [self._loop(scope, depth + 1, shifts)]
        return self._inside(scope, depth, shifts)

    def _module(self, scope: Scope, depth: int, shifts: tuple[int, ...]) -> Part:
        if self.folds(scope, depth):
            self.complete = False
            return self._folded(scope, shifts)
        body = Chain(tuple(self._inside(scope, depth, shifts)))
        own, what = _names(scope)
        told = scope.kind == "repeat" and any(
            isinstance(part, Box | Frame) and part.repeated * part.branches > 1 for part in body.parts
        )
        return Frame(scope.path, own, "" if told else what, len(shifts), 1, body)  # a number is told once

    def _loop(self, scope: Scope, depth: int, shifts: tuple[int, ...]) -> Part:
        """A scan: the frame of its block, which holds the ends of the loop, too."""
        loop = loop_of(self.graph, scope)
        assert loop is not None
        own, what = _names(loop.called)
        what = what or loop.called.label
        taken = self.folding.span(scope).start
        numbers = {self.folding.nodes[taken + shift].input_shapes[0][loop.axis] for shift in shifts}
        steps = loop.steps if len(numbers) == 1 else 0
        if self.folds(loop.called, depth):
            self.complete = False
            nodes = [self.graph.nodes[key] for key in scope.node_keys()]
            title = ": ".join(filter(None, (own, looped(what, loop.told, steps))))
            return self._box(loop.called.path, "block", title, nodes, shifts, "block")
        inside = [part for child in scope.children for part in self._step(child, loop.called, depth, shifts)]
        return Frame(loop.called.path, own, what, len(shifts), 1, Chain(tuple(inside)), loop.told, steps)

    def _step(self, child: Scope | str, called: Scope, depth: int, shifts: tuple[int, ...]) -> list[Part]:
        """The parts of a scan's child: what is in the block that it calls, or an end of the loop."""
        return self._inside(called, depth, shifts) if child is called else self._parts(child, depth, shifts)

    def _joined(self, scope: Scope, depth: int, shifts: tuple[int, ...]) -> list[Part]:
        """Branches side by side, then what joins them. A branch without layers is an edge past the others."""
        joined = self._side_by_side(scope, depth, shifts, 0 if scope.kind == "residual" else None)
        others = [each for each in scope.parts() if each.kind != "branch" and self.folding.span(each)]
        after = [part for each in others for part in self._parts(each, depth, shifts)]
        return [Chain((*joined, *after))]

    def _side_by_side(self, scope: Scope, depth: int, shifts: tuple[int, ...], main: int | None) -> list[Part]:
        """The branches of a scope, of many alike ones the first, as parts of the chain that the scope stands in."""
        chains: list[Chain] = []
        for group in self.branches.groups(scope):
            first, number = group[0], len(group)
            length = len(self.folding.span(first))
            moved = tuple([shift + length * place for shift in shifts for place in range(number)])
            parts = self._parts(first, depth, moved)
            one = (self._as_one(parts, len(moved), branches=number),) if number > 1 else tuple(parts)
            chains.append(Chain(one))
        return [Fork(tuple(chains), main)] if len(chains) > 1 else [part for each in chains for part in each.parts]

    def _layer(self, key: str, shifts: tuple[int, ...]) -> Box:
        node = self.graph.nodes[key]
        title = self._giving(self.layer_title(self.folding.index[key], shifts), [node])
        return self._box(key, "layer", title, [node], shifts, captions.family(node), minor=captions.is_minor(node))

    def _folded(self, scope: Scope, shifts: tuple[int, ...]) -> Box:
        nodes = [self.graph.nodes[key] for key in scope.node_keys()]
        title = self._giving(self.block_title(scope, shifts), nodes)
        return self._box(scope.path, "block", title, nodes, shifts, "block")

    def _giving(self, title: str, nodes: Sequence[Node]) -> str:
        """A title with the states that the next step of a scan takes from there."""
        given = [name for node in nodes for name in self.states.get(node.key, ())]
        return f"{title} → {', '.join(given)}" if given else title

    def folds(self, scope: Scope, depth: int) -> bool:
        """Whether a module, at a depth of modules, is one box."""
        return depth >= self.level

    def layer_title(self, number: int, shifts: tuple[int, ...]) -> str:
        """The title of a layer, which stands for the nodes at shifts from its own number."""
        nodes = [self.folding.nodes[number + shift] for shift in shifts]
        titles = {captions.title(node).text for node in nodes}
        return titles.pop() if len(titles) == 1 and "kernel" in self.show else captions.title(nodes[0]).op

    def block_title(self, scope: Scope, shifts: tuple[int, ...]) -> str:
        """The title of a folded module."""
        return ": ".join(filter(None, _names(scope)))

    def _box(
        self,
        path: str,
        role: str,
        title: str,
        nodes: Sequence[Node],
        shifts: Sequence[int],
        kind: str,
        minor: bool = False,
    ) -> Box:
        numbers = [self.folding.index[node.key] for node in nodes]
        keys = tuple([self.folding.nodes[number + shift].key for shift in shifts for number in numbers])
        lines = [captions.ROWS[name](self.analysis, keys, nodes) for name in self.show if name in captions.ROWS]
        self.calls[path] += 1
        box = Box(
            number=len(self.boxes),
            path=path if self.calls[path] == 1 else f"{path}#{self.calls[path]}",
            role=role,  # type: ignore[arg-type]
            keys=keys,
            times=len(shifts),
            title=title,
            lines=tuple([line for line in lines if line is not None]) if not minor else (),
            family=kind,
            minor=minor,
            aside=all(self.graph.nodes[key].training_only for key in keys),
            line=nodes[0].span.line if nodes[0].span else None,
            params=total(self.analysis.weights.nodes[key].params for key in keys),
            macs=total(self.analysis.work.nodes[key] for key in keys),
            makes=keys[-1],
            bytes=total(self.analysis.activations.nodes[key] for key in keys),
        )
        self.boxes.append(box)
        self.box_of.update(dict.fromkeys(keys, box.number))
        return box


def _names(scope: Scope) -> tuple[str, str]:
    """``layer1`` and ``3 × bottleneck``: a module's own name and what it is; either may be empty."""
    own = scope.path.rpartition(".")[2]
    if scope.kind == "repeat":
        labels = {child.innermost().label for child in scope.parts()}
        what = f"{len(scope.children)} × {labels.pop() if len(labels) == 1 else scope.label}"
    else:
        what = "" if scope.kind in ("sequence", "group", "residual", "parallel") else scope.label
    if own.isdecimal():
        return "", what or scope.label
    return own, what if what != own else ""


def side_by_side(parts: Sequence[Part]) -> tuple[Part, ...]:
    """The ends of a network: one in line, several side by side."""
    return (Fork(tuple([Chain((part,)) for part in parts])),) if len(parts) > 1 else tuple(parts)
