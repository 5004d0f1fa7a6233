"""Outcomes of tensors when one network's weights are loaded into another, by names and shapes. Imports no torch."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping

from netspec.functional.phases import any_covers
from netspec.interop.load_report import Outcome
from netspec.interop.matching import Matching, fits
from netspec.objects.immutable import immutable
from netspec.shape import Shape


@immutable
class Sides:
    """The tensors of a network and those that it gets.

    Attributes:
        ours: The shape of each of the network's tensors.
        theirs: The shape of each of the others.
        twins: The other names of the same tensor, for each of the network's names.
        home: The others' home, in words.
        equal: Whether two of the others have the same values.
        refused: The reason why the values of one of theirs do not fit in one of ours, by their names.
        converted: The change of its element type, in words.
    """

    ours: Mapping[str, Shape]
    theirs: Mapping[str, Shape]
    twins: Mapping[str, list[str]]
    home: str
    equal: Callable[[str, str], bool]
    refused: Callable[[str, str], str | None] = lambda ours, theirs: None
    converted: Callable[[str, str], str | None] = lambda ours, theirs: None


def outcomes(sides: Sides, matching: Matching, fresh: Collection[str] = ()) -> Iterator[Outcome]:
    """The outcome of every tensor of the network, then of the others' further tensors.

    Args:
        sides: The tensors.
        matching: Their names.
        fresh: Names or patterns of the network's tensors that stay as they are.
    """
    for name, shape in sides.ours.items():
        original, twins = matching.pairs.get(name), sides.twins[name]
        tied = [twin for twin in twins if twin in matching.pairs]
        if all(any_covers(fresh, each) for each in (name, *twins)):
            theirs = f"; {list(sides.theirs[original])} in {sides.home}" if original is not None else ""
            yield Outcome(name, original, "fresh", f"begins anew, {list(shape)}{theirs}")
        elif original is not None:
            yield _outcome(sides, name, original, [matching.pairs[twin] for twin in tied])
        elif tied:
            yield Outcome(name, None, "tied", f"shares its tensor with {tied[0]}")
        elif name.rpartition(".")[2] == "num_batches_tracked":
            yield Outcome(name, None, "kept", "a counter of batches, which older files lack: it may start at zero")
        else:
            there = " under that name" if matching.unknown else ""
            yield Outcome(name, None, "missing", f"not in {sides.home}{there}")
    for original, name in matching.unknown.items():
        if any_covers(fresh, name):
            yield Outcome(None, original, "left out", "its place begins anew")
        else:
            renamed = f"renamed {name}, which" if name != original else "which"
            yield Outcome(None, original, "unknown", f"{renamed} the network does not have")
    for original, name in matching.clashes.items():
        yield Outcome(name, original, "mismatched", f"is taken by `{matching.pairs[name]}` and by `{original}`")
    for original in matching.left_out:
        yield Outcome(None, original, "left out", "by a rule of the spec")


def _outcome(sides: Sides, name: str, original: str, others: list[str]) -> Outcome:
    """The outcome of a tensor that both have; `others` are for other names of ours."""
    ours, theirs = sides.ours[name], sides.theirs[original]
    if not fits(ours, theirs):
        return Outcome(name, original, "mismatched", f"is {list(theirs)} and should be {list(ours)}")
    if refused := sides.refused(name, original):
        return Outcome(name, original, "mismatched", refused)
    other = next((each for each in others if not sides.equal(each, original)), None)
    if other is not None:
        return Outcome(name, original, "mismatched", f"shares its tensor with `{other}`, which has other values")
    done = [
        f"renamed from {original}" if original != name else None,
        f"reshaped from {list(theirs)}" if theirs != ours else None,
        sides.converted(name, original),
    ]
    return Outcome(name, original, "loaded", ", ".join(filter(None, done)) or None)


def twins_of(owners: Mapping[str, object]) -> dict[str, list[str]]:
    """The other names of the same tensor for each name, from a key of the tensor by its name."""
    names: dict[object, list[str]] = {}
    for name, owner in owners.items():
        names.setdefault(owner, []).append(name)
    return {name: [other for other in names[owner] if other != name] for name, owner in owners.items()}
