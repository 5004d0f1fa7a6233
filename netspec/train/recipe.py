"""The recipe: the section `train:` of a spec as checked, frozen data. Imports no torch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from netspec.train.data import DataSet
from netspec.train.findings import Findings, Spans, nowhere, shown
from netspec.train.losses import Loss
from netspec.train.optimizers import Optimizer
from netspec.train.parts import Part, read_part
from netspec.train.schedules import Constant, Schedule


class Recipe(BaseModel):
    """How a network is trained.

    Attributes:
        data: The data set, the batch size, the share held out for validation.
        loss: What is minimised.
        optimizer: How; its rate is the base of the schedule.
        schedule: The learning rate over the steps; without one it stays.
        epochs: Rounds over the training images.
        seed: Of the weights, the order of the images and dropout.
        side_loss: Weight of the loss of each side output (0.3 for GoogLeNet's auxiliary heads, arXiv:1409.4842);
            a network with side outputs needs it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    data: DataSet
    loss: Loss
    optimizer: Optimizer
    schedule: Schedule = Constant()
    epochs: int = Field(gt=0)
    seed: int = Field(0, ge=0, lt=2**32)
    side_loss: float | None = Field(None, ge=0)

    def written(self) -> dict[str, Any]:
        """The recipe as it would be written in a spec, every option spelt out; `read_recipe` reads it back."""
        parts = {name: getattr(self, name).written() for name in _FAMILIES}
        return {**parts, "epochs": self.epochs, "seed": self.seed, "side_loss": self.side_loss}


_FAMILIES: dict[str, type[Part]] = {"data": DataSet, "loss": Loss, "optimizer": Optimizer, "schedule": Schedule}


def read_recipe(data: Any, span: Spans = nowhere) -> Recipe:
    """Check the section `train:` of a spec.

    Args:
        data: The section as plain data, whatever it is.
        span: The place of the value at a path inside the section, for the diagnostics.

    Raises:
        NetspecError: NS0801, a diagnostic for everything that is wrong.
    """
    findings = Findings(span)
    if not isinstance(data, Mapping):
        findings.add("`train` is no recipe", (), found=shown(data), expected="a mapping")
        findings.check()
    written = {k: v for k, v in data.items() if not (k == "schedule" and v is None)}
    parts = {k: read_part(_FAMILIES[k], v, (k,), findings) for k, v in written.items() if k in _FAMILIES}
    # A failed part is None: it is reported already and pydantic is not to say it again.
    failed = {k for k, part in parts.items() if part is None}
    try:
        recipe = Recipe.model_validate({**written, **parts})
    except ValidationError as error:
        findings.extend(error, lambda name: (name,), Recipe.model_fields.keys(), "the recipe", failed)
    else:
        if problem := recipe.schedule.refuse(recipe.optimizer.lr):
            findings.add(
                problem, ("schedule",), help="the run starts at the optimizer's rate: lower it, or raise the peak"
            )
    findings.check()
    return recipe


def override(data: Mapping[str, Any], **values: Any) -> dict[str, Any]:
    """The section with some of its values replaced, those of the command line; None leaves a value as it is.

    Args:
        data: The section `train:`.
        values: `epochs`, `seed`, `batch_size`, `folder`.
    """
    given = {key: value for key, value in values.items() if value is not None}
    changed = dict(data)
    changed.update((key, given[key]) for key in ("epochs", "seed") if key in given)
    source = changed.get("data")
    if isinstance(source, str):
        source = {source: None}
    if isinstance(source, Mapping) and source:
        options = dict(source)
        if "folder" in given:
            options[next(iter(source))] = given["folder"]
        if "batch_size" in given:
            options["batch_size"] = given["batch_size"]
        changed["data"] = options
    return changed
