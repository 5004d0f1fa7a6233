"""Groups of changes for one sentence: those of all calls of a block, and those of layers side by side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from typing import Any

from netspec.analysis.unknown_sums import total
from netspec.differences.changes import Change, Kind
from netspec.differences.parts import Part
from netspec.objects.immutable import mutable

Pair = tuple[Any, Any]
Counts = Mapping[str, tuple[int, int]]


@mutable
class Group:
    """Changes of one kind.

    Attributes:
        kind: The kind of change; ``counted`` where the number of equal parts in a module changed.
        label: The layers' name in YAML, or the block's; empty where they differ.
        block: The block whose calls contain them, and None outside of blocks.
        places: Their places, below the block or the network; ``*`` stands for any number.
        counts: For `counted` changes, the number of parts by label in the module, before and after.
        members: The changes themselves.
    """

    kind: Kind | str
    label: str
    block: str | None
    places: list[str]
    counts: Counts = field(default_factory=dict)
    members: list[Change] = field(default_factory=list)

    @property
    def params(self) -> int | None:
        """Difference in learned scalars."""
        return total(each.params for each in self.members)

    @property
    def macs(self) -> int | None:
        """Difference in multiply-accumulates."""
        return total(each.macs for each in self.members)

    @property
    def sites(self) -> tuple[str, ...]:
        """The paths of the calls of the block that contain them."""
        return tuple(dict.fromkeys(anchor.path for each in self.members if (anchor := _anchor(each))))

    @property
    def options(self) -> dict[str, list[Pair]]:
        """The pairs of values by option."""
        found: dict[str, list[Pair]] = {}
        for each in self.members:
            for name, pair in each.options.items():
                pairs = found.setdefault(name, [])
                if pair not in pairs:
                    pairs.append(pair)
        return found


def group(changes: Iterable[Change]) -> list[Group]:
    """Gather changes, in the order of the first of each group; groups of size changes come last."""
    listed = list(changes)
    groups: dict[Any, Group] = {}
    counts = _counts(listed)
    for change in listed:
        found = _new(change, counts)
        anchor = _anchor(change) if found.kind != "resized" else None
        site = anchor.path if anchor and found.kind == "renamed" else ""
        was = change.before.label if change.before and found.kind == "replaced" else ""
        key = (found.kind, found.label, found.block, *found.places, *found.counts.items(), *change.options, was, site)
        groups.setdefault(key, found).members.append(change)
    merged = _merged(groups.values())
    return sorted(merged, key=lambda each: each.kind == "resized")


def _new(change: Change, counts: Mapping[int, Counts]) -> Group:
    """The group of a change, still without members; changes with equal groups share a sentence."""
    anchor = _anchor(change)
    block = anchor.label if anchor else None
    if change.kind in ("added", "removed") and change.part.automatic:
        module = change.inside[-1]
        return Group("counted", "", block, [_pattern(change, module)], counts[id(module)])
    if change.kind == "resized":
        return Group(change.kind, "", None, [])
    if change.kind == "renamed":
        return Group(change.kind, "", block, [])
    return Group(change.kind, change.part.label, block, [_pattern(change, change.part)])


def _merged(groups: Iterable[Group]) -> list[Group]:
    """Groups with the same options and values in the same calls, but other places, merged."""
    found: dict[Any, Group] = {}
    for each in groups:
        key: Any = id(each)
        if each.kind == "changed":
            key = (each.label, each.block, each.sites, repr(each.options))
        if key in found:
            found[key].places += each.places
            found[key].members += each.members
        else:
            found[key] = each
    return list(found.values())


def _anchor(change: Change) -> Part | None:
    """The innermost call of a block that contains the change."""
    return next((part for part in reversed(change.inside) if part.block), None)


def _pattern(change: Change, part: Part) -> str:
    """The place of a part, the change's own or the module around it, below the block's call; ``*`` for numbers.

    It has names rather than paths, since the modules around a removed part may have been renamed.
    """
    around = [each for each in change.inside if each is not part]
    start = max((at for at, each in enumerate(change.inside) if each.block), default=0)
    names = [each.name for each in around[start + 1 :]] + ([part.name] if part is not _anchor(change) else [])
    return ".".join("*" if name.isdecimal() else name for name in ".".join(names).split("."))


def _counts(changes: Iterable[Change]) -> dict[int, Counts]:
    """Counts of each module in which numbered parts came or went, by its identity: parts by label, before and after."""
    modules: dict[int, list[Change]] = {}
    for each in changes:
        if each.kind in ("added", "removed"):
            modules.setdefault(id(each.inside[-1]), []).append(each)
    return {key: _counts_in(here) for key, here in modules.items()}


def _counts_in(here: Sequence[Change]) -> Counts:
    """The number of parts in one module before and after, for the labels of numbered parts that came or went in it."""
    children = Counter(child.label for child in here[0].inside[-1].children)
    gone = Counter(each.part.label for each in here if each.kind == "removed")
    come = Counter(each.part.label for each in here if each.kind == "added")
    labels = dict.fromkeys(each.part.label for each in here if each.part.automatic)
    return {label: (children[label] - come[label] + gone[label], children[label]) for label in labels}
