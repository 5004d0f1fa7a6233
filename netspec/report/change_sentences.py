"""Changes between two networks, in sentences; of many, counts first, runs of layers folded, the rest cut."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from netspec.analysis.unknown_sums import total
from netspec.differences import Difference
from netspec.differences.groups import Group, Pair
from netspec.differences.parts import Part
from netspec.report.numbers import compact, listed, yaml_text
from netspec.shape import spell

_FEW = 4
"""The most changes without counts before them."""

_MOST = 12
"""The most changes that are listed; of more, those that cost the most."""

_SHOWN = 4
"""Places, and pairs of values, that a sentence lists before it says how many more there are."""

_LONGEST = 40
"""Characters of a value; a longer one is cut to its beginning."""


def value_text(value: Any) -> str:
    """A value as YAML in one line, its numbers with six digits; of a long one, the beginning."""
    text = " ".join(yaml_text(_rounded(value)).split())
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST].rstrip()}..."


def _rounded(value: Any) -> Any:
    """A value whose numbers with a point have six digits, in lists and mappings too."""
    if isinstance(value, Mapping):
        return {key: _rounded(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(each) for each in value]
    return float(f"{value:.6g}") if isinstance(value, float) else value


def sentence(group: Group) -> str:
    """A group of changes in a sentence, with their cost."""
    told = _followers(group) if group.kind == "resized" else f"{_where(group)}: {_what(group)}"
    return told + _cost(group.params, group.macs)


def sentences(difference: Difference, *, every: bool = False) -> Iterator[str]:
    """Sentences for the changes; with `every`, one for each change, however many there are."""
    groups = [each for each in difference.groups if each.kind != "resized" or each.params != 0 or each.macs != 0]
    left = ""
    if len(groups) > _FEW:
        yield _counted(difference)
        if not every:
            groups, left = _weightiest(_folded(groups))
    for name, pair in difference.params.items():
        yield f"param {name} {_pair(pair)}"
    for (data, name), pair in difference.results.items():
        yield f"{name} on {data} {_pair(pair)}"
    for what, shapes in (("input", difference.inputs), ("output", difference.outputs)):
        for name, sizes in shapes.items():
            old, new = (spell(size) if size is not None else "none" for size in sizes)
            yield f"{what} {old} -> {new}" if name == what else f"{what} {name} {old} -> {new}"
    for name, pair in difference.detector.items():
        yield f"detector {name} {_pair(pair)}"
    for group in groups:
        yield sentence(group)
    if left:
        yield left
    if difference.is_same:
        yield "the same layers, wired alike, of the same sizes"


def _where(group: Group) -> str:
    sites = group.sites
    around = group.counts or group.kind == "renamed"
    paths = list(dict.fromkeys((each.inside[-1] if around else each.part).path for each in group.members))
    if group.block is None or len(sites) == 1:
        return _patterns(group, [path or "network" for path in paths])
    root = group.members[0].inside[0]
    every = sum(part.block and part.label == group.block for part in root.walk())
    calls = f"all {every}" if len(sites) == every else f"{len(sites)} of {every}"
    inside = f"{group.block} blocks ({_span(sites)})"
    places = [place for place in group.places if place]
    return f"{_listed(places)} in {calls} {inside}" if places else f"{calls} {inside}"


def _patterns(group: Group, paths: Sequence[str]) -> str:
    """The paths; for many, their pattern with their number."""
    if group.kind in ("added", "removed") and len(group.places) > _SHOWN:
        return f"{paths[0]} to {paths[-1]}"
    short = len(paths) <= _SHOWN or not group.places
    return _listed(paths) if short else f"{_listed(group.places)} ({len(paths)} of them)"


def _span(sites: Sequence[str]) -> str:
    """The range of a block's calls: ``layer1 to layer4``."""
    tops = list(dict.fromkeys(site.rpartition(".")[0] or site for site in sites))
    return tops[0] if len(tops) == 1 else f"{tops[0]} to {tops[-1]}"


def _what(group: Group) -> str:
    first = group.members[0]
    if group.counts:
        return _counts(group)
    if group.kind in ("added", "removed"):
        return f"{_describe(first.part) if len(group.places) < 2 else _several(group)} {group.kind}"
    if group.kind == "replaced":
        assert first.before is not None
        return f"{first.before.label} -> {first.part.label}"
    if group.kind == "renamed":
        names = dict.fromkeys(f"{each.before.name} -> {each.part.name}" for each in group.members if each.before)
        return f"renamed {_listed(list(names))}"
    if group.kind == "rewired":
        return "reads other layers than before"
    return "; ".join(f"{name} {_pairs(pairs)}" for name, pairs in group.options.items())


