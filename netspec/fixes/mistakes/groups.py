"""Groups that do not divide the channels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from netspec.diagnostics import Code
from netspec.diagnostics.facts import Fits
from netspec.fixes.base import Case, Mistake, Proposal
from netspec.layers.checks import divisors


class GroupsDoNotDivide(Mistake):
    """Groups that do not divide the input's or the output's channels."""

    codes: ClassVar = frozenset({Code.GROUPS_DO_NOT_DIVIDE})

    def propose(self, case: Case) -> Iterator[Proposal]:
        """Output channels that are a multiple, where those are at fault; the nearest numbers of groups that divide."""
        entry, shapes = case.entry, case.diagnostic.shapes
        layer = case.layer(entry) if entry else None
        if entry is None or layer is None or not shapes:
            return
        name = case.path[-1] if isinstance(case.path[-1], str) else "groups"
        name = layer.main if name == layer.op and layer.main else name
        groups, out = case.option(entry, name), case.option(entry, "out")
        if type(groups) is not int or groups < 1:
            return
        channels = shapes[0][0]
        both = type(out) is int and "out" in layer.option_fields()
        if both and channels % groups == 0:
            for value in sorted({out // groups * groups, -(-out // groups) * groups} - {0}, key=lambda v: abs(v - out)):
                yield Proposal(f"`{value}` output channels", (case.set(entry, "out", value),), abs(value - out))
        fit = [g for g in divisors(channels) if not both or out % g == 0]
        near = sorted(fit, key=lambda g: (abs(g - groups), g))[:2]
        rank = 10 if both and channels % groups == 0 else 0
        for value in near:
            edit = case.set(entry, name, value)
            yield Proposal(f"`{name}: {value}`", (edit,), rank + abs(value - groups))


class DoesNotFit(Mistake):
    """An option that does not fit, where fitting values are known."""

    codes: ClassVar = frozenset({Code.BAD_OPTION, Code.UNEQUAL_SHAPES, Code.BAD_RESHAPE})

    def propose(self, case: Case) -> Iterator[Proposal]:
        """The values that fit."""
        entry, fact = case.entry, case.diagnostic.fact
        if entry is None or not isinstance(fact, Fits):
            return
        for value in fact.values:
            yield Proposal(f"`{fact.name}: {value:g}`", (case.set(entry, fact.name, value),))
