"""The predictions of a network for images: the likeliest classes, or its values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import floor
from typing import TYPE_CHECKING, Any

from netspec.diagnostics import Diagnostic
from netspec.report.document import Caption, Document, Gap, Listing, Part, Prose, Row, columns
from netspec.report.numbers import shorten
from netspec.report.sheet import Sheet, file_cell

if TYPE_CHECKING:
    from netspec.training.judging.heads import Area, FoundBox, Guess, Prediction

_BAR = 20
"""Columns of the bar of a certain answer."""
_NAME = 40
"""Characters of a class's name that are shown."""


def predictions(told: Iterator[Prediction], unread: Sequence[Diagnostic], *, bar: str) -> Document:
    """The predictions for each image, as they come.

    Args:
        told: The predictions, in the order of the images; they are asked for once.
        unread: The problems of the other images, once `told` is at its end.
        bar: A column of a bar.
    """

    def parts() -> Iterator[Part]:
        for index, found in enumerate(told):
            yield from [Gap()] if index else []
            yield Caption(str(found.image))
            yield from _shown(found, bar)
            for name, each in found.outputs.items():
                yield Prose(f"{name}:", 2)
                yield from _shown(each, bar)

    def data() -> list[dict[str, Any]]:
        return [_record(each) for each in told] + [{"diagnostics": [each.as_dict()]} for each in unread]

    def rows() -> Iterator[tuple[str, str, float]]:
        for found in told:
            file = file_cell(str(found.image))
            yield from ((file, *named) for named in _named(found))
            for name, each in found.outputs.items():
                yield from ((file, _within(name, each, own), value) for own, value in _named(each))

    return Document("Predictions", parts, data, lambda: Sheet(("image", "name", "value"), rows()), lambda: unread)


def _shown(found: Prediction, bar: str) -> Iterator[Part]:
    """What one output tells of an image."""
    if found.values:
        yield Prose("  ".join(f"{value:.6g}" for value in found.values), 2)
    if found.error is not None:
        yield Prose(f"mean squared error {found.error:.6g}", 2)
    if found.guesses:
        yield Listing(columns(("Class", "Probability", "")), [Row(_guess(each, bar)) for each in found.guesses])
    if found.areas:
        yield Listing(columns(("Class", "Pixels", "")), [Row(_area(each, bar)) for each in found.areas])
    if found.boxes:
        yield Listing(
            columns(("Class", "Score", "Left, top, right, bottom")), [Row(_box(each)) for each in found.boxes]
        )
    elif found.boxes is not None:
        yield Prose(_none(found.best), 2)
    if found.pictures:
        yield Prose(f"drawn in {', '.join(map(str, found.pictures))}", 2)


def _none(best: float | None) -> str:
    """That no box has the asked score, and which score would show one: the best one, rounded down."""
    if best is None:
        return "no objects"
    shown = floor(best * 1000) / 1000
    return f"no objects: the best box has a score of {best:.2%}, and `--score {shown:g}` shows it"


def _within(output: str, found: Prediction, name: str) -> str:
    """The name of a number among those of several outputs; of the only value, where that is called as the output."""
    return output if found.columns == (output,) == (name,) else f"{output}.{name}"


def _named(found: Prediction) -> Iterator[tuple[str, float]]:
    """The numbers that one output tells, by name."""
    names = found.columns or [f"value {index}" for index in range(len(found.values))]
    yield from zip(names, found.values, strict=True)
    yield from [("mse", found.error)] if found.error is not None else []
    for guess in found.guesses:
        yield guess.name, guess.score if guess.probability is None else guess.probability
    yield from ((area.name, area.pixels) for area in found.areas)
    yield from ((box.name, box.score) for box in found.boxes or ())


def _guess(guess: Guess, bar: str) -> tuple[str, ...]:
    name = shorten(guess.name, _NAME, "...")
    if guess.probability is None:
        return name, f"score {guess.score:9.4f}", ""
    return name, f"{guess.probability:8.2%}", bar * round(_BAR * guess.probability)


def _area(area: Area, bar: str) -> tuple[str, ...]:
    return shorten(area.name, _NAME, "..."), f"{area.pixels:8.2%} of the pixels", bar * round(_BAR * area.pixels)


def _box(box: FoundBox) -> tuple[str, ...]:
    corners = ", ".join(f"{each:.1f}" for each in box.corners)
    return shorten(box.name, _NAME, "..."), f"{box.score:8.2%}", corners


def _record(found: Prediction) -> dict[str, Any]:
    several = {"outputs": {name: _told(each) for name, each in found.outputs.items()}} if found.outputs else {}
    return {"image": str(found.image), **_told(found), **several}


def _told(found: Prediction) -> dict[str, Any]:
    """What one output tells of an image, as data."""
    record: dict[str, Any] = {}
    if found.values:
        record["values"] = list(found.values)
    if found.error is not None:
        record["mse"] = found.error
    if found.guesses:
        record["classes"] = [
            {"name": guess.name, "probability": guess.probability, "score": guess.score} for guess in found.guesses
        ]
    if found.areas:
        record["pixel_shares"] = [{"name": area.name, "share": area.pixels} for area in found.areas]
    if found.boxes is not None:
        record["boxes"] = [{"name": each.name, "score": each.score, "box": list(each.corners)} for each in found.boxes]
    if found.pictures:
        record["pictures"] = list(map(str, found.pictures))
    return record