def _counts(group: Group) -> str:
    """``13 -> 16 conv layers``; where one kind replaced another, ``2 basic blocks -> 3 bottleneck blocks``."""
    parts = {each.part.label: each.part for each in group.members}
    gone = [label for label, (_, after) in group.counts.items() if after == 0]
    new = [label for label, (before, _) in group.counts.items() if before == 0]
    if len(group.counts) == 2 and len(gone) == len(new) == 1:
        before, after = group.counts[gone[0]][0], group.counts[new[0]][1]
        return f"{before} {_kind(parts[gone[0]], before)} -> {after} {_kind(parts[new[0]], after)}"
    return ", ".join(_count(parts[label], *numbers) for label, numbers in group.counts.items())


def _count(part: Part, before: int, after: int) -> str:
    if before == after:
        return f"{_kind(part, after)} in other places"
    if before == 0:
        return f"{after} {_kind(part, after)} added"
    if after == 0:
        return f"{before} {_kind(part, before)} removed"
    return f"{before} -> {after} {_kind(part, after)}"


def _kind(part: Part, number: int) -> str:
    noun = "block" if part.block else "layer" if not part.children else "module"
    return f"{part.label} {noun}{'' if number == 1 else 's'}"


def _describe(part: Part) -> str:
    """``conv layer (out 64, kernel 3)``, or a module with the number of its layers."""
    if part.children:
        return f"{_kind(part, 1)} of {len(part.keys)} layers"
    shown = [f"{name} {value_text(value)}" for name, value in part.options.items() if _tells(value)]
    return f"{_kind(part, 1)} ({', '.join(shown[:3])})" if shown else _kind(part, 1)


def _several(group: Group) -> str:
    """``9 inception blocks of 126 layers``."""
    number, part = len(group.members), group.members[0].part
    layers = f" of {sum(len(each.part.keys) for each in group.members)} layers" if part.children else ""
    return f"{number} {_kind(part, number)}{layers}"


def _tells(value: Any) -> bool:
    """Whether a value is worth a word in a layer's description: a size is, a value that is off or 1 is not."""
    return isinstance(value, int) and value > 1


def _followers(group: Group) -> str:
    heavy = Counter(each.part.label for each in group.members if each.params != 0 or each.macs != 0)
    if not heavy:
        return f"sizes follow in {len(group.members)} layers"
    return f"sizes follow in {_listed([f'{number} {label}' for label, number in heavy.items()])}"


def _pairs(pairs: Sequence[Pair]) -> str:
    """``64 -> 128``; for several pairs with one ratio also that ratio."""
    shown = listed([*map(_pair, pairs)], _SHOWN)
    factor = _factor(pairs) if len(pairs) > 1 else None
    return f"{factor}: {shown}" if factor else shown


def _pair(pair: Pair) -> str:
    """``64 -> 128``; two values that differ beyond six digits, in full."""
    before, after = map(value_text, pair)
    if before == after:
        before, after = map(yaml_text, pair)
    return f"{before} -> {after}"


def _factor(pairs: Sequence[Pair]) -> str | None:
    """The whole number by which all values grew or shrank."""
    if any(type(number) is not int or number <= 0 for pair in pairs for number in pair):
        return None
    old, new = pairs[0]
    if any(a * new != b * old for a, b in pairs):
        return None
    if new % old == 0:
        return "doubled" if new == 2 * old else f"times {new // old}"
    return ("halved" if old == 2 * new else f"divided by {old // new}") if old % new == 0 else None


def _listed(names: Sequence[str]) -> str:
    if len(names) > _SHOWN:
        return listed(names, _SHOWN)
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _counted(difference: Difference) -> str:
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


def _folded(groups: Sequence[Group]) -> list[Group]:
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


def _weightiest(groups: Sequence[Group]) -> tuple[list[Group], str]:
    """The groups that cost the most, in their order, and a sentence on the others; empty where there are none."""
    if len(groups) <= _MOST:
        return list(groups), ""
    ranked = sorted(groups, key=_weight, reverse=True)
    shown, left = {id(group) for group in ranked[:_MOST]}, ranked[_MOST:]
    costs = _cost(total(group.params for group in left), total(group.macs for group in left))
    return [group for group in groups if id(group) in shown], f"and {len(left)} more changes{costs}; --all tells them"


def _cost(params: int | None, macs: int | None) -> str:
    """The cost of changes, as a sentence's end: `` (+1.2 M params, unknown MACs)``; empty where there is none."""
    costs = [f"{_signed(number)} {name}" for number, name in ((params, "params"), (macs, "MACs")) if number != 0]
    return f" ({', '.join(costs)})" if costs else ""


def _signed(number: int | None) -> str:
    return "unknown" if number is None else f"{'+' if number > 0 else '-'}{compact(abs(number))}"


def _weight(group: Group) -> tuple[float, float]:
    """The amount that a group changes; an unknown amount counts as infinite."""
    params, macs = (float("inf") if each is None else abs(each) for each in (group.params, group.macs))
    return params, macs
