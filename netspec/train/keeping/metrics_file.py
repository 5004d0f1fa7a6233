"""The form that a run's ``metrics.json`` must have for its readers. Imports no torch."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from netspec.diagnostics import Code, NetspecError
from netspec.files.json_file import read_json
from netspec.files.run_folder import METRICS
from netspec.files.writing import within

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


class _Data(_Part):
    name: str = ""
    train: Annotated[Count, Field(ge=1)] | None = None
    classes: list[str] | None = None
    shift: list[Number] | None = None
    scale: list[Annotated[Number, Field(gt=0)]] | None = None
    brightest: Annotated[Number, Field(gt=0)] | None = None


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
    recipe: _Recipe | None = None


_WRONG = {
    "missing": "is missing",
    "extra_forbidden": "is unknown",
    **dict.fromkeys(("model_type", "dict_type"), "is no object"),
    "list_type": "is no list",
    "string_type": "is no text",
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
        raise _misshapen(file, f"{f'`{place}`' if place else 'it'} {_WRONG.get(first['type'], first['msg'])}") from None
    for name, value in found.items():
        if name.startswith("test_") and not _is_figure(value):
            raise _misshapen(file, f"`{name}` is no number")
    return dict(found)


def told(metrics: Mapping[str, Any], run: Path) -> Mapping[str, Any]:
    """The part of a run's metrics that tells of its data, with all that is needed to make inputs of other images.

    Raises:
        NetspecError: NS0902: something is missing.
    """
    data: Mapping[str, Any] = metrics.get("data") or {}
    missing = [key for key in ("shift", "scale", "classes", "brightest") if data.get(key) is None]
    missing += [] if metrics.get("task") else ["task"]
    if missing:
        message = f"{run / METRICS} does not tell the run's {', '.join(missing)}"
        raise NetspecError.of(Code.FILE_UNREADABLE, message, help="train it with this version of netspec")
    return data


def _is_figure(value: Any) -> bool:
    if value is None:
        return True
    # 10^400 is an integer of JSON's, and no float
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e308


def _misshapen(file: Path, reason: str) -> NetspecError:
    return NetspecError.of(
        Code.FILE_UNREADABLE,
        f"{file} is not what a run writes: {reason}",
        help="it was changed, or written by another version of netspec",
    )
