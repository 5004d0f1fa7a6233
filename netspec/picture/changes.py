"""Two networks as one scene: the second one's, with signs on what was added or changed, and what was removed beside.

Data flow past what was removed, which no line enters. Every mark is a sign as well as a colour.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from netspec.differences import Difference
from netspec.differences.changes import Change
from netspec.differences.parts import Forms, Part
from netspec.objects.immutable import immutable
from netspec.picture import captions
from netspec.picture import scene as scenes
from netspec.picture.block_titles import plain
from netspec.picture.building import scene
from netspec.picture.scene import Box, Chain, Fork, Frame, Scene, ways
from netspec.picture.themes import Theme
from netspec.shape import Shape

SIGNS = {"added": "+", "removed": "−", "changed": "±", "resized": "≈"}
"""A sign for each mark."""
SAYS = {"added": "added", "removed": "removed", "changed": "changed", "resized": "sizes follow"}
MOST_LINES = 3
"""The most options that a box tells."""


@immutable
class Marked:
    """A scene with the marks of its boxes by their numbers; boxes without one are the same in both networks."""

    scene: Scene
    marks: Mapping[int, str]

    def fills(self, theme: Theme) -> dict[int, str]:
        """Grounds of boxes: those of their marks."""
        return {box.number: theme.marks[self.marks.get(box.number, "same")] for box in self.scene.boxes}


def marked(found: Difference, level: int | None = None) -> Marked:
    """The scene of a difference.

    Args:
        found: The difference.
        level: Levels of modules to show, as in `scene`.
    """
    return _Marking(found, scene(found.after, level)).marked()


class _Marking:
    def __init__(self, found: Difference, shown: Scene) -> None:
        self.found, self.shown = found, shown
        self.boxes = list(shown.boxes)
        self.box_of = {key: box.number for box in shown.boxes for key in box.keys}
        self.marks: dict[int, str] = {}
        self.before: dict[int, list[Box]] = {}
        self.behind: dict[int, list[Box]] = {}
        self.front: list[Box] = []
        self._ways = ways(shown.root)
        self._known: dict[str, list[tuple[int | None, bool]]] = {}

    def marked(self) -> Marked:
        """The scene with everything on it."""
        self._sign()
        self._ends()
        self._removed()
        root = self._with_removed(self.shown.root)
        kinds = [kind for kind in SIGNS if kind in self.marks.values()]
        legend = tuple([Chain((self._new(SIGNS[kind] + " " + SAYS[kind], kind, ()),)) for kind in kinds])
        ahead = (Fork(legend),) if len(legend) > 1 else tuple([part for each in legend for part in each.parts])
        root = Chain((*ahead, *self.front, *root.parts))
        named = replace(self.shown, name=f"{self.found.before.graph.name} -> {self.found.after.graph.name}")
        return Marked(replace(named, root=self._renewed(root), boxes=tuple(self.boxes)), self.marks)

    # -- what is in the second network -------------------------------------------------------------

    def _sign(self) -> None:
        """Marks on boxes, by the changes of the layers that they stand for."""
        kinds: dict[str, str] = {}
        options: dict[str, list[str]] = {}
        for change in self.found.changes:
            if change.after is None:
                continue
            kind = change.kind if change.kind in ("added", "resized") else "changed"
            for key in change.after.keys:
                kinds[key] = kind if kinds.get(key, "resized") == "resized" else kinds[key]
            for key in change.after.keys if kind == "changed" else ():
                options.setdefault(key, []).extend(_says(change))
        for box in self.shown.boxes:
            met = [kinds[key] for key in box.keys if key in kinds]
            if not met:
                continue
            whole = len(met) == len(box.keys) and set(met) == {"added"}
            kind = "added" if whole else "resized" if set(met) == {"resized"} else "changed"
            told = list(dict.fromkeys(line for key in box.keys for line in options.get(key, ())))[:MOST_LINES]
            if len(box.keys) > 1 and not whole:
                counts = {each: met.count(each) for each in SIGNS if each in met}
                told += [f"{number} of {len(box.keys)} layers: {SAYS[each]}" for each, number in counts.items()]
            self._mark(box, kind, told)

    def _ends(self) -> None:
        """Marks on inputs and outputs of other shapes, and those that are gone."""
        for role, shapes in (("input", self.found.inputs), ("output", self.found.outputs)):
            for name, (old, new) in shapes.items():
                box = next((each for each in self.shown.boxes if each.role == role and each.path == name), None)
                if box is None:
                    self.front.append(self._new(f"{SIGNS['removed']} {role} {name}", "removed", (_size(old),)))
                else:
                    told = [f"{_size(old)} → {_size(new)}"] if old is not None else []
                    self._mark(box, "changed" if old is not None else "added", told)

    def _mark(self, box: Box, kind: str, lines: Sequence[str]) -> None:
        self.marks[box.number] = kind
        minor = box.minor and not lines
        title = f"{SIGNS[kind]} {box.title}"
        self.boxes[box.number] = replace(box, title=title, lines=(*box.lines, *lines), minor=minor)

    # -- what is gone ------------------------------------------------------------------------------

    def _removed(self) -> None:
        """Boxes for what was removed, next to what stood beside it."""
        places = dict(_children(Forms().tree(self.found.before.graph)))
        groups: dict[tuple[str, str, int | None, bool], list[Part]] = {}
        for change in self.found.changes:
            if change.after is None and change.before is not None:
                part = change.before
                parent, index = places[part.path]
                anchor, behind = self._anchors(parent)[index]
                groups.setdefault((parent.path, part.label, anchor, behind), []).append(part)
        for (_, label, anchor, behind), parts in groups.items():
            text = label.replace("_", " ") if not parts[0].children else label
            name = parts[0].name if len(parts) == 1 else f"{parts[0].name} – {parts[-1].name}"
            times = f" ×{len(parts)}" if len(parts) > 1 else ""
            box = self._new(f"{SIGNS['removed']} {text}{times}", "removed", (name,))
            if anchor is None:
                self.front.append(box)
            else:
                (self.behind if behind else self.before).setdefault(anchor, []).append(box)

    def _anchors(self, parent: Part) -> list[tuple[int | None, bool]]:
        """For each part of a module, what a removed one stands behind, or else before, by its identity in the scene."""
        found = self._known.get(parent.path)
        if found is None:
            beside = [self._in_scene(child) for child in parent.children]
            behind = _carried([None, *beside[:-1]])
            before = _carried([None, *beside[:0:-1]])[::-1]
            found = [(b, True) if b is not None else (a, False) for b, a in zip(behind, before, strict=True)]
            self._known[parent.path] = found
        return found

    def _in_scene(self, part: Part) -> int | None:
        """The identity of a box or a frame that holds what is left of a part; None if nothing is."""
        keys = [self.found.partners[key] for key in part.keys if key in self.found.partners]
        boxes = {self.box_of[key] for key in keys if key in self.box_of}
        if len(boxes) < 2:
            return next((id(self.shown.boxes[number]) for number in boxes), None)
        around = [each for each, _ in self._ways[max(boxes)] if isinstance(each, Frame)]
        whole = [each for each in around if boxes <= {box.number for box in scenes.boxes_of(each)}]
        return id(whole[-1] if whole else self.shown.boxes[max(boxes)])

    # -- the scene anew ----------------------------------------------------------------------------

    def _new(self, title: str, kind: str, lines: tuple[str, ...]) -> Box:
        number = len(self.boxes)
        box = Box(number, f"{kind}:{number}", "layer", (), 1, title, lines, aside=kind == "removed" and bool(lines))
        self.boxes.append(box)
        self.marks[number] = kind
        return box

    def _with_removed(self, chain: Chain) -> Chain:
        """A chain with removed parts in it."""
        parts: list[scenes.Part] = []
        for part in chain.parts:
            parts.extend(self.before.get(id(part), ()))
            match part:
                case Chain():
                    parts.append(self._with_removed(part))
                case Frame(body=body):
                    parts.append(replace(part, body=self._with_removed(body)))
                case Fork(branches=branches, main=main):
                    parts.append(Fork(tuple(map(self._with_removed, branches)), main))
                case _:
                    parts.append(part)
            parts.extend(self.behind.get(id(part), ()))
        return Chain(tuple(parts))

    def _renewed(self, chain: Chain) -> Chain:
        """A chain with the boxes as they are now."""
        parts: list[scenes.Part] = []
        for part in chain.parts:
            match part:
                case Box():
                    parts.append(self.boxes[part.number])
                case Frame(body=body):
                    parts.append(replace(part, body=self._renewed(body)))
                case Fork(branches=branches, main=main):
                    parts.append(Fork(tuple(map(self._renewed, branches)), main))
                case _:
                    parts.append(self._renewed(part))
        return Chain(tuple(parts))


def _carried(values: Sequence[int | None]) -> list[int | None]:
    """Each value, or the last before it that is one."""
    last: int | None = None
    return [last := last if value is None else value for value in values]


def _says(change: Change) -> Iterator[str]:
    """What changed in a layer or a block's call."""
    if change.kind == "replaced" and change.before is not None:
        yield f"was {change.before.label.replace('_', ' ')}"
    if change.kind == "renamed" and change.before is not None:
        yield f"was {change.before.name}"
    if change.kind == "rewired":
        yield "reads other layers"
    for name, (old, new) in change.options.items():
        yield f"{name} {plain(old)} → {plain(new)}"


def _children(part: Part) -> Iterator[tuple[str, tuple[Part, int]]]:
    """The parts below a part by their paths, each with the part around it and its place there."""
    for index, child in enumerate(part.children):
        yield child.path, (part, index)
        yield from _children(child)


def _size(shape: Shape | None) -> str:
    return captions.size(shape) if shape is not None else "none"
