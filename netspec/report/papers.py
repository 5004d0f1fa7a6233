"""Layers in the words of papers' tables: ``Conv dw / s2``, ``3 x 3 x 64 dw``, ``conv3-64``, ``FC-4096``.

Howard et al., "MobileNets", 2017, table 1; Simonyan and Zisserman, "Very deep convolutional networks", 2015, table 1.
"""

from __future__ import annotations

from collections.abc import Sequence

from netspec.graph import Node
from netspec.layers.base import Reach, Window
from netspec.layers.reach import Along
from netspec.shape import Shape, times


def is_listed(node: Node) -> bool:
    """Whether papers' tables list a layer: one that computes units, or has a word of its own; not one that copies."""
    return (node.layer.computes_units or bool(node.layer.papers)) and not _copies(node)


def window(node: Node) -> Window | None:
    """The window of a layer that moves one; None for others."""
    if not node.inputs or not node.layer.computes_units:
        return None
    found = node.layer.receptive_field(node.input_shapes)
    return found if isinstance(found, Window) else None


def is_depthwise(node: Node) -> bool:
    """Whether each of its learned kernels sees one channel alone."""
    found, weight = window(node), next(iter(node.weights.values()), None)
    learned = weight is not None and len(weight.shape) > 2
    return learned and found is not None and found.channels == "own" and node.output_shapes[0][0] > 1


def step(node: Node) -> str:
    """Its type and stride: ``Conv dw / s2``."""
    found = window(node)
    op = node.layer.op
    words = node.layer.papers or op.replace("_", " ").title()
    stride = "x".join(map(str, _told(found.stride))) if found else "1"
    return f"{words}{' dw' if is_depthwise(node) else ''} / s{stride}"


def filter_shape(node: Node) -> tuple[str, tuple[int, ...], str] | None:
    """The shape of its kernels, between the words around it: ``3 x 3 x in x out``; a pool's window; None for others.

    A kernel that stands on the channels of a group alone has these as its third number.
    """
    if not node.inputs or not node.layer.computes_units:
        return None
    for weight in node.weights.values():
        if weight.buffer or len(weight.shape) < 2 or len(weight.fans) < 2:
            return None  # kernels that are fixed, or that no box holds
        out, seen, *kernel = weight.shape
        return ("", (*kernel, out), " dw") if is_depthwise(node) else ("", (*kernel, seen, out), "")
    found = window(node)
    size = found.kernel if found else node.input_shapes[0][1:]
    return ("Pool ", tuple(size), "") if size else None


def size(shape: Shape) -> tuple[int, ...]:
    """An image's shape in papers' order, the channels last; a vector is a map of one place, a sequence as it is."""
    return (*shape[1:], shape[0]) if len(shape) > 2 else (1, 1, *shape) if len(shape) == 1 else shape


def configured(node: Node) -> str:
    """Its name, kernel and channels: ``conv3-64``, ``FC-4096``, ``maxpool``; a stride follows where it is unusual."""
    own, op = node.layer.papers, node.layer.op
    word = own.replace(" ", "") or op.replace("_", "")
    word = word if word.isupper() else word.lower()
    channels = node.output_shapes[0][0] if node.output_shapes[0] else 1
    if not node.weights:
        return word
    found = window(node)
    kernel = times(_told(found.kernel)) if found else ""
    stride = f" / s{times(_told(found.stride))}" if found and set(found.stride) != {1} else ""
    return f"{word}{' dw' if is_depthwise(node) else ''}{kernel}-{channels}{stride}"


def _told(sizes: Sequence[int]) -> Sequence[int]:
    """A number for each axis, or one where all are the same."""
    return sizes[:1] if len(set(sizes)) == 1 else sizes


def _copies(node: Node) -> bool:
    """Whether each element of its result is that of its input, as of an adaptive pool to the size that is there."""
    if node.weights or not node.inputs:
        return False
    found = node.layer.receptive_field(node.input_shapes)
    if isinstance(found, Window):
        return found.is_pointwise and node.layer.computes_units
    same = (Along(axis) for axis in range(len(node.input_shapes[0])))
    return isinstance(found, Reach) and found.axes == tuple(same)
