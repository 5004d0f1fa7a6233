"""Branches whose shapes do not match: other channels, another stride, one pixel off, a shortcut that must project."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from netspec.diagnostics import Code, Edit
from netspec.fixes.base import BODIES, Case, Proposal, mends
from netspec.fixes.mistakes.kernel import one, per_axis
from netspec.fixes.text import inner
from netspec.fixes.told import plain
from netspec.frontend.scalars import flow
from netspec.frontend.source import Path_
from netspec.layers.base import Layer
from netspec.shape import Shape

_WINDOWS = {"kernel", "stride", "padding", "ceil_mode"}
_MOST_WINDOWS = 8
"""The most layers that are changed one by one, those nearest to the place where the branches meet."""


@mends(Code.UNEQUAL_SHAPES)
def off_by_pixels(case: Case) -> Iterator[Proposal]:
    """Another padding, stride or rounding of one layer in a branch."""
    shapes = case.diagnostic.shapes
    if len(shapes) < 2 or len({len(shape) for shape in shapes}) > 1 or len({s[1:] for s in shapes}) == 1:
        return
    for path, layer in _windows(case):
        line = case.text.source.values[path][0]
        for option, value, rank in _changes(case, path, layer, shapes):
            title = f"`{option}: {flow(value)}` at the `{layer.op}` of line {line}"
            yield Proposal(title, case.set(path, option, value), rank)


def _windows(case: Case) -> list[tuple[Path_, type[Layer]]]:
    """The layers with windows that lead to the entry at fault: its producers, and those in its branches."""
    inside = [path for body in BODIES for path in _entries_below(case, (*case.entry, body))]
    before: list[Path_] = []
    for producer in case.producers():
        if producer and isinstance(producer[-1], int):
            before += [(*producer[:-1], index) for index in range(producer[-1] + 1)]
    found = [(path, case.layer(path)) for path in dict.fromkeys([*inside, *before])]
    return [(path, layer) for path, layer in found if layer and not _WINDOWS.isdisjoint(layer.option_fields())][
        -_MOST_WINDOWS:
    ]


def _changes(case: Case, path: Path_, layer: type[Layer], shapes: tuple[Shape, ...]) -> Iterator[tuple[str, Any, int]]:
    """Options with other values and their ranks."""
    options, axes = layer.option_fields(), len(shapes[0]) - 1
    kernel = per_axis(case.option(path, "kernel"), axes)
    stride = case.option(path, "stride")
    padding = case.option(path, "padding") if "padding" in options else None
    padded = kernel if per_axis(padding, axes) else None
    if padded:
        same = one([k // 2 for k in padded])
        if padding != same:
            yield "padding", same, 0
        if padding != 0 and same != 0:
            yield "padding", 0, 1
    if "ceil_mode" in options and isinstance(case.option(path, "ceil_mode"), bool):
        yield "ceil_mode", not case.option(path, "ceil_mode"), 1
    if "stride" in options and (plain(stride) or stride is None):
        small, large = sorted((shapes[0][1], shapes[1][1]))
        yield from (("stride", value, 1) for value in {1, -(-large // small)} - {stride})
    if padded and padded[0] % 2 == 0:
        yield "kernel", one([k + 1 for k in padded]), 2
        if max(padded) > 2:  # 4 is a slip for 3 rather than for 5
            yield "kernel", one([k - 1 for k in padded]), 1


def _entries_below(case: Case, path: Path_) -> list[Path_]:
    """Every entry inside a list or a mapping of lists, in the order of the text."""
    found: list[Path_] = []
    data = case.text.at(path)
    keys: list[Any] = list(range(len(data))) if isinstance(data, list) else list(data) if isinstance(data, dict) else []
    for key in keys:
        inner = (*path, key)
        each = case.text.at(inner)
        if isinstance(data, list) or not isinstance(each, list):
            found.append(inner)
        if isinstance(each, list) and isinstance(data, dict):
            found += _entries_below(case, inner)
        elif isinstance(each, dict):
            for body in BODIES:
                if body in each:
                    found += _entries_below(case, (*inner, body))
    return found


@mends(Code.UNEQUAL_SHAPES)
def other_channels(case: Case) -> Iterator[Proposal]:
    """Other channels at the end of one branch of an `add`; `concat` instead, where the sizes agree."""
    shapes, entry, text = case.diagnostic.shapes, case.entry, case.text
    if len(shapes) < 2 or not entry or len({s[1:] for s in shapes}) > 1 or len({s[:1] for s in shapes}) < 2:
        return
    if not all(shapes):  # a number has no channels
        return
    for index, producer in enumerate(case.producers()):
        layer = case.layer(producer)
        others = {s[0] for at, s in enumerate(shapes) if at != index}
        if not producer or len(others) > 1:
            continue
        (channels,), line = others, text.source.values[producer][0]
        if layer is not None and layer.main == "out":
            if plain(case.option(producer, "out")):
                title = f"`{channels}` channels at the `{layer.op}` of line {line}"
                yield Proposal(title, case.set(producer, "out", channels))
        elif len(shapes[0]) > 1:  # an input, or a layer with the channels of its input
            project = case.insert_after(producer, f"{{conv: {channels}, kernel: 1}}")
            yield Proposal(f"a 1x1 convolution after line {line}, before they meet", project, 1)
    data = text.at(entry)
    if isinstance(data, dict) and "add" in data:
        yield Proposal("`concat` instead of `add`", text.rename((*entry, "add"), "concat"), 2)
    elif isinstance(data, dict) and data.get("merge") == "add" and "parallel" in data:
        yield Proposal("`merge: concat`", text.set(entry, "merge", "concat"), 2)


@mends(Code.UNEQUAL_SHAPES)
def projection(case: Case) -> Iterator[Proposal]:
    """A 1x1 convolution on the shortcut of a residual, in the body's own terms; other channels at the body's end."""
    entry, shapes = case.entry, case.diagnostic.shapes
    data = case.text.at(entry) if entry else None
    if not isinstance(data, dict) or "residual" not in data or len(shapes) != 2:
        return
    short, body = shapes
    if "shortcut" not in data and len(short) == len(body):
        yield from _shortcuts(case, short, body)
    if short[1:] == body[1:] and short[0] != body[0] and not data.get("shortcut"):
        for path in reversed(_entries_below(case, (*entry, "residual"))):
            layer = case.layer(path)
            if layer and layer.main == "out" and plain(case.option(path, "out")):
                yield Proposal(f"`{short[0]}` channels at the body's end", case.set(path, "out", short[0]), 1)
                break


def _shortcuts(case: Case, short: Shape, body: Shape) -> Iterator[Proposal]:
    """A shortcut that projects; where the body's channels or strides are computed, only when it must."""
    out, strides = _terms(case, (*case.entry, "residual"))
    channels = body[0] if out is None else out
    rank = 1 if isinstance(out, str) else 0
    if len(short) == 1:
        project = f"{{linear: {flow(channels)}}}"
        yield Proposal("a linear projection on the shortcut", _with_shortcut(case, project), rank)
        return
    wanted = one([-(-s // b) for s, b in zip(short[1:], body[1:], strict=True)])
    computed = [s for s in strides if isinstance(s, str)]
    stride: Any = computed[0] if len(computed) == len(strides) == 1 else wanted
    options = "" if stride == 1 else f", stride: {flow(stride)}"
    size = "x".join("1" * (len(short) - 1))
    title = f"a {size} convolution{'' if wanted == 1 else f' with stride {wanted}'} on the shortcut"
    project = f"{{conv: {flow(channels)}, kernel: 1{options}, bias: false}}"
    if isinstance(channels, str) or isinstance(stride, str):
        terms = [f"{inner(stride)} != 1"] if isinstance(stride, str) else []
        condition = f'"$({" or ".join([*terms, f"x.channels != {inner(channels)}"])})"'
        where_needed = _with_shortcut(case, f"{project[:-1]}, when: {condition}}}")
        yield Proposal(f"{title}, where it must be", where_needed)
    yield Proposal(title, _with_shortcut(case, project), rank)


def _terms(case: Case, body: Path_) -> tuple[Any, list[Any]]:
    """The body's last number of channels as written, and its strides other than 1."""
    out: Any = None
    strides: list[Any] = []
    for path in _entries_below(case, body):
        layer = case.layer(path)
        if layer is not None and layer.main == "out":
            out = case.option(path, "out")
        if layer is not None and "stride" in layer.option_fields():
            strides.append(case.option(path, "stride"))
    return out, [stride for stride in strides if stride not in (None, 1)]


def _with_shortcut(case: Case, project: str) -> tuple[Edit, ...]:
    """The residual with a shortcut, in the entry's own style."""
    if case.text.is_block(case.entry):
        return case.text.add_lines(case.entry, ["shortcut:", f"  - {project}"])
    last = case.text.pair((*case.entry, "residual"))[1]
    return (Edit(last, last, f", shortcut: [{project}]"),)
