"""The figures of a network on data."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, distributed, nn

from netspec.diagnostics import Code, NetspecError
from netspec.diagnostics.arguments import Device
from netspec.frontend.problems import NOWHERE, Places
from netspec.frontend.schema import SECTION
from netspec.functional.of_boxes import OfClass
from netspec.functional.ranking import MOST_KEPT
from netspec.interop.loading import load
from netspec.interop.weight_files import read_weights
from netspec.recipe.data.objects import Objects
from netspec.recipe.detecting import Detecting
from netspec.recipe.measuring.meters import AnyMeter, Meters
from netspec.recipe.objectives import Objectives
from netspec.recipe.recipe import Recipe
from netspec.recipe.test_time import Views
from netspec.training.feeding.batches import DataSplit, in_order
from netspec.training.feeding.inputs import Inputs
from netspec.training.feeding.samples import prepare
from netspec.training.feeding.standards import standard_notes
from netspec.training.fitting import check_fit
from netspec.training.inputs_taken import check_sizes
from netspec.training.judging.boxes import in_detail, judge
from netspec.training.judging.classes import run_of, trained_on
from netspec.training.judging.per_class import per_class
from netspec.training.keeping.metrics_file import by_name, class_counts_of
from netspec.training.keeping.output_facts import classes_of, labels_of
from netspec.training.network import Aim, Network
from netspec.training.parallel.member import Member
from netspec.training.parallel.world import Share
from netspec.training.steps.device import arrange, describe, fitting_threads, take
from netspec.training.steps.outputs import answers

_BATCH = 512
"""Large enough to keep a device busy, small enough that activations of a LeNet stay in the CPU's caches."""


@dataclass(frozen=True, slots=True)
class Score:
    """The result of judging a network.

    Attributes:
        figures: The figures by name: ``loss``, ``accuracy``, ...; shares are fractions.
        confusion: Examples by class (rows) and predicted class (columns), int64 on the CPU; None without classes.
        images: The number of images that it was judged by.
        labels: The figures of each label by name, where an image may have several; shares are fractions, nan for none.
        outputs: Confusion and labels of each of several outputs that have targets of their own.
        boxes: How well a detector finds the objects of each class.
        stepped: The figures that are approximate, of more scores than are kept.
    """

    figures: dict[str, float]
    confusion: Tensor | None
    images: int
    labels: Mapping[str, list[float]] = field(default_factory=dict)
    outputs: Mapping[str, Score] = field(default_factory=dict)
    boxes: Sequence[OfClass] = ()
    stepped: tuple[str, ...] = ()

    def remarks(self) -> list[str]:
        """A remark on each figure that is approximate."""
        of = f"of more than {MOST_KEPT:,} scores it is counted in steps"
        return [f"{figure} is approximate: {of}" for figure in self.stepped]

    def confusions(self) -> dict[str, Tensor]:
        """The confusion matrices by output, that of the only one without a name; none where there are no classes."""
        each = {name: score.confusion for name, score in ({"": self} | dict(self.outputs)).items()}
        return {name: matrix for name, matrix in each.items() if matrix is not None}

    def precisions(self, classes: Sequence[str]) -> dict[str, Sequence[float]]:
        """A detector's precision at each recall by the class that has objects; none of others."""
        return {name: each.precision for name, each in zip(classes, self.boxes, strict=False) if each.precision}

    def named(self, split: str) -> dict[str, float | None]:
        """The figures by the names of ``metrics.json``, ``test_accuracy`` and so on; None for what is no number."""
        figures = {name: self.figures[of] for name, of in by_name(self.figures).items()}
        return {f"{split}_{name}": value if math.isfinite(value) else None for name, value in figures.items()}


def score(
    module: nn.Module,
    objective: Aim,
    data: DataSplit,
    inputs: Inputs,
    device: torch.device,
    views: Views | None = None,
    together: int | None = None,
) -> Score:
    """Judge a network in evaluation mode; it is left in the mode it was in.

    Each of several processes judges its share of the examples; all must call it, and all get the figures of the whole.

    Args:
        module: On the device.
        objective: Gives the figures.
        data: The data to judge it by.
        inputs: Makes images inputs of the network.
        device: The device of the batches.
        views: The views of each image whose outputs' mean is judged, by figures of their own names; None for the image.
        together: Examples that all processes judge together; None for as many as suit the device.
    """
    look = views.function().made() if views else None
    share = _share()
    if isinstance(objective, Detecting):
        assert together is not None
        return _score_of_boxes(module, objective, data, inputs, device, together)
    criterion: Callable[..., Any] = objective.criterion()
    meter = objective.meter(device)
    counted: AnyMeter = meter
    whole = in_order(data, together or _BATCH * share.processes)
    before = module.training
    module.eval()

    def told(images: Tensor) -> Any:
        return answers(module(images), objective)

    try:
        with torch.inference_mode():
            own = data.batches([rows[share.of(len(rows))] for rows in whole])
            for rows, batch in zip(whole, own, strict=True):
                images = inputs(batch.images)
                outputs = look(told, images) if look else told(images)
                targets = objective.targets(images, batch.targets)
                if share.count(len(rows)):  # otherwise the example is borrowed: another process counts it
                    counted.update(outputs, targets, criterion(outputs, targets))
            prefix = f"{views.key}_" if views else ""
            figures = {f"{prefix}{name}": value for name, value in meter.figures().items()}
            of = meter.of.items() if isinstance(meter, Meters) else ()
            outputs = {name: Score({}, each.confusion(), len(data), each.each()) for name, each in of}
            return Score(figures, meter.confusion(), len(data), meter.each(), outputs, stepped=meter.stepped)
    finally:
        module.train(before)


