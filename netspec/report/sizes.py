"""The input sizes that a network takes, as text and as data."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise
from typing import Any

from netspec.analysis.size_groups import axes_named
from netspec.analysis.sizes import Failure, Loss, Sizes
from netspec.analysis.working_sizes import FAR, in_steps


def sizes_text(name: str, found: Sequence[Sizes], width: int, *, each: bool) -> str:
    """A paragraph of that width for each group of axes of the network; `each` tells of every size that was tried."""
    if not found:
        return f"{name}: the input has no spatial axes\n"
    return "\n".join("".join(f"{line}\n" for line in _lines(name, sizes, width, each)) for sizes in found)


def sizes_json(name: str, found: Sequence[Sizes]) -> str:
    """The same as data."""
    return json.dumps({"name": name, "sizes": [_record(sizes) for sizes in found]}, indent=1) + "\n"


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


def _lines(name: str, sizes: Sizes, width: int, each: bool) -> Iterator[str]:
    yield f"{name}: {axes_named(sizes.shapes, sizes.group)}, {sizes.group.size} in the spec"
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
    column = max(map(len, facts)) + 2
    for fact, text in facts.items():
        yield from _hanging(f"  {fact:<{column}}", text, width)
    if each:
        column = len(str(max(sizes.tried, default=0)))
        for size, found in sizes.tried.items():
            text = _failure(found) if isinstance(found, Failure) else f"works; {_losses(found)}"
            yield from _hanging(f"  {size:>{column}}  ", text, width)


def _hanging(name: str, text: str, width: int) -> Iterator[str]:
    """A text beside its name, wrapped; names and places are not broken."""
    yield from textwrap.wrap(
        text,
        width,
        initial_indent=name,
        subsequent_indent=" " * len(name),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _range(fits: tuple[int, int | None]) -> str:
    low, high = fits
    return f"{low} and above" if high is None else f"{low} to {high}" if high != low else f"{low} alone"


def _failure(failure: Failure) -> str:
    place = f" ({failure.diagnostic.span})" if failure.diagnostic.span else ""
    key = f"`{failure.key}` fails: " if failure.key else "fails: "
    return f"{key}{failure.diagnostic.message}{place}"


def _losses(losses: tuple[Loss, ...]) -> str:
    """``max_pool1 loses 1 of 56``; axes that lose as much in one layer are told once."""
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
