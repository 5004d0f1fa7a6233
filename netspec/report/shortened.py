"""Changes between two very different networks, shortened: counts first, runs of layers folded, the rest cut."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from netspec.analysis.unknown_sums import total
from netspec.differences import Difference
from netspec.differences.groups import Group
from netspec.report.figures import compact

FEW = 4
"""The most changes without counts before them."""

MOST = 12
"""The most changes that are listed; of more, those that cost the most."""


def counted(difference: Difference) -> str:
    """Counts of added, removed, changed and other layers: ``33 layers added, 108 removed, 5 changed, 2 as before``."""
    came, went, changed = (
        {key for each in difference.changes if each.kind in kinds for key in _keys(each, kinds)}
        for kinds in (("added",), ("removed",), ("changed", "replaced", "rewired", "resized"))
    )
    stayed = len(difference.after.graph.nodes) - len(came) - len(changed)
    told = [(came, "added"), (went, "removed"), (changed, "changed")]
    parts = [f"{len(keys):,} {verb}" for keys, verb in told if keys]
    first, *others = [*parts, f"{stayed:,} as before"]
    number, _, verb = first.partition(" ")
    return ", ".join([f"{number} layer{'' if number == '1' else 's'} {verb}", *others])


def _keys(change: Any, kinds: Sequence[str]) -> tuple[str, ...]:
    return (change.before if kinds == ("removed",) else change.part).keys  # type: ignore[no-any-return]


def folded(groups: Sequence[Group]) -> list[Group]:
    """Groups with the parts of one kind that came to one module, or went from it, folded into one."""
    found: dict[Any, Group] = {}
    for group in groups:
        key: Any = id(group)
        if group.kind in ("added", "removed") and len(group.sites) <= 1 and group.members[0].part.name:
            first = group.members[0]
            key = (group.kind, group.label, group.sites, first.inside[-1].path)
        if key in found:
            old = found[key]
            found[key] = Group(
                old.kind, old.label, old.block, [*old.places, *group.places], {}, [*old.members, *group.members]
            )
        else:
            found[key] = group
    return list(found.values())


def weightiest(groups: Sequence[Group]) -> tuple[list[Group], str]:
    """The groups that cost the most, in their order, and a sentence on the others; empty where there are none."""
    if len(groups) <= MOST:
        return list(groups), ""
    ranked = sorted(groups, key=_weight, reverse=True)
    shown, left = {id(group) for group in ranked[:MOST]}, ranked[MOST:]
    costs = cost(total(group.params for group in left), total(group.macs for group in left))
    return [group for group in groups if id(group) in shown], f"and {len(left)} more changes{costs}; --all tells them"


def cost(params: int | None, macs: int | None) -> str:
    """The cost of changes, as a sentence's end: `` (+1.2 M params, unknown MACs)``; empty where there is none."""
    costs = [f"{_signed(number)} {name}" for number, name in ((params, "params"), (macs, "MACs")) if number != 0]
    return f" ({', '.join(costs)})" if costs else ""


def _signed(number: int | None) -> str:
    return "unknown" if number is None else f"{'+' if number > 0 else '-'}{compact(abs(number))}"


def _weight(group: Group) -> tuple[float, float]:
    """The amount that a group changes; an unknown amount counts as infinite."""
    params, macs = (float("inf") if each is None else abs(each) for each in (group.params, group.macs))
    return params, macs
