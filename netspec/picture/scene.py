"""The scene: boxes, frames, chains and forks, and the edges between boxes. It has no coordinates."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field
from typing import Literal

from netspec.objects.immutable import immutable


@immutable
class Box:
    """A layer, a folded block, or an input or output of the network.

    Attributes:
        number: Its place among `Scene.boxes`; data flow from lower numbers to higher ones.
        path: Module path; of a further call of a module ``path#2``.
        role: Whether it stands for one layer, for a folded block, or for an end of the network.
        keys: The node keys that it stands for, of all rounds that are folded into it.
        times: The number of rounds that it stands for, those of all frames around it included.
        title: Its name, as its first line.
        lines: Further lines.
        family: The family of its layer, by which it is coloured.
        minor: Whether it keeps its input's shape without any work, so that a low box is enough.
        aside: Whether it runs in training alone.
        line: The line of the spec on which it is written.
        params: Learned scalars of all that it stands for; None is unknown.
        repeated: Its own number of rounds.
        branches: The number of alike branches side by side that it stands for.
        shared: The names of the boxes that all its own rounds take from; what else they take, the round before gives.
        makes: The key of the node that gives what leaves it; empty for the network's ends.
    """

    number: int
    path: str
    role: Literal["layer", "block", "input", "output"]
    keys: tuple[str, ...]
    times: int
    title: str
    lines: tuple[str, ...] = ()
    family: str = "block"
    minor: bool = False
    aside: bool = False
    line: int | None = None
    params: int | None = 0
    macs: int | None = 0
    bytes: int | None = 0
    repeated: int = 1
    shared: tuple[str, ...] = ()
    branches: int = 1
    makes: str = ""

    @property
    def name(self) -> str:
        """What texts of other boxes call it."""
        return self.title if self.role == "input" else self.path

    @property
    def text(self) -> tuple[str, ...]:
        """All its lines; the first tells how often it is repeated."""
        return (beside(rounds(self.title, self.repeated, self.shared), self.branches), *self.lines)


@immutable
class Frame:
    """A block, a named group or a repeat, with what it holds.

    Attributes:
        path: Module path.
        label: Its own name.
        note: What it is.
        times, repeated, branches, shared: As of a `Box`.
        loop: Of a scan, the axis that it runs along, in words.
        steps: Of a scan, the number of its steps; 0 where what shares the frame takes different numbers.
    """

    path: str
    label: str
    note: str
    times: int
    repeated: int
    body: Chain
    loop: str = ""
    steps: int = 0
    shared: tuple[str, ...] = ()
    branches: int = 1

    @property
    def text(self) -> tuple[str, str]:
        """Its name, and what it is with the number of rounds that it stands for; either may be empty."""
        note = rounds(self.note, self.repeated, self.shared)
        return self.label, beside(looped(note, self.loop, self.steps) if self.loop else note, self.branches)


def rounds(what: str, repeated: int, shared: tuple[str, ...]) -> str:
    """``layer ×6, memory in each``: what stands for a number of rounds, and what all of them take."""
    told = f"{what} ×{repeated}".strip() if repeated > 1 else what
    return f"{told}, {' and '.join(shared)} in each" if shared else told


def beside(what: str, branches: int) -> str:
    """``conv 1×1, 4 (8 side by side)``: what stands for a number of branches."""
    if branches == 1:
        return what
    return f"{what} ({branches} side by side)" if what else f"{branches} side by side"


def looped(what: str, loop: str, steps: int) -> str:
    """``10 × cell over axis 0``: what runs in a scan."""
    return f"{f'{steps} × ' if steps else ''}{what} {loop}"


@immutable
class Chain:
    """Parts one after the other, in the order of the text."""

    parts: tuple[Part, ...]


@immutable
class Fork:
    """Branches side by side. None takes what another gives.

    Attributes:
        branches: At least one box each.
        main: The branch in line with what comes before and after; None is their middle.
    """

    branches: tuple[Chain, ...]
    main: int | None = None


Part = Box | Frame | Chain | Fork


@immutable
class Edge:
    """Tensors that flow from one box to another; boxes are counted in the order of `Scene.boxes`."""

    source: int
    target: int
    aside: bool = False


@immutable
class Scene:
    """What is drawn of a network at a level of folding.

    Attributes:
        name: The network's name.
        level: Levels of modules that are shown; deeper ones are folded.
        root: All parts.
        boxes: The boxes of `root` by their numbers.
        complete: Whether nothing is folded, so that a deeper level shows no more.
        edges: The data flow between boxes, without that between the rounds folded into one frame or box.
    """

    name: str
    level: int
    root: Chain
    complete: bool
    boxes: tuple[Box, ...] = field(repr=False)
    edges: tuple[Edge, ...] = field(repr=False)


def children(part: Part) -> tuple[Part, ...]:
    """The parts directly inside."""
    match part:
        case Chain(parts=parts):
            return parts
        case Fork(branches=branches):
            return branches
        case Frame(body=body):
            return (body,)
        case _:
            return ()


def boxes_of(part: Part) -> Iterator[Box]:
    """The boxes of a part, in order."""
    pending = [part]
    while pending:
        this = pending.pop()
        if isinstance(this, Box):
            yield this
        else:
            pending.extend(reversed(children(this)))


def ways(root: Part) -> dict[int, tuple[tuple[Part, int], ...]]:
    """The way to each box by its number: the parts around it, outermost first, each with the index of its child."""
    found: dict[int, tuple[tuple[Part, int], ...]] = {}
    pending: list[tuple[Part, tuple[tuple[Part, int], ...]]] = [(root, ())]
    while pending:
        part, way = pending.pop()
        if isinstance(part, Box):
            found[part.number] = way
        pending.extend((child, (*way, (part, index))) for index, child in enumerate(children(part)))
    return found


def parting(one: tuple[tuple[Part, int], ...], other: tuple[tuple[Part, int], ...]) -> int:
    """The length of what two ways share: there is the innermost part that holds both boxes, at two of its children."""
    length = 0
    for (part, index), (another, its) in zip(one, other, strict=False):
        if part is not another or index != its:
            break
        length += 1
    return length
