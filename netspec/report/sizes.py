"""The input sizes that a network takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise
from typing import Any

from netspec.analysis.size_search import axes_named
from netspec.analysis.sizes import Failure, Loss, Sizes
from netspec.analysis.working_sizes import FAR, in_steps
from netspec.report.document import Caption, Definitions, Document, Entry, Gap, Part, Section
from netspec.report.sheet import Sheet


def sizes(name: str, found: Sequence[Sizes], *, each: bool) -> Document:
    """The sizes of each group of axes of the network; `each` lists every size that was tried."""

    def parts() -> Iterator[Part]:
        if not found:
            yield Caption(name, remark=": the input has no spatial axes")
        for index, group in enumerate(found):
            yield from [Gap()] if index else []
            yield Section(f"{name}: {axes_named(group.shapes, group.group)}, {group.group.size} in the spec")
            yield Definitions([Entry(fact, text) for fact, text in _facts(group, each).items()])
            if each:
                column = len(str(max(group.tried, default=0)))
                yield Definitions([Entry(f"{size:>{column}}", _outcome(seen)) for size, seen in group.tried.items()])

    def sheet() -> Sheet:
        rows = (
            (axes_named(group.shapes, group.group), size, not isinstance(seen, Failure), _outcome(seen))
            for group in found
            for size, seen in group.tried.items()
        )
        return Sheet(("axes", "size", "works", "outcome"), rows)

    return Document(name, parts, lambda: {"name": name, "sizes": [_record(group) for group in found]}, sheet)


def runs(sizes: Sequence[int]) -> str:
    """``67 to 99, 227``; of equal steps ``188 to 268 by 16``."""
    steps = {b - a for a, b in pairwise(sizes)}
    if len(sizes) > 2 and len(steps) == 1 and steps != {1}:
        return f"{sizes[0]} to {sizes[-1]} by {steps.pop()}"
    parts = []
    for _, group in groupby(enumerate(sizes), lambda pair: pair[1] - pair[0]):
        run = [size for _, size in group]
        parts.append(f"{run[0]} to {run[-1]}" if len(run) > 2 else ", ".join(map(str, run)))
    return ", ".join(parts) or "none"


def _facts(sizes: Sizes, each: bool) -> dict[str, str]:
    facts = {}
    if sizes.own:
        facts[f"{sizes.group.size}"] = _failure(sizes.own)
        nearest = [str(size) for size in (sizes.near.below, sizes.near.above) if size is not None]
        facts["nearest that work"] = " and ".join(nearest) or f"none within {FAR} of it"
    facts["smallest that works"] = str(sizes.smallest) if sizes.smallest else "none"
    if sizes.below:
        facts["one below it"] = _failure(sizes.below)
    if steps := in_steps(sizes.near):
        facts["have to be"] = steps
    facts["trained weights fit"] = "every size that works" if sizes.fits_all else _range(sizes.fits)
    facts["tried"] = runs(tuple(sizes.tried))
    facts["work"] = "all of them" if len(sizes.works) == len(sizes.tried) else runs(sizes.works)
    if sizes.works:
        facts["lose no border pixel"] = "all that work" if sizes.lossless == sizes.works else runs(sizes.lossless)
    own = sizes.tried.get(sizes.group.size)
    if own and not isinstance(own, Failure) and not each:
        facts[f"lost at {sizes.group.size}"] = _losses(own)
    return facts


def _outcome(found: Failure | tuple[Loss, ...]) -> str:
    return _failure(found) if isinstance(found, Failure) else f"works; {_losses(found)}"


def _range(fits: tuple[int, int | None]) -> str:
    low, high = fits
    return f"{low} and above" if high is None else f"{low} to {high}" if high != low else f"{low} alone"


def _failure(failure: Failure) -> str:
    place = f" ({failure.diagnostic.span})" if failure.diagnostic.span else ""
    key = f"`{failure.key}` fails: " if failure.key else "fails: "
    return f"{key}{failure.diagnostic.message}{place}"


def _losses(losses: tuple[Loss, ...]) -> str:
    """``max_pool1 loses 1 of 56``; axes that lose equally much in one layer are listed once."""
    told = dict.fromkeys(f"{loss.key} loses {loss.elements} of {loss.size}" for loss in losses)
    return ", ".join(told) or "loses nothing"


def _record(sizes: Sizes) -> dict[str, Any]:
    low, high = sizes.fits
    return {
        "axes": [{"input": name, "axis": axis} for name, axis in sizes.group.axes],
        "size": sizes.group.size,
        "failure": _failure_record(sizes.own) if sizes.own else None,
        "nearest": {"below": sizes.near.below, "above": sizes.near.above},
        "step": sizes.near.step,
        "beyond_a_multiple": sizes.near.rest,
        "smallest": sizes.smallest,
        "below": _failure_record(sizes.below) if sizes.below else None,
        "trained_weights": {"every_size": sizes.fits_all, "from": low, "to": high},
        "tried": [
            {"size": size, "works": False, "failure": _failure_record(found)}
            if isinstance(found, Failure)
            else {"size": size, "works": True, "losses": [_loss_record(loss) for loss in found]}
            for size, found in sizes.tried.items()
        ],
    }


def _failure_record(failure: Failure) -> dict[str, Any]:
    return {"size": failure.size, "layer": failure.key, "diagnostic": failure.diagnostic.as_dict()}


def _loss_record(loss: Loss) -> dict[str, Any]:
    return {"layer": loss.key, "axis": loss.axis + 1, "lost": loss.elements, "of": loss.size}