def _score_of_boxes(
    module: nn.Module, aim: Detecting, data: DataSplit, inputs: Inputs, device: torch.device, together: int
) -> Score:
    """The score of a detector, as `score` gives it."""
    before = module.training
    module.eval()
    try:
        found = judge(module, aim, data, inputs, device, in_order(data, together), _share())
        return Score(found.figures(), None, len(data), boxes=found.classes())
    finally:
        module.train(before)


def judged_together(recipe: Recipe) -> int | None:
    """The examples that are judged together: as many as in training, where losses compare them or outputs are large."""
    losses = [loss for loss, _ in recipe.for_outputs().values()]
    compared = any(loss.across_batch for loss in losses) or recipe.data.fits_inputs
    return recipe.data.batch_size if compared or isinstance(recipe.data, Objects) else None


def _share() -> Share:
    """The share of the examples that is this process's."""
    if distributed.is_available() and distributed.is_initialized():
        return Share(distributed.get_rank(), distributed.get_world_size())
    return Share()


def loaded(network: Network, weights: str | Path, process: Member) -> nn.Module:
    """A network with saved weights, on the device.

    Raises:
        NetspecError: NS0604, NS0902: the weights do not fit, or cannot be read.
    """
    module = network.build()
    load(module, read_weights(weights), network.weights)
    return arrange(module, network.input_shape).to(process.device)


def evaluate(
    network: Network,
    recipe: Recipe,
    weights: str | Path,
    device: Device = "auto",
    places: Places = NOWHERE,
    run: Path | None = None,
    *,
    whole: bool = False,
    matrix: bool = False,
) -> dict[str, Any]:
    """Judge saved weights by the test images.

    Args:
        network: The network of the weights.
        recipe: Names the data set and the loss.
        weights: A file as a run leaves it, or whatever else weights are read from.
        device: The device to compute on.
        places: The places of the spec's values, for the diagnostics.
        run: The run whose classes the network tells, where the weights lie in no run's folder.
        whole: Whether all of the data is judged where they bring no part for the test, not a share of them.
        matrix: Whether the confusion matrix is needed: a task that has none is refused before it is judged.

    Returns:
        `test_loss` and the other figures of the task, such as `test_accuracy`; `test_images`, `name`, `task`, `data`,
        `notes` on it, `weights`, `device`; where targets are classes, `classes`: of each `name`, `examples`,
        `precision`, ...; the like of `labels`; and `confusion`, the matrix of examples by class (rows) and predicted
        class (columns). Of several outputs all these are under `outputs`, by name.

    Raises:
        NetspecError: NS08xx for the data, NS0804 where they have other classes than the run, or no matrix is to be had;
            NS0604 and NS0902 for the weights.
    """
    process = take(device)
    trained = trained_on(run_of(weights) or run, Code.DATA_MISMATCH)
    samples = prepare(recipe.data, process.device, trained=trained, judged=whole, slots=network.slots)
    counts = None if trained is None or not recipe.loss.balances else class_counts_of(trained.run)
    standards = {} if trained is None else trained.learned.standards
    objective = check_fit(network, samples, recipe, places, counts, standards)
    check_sizes(network.detection, samples.objects)
    if samples.test is None:
        message, place = f"{recipe.data.key} has no test images to judge by", places.span((SECTION, "data"))
        raise NetspecError.of(Code.DATA_MISMATCH, message, span=place)
    if matrix and objective.meter(process.device).confusion() is None:
        what = f"{objective.task_key} has no confusion matrix"
        raise NetspecError.of(Code.DATA_MISMATCH, what, help="leave `--confusion` out")
    module = loaded(network, weights, process)
    samples.feed(module, network.slots)
    with fitting_threads(network.macs_per_step(recipe)):
        together = judged_together(recipe)
        found = score(module, objective, samples.test, samples.inputs, process.device, together=together)
        facts: dict[str, Any] = {
            "name": network.name,
            "task": objective.task_key,
            "data": recipe.data.key,
            "notes": [*samples.notes, *standard_notes(samples, objective), *found.remarks()],
            "weights": str(weights),
            "device": describe(process.device),
            "test_images": found.images,
            **found.named("test"),
        }
        if recipe.test_time:
            judged = (objective, samples.test, samples.inputs, process.device)
            facts |= score(module, *judged, recipe.test_time, together).named("test")
    if isinstance(objective, Objectives):
        facts["outputs"] = {
            name: {
                "task": objective.of[name].task.key,
                **_in_detail(each, classes_of(name, objective, samples), labels_of(name, objective, samples)),
            }
            for name, each in found.outputs.items()
        }
    return {**facts, **_in_detail(found, samples.classes, samples.labels)}


def _in_detail(found: Score, classes: Sequence[str], labels: Sequence[str]) -> dict[str, Any]:
    """The figures of each class or label, and the confusion matrix, where there are such."""
    facts: dict[str, Any] = {"labels": list(_rows(found.labels, labels))} if found.labels else {}
    if found.boxes:
        return in_detail(found.boxes, classes)
    if found.confusion is None:
        return facts
    matrix = found.confusion.tolist()
    return {**facts, "classes": [asdict(row) for row in per_class(matrix, classes)], "confusion": matrix}


def _rows(labels: Mapping[str, list[float]], names: Sequence[str]) -> Iterator[dict[str, Any]]:
    """The figures of each label, by its number where it has no name; None for what cannot be told."""
    for number, values in enumerate(zip(*labels.values(), strict=True)):
        row = {name: value if math.isfinite(value) else None for name, value in zip(labels, values, strict=True)}
        yield {"name": names[number] if names else str(number), **row, "examples": round(row["examples"] or 0)}
