"""The metrics of a run: as it writes them, epoch by epoch, and the form in which they are read. Imports no torch."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from netspec.diagnostics import Code, NetspecError
from netspec.files.json_file import read_json
from netspec.files.run_folder import METRICS
from netspec.files.writing import within


@dataclass(frozen=True, slots=True)
class Epoch:
    """One round over the training images.

    Attributes:
        epoch: Counts from 1.
        step: Steps of the optimizer done since the start of the run.
        figures: Over the epoch's images, each seen as the weights were at its step: `loss`, side outputs included,
            `accuracy` and the like.
        learning_rate: At the last step.
        seconds: The seconds of the steps alone, without validation and checkpoints.
        images_per_second: In those seconds.
        validation: The same figures on the held-out images after the epoch; empty where nothing is held out.
    """

    epoch: int
    step: int
    figures: Mapping[str, float]
    learning_rate: float
    seconds: float
    images_per_second: float
    validation: Mapping[str, float] = field(default_factory=dict)

    @property
    def loss(self) -> float:
        """The loss on the held-out images; without any, that over the training."""
        return (self.validation or self.figures)["loss"]

    def row(self) -> dict[str, Any]:
        """All values by the names of ``metrics.json`` and of the columns of ``metrics.csv``."""
        return {
            "epoch": self.epoch,
            "step": self.step,
            **self.figures,
            "learning_rate": self.learning_rate,
            "seconds": self.seconds,
            "images_per_second": self.images_per_second,
            **{f"validation_{name}": value for name, value in self.validation.items()},
        }


def by_name(figures: Iterable[str]) -> dict[str, str]:
    """The figures of a test by the names that they are kept under, `accuracy` among them where an output has one.

    Of several outputs it is that of the first that tells classes.
    """
    found = {name: name for name in figures}
    first = next((name for name in found if name.endswith(".accuracy")), None)
    if first is None:
        return found
    return {**dict(list(found.items())[:1]), "accuracy": first, **found}


def epochs_of(found: Any, per_epoch: int, total: int) -> list[Epoch]:
    """The epochs in a checkpoint, as `asdict` gave them, in their order.

    Args:
        found: The checkpoint's value for them.
        per_epoch: Steps of an epoch; the last one ends with the run.
        total: Steps of the run.

    Raises:
        ValueError: They are not those of such a run.
    """
    try:
        epochs = TypeAdapter(list[Epoch]).validate_python(found)
    except ValidationError as error:
        place = ".".join(map(str, error.errors()[0]["loc"]))
        raise ValueError(f"epochs.{place}: {error.errors()[0]['msg']}".replace("epochs.:", "epochs:")) from None
    for index, epoch in enumerate(epochs):
        if (epoch.epoch, epoch.step) != (index + 1, min((index + 1) * per_epoch, total)):
            raise ValueError(f"epoch {index + 1} of the checkpoint is none of this run")
        if not all(re.fullmatch(r"[\w.-]{1,1000}", name) for name in (*epoch.figures, *epoch.validation)):
            raise ValueError(f"epoch {index + 1} of the checkpoint has figures of strange names")
        if "loss" not in epoch.figures or (epoch.validation and "loss" not in epoch.validation):
            raise ValueError(f"epoch {index + 1} of the checkpoint has no loss")
    return epochs


def csv_text(epochs: Sequence[Epoch]) -> str:
    """The epochs as a table, a row each; a figure that an epoch does not have, or that is no number, is left empty."""
    rows = [_finite(epoch.row()) for epoch in epochs]
    columns = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def json_text(data: Any) -> str:
    """Data as JSON, where nan and infinite numbers are null."""
    return json.dumps(_finite(data), indent=2, allow_nan=False) + "\n"


def _finite(data: Any) -> Any:
    if isinstance(data, dict):
        return {key: _finite(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_finite(value) for value in data]
    return None if isinstance(data, float) and not math.isfinite(data) else data


Number = Annotated[float, Field(allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0, lt=2**63)]


class _Part(BaseModel):
    """Keys have their types; there may be others, of later versions."""

    model_config = ConfigDict(strict=True, extra="allow")


class _Figures(_Part):
    """The figures of an epoch; each is a number, or null where it is none."""

    __pydantic_extra__: dict[str, Number | None]


class _Epoch(_Figures):
    epoch: Count = Field(ge=1)


class _Best(_Figures):
    epoch: Count = Field(ge=1)
    by: str = "loss"


class _Standard(_Part):
    """Mean and deviation of the values of an output whose loss is of standardised ones."""

    mean: list[Number]
    deviation: list[Annotated[Number, Field(gt=0)]]


class _Data(_Part):
    name: str = ""
    train: Annotated[Count, Field(ge=1)] | None = None
    validation: Count | None = None
    test: Count | None = None
    classes: list[str] | None = None
    class_counts: list[Count] | None = None
    standard: _Standard | None = None
    labels: list[str] | None = None
    vocabulary: dict[str, list[str]] | None = None
    columns: dict[str, list[str]] | None = None
    shift: list[Number] | None = None
    scale: list[Annotated[Number, Field(gt=0)]] | None = None
    brightest: Annotated[Number, Field(gt=0)] | None = None
    dtype: Literal["uint8", "float32"] | None = None
    fingerprint: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None


class _Output(_Part):
    """One of several outputs that have tasks of their own."""

    task: str
    classes: list[str]
    class_counts: list[Count] | None = None
    standard: _Standard | None = None
    labels: list[str] | None = None


class _Recipe(_Part):
    """The keys of a recipe that are read here; all others are shown as they are."""

    epochs: Count | None = None
    loss: dict[str, Any] | None = None


class _Metrics(_Part):
    state: Literal["running", "done", "interrupted", "failed"]
    epochs: list[_Epoch]
    name: str = ""
    best: _Best | None = None
    steps: Count | None = None
    planned_epochs: Count | None = None
    seconds: Annotated[Number, Field(ge=0)] | None = None
    device: str = ""
    task: str = ""
    data: _Data | None = None
    outputs: dict[Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,1000}$")], _Output] | None = None
    recipe: _Recipe | None = None


_WRONG = {
    "missing": "is missing",
    "extra_forbidden": "is unknown",
    **dict.fromkeys(("model_type", "dict_type"), "is no object"),
    "list_type": "is no list",
    "string_type": "is no text",
    "string_pattern_mismatch": "is no name that is allowed",
    "literal_error": "is none of running, done, interrupted and failed",
    **dict.fromkeys(("int_type", "int_from_float"), "is no whole number"),
    **dict.fromkeys(("float_type", "finite_number"), "is no number"),
    **dict.fromkeys(("greater_than", "greater_than_equal"), "is too small"),
    **dict.fromkeys(("less_than", "int_parsing_size"), "is too large"),
}
"""The faults of a value, by pydantic's names."""


