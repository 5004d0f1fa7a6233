"""The figures of boxes: equal to those of COCO's own evaluation, and of hands."""

from __future__ import annotations

import contextlib
import io
import math

import numpy as np
import pytest
import torch

from netspec import api
from netspec.driver.recipes import recipe_of
from netspec.functional.of_boxes import Boxes, figures_of_boxes, of_classes
from netspec.recipe.consistency import measured_by
from netspec.recipe.detecting import Detecting
from netspec.recipe.losses.boxes import Detector
from netspec.recipe.measuring.boxes import BoxMeter
from netspec.recipe.tasks import TaskFacts
from tests.training.detectors import RETINANET, TRAIN

TOLD = ("boxes", "labels", "area", "iscrowd")

FIGURES = ("map", "map50", "map75", "map_small", "map_medium", "map_large")
"""COCO's first six, in the order of its `stats`; the ninth is `mar100`."""


def drawn(random, images=2, classes=3):
    """Boxes that there are, some of them around crowds, and boxes that were found near them and elsewhere."""
    true, found = [], []
    for _ in range(images):
        count = int(random.integers(0, 7))
        corner = random.uniform(0, 150, (count, 2))
        size = np.exp(random.uniform(np.log(8), np.log(400), (count, 2)))
        labels = random.integers(1, classes + 1, count)
        boxes = np.concatenate([corner, corner + size], 1)
        area = boxes[:, 2:].prod(1) * 0 + size.prod(1) * random.uniform(0.4, 1, count)
        true.append({"boxes": boxes, "labels": labels, "area": area, "iscrowd": random.random(count) < 0.15})
        near = np.repeat(boxes, 2, 0) + random.normal(0, 4, (2 * count, 4))
        near[:, 2:] = np.maximum(near[:, 2:], near[:, :2] + 1)
        other = random.uniform(0, 150, (4, 2))
        near = np.concatenate([near, np.concatenate([other, other + random.uniform(5, 60, (4, 2))], 1)])
        told = np.concatenate([np.repeat(labels, 2), random.integers(1, classes + 1, 4)])
        told = np.where(random.random(len(told)) < 0.2, random.integers(1, classes + 1, len(told)), told)
        kept = random.random(len(told)) < 0.8
        found.append({"boxes": near[kept], "labels": told[kept], "scores": random.random(kept.sum())})
    return true, found


def as_tensors(image):
    """The boxes of an image as a detector and the data give them."""
    kinds = {"labels": torch.int64, "iscrowd": torch.int64}
    return {
        name: torch.as_tensor(np.asarray(value), dtype=kinds.get(name, torch.float32)) for name, value in image.items()
    }


def counted(true, found, classes=3):
    boxes = Boxes()
    for image in range(len(true)):  # one by one, as batches come
        boxes.update([found[image]], [true[image]])
    return told(boxes, classes)


def told(boxes, classes):
    """The figures, and those of each class."""
    arrays = boxes.arrays(classes)
    return figures_of_boxes(*arrays), of_classes(boxes, *arrays)


def coco_s(true, found, classes=3):
    """The `stats` of pycocotools' own evaluation, and its array of precisions."""
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    wide = lambda box: [*box[:2].tolist(), *(box[2:] - box[:2]).tolist()]  # noqa: E731
    annotations = [
        {"image_id": image, "category_id": int(label), "bbox": wide(box), "area": float(area), "iscrowd": int(crowd)}
        for image, each in enumerate(true)
        for box, label, area, crowd in zip(
            *(each[name] for name in ("boxes", "labels", "area", "iscrowd")), strict=True
        )
    ]
    results = [
        {"image_id": image, "category_id": int(label), "bbox": wide(box), "score": float(score)}
        for image, each in enumerate(found)
        for box, label, score in zip(each["boxes"], each["labels"], each["scores"], strict=True)
    ]
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO()
        truth.dataset = {
            "images": [{"id": image} for image in range(len(true))],
            "annotations": [{**each, "id": number + 1} for number, each in enumerate(annotations)],
            "categories": [{"id": label + 1} for label in range(classes)],
        }
        truth.createIndex()
        run = COCOeval(truth, truth.loadRes(results), "bbox")
        run.evaluate()
        run.accumulate()
        run.summarize()
    return run.stats, run.eval["precision"]


