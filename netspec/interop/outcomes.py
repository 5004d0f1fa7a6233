"""Outcomes of tensors when one network's weights are loaded into another, by names and shapes. Imports no torch."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping

from netspec.functional.phases import any_covers
from netspec.interop.load_report import Outcome
from netspec.interop.matching import Matching
from netspec.interop.origins import Origin, Unfit, assembly, fits, steps
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
        equal: Whether two of the network's tensors would get the same values, by their names.
        refused: The reason why values do not fit in one of the network's tensors, by its name.
        converted: The change of its element type, in words.
    """

    ours: Mapping[str, Shape]
    theirs: Mapping[str, Shape]
    twins: Mapping[str, list[str]]
    home: str
    equal: Callable[[str, str], bool]
    refused: Callable[[str], str | None] = lambda name: None
    converted: Callable[[str], str | None] = lambda name: None


def outcomes(sides: Sides, matching: Matching, fresh: Collection[str] = ()) -> Iterator[Outcome]:
    """The outcome of every tensor of the network, then of the others' further tensors.

    Args:
        sides: The tensors.
        matching: Their names.
        fresh: Names or patterns of the network's tensors that stay as they are.
    """
    for name, shape in sides.ours.items():
        origin, twins = matching.pairs.get(name), sides.twins[name]
        tied = [twin for twin in twins if twin in matching.pairs]
        if all(any_covers(fresh, each) for each in (name, *twins)):
            theirs = f"; {list(sides.theirs[origin.parts[0]])} in {sides.home}" if origin else ""
            yield Outcome(name, str(origin) if origin else None, "fresh", f"begins anew, {list(shape)}{theirs}")
        elif origin is not None:
            yield _outcome(sides, name, origin, [(twin, matching.pairs[twin]) for twin in tied])
        elif name in matching.torn:
            parts, reason = matching.torn[name]
            yield Outcome(name, ", ".join(parts), "mismatched", reason)
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
        elif (
            name.endswith(".num_batches_tracked") and name.replace("num_batches_tracked", "running_mean") in sides.ours
        ):
            yield Outcome(None, original, "left out", "a counter of batches, of which a frozen norm has no use")
        else:
            renamed = f"renamed {name}, which" if name != original else "which"
            yield Outcome(None, original, "unknown", f"{renamed} the network does not have")
    for original, (name, other) in matching.clashes.items():
        yield Outcome(name, original, "mismatched", f"is taken by `{other}` and by `{original}`")
    for original in matching.left_out:
        yield Outcome(None, original, "left out", "by a rule of the spec")


def _outcome(sides: Sides, name: str, original: Origin, others: list[tuple[str, Origin]]) -> Outcome:
    """The outcome of a tensor that both have; `others` are for other names of ours."""
    ours, told = sides.ours[name], str(original)
    try:
        made = assembly(original, sides.ours, sides.theirs)
    except Unfit as misfit:
        return Outcome(name, told, "mismatched", str(misfit))
    if not fits(ours, made.shape):
        return Outcome(name, told, "mismatched", f"is {list(made.shape)} and should be {list(ours)}")
    if refused := sides.refused(name):
        return Outcome(name, told, "mismatched", refused)
    other = next((theirs for twin, theirs in others if not sides.equal(twin, name)), None)
    if other is not None:
        return Outcome(name, told, "mismatched", f"shares its tensor with `{other}`, which has other values")
    done = [
        *steps(original, made, name),
        f"reshaped from {list(made.shape)}" if made.shape != ours else None,
        sides.converted(name),
    ]
    return Outcome(name, told, "loaded", ", ".join(filter(None, done)) or None)


def twins_of(owners: Mapping[str, object]) -> dict[str, list[str]]:
    """The other names of the same tensor for each name, from a key of the tensor by its name."""
    names: dict[object, list[str]] = {}
    for name, owner in owners.items():
        names.setdefault(owner, []).append(name)
    return {name: [other for other in names[owner] if other != name] for name, owner in owners.items()}
