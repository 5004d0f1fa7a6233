"""Matching of an original's tensors with a network's. Imports no torch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from netspec.frontend.weights import Names, Rule, Weights, plain_rules
from netspec.objects.immutable import immutable
from netspec.shape import Shape

OWN = Names("", ())
"""The network's own names."""


@immutable
class Matching:
    """Tensors of a network and those of an original.

    Attributes:
        names: The original whose names were read, by the spec's word; None where they are the network's own.
        pairs: The original's name by our name.
        left_out: The original's tensors that we lack by a rule.
        missing: Our tensors that the original lacks.
        unknown: The original's tensors that we lack, with the name that a rule gave them, if any.
        clashes: The original's tensors that a rule would put in an occupied place, with our name.
        idle: Rules without a match.
    """

    names: str | None
    pairs: dict[str, str]
    left_out: tuple[str, ...]
    missing: tuple[str, ...]
    unknown: dict[str, str]
    clashes: dict[str, str]
    idle: tuple[Rule, ...]


def match(ours: Sequence[str], theirs: Sequence[str], weights: Weights, original: str) -> Matching:
    """Match names: by the rules of that original, else by the set of names, our own first, with the most matches.

    Raises:
        NetspecError: NS0605: a rule has no value for a name.
    """
    named = [names for names in weights.names if names.belong_to(original)]
    found = [_match(ours, theirs, names) for names in named or [OWN, *weights.names]]
    return max(found, key=lambda each: (len(each.pairs), -len(each.unknown)))  # the first of equals


def _match(ours: Sequence[str], theirs: Sequence[str], names: Names) -> Matching:
    known = set(ours)
    pairs: dict[str, str] = {}
    left_out, unknown, clashes, used = [], {}, {}, set()
    for name in theirs:
        here, rule = names.rename(name)
        used.add(rule)
        if here is None:
            left_out.append(name)
        elif here not in known:
            unknown[name] = here
        elif here in pairs:
            clashes[name] = here
        else:
            pairs[here] = name
    missing = tuple(name for name in ours if name not in pairs)
    idle = tuple(rule for rule in names.rules if rule not in used)
    return Matching(names.original or None, pairs, tuple(left_out), missing, unknown, clashes, idle)


def fits(ours: Shape, theirs: Shape) -> bool:
    """Whether a tensor fits unchanged or without its axes of size 1: [1000, 64, 1, 1] for [1000, 64]."""
    return _wide(ours) == _wide(theirs)


def _wide(shape: Shape) -> Shape:
    return tuple(size for size in shape if size != 1)


def same_order(matching: Matching, ours: Iterable[str], theirs: Iterable[str]) -> str | None:
    """The first of our matched names that has another position in the original, or None."""
    back = {name: here for here, name in matching.pairs.items()}
    here = [name for name in ours if name in matching.pairs]
    there = [back[name] for name in theirs if name in back]
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
    return all(names.rename(there)[0] == here for there, here in wanted.items())