def read_metrics(run: Path) -> dict[str, Any]:
    """The metrics of a run, each key of the type that a run writes.

    Raises:
        NetspecError: NS0902: it is not there, cannot be read, or is not what a run writes. NS0925: it is a link.
    """
    file = within(run, METRICS)
    if not file.exists():
        raise NetspecError.of(Code.FILE_UNREADABLE, f"{file} is not there")
    found = read_json(file)
    try:
        _Metrics.model_validate(found)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise misshapen(file, f"{f'`{place}`' if place else 'it'} {_WRONG.get(first['type'], first['msg'])}") from None
    for name, value in found.items():
        if name.startswith("test_") and not _is_figure(value):
            raise misshapen(file, f"`{name}` is no number")
    return dict(found)


def class_counts_of(run: Path) -> dict[str, list[int]]:
    """The training images of each class, by the output whose loss is weighed by them: the only one has no name.

    Outputs of which the run does not tell them are missing.

    Raises:
        NetspecError: NS0902: its metrics are not what a run writes. NS0925: they are a link.
    """
    metrics = read_metrics(run)
    told = {"": metrics.get("data") or {}, **(metrics.get("outputs") or {})}
    found = {name: (each.get("class_counts") or [], each.get("classes") or ()) for name, each in told.items()}
    return {name: counts for name, (counts, names) in found.items() if any(counts) and len(counts) == len(names)}


def standard_told(told: Mapping[str, Any]) -> tuple[tuple[float, ...], tuple[float, ...]] | None:
    """Mean and deviation of the values of an output, of what a run's metrics tell of it; None where they tell none."""
    found = told.get("standard")
    return (tuple(found["mean"]), tuple(found["deviation"])) if found else None


def told(metrics: Mapping[str, Any], run: Path) -> Mapping[str, Any]:
    """The part of a run's metrics that tells of its data, with all that is needed to make inputs of other images.

    Raises:
        NetspecError: NS0902: something is missing.
    """
    data: Mapping[str, Any] = metrics.get("data") or {}
    missing = [key for key in ("shift", "scale", "classes", "brightest") if data.get(key) is None]
    missing += [] if metrics.get("task") else ["task"]
    if missing:
        raise untold(run, missing)
    return data


def untold(run: Path, missing: Iterable[str]) -> NetspecError:
    """The error of metrics that lack something."""
    message = f"{run / METRICS} does not tell the run's {', '.join(missing)}"
    return NetspecError.of(Code.FILE_UNREADABLE, message, help="train it with this version of netspec")


def _is_figure(value: Any) -> bool:
    if value is None:
        return True
    # 10^400 is an integer of JSON's, and no float
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e308


def misshapen(file: Path, reason: str) -> NetspecError:
    """The error of metrics that no run writes."""
    return NetspecError.of(
        Code.FILE_UNREADABLE,
        f"{file} is not what a run writes: {reason}",
        help="it was changed, or written by another version of netspec",
    )