def test_figures_are_those_of_cocos_own_evaluation():
    random, seen = np.random.default_rng(0), dict.fromkeys((*FIGURES, "mar100"), 0)
    for _ in range(200):
        true, found = ([as_tensors(each) for each in part] for part in drawn(random))
        if not any(len(each["scores"]) for each in found):
            continue
        figures, each = counted(true, found)
        stats, precision = coco_s(true, found)
        for name, value in zip((*FIGURES, "mar100"), [*stats[:6], stats[8]], strict=True):
            seen[name] += value > -1
            assert math.isnan(figures[name]) if value == -1 else figures[name] == pytest.approx(value, abs=1e-6), name
        for label, of_class in enumerate(each):
            curve = precision[0, :, label, 0, 2]
            assert list(of_class.precision) == pytest.approx(list(curve) if curve[0] > -1 else [], abs=1e-6)
            assert of_class.objects == sum(int(((t["labels"] == label + 1) & (t["iscrowd"] == 0)).sum()) for t in true)
    assert min(seen.values()) > 80  # each figure was told often enough to be compared


def test_right_boxes_are_all_and_wrong_ones_nothing():
    box = torch.tensor([[10.0, 10.0, 50.0, 50.0]])
    true = {"boxes": box, "labels": torch.tensor([2]), "area": torch.tensor([1600.0]), "iscrowd": torch.tensor([0])}
    right = {"boxes": box, "labels": torch.tensor([2]), "scores": torch.tensor([0.4])}
    figures, (first, second) = counted([true], [right], classes=2)
    assert [figures[name] for name in ("map", "map_medium", "mar100")] == pytest.approx([1, 1, 1])
    assert math.isnan(figures["map_small"])
    assert (first.objects, second.objects, second.figures["map50"]) == (0, 1, pytest.approx(1))
    assert first.precision == ()
    wrong, _ = counted([true], [{**right, "labels": torch.tensor([1])}], classes=2)
    assert (wrong["map"], wrong["map50"]) == (0, 0)


def test_without_images_nothing_is_told():
    figures, each = told(Boxes(), 2)
    assert all(map(math.isnan, figures.values()))
    assert [of_class.objects for of_class in each] == [0, 0]


def test_losses_are_named_and_weighed():
    aim = Detecting(
        Detector(weights={"box_reg": 2.0}),
        ("classifier", "box_reg"),
        2,
        TaskFacts((), (3,), 2, None),
        lambda *size: None,
    )
    found = aim.criterion()({"loss_classifier": torch.tensor(1.0), "loss_box_reg": torch.tensor(0.25)})
    assert {name: float(value) for name, value in found.items()} == {
        "loss": 1.5,
        "classifier.loss": 1.0,
        "box_reg.loss": 0.25,
    }
    meter = aim.running(torch.device("cpu"))
    meter.update(None, [None] * 3, found)
    meter.update(None, [None], {name: value + 1 for name, value in found.items()})
    assert meter.figures() == pytest.approx({"loss": 1.75, "classifier.loss": 1.25, "box_reg.loss": 0.5})
    other = aim.running(torch.device("cpu"))
    other.restore(meter.state())
    assert other.figures() == meter.figures()
    assert set(aim.judged()) == set(aim.meter(torch.device("cpu")).figures())
    assert isinstance(aim.meter(torch.device("cpu")), BoxMeter)


def test_a_recipe_measures_all_figures_that_a_detector_is_judged_by():
    measured = measured_by(recipe_of(api.loads(RETINANET + TRAIN)))
    aim = Detecting(Detector(), (), 4, TaskFacts((), (5,), 4, None), lambda *size: None)
    assert measured == list(aim.judged())
