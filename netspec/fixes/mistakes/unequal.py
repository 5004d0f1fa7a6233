"""Branches whose shapes do not match: other channels, another stride, one pixel off."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from netspec.diagnostics import Code
from netspec.fixes.base import BODIES, Case, Mistake, Proposal
from netspec.fixes.mistakes.kernel import one, per_axis
from netspec.fixes.text import written
from netspec.fixes.told import plain
from netspec.frontend.source import Path_

WINDOWS = ("kernel", "stride", "padding", "ceil_mode")


def entries_below(case: Case, path: Path_) -> list[Path_]:
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
            found += entries_below(case, inner)
        elif isinstance(each, dict):
            for body in BODIES:
                if body in each:
                    found += entries_below(case, (*inner, body))
    return found


class OffByPixels(Mistake):
    """Branches that differ by a pixel or a stride."""

    codes: ClassVar = frozenset({Code.UNEQUAL_SHAPES})

    def propose(self, case: Case) -> Iterator[Proposal]:
        """Another padding, stride or rounding of one layer in a branch."""
        shapes = case.diagnostic.shapes
        if len(shapes) < 2 or len({len(shape) for shape in shapes}) > 1 or len({s[1:] for s in shapes}) == 1:
            return
        for path in self.windows(case):
            layer = case.layer(path)
            options = layer.option_fields() if layer else {}
            axes = len(shapes[0]) - 1
            kernel = per_axis(case.option(path, "kernel"), axes)
            stride = case.option(path, "stride")
            padding = case.option(path, "padding") if "padding" in options else None
            known = per_axis(padding, axes)
            name = case.operation(path)
            if kernel and known:
                same = one([k // 2 for k in kernel])
                if padding != same:
                    yield self.change(case, path, "padding", same, name, 0)
                if padding != 0 and same != 0:
                    yield self.change(case, path, "padding", 0, name, 1)
            if "ceil_mode" in options and isinstance(case.option(path, "ceil_mode"), bool):
                yield self.change(case, path, "ceil_mode", not case.option(path, "ceil_mode"), name, 1)
            if "stride" in options:
                ratio = _ratio(shapes)
                for value in {1, ratio} - {stride}:
                    if plain(stride) or stride is None:
                        yield self.change(case, path, "stride", value, name, 1)
            if kernel and known and kernel[0] % 2 == 0:
                yield self.change(case, path, "kernel", one([k + 1 for k in kernel]), name, 2)
                if max(kernel) > 2:  # 4 is a slip for 3 rather than for 5
                    yield self.change(case, path, "kernel", one([k - 1 for k in kernel]), name, 1)

    def windows(self, case: Case) -> list[Path_]:
        """The layers with windows that lead to the entry at fault: its producers, and those in its branches."""
        assert case.entry is not None
        inside = [path for body in BODIES for path in entries_below(case, (*case.entry, body))]
        before: list[Path_] = []
        for producer in case.producers():
            if producer and isinstance(producer[-1], int):
                before += [(*producer[:-1], index) for index in range(producer[-1] + 1)]
        found = [path for path in dict.fromkeys([*inside, *before]) if self.has_window(case, path)]
        return found[-8:]

    def has_window(self, case: Case, path: Path_) -> bool:
        layer = case.layer(path)
        return layer is not None and any(name in layer.option_fields() for name in WINDOWS)

    def change(self, case: Case, path: Path_, option: str, value: Any, name: str, rank: int) -> Proposal:
        """An edit of one option of one layer."""
        line = case.text.source.values[path][0]
        return Proposal(
            f"`{option}: {written(value)}` at the `{name}` of line {line}", (case.set(path, option, value),), rank
        )


def _ratio(shapes: tuple[tuple[int, ...], ...]) -> int:
    """The stride by which the larger of two shapes becomes the smaller."""
    small, large = sorted((shapes[0][1], shapes[1][1]))
    return -(-large // small)


class OtherChannels(Mistake):
    """An `add` of branches whose channels differ."""

    codes: ClassVar = frozenset({Code.UNEQUAL_SHAPES})

    def propose(self, case: Case) -> Iterator[Proposal]:
        """Other channels at the end of one branch; `concat` instead, where the sizes agree."""
        shapes, entry = case.diagnostic.shapes, case.entry
        if len(shapes) < 2 or entry is None or len({s[1:] for s in shapes}) > 1 or len({s[0] for s in shapes}) < 2:
            return
        producers = case.producers()
        for index, producer in enumerate(producers):
            layer = case.layer(producer) if producer else None
            if producer is None or layer is None or layer.main != "out" or not plain(case.option(producer, "out")):
                continue
            others = [s[0] for at, s in enumerate(shapes) if at != index]
            if len(set(others)) == 1:
                line = case.text.source.values[producer][0]
                title = f"`{others[0]}` channels at the `{layer.op}` of line {line}"
                yield Proposal(title, (case.set(producer, "out", others[0]),))
        for index, producer in enumerate(producers):  # an input, or a layer with the channels of its input
            layer = case.layer(producer) if producer else None
            if producer is None or not isinstance(producer[-1], int) or (layer and layer.main == "out"):
                continue
            others = [s[0] for at, s in enumerate(shapes) if at != index]
            project = f"{{conv: {others[0]}, kernel: 1}}"
            wanted = len(set(others)) == 1 and len(shapes[0]) > 1
            if wanted and (edits := case.insert_after(producer, project)):
                line = case.text.source.values[producer][0]
                yield Proposal(f"a 1x1 convolution after line {line}, before they meet", edits, 1)
        data = case.text.at(entry)
        if isinstance(data, dict) and "add" in data:
            yield Proposal("`concat` instead of `add`", (case.text.rename((*entry, "add"), "concat"),), 2)
        elif isinstance(data, dict) and data.get("merge") == "add" and "parallel" in data:
            yield Proposal("`merge: concat`", (case.text.set(entry, "merge", "concat"),), 2)
