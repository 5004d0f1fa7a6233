"""The records of a run's epochs. Imports no torch."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


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
    figures: dict[str, float]
    learning_rate: float
    seconds: float
    images_per_second: float
    validation: dict[str, float] = field(default_factory=dict)

    @property
    def judge(self) -> str:
        """The figure that tells which epoch is the best, by its name."""
        return "validation_loss" if self.validation else "loss"

    @property
    def judged_by(self) -> float:
        """The value of the figure that tells which epoch is the best; lower is better."""
        return self.validation["loss"] if self.validation else self.figures["loss"]

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


def epochs_of(found: Any, per_epoch: int, total: int) -> list[Epoch]:
    """The epochs in a checkpoint, as `asdict` gave them, in their order.

    Args:
        found: The checkpoint's value for them.
        per_epoch: Steps of an epoch; the last one ends with the run.
        total: Steps of the run.

    Raises:
        ValueError: They are not those of such a run.
    """
    from pydantic import TypeAdapter, ValidationError

    try:
        epochs = TypeAdapter(list[Epoch]).validate_python(found)
    except ValidationError as error:
        place = ".".join(map(str, error.errors()[0]["loc"]))
        raise ValueError(f"epochs.{place}: {error.errors()[0]['msg']}".replace("epochs.:", "epochs:")) from None
    for index, epoch in enumerate(epochs):
        if (epoch.epoch, epoch.step) != (index + 1, min((index + 1) * per_epoch, total)):
            raise ValueError(f"epoch {index + 1} of the checkpoint is none of this run")
        if not all(re.fullmatch(r"\w{1,80}", name) for name in (*epoch.figures, *epoch.validation)):
            raise ValueError(f"epoch {index + 1} of the checkpoint has figures of strange names")
        if "loss" not in epoch.figures or (epoch.validation and "loss" not in epoch.validation):
            raise ValueError(f"epoch {index + 1} of the checkpoint has no loss")
    return epochs


def csv_text(epochs: Sequence[Epoch]) -> str:
    """The epochs as a table, a row each; a figure that an epoch does not have is left empty."""
    rows = [epoch.row() for epoch in epochs]
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
