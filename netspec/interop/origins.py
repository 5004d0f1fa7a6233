"""The tensors of an original that make up one of ours, and what is done to them: as shapes. Imports no torch."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from math import prod

from netspec.frontend.weight_rules import UNCHANGED, Change
from netspec.objects.immutable import immutable
from netspec.shape import Shape


class Unfit(Exception):
    """An original's tensors cannot be made into one of ours; the text says why."""


@immutable
class Origin:
    """The origin of one of our tensors.

    Attributes:
        parts: The original's tensors: several where they are joined.
        change: What is done to them.
        pieces: Our names for all pieces of a tensor that is split.
        piece: Our tensor's position among them.
    """

    parts: tuple[str, ...]
    change: Change = UNCHANGED
    pieces: tuple[str, ...] = ()
    piece: int = 0

    def __str__(self) -> str:
        return ", ".join(self.parts)

    @property
    def whole(self) -> bool:
        """Whether it is one tensor of the original, and all of it."""
        return len(self.parts) == 1 and not self.pieces


@immutable
class Part:
    """A range of a tensor of the original, along the axis of its `Assembly`; all of it where that has no axis."""

    name: str
    start: int = 0
    size: int = 0


@immutable
class Assembly:
    """How one of our tensors is put together.

    Attributes:
        parts: The original's tensors, joined along the axis.
        axis: The axis that is joined or cut; None where one tensor is taken whole.
        joined: The shape of the parts together, in the original's order of axes.
        turn: Two axes that change places then.
        shape: The shape after all steps.
    """

    parts: tuple[Part, ...]
    axis: int | None
    joined: Shape
    turn: tuple[int, int] | None
    shape: Shape

    @property
    def changed(self) -> bool:
        """Whether it is more than a tensor of the original as it is."""
        return self.axis is not None or self.turn is not None

    @property
    def turned(self) -> Shape:
        """The shape of the parts together, in our order of axes."""
        sizes = list(self.joined)
        if self.turn is not None:
            one, other = self.turn
            sizes[one], sizes[other] = sizes[other], sizes[one]
        return tuple(sizes)


def assembly(origin: Origin, ours: Mapping[str, Shape], theirs: Mapping[str, Shape]) -> Assembly:
    """The assembly of one of our tensors, from the shapes of both networks; nothing is computed yet.

    The pieces of a split tensor have the sizes that our tensors have.

    Raises:
        Unfit: An axis is missing, sizes do not agree, or an axis to be taken out is larger than 1.
    """
    change = origin.change
    first = theirs[origin.parts[0]]
    axis = None
    parts: tuple[Part, ...] = (Part(origin.parts[0]),)
    joined = first
    if change.concat is not None:
        axis = _axis(change.concat, first, "concat")
        parts = _joined(origin.parts, axis, theirs)
        joined = (*first[:axis], sum(part.size for part in parts), *first[axis + 1 :])
    elif change.split is not None:
        axis = _axis(change.split, first, "split")
        parts = (_piece(origin, axis, first, ours),)
        joined = (*first[:axis], parts[0].size, *first[axis + 1 :])
    turned = Assembly(parts, axis, joined, _turn(change.transpose, joined), joined)
    shape = turned.turned
    gone = {_axis(each, shape, "squeeze") for each in change.squeeze}
    wide = next((each for each in gone if shape[each] != 1), None)
    if wide is not None:
        raise Unfit(f"is {list(shape)}, of which `squeeze` cannot take out axis {wide}: its size is {shape[wide]}")
    return replace(turned, shape=tuple(size for at, size in enumerate(shape) if at not in gone))


def assemblies(
    pairs: Mapping[str, Origin], ours: Mapping[str, Shape], theirs: Mapping[str, Shape]
) -> dict[str, Assembly]:
    """The assemblies of our tensors, by name, of those that get their own shape, but for axes of size 1."""
    found = {}
    for name, origin in pairs.items():
        with suppress(Unfit):
            made = assembly(origin, ours, theirs)
            if fits(ours[name], made.shape):
                found[name] = made
    return found


def fits(ours: Shape, theirs: Shape) -> bool:
    """Whether a tensor fits unchanged or without its axes of size 1: [1000, 64, 1, 1] for [1000, 64]."""
    return _wide(ours) == _wide(theirs)


def _wide(shape: Shape) -> Shape:
    return tuple(size for size in shape if size != 1)


def _joined(names: tuple[str, ...], axis: int, theirs: Mapping[str, Shape]) -> tuple[Part, ...]:
    first = theirs[names[0]]
    across = (*first[:axis], *first[axis + 1 :])
    for shape in (theirs[name] for name in names):
        if len(shape) != len(first) or (*shape[:axis], *shape[axis + 1 :]) != across:
            raise Unfit(f"is joined of {list(first)} and {list(shape)}, which do not fit along axis {axis}")
    return tuple(Part(name, 0, theirs[name][axis]) for name in names)


def _piece(origin: Origin, axis: int, shape: Shape, ours: Mapping[str, Shape]) -> Part:
    """The range of our piece: sizes are our tensors' elements by those of a slice."""
    across = prod(size for at, size in enumerate(shape) if at != axis)
    elements = [prod(ours[name]) for name in origin.pieces]
    sizes = [each // across if across else 0 for each in elements]
    if not across or any(each % across for each in elements) or sum(sizes) != shape[axis]:
        wanted = ", ".join(str(list(ours[name])) for name in origin.pieces)
        raise Unfit(f"is a piece of {list(shape)}, which cannot be cut along axis {axis} into {wanted}")
    return Part(origin.parts[0], sum(sizes[: origin.piece]), sizes[origin.piece])


def _turn(transpose: tuple[int, int] | bool, shape: Shape) -> tuple[int, int] | None:
    if isinstance(transpose, tuple):
        one, other = (_axis(each, shape, "transpose") for each in transpose)
        return one, other
    if transpose and len(shape) > 2:
        raise Unfit(f"is {list(shape)}, of which `transpose: true` does not say which axes change places")
    return (0, 1) if transpose and len(shape) == 2 else None


def _axis(axis: int, shape: Shape, step: str) -> int:
    if not -len(shape) <= axis < len(shape):
        raise Unfit(f"is {list(shape)}, which has no axis {axis} for `{step}`")
    return axis % len(shape)


def steps(origin: Origin, made: Assembly, name: str) -> list[str]:
    """What becomes of the original's tensors, in words."""
    found = []
    if len(origin.parts) > 1:
        found.append(f"joined from {', '.join(origin.parts[:-1])} and {origin.parts[-1]}")
    elif origin.pieces:
        found.append(f"piece {origin.piece + 1} of {len(origin.pieces)} of {origin}")
    elif origin.parts[0] != name:
        found.append(f"renamed from {origin}")
    if made.turn is not None:
        found.append(f"transposed from {list(made.joined)}")
    if made.shape != made.turned:
        found.append(f"squeezed from {list(made.turned)}")
    return found
