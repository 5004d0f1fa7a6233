"""Residuals whose shortcut and body have unequal shapes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from netspec.diagnostics import Code, Edit
from netspec.fixes.base import Case, Mistake, Proposal
from netspec.fixes.mistakes.kernel import one
from netspec.fixes.mistakes.unequal import entries_below
from netspec.fixes.text import inner, written
from netspec.fixes.told import plain
from netspec.frontend.source import Path_


class Projection(Mistake):
    """A residual whose body gives another shape than its shortcut."""

    codes: ClassVar = frozenset({Code.UNEQUAL_SHAPES})

    def propose(self, case: Case) -> Iterator[Proposal]:
        """A 1x1 convolution on the shortcut, in the body's own terms; other channels at the body's end."""
        entry, shapes = case.entry, case.diagnostic.shapes
        data = case.text.at(entry) if entry else None
        if entry is None or not isinstance(data, dict) or "residual" not in data or len(shapes) != 2:
            return
        short, body = shapes
        if "shortcut" not in data and len(short) == len(body):
            yield from self.shortcut(case, entry, short, body)
        if short[1:] == body[1:] and short[0] != body[0] and not data.get("shortcut"):
            last = [path for path in entries_below(case, (*entry, "residual")) if case.layer(path)]
            for path in reversed(last):
                layer = case.layer(path)
                if layer and layer.main == "out" and plain(case.option(path, "out")):
                    yield Proposal(f"`{short[0]}` channels at the body's end", (case.set(path, "out", short[0]),), 1)
                    break

    def shortcut(self, case: Case, entry: Path_, short: Any, body: Any) -> Iterator[Proposal]:
        """A shortcut that projects; where the body's channels or strides are computed, only when it must."""
        out, strides = self.terms(case, (*entry, "residual"))
        if len(short) == 1:
            project = f"{{linear: {written(body[0] if out is None else out)}}}"
            title = "a linear projection on the shortcut"
            wanted: Any = body[0]
        else:
            ratios = [-(-s // b) for s, b in zip(short[1:], body[1:], strict=True)]
            wanted = one(ratios)
            computed = [s for s in strides if isinstance(s, str)]
            stride: Any = computed[0] if len(computed) == len(strides) == 1 else wanted
            options = "" if stride == 1 else f", stride: {written(stride)}"
            size = "x".join("1" * (len(short) - 1))
            said = "" if wanted == 1 else f" with stride {wanted}"
            title = f"a {size} convolution{said} on the shortcut"
            channels = body[0] if out is None else out
            project = f"{{conv: {written(channels)}, kernel: 1{options}, bias: false}}"
            terms = [f"x.channels != {inner(channels)}"]
            terms += [f"{inner(stride)} != 1"] if isinstance(stride, str) else []
            if isinstance(channels, str) or isinstance(stride, str):
                condition = f'"$({" or ".join(reversed(terms))})"'
                yield self.added(case, entry, f"{project[:-1]}, when: {condition}}}", f"{title}, where it must be", 0)
        yield self.added(case, entry, project, title, 1 if isinstance(out, str) else 0)

    def terms(self, case: Case, body: Path_) -> tuple[Any, list[Any]]:
        """The body's last number of channels as written, and its strides other than 1."""
        out: Any = None
        strides: list[Any] = []
        for path in entries_below(case, body):
            layer = case.layer(path)
            if layer is None:
                continue
            if layer.main == "out":
                out = case.option(path, "out")
            stride = case.option(path, "stride") if "stride" in layer.option_fields() else 1
            if stride not in (None, 1):
                strides.append(stride)
        return out, strides

    def added(self, case: Case, entry: Path_, project: str, title: str, rank: int) -> Proposal:
        """The shortcut, in the entry's own style."""
        if case.text.is_block(entry):
            edit = case.text.add_lines(entry, ["shortcut:", f"  - {project}"])
        else:
            last = case.text.pair((*entry, "residual"))[1]
            edit = Edit(last, last, f", shortcut: [{project}]")
        return Proposal(title, (edit,), rank)
