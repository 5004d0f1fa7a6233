"""Matching of an original's tensors with a network's. Imports no torch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from netspec.frontend.weight_rules import UNCHANGED, Place, Rule, plain_rules
from netspec.frontend.weights import Names, Weights
from netspec.interop.origins import Origin, fits
from netspec.objects.immutable import immutable
from netspec.shape import Shape

OWN = Names("", ())
"""The network's own names."""


@immutable
class Matching:
    """Tensors of a network and those of an original.

    Attributes:
        names: The original whose names were read, by the spec's word; None where they are the network's own.
        pairs: The original's tensors by our name.
        left_out: The original's tensors that we lack by a rule.
        missing: Our tensors that the original lacks.
        torn: Our tensors that would be joined of several, some of which the original lacks: those that it has, and
            the reason.
        unknown: The original's tensors that we lack, with the name that a rule gave them, if any.
        clashes: The original's tensors that a rule would put in an occupied place: our name, and what occupies it.
        idle: Rules without a match.
    """

    names: str | None
    pairs: dict[str, Origin]
    left_out: tuple[str, ...]
    missing: tuple[str, ...]
    torn: dict[str, tuple[tuple[str, ...], str]]
    unknown: dict[str, str]
    clashes: dict[str, tuple[str, str]]
    idle: tuple[Rule, ...]

    @property
    def alone(self) -> dict[str, str]:
        """The original's name by our name, for tensors that are neither joined nor split."""
        return {name: origin.parts[0] for name, origin in self.pairs.items() if origin.whole}


def match(ours: Sequence[str], theirs: Sequence[str], weights: Weights, original: str) -> Matching:
    """Match names: by the rules of that original, else by the set of names, our own first, with the most matches.

    Raises:
        NetspecError: NS0605: a rule has no value for a name.
    """
    named = [names for names in weights.names if names.belong_to(original)]
    found = [_Matcher(ours, names).matching(theirs) for names in named or [OWN, *weights.names]]
    return max(found, key=lambda each: (len(each.pairs), -len(each.unknown)))  # the first of equals


class _Matcher:
    """The matching of an original's names with ours under one set of names."""

    def __init__(self, ours: Sequence[str], names: Names) -> None:
        self.ours, self.names, self.known = ours, names, set(ours)
        self.pairs: dict[str, Origin] = {}
        self.joined: dict[str, tuple[Rule, dict[int, str]]] = {}
        self.left_out: list[str] = []
        self.unknown: dict[str, str] = {}
        self.clashes: dict[str, tuple[str, str]] = {}

    def matching(self, theirs: Sequence[str]) -> Matching:
        """The matching of all of an original's names."""
        used = set()
        for name in theirs:
            place = self.names.place(name)
            used.add(place.rule)
            self._put(name, place)
        torn = {}
        for here, (rule, found) in self.joined.items():
            parts = tuple(found[at] for at in sorted(found))
            lacking = [f"`{word}`" for at, word in enumerate(rule.parts) if at not in found]
            if lacking:
                torn[here] = parts, f"is joined of {len(rule.parts)} tensors, and {', '.join(lacking)} is missing"
            else:
                self.pairs[here] = Origin(parts, rule.change)
        missing = tuple(name for name in self.ours if name not in self.pairs and name not in torn)
        idle = tuple(rule for rule in self.names.rules if rule not in used)
        return Matching(
            self.names.original or None,
            self.pairs,
            tuple(self.left_out),
            missing,
            torn,
            self.unknown,
            self.clashes,
            idle,
        )

    def _put(self, name: str, place: Place) -> None:
        """Note one of the original's tensors at its place."""
        if not place.names:
            self.left_out.append(name)
        elif strange := next((here for here in place.names if here not in self.known), None):
            self.unknown[name] = strange
        elif place.rule is not None and place.rule.change.concat is not None:
            here = place.names[0]
            _, found = self.joined.setdefault(here, (place.rule, {}))
            if here in self.pairs or self.joined[here][0] is not place.rule or place.part in found:
                self.clashes[name] = here, self._holder(here)
            else:
                found[place.part] = name
        elif taken := next((here for here in place.names if here in self.pairs or here in self.joined), None):
            self.clashes[name] = taken, self._holder(taken)
        elif len(set(place.names)) < len(place.names):
            self.clashes[name] = place.names[0], name
        else:
            change = place.rule.change if place.rule else UNCHANGED
            pieces = place.names if change.split is not None else ()
            for at, here in enumerate(place.names):
                self.pairs[here] = Origin((name,), change, pieces, at)

    def _holder(self, here: str) -> str:
        """What occupies one of our places, by its name in the original."""
        return str(self.pairs[here]) if here in self.pairs else ", ".join(self.joined[here][1].values())


def same_order(matching: Matching, ours: Iterable[str], theirs: Iterable[str]) -> str | None:
    """The first of our matched names that has another position in the original, or None."""
    at = {name: position for position, name in enumerate(theirs)}
    here = [name for name in ours if name in matching.pairs]
    there = sorted(here, key=lambda name: (at[(found := matching.pairs[name]).parts[0]], found.piece))
    return next((a for a, b in zip(here, there, strict=True) if a != b), None)


def suggest(ours: Mapping[str, Shape], theirs: Mapping[str, Shape]) -> dict[str, str]:
    """Rules that turn the original's names into ours, where both list the same shapes in one order.

    The shortest such rules: of the outermost modules whose insides have the same names, else of the modules that own
    the tensors, else of the tensors. Empty where the shapes differ, or no such rules give every tensor its name.
    """
    if len(ours) != len(theirs) or not all(map(fits, ours.values(), theirs.values())):
        return {}
    wanted = dict(zip(theirs, ours, strict=True))
    deepest = max((name.count(".") for name in wanted), default=0)
    proposals = (_rules(wanted, alike) for alike in (deepest, 1, 0))
    return next((rules for rules in proposals if _gives(rules, wanted)), {})


def _rules(wanted: Mapping[str, str], alike: int) -> dict[str, str]:
    """Rules from the names, without their common last components, of which at most `alike` are removed."""
    rules: dict[str, str] = {}
    for there, here in wanted.items():
        target, source = here.split("."), there.split(".")
        for _ in range(alike):
            if len(target) > 1 and len(source) > 1 and target[-1] == source[-1]:
                target.pop()
                source.pop()
        rules.setdefault(".".join(source), ".".join(target))
    # A name that stays needs no rule, unless a rule of its module would rename it.
    short = {there: here for there, here in rules.items() if there != here}
    return short if _gives(short, wanted) else rules


def _gives(rules: Mapping[str, str], wanted: Mapping[str, str]) -> bool:
    """Whether the rules, in order, turn every name into the wanted one."""
    try:
        names = Names("", plain_rules(rules))
    except ValueError:
        return False
    return all(names.place(there).names == (here,) for there, here in wanted.items())
