"""What the outputs of a trained network tell of an image: classes, labels, pixels or values, by each output's task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from torch import Tensor

from netspec.files.run_folder import METRICS
from netspec.functional.standardising import Standard, in_own_units
from netspec.recipe.losses import Loss
from netspec.recipe.recipe import Recipe
from netspec.recipe.tasks import Task, TaskFacts, axes
from netspec.recipe.tasks.classification import Classification, Segmentation
from netspec.recipe.tasks.detection import Detection
from netspec.recipe.tasks.multi_label import MultiLabel
from netspec.recipe.tasks.values import Autoencoding, Regression
from netspec.training.keeping.metrics_file import misshapen, standard_told, untold
from netspec.training.network import Network
from netspec.training.steps.outputs import main_output


@dataclass(frozen=True, slots=True)
class Guess:
    """A class and its support: its probability, or its score where the loss gives outputs no probabilities."""

    name: str
    probability: float | None
    score: float


@dataclass(frozen=True, slots=True)
class Area:
    """A class and the pixels that a segmentation takes for it, as a share of all."""

    name: str
    pixels: float


@dataclass(frozen=True, slots=True)
class FoundBox:
    """An object that a detector finds: its class, its score, and left, top, right and bottom in the image's pixels."""

    name: str
    score: float
    corners: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, repr=False)
class Prediction:
    """The prediction of the network for one image, or for a row of a file of arrays or of a table.

    Attributes:
        image: Its file; of what was in memory a name such as ``array 2``.
        guesses: The likeliest classes, or labels of several, the likeliest first.
        areas: Of a segmentation, the classes with the most pixels, the largest first.
        values: The values that a regression tells.
        boxes: The objects that a detector finds, the one of the highest score first; None of other tasks.
        best: The highest score that the detector gives, below the asked one or not; None where it finds nothing at all.
        error: The mean squared error of an autoencoder, between what it takes and what it gives; None of other tasks.
        pictures: The files that were drawn of it.
        outputs: The predictions of each of several outputs by name; then there are no others.
        row: The number of the example in its array or its file of rows, from 1; or None.
        columns: The names of the values; empty where they have none.
    """

    image: Path
    guesses: tuple[Guess, ...] = ()
    areas: tuple[Area, ...] = ()
    values: tuple[float, ...] = ()
    boxes: tuple[FoundBox, ...] | None = None
    error: float | None = None
    pictures: tuple[Path, ...] = ()
    outputs: Mapping[str, Prediction] = field(default_factory=dict)
    best: float | None = None
    row: int | None = None
    columns: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """What there is of it: other tasks' fields are left out."""
        empty: tuple[object, ...] = (None, (), {})
        there = [(each.name, getattr(self, each.name)) for each in fields(self)]
        return f"Prediction({', '.join(f'{name}={value!r}' for name, value in there if value not in empty)})"


@dataclass(frozen=True, slots=True)
class Head:
    """An output of a trained network.

    Attributes:
        name: Its name; empty where it is the only one that is judged.
        loss: What it learned by.
        task: The key of its task.
        classes: The names of its classes; none of other tasks.
        shape: The shape of its answer to one example.
        columns: The names of its labels or values, one for each number of the answer; empty where they have none.
        standard: Mean and deviation of the values that it was trained by; None where it gives values as they are.
    """

    name: str
    loss: Loss
    task: str
    classes: Sequence[str]
    shape: tuple[int, ...]
    columns: tuple[str, ...] = ()
    standard: Standard | None = None

    def of(self, outputs: Any) -> Any:
        """Its own of a network's outputs, float32 [N, ...]; of a detector the boxes of each image."""
        if self.task == Detection.key:
            return outputs
        found = outputs[self.name] if self.name else main_output(outputs)
        made: Tensor = found.float()
        return made

    def fits(self, inputs: tuple[int, ...]) -> bool:
        """Whether a network that takes inputs of this shape, and such a recipe, can have the task and the classes."""
        kind = Task.members.get(self.task)
        if not (isinstance(kind, type) and issubclass(kind, Task) and kind.learns(type(self.loss))):
            return False
        if self.task in (Classification.key, Segmentation.key):
            return not kind().misfits(_facts(self.shape, self.classes))
        if self.task == Detection.key:
            return self.shape == (len(self.classes) + 1,)
        return self.task != Autoencoding.key or self.shape == inputs

    def told(self, image: Path, inputs: Tensor, outputs: Any, top: int, least: float = 0.0) -> Prediction:
        """Its prediction for an image, from the network's input [1, C, H, W] and its own output [1, ...].

        Args:
            image: Its file.
            inputs: The network's input.
            outputs: The result of `of`.
            top: Classes that are told.
            least: The score that a box has at least.
        """
        if self.task == Detection.key:
            scores = outputs[0]["scores"]
            best = float(scores.max()) if scores.numel() else None
            return Prediction(image, boxes=self._boxes(outputs[0], least), best=best)
        if self.task == Classification.key:
            return Prediction(image, self._guesses(outputs, top))
        if self.task == MultiLabel.key:
            return Prediction(image, _labels(outputs, top, self.columns))
        if self.task == Segmentation.key:
            return Prediction(image, areas=self._areas(outputs, top))
        if self.task == Autoencoding.key:
            return Prediction(image, error=float((self.values(outputs) - inputs).square().mean()))
        return Prediction(image, values=tuple(self.values(outputs).flatten().tolist()), columns=self.columns)

    def values(self, outputs: Tensor) -> Tensor:
        """The values that its own outputs [N, ...] stand for, in their shape; of other tasks the outputs."""
        if self.task not in (Regression.key, Autoencoding.key):
            return outputs
        values = self.loss.values(outputs)
        return values if self.standard is None else in_own_units(values, self.standard).float()

    def _guesses(self, outputs: Tensor, top: int) -> tuple[Guess, ...]:
        scores, shares = self.loss.scores(outputs)[0], self.loss.probabilities(outputs)
        best = scores.topk(min(top, len(self.classes)))
        chosen = zip(best.indices.tolist(), best.values.tolist(), strict=True)
        return tuple(
            Guess(self.classes[index], None if shares is None else float(shares[0, index]), score)
            for index, score in chosen
        )

    def _boxes(self, found: Mapping[str, Tensor], least: float) -> tuple[FoundBox, ...]:
        order = found["scores"].argsort(descending=True)
        scores, labels, boxes = (found[name][order].tolist() for name in ("scores", "labels", "boxes"))
        return tuple(
            FoundBox(self.classes[label - 1], score, tuple(box))
            for label, score, box in zip(labels, scores, boxes, strict=True)
            if score >= least
        )

    def _areas(self, outputs: Tensor, top: int) -> tuple[Area, ...]:
        counts = self.loss.predict(outputs).flatten().bincount(minlength=len(self.classes)).double()
        best = (counts / counts.sum()).topk(min(top, len(self.classes)))
        pairs = zip(best.indices.tolist(), best.values.tolist(), strict=True)
        return tuple(Area(self.classes[index], area) for index, area in pairs if area)


