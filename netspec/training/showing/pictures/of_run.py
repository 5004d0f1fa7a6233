"""The pictures of a run, from its metrics and the counts of its confusion matrix, drawn at once or again."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import Any

from netspec.diagnostics import Code, NetspecError
from netspec.diagnostics.styled import shortened
from netspec.files.reading import read_bounded
from netspec.files.run_folder import CURVES, METRICS, PRECISIONS, SPEC, UNDRAWN, confusion_files
from netspec.files.writing import within, write_within
from netspec.recipe.libraries import require
from netspec.recipe.losses import Loss
from netspec.training.showing.pictures.confusion import confusion
from netspec.training.showing.pictures.curves import curves
from netspec.training.showing.pictures.precision_recall import precision_recall
from netspec.training.showing.precisions import read_precisions

Counts = Sequence[Sequence[int]]
"""Test examples by their class (rows) and the predicted class (columns)."""

_MOST = 1 << 27
"""The most bytes of a table of counts: 4,096 classes have some 40 MB."""

_REASON = 200
"""The characters of a reason that are shown."""


def pictures(
    title: str,
    metrics: Mapping[str, Any],
    epochs: Sequence[Mapping[str, Any]],
    counts: Mapping[str, Counts],
    rates: Sequence[tuple[float, float]] = (),
    precisions: Mapping[str, Sequence[float]] = MappingProxyType({}),
) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """The names of a run's pictures, each with the function that draws it.

    Args:
        title: The run's name.
        metrics: The content of ``metrics.json``.
        epochs: Those that are over, as it holds them.
        counts: The counts of the confusion matrix of each output that tells classes; the only one has no name.
        rates: The learning rate at times, in epochs; without it that of each epoch's end is shown.
        precisions: A detector's precision at each recall, by class.
    """
    best = metrics.get("best")
    if epochs:
        unit = _unit((metrics.get("recipe") or {}).get("loss") or {})
        yield CURVES, lambda: curves(epochs, title=title, loss_unit=unit, best=best and best["epoch"], rates=rates)
    for output, each in counts.items():
        yield confusion_files(output)[0], partial(_matrix, each, metrics, title, output)
    if precisions:
        yield PRECISIONS[0], lambda: precision_recall(precisions, metrics.get("test_map50"), title=title)


def _matrix(counts: Counts, metrics: Mapping[str, Any], title: str, output: str) -> bytes:
    return confusion(counts, classes_told(metrics, output), title=f"{title}: {output}" if output else title)


def classes_told(metrics: Mapping[str, Any], output: str) -> Sequence[str]:
    """The names of the classes that an output tells, as a run's metrics have them."""
    found: Sequence[str] = metrics["outputs"][output]["classes"] if output else metrics["data"]["classes"]
    return found


def attempt(draw: Any) -> str | None:
    """Draw a picture; the reason of a failure, or None: no run is lost for a picture."""
    try:
        draw()
    except Exception as error:  # matplotlib draws what strangers wrote, with fonts and settings of anyone's
        told = error.diagnostics[0].message if isinstance(error, NetspecError) else f"{type(error).__name__}: {error}"
        return shortened(told, _REASON)
    return None


def counts_text(counts: Counts, classes: Sequence[str]) -> str:
    """The counts as a table: a row for each class, a column for each predicted class."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["class", *classes])
    writer.writerows([name, *row] for name, row in zip(classes, counts, strict=True))
    return text.getvalue()


def read_counts(folder: Path, output: str = "") -> list[list[int]] | None:
    """The counts that a run keeps of an output; None where it keeps none.

    Raises:
        NetspecError: NS0902: they are not as a run writes them. NS0925: they are a link.
    """
    file = within(folder, confusion_files(output)[1])
    if not file.exists():
        return None
    try:
        header, *rows = csv.reader(io.StringIO(read_bounded(file, _MOST).decode(), newline=""))
        counts = [[int(number) for number in row[1:]] for row in rows]
    except (ValueError, csv.Error) as error:
        raise NetspecError.of(Code.FILE_UNREADABLE, f"{file} cannot be read: {str(error)[:100]}") from None
    if (
        not counts
        or any(len(row) != len(header) - 1 or min(row, default=0) < 0 for row in counts)
        or len(counts) != len(header) - 1
    ):
        raise NetspecError.of(Code.FILE_UNREADABLE, f"{file} is no square of counts")
    return counts


def _unit(loss: Mapping[str, Any]) -> str:
    """The unit of a loss, as the recipe writes it; none of one that is not known."""
    kind = Loss.members.get(next(iter(loss), ""))
    return kind.unit if kind is not None and issubclass(kind, Loss) else ""


def redraw(folder: Path, metrics: Mapping[str, Any]) -> tuple[list[str], dict[str, str]]:
    """Draw a run's pictures again.

    Args:
        folder: The run's.
        metrics: The content of its ``metrics.json``.

    Returns:
        The names of the pictures that were drawn, and those of the others with the reason.

    Raises:
        NetspecError: NS0902: the run does not keep what a picture needs as a run writes it; NS0904: matplotlib is not
            installed.
    """
    require("matplotlib")
    drawn, failed = [], {}
    epochs = metrics.get("epochs", [])
    kept = {output: read_counts(folder, output) for output in ("", *(metrics.get("outputs") or {}))}
    counts = {output: each for output, each in kept.items() if each is not None}
    told = (counts, _rates(folder, metrics), read_precisions(folder))
    for name, draw in pictures(folder.resolve().name, metrics, epochs, *told):
        reason = attempt(lambda name=name, draw=draw: write_within(folder, name, draw()))
        if reason is None:
            drawn.append(name)
        else:
            failed[name] = reason
    if metrics.get(UNDRAWN):
        rest = {key: value for key, value in metrics.items() if key != UNDRAWN} | ({UNDRAWN: failed} if failed else {})
        write_within(folder, METRICS, json.dumps(rest, indent=2) + "\n")
    return drawn, failed


def _rates(folder: Path, metrics: Mapping[str, Any]) -> list[tuple[float, float]]:
    """The learning rate over the steps, by the run's own recipe; empty where it is not known."""
    if find_spec("torch") is None:
        return []
    from netspec import api
    from netspec.driver.recipes import recipe_of

    try:
        recipe, size = recipe_of(api.load(str(folder / SPEC))), int(metrics["data"]["train"])
        losses = [each.get("validation_loss", each.get("loss")) for each in metrics["epochs"]]
        return recipe.plan(size, losses).rates(recipe.steps_per_epoch(size), int(metrics["steps"]))
    except (NetspecError, KeyError, TypeError, ValueError, ArithmeticError):
        return []