def _labels(outputs: Tensor, top: int, names: Sequence[str]) -> tuple[Guess, ...]:
    """Labels by their names, or else by their numbers, each with a probability of its own."""
    best = outputs.flatten().topk(min(top, outputs.numel()))
    pairs = zip(best.indices.tolist(), best.values.tolist(), best.values.sigmoid().tolist(), strict=True)
    return tuple(
        Guess(names[index] if names else str(index), probability, score) for index, score, probability in pairs
    )


def loss_shown(loss: Loss, task: str | None, shape: tuple[int, ...], classes: Sequence[str]) -> Loss:
    """A loss as the task of a run reads outputs of this shape: one may tell two classes."""
    kind = Task.members.get(task or "")
    return kind().shown_by(loss, _facts(shape, classes)) if kind and issubclass(kind, Task) else loss


def _facts(shape: tuple[int, ...], classes: Sequence[str]) -> TaskFacts:
    """The facts of an output that tells classes: of an image, or of each of its pixels."""
    return TaskFacts((), shape, len(classes), tuple(shape[1:]))


def heads_of(recipe: Recipe, network: Network, metrics: Mapping[str, Any], run: Path) -> list[Head]:
    """The outputs of a network that its run's metrics tell the tasks of; one without a task is told as of none.

    Args:
        recipe: The run's.
        network: Its network.
        metrics: The content of its ``metrics.json``, as `told` let it pass.
        run: Its folder.

    Raises:
        NetspecError: NS0902: the metrics do not tell by what values were standardised.
    """
    tasks, found = metrics.get("outputs") or {}, []
    for name, (loss, task) in recipe.for_outputs().items():
        shape = network.output_shapes.get(name, ()) if name else network.output_shape
        asked = task is not None and task.standardises()
        standard = _standard(metrics["data"] if not name else tasks.get(name) or {}, shape, run) if asked else None
        kept = metrics["data"].get("labels") if not name else (tasks.get(name) or {}).get("labels")
        columns = tuple(kept or recipe.data.columns_of(name))
        columns = columns if shape == (len(columns),) else ()
        if not name:
            key, classes = metrics["task"], metrics["data"]["classes"]
            found.append(Head("", loss_shown(loss, key, shape, classes), key, classes, shape, columns, standard))
            continue
        told = tasks.get(name) or {"task": "no task", "classes": []}
        loss = loss_shown(loss, told["task"], shape, told["classes"])
        found.append(Head(name, loss, told["task"], told["classes"], shape, columns, standard))
    return found


def _standard(told: Mapping[str, Any], shape: tuple[int, ...], run: Path) -> Standard:
    """Mean and deviation of the values that an output of this shape was trained by."""
    found = standard_told(told)
    if found is None:
        raise untold(run, ["mean and deviation of the targets"])
    if {len(each) for each in found} != {*shape}:
        raise misshapen(run / METRICS, f"`standard` is of other values than the {axes(shape)} of its network")
    return found
