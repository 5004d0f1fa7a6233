"""What meters count, against scikit-learn and against sums written out by hand."""

import math

import numpy as np
import pytest
import torch
from sklearn import metrics as sk

from netspec.companions.settings import _aim
from netspec.functional.aims import AimedFigures
from netspec.recipe.losses import Loss
from netspec.recipe.metrics import Metric
from netspec.recipe.objective import Objective
from netspec.recipe.objectives import Objectives
from netspec.recipe.tasks import Task, TaskFacts
from netspec.training.judging.per_class import most_confused, per_class

CPU = torch.device("cpu")
CLASSES = TaskFacts((1, 8, 8), (7,), 7)
MASKS = TaskFacts((3, 6, 5), (4, 6, 5), 4, (6, 5), 255)


def generator():
    return torch.Generator().manual_seed(0)


def answers(count=200, classes=7):
    """Scores that are right about half the time, and labels."""
    drawn = generator()
    labels = torch.randint(classes, (count,), generator=drawn)
    labels[labels == 3] = 2  # a class without examples
    scores = torch.randn(count, classes, generator=drawn)
    scores[torch.arange(count), labels] += 1.5
    return scores, labels


def counted(task, facts, outputs, targets, loss="cross_entropy", extra=(), sizes=64):
    """The meter after the examples, in batches."""
    chosen = Loss.members[loss]() if isinstance(loss, str) else loss
    told = Task.members[task]()
    meter, criterion = Objective(told, chosen, facts, tuple(extra)).meter(CPU), told.criterion(chosen)
    for y, t in zip(outputs.split(sizes), targets.split(sizes), strict=True):
        wanted = told.targets(t, t)
        meter.update(y, wanted, criterion(y, wanted))
    return meter


def test_classification():
    scores, labels = answers()
    meter = counted("classification", CLASSES, scores, labels)
    found, told = meter.figures(), scores.argmax(1)
    assert list(found) == ["loss", "accuracy", "top5_error"]
    assert found["loss"] == pytest.approx(torch.nn.functional.cross_entropy(scores, labels).item(), rel=1e-6)
    assert found["accuracy"] == sk.accuracy_score(labels, told)
    top5 = sk.top_k_accuracy_score(labels, scores.numpy(), k=5, labels=range(7))
    assert found["top5_error"] == pytest.approx(1 - top5)
    assert meter.confusion().tolist() == sk.confusion_matrix(labels, told, labels=range(7)).tolist()


def test_few_classes_have_no_top_five():
    scores, labels = answers(classes=5)
    assert list(counted("classification", TaskFacts((1,), (5,), 5), scores, labels).figures()) == ["loss", "accuracy"]


def all_metrics(task):
    options = {"top_k": {"k": 3}}
    return [kind(**options.get(key, {})) for key, kind in Metric.members.items() if task in kind.tasks]


def test_all_metrics_of_classes():
    scores, labels = answers()
    given = [metric for metric in all_metrics("classification") if metric.key != "auroc"]
    found, told = counted("classification", CLASSES, scores, labels, extra=given).figures(), scores.argmax(1)
    seen = sorted(set(labels.tolist()) | set(told.tolist()))
    average = {"average": "macro", "labels": seen, "zero_division": 0}
    wanted = {
        "top3_error": 1 - sk.top_k_accuracy_score(labels, scores.numpy(), k=3, labels=range(7)),
        "precision": sk.precision_score(labels, told, **average),
        "recall": sk.recall_score(labels, told, **average),
        "f1": sk.f1_score(labels, told, **average),
        "cohen_kappa": sk.cohen_kappa_score(labels, told),
        "matthews": sk.matthews_corrcoef(labels, told),
        "calibration_error": calibration(scores.softmax(1), labels, 15),
    }
    assert {metric.figure for metric in given} <= found.keys()
    for name, value in wanted.items():
        assert found[name] == pytest.approx(value, abs=1e-6), name


def calibration(probabilities, labels, bins):
    """The mean over examples of how far a bin's confidence is from its accuracy."""
    confidence, told = probabilities.max(1)
    place = (confidence * bins).long().clamp(max=bins - 1)
    right, total = (told == labels).float(), 0.0
    for index in range(bins):
        inside = place == index
        if inside.any():
            total += inside.float().mean() * (confidence[inside].mean() - right[inside].mean()).abs()
    return total.item()


def test_auroc():
    scores, labels = answers(2000, 3)
    facts = TaskFacts((1,), (3,), 3)
    found = counted("classification", facts, scores, labels, extra=[Metric.members["auroc"]()]).figures()["auroc"]
    assert found == pytest.approx(sk.roc_auc_score(labels, scores.softmax(1), multi_class="ovr"), abs=1e-9)


def test_penalties_are_lowest_for_the_answer():
    scores, labels = answers()
    plain = counted("classification", CLASSES, scores, labels).figures()
    penalties = counted("classification", CLASSES, -scores, labels, "map").figures()
    assert (plain["accuracy"], plain["top5_error"]) == (penalties["accuracy"], penalties["top5_error"])


def test_mixed_labels_count_as_their_likeliest_class():
    scores, labels = answers()
    mixed = 0.7 * torch.eye(7)[labels] + 0.3 * torch.eye(7)[labels.flip(0)]
    found = counted("classification", CLASSES, scores, mixed).figures()
    assert found["accuracy"] == sk.accuracy_score(labels, scores.argmax(1))
    assert found["loss"] == pytest.approx(torch.nn.functional.cross_entropy(scores, mixed).item(), rel=1e-6)


@pytest.mark.parametrize("task", ["classification", "segmentation"])
def test_the_running_meter_is_the_headline_of_the_other(task):
    facts = CLASSES if task == "classification" else MASKS
    scores, labels = answers() if task == "classification" else masks()
    told, loss = Task.members[task](), Loss.members["cross_entropy"](ignore_index=facts.ignored)
    running, whole = Objective(told, loss, facts).running(CPU), counted(task, facts, scores, labels, loss)
    for y, t in zip(scores.split(64), labels.split(64), strict=True):
        running.update(y, t, told.criterion(loss)(y, t))
    figures = whole.figures()
    assert running.figures() == {name: figures[name] for name in list(figures)[:2]}
    assert running.confusion() is None


def masks():
    drawn = generator()
    labels = torch.randint(4, (9, 6, 5), generator=drawn)
    scores = torch.randn(9, 4, 6, 5, generator=drawn)
    scores.scatter_add_(1, labels.unsqueeze(1), torch.full((9, 1, 6, 5), 1.5))
    labels[:, 0] = 255
    labels[2, :, 1] = 255
    return scores, labels


def test_segmentation():
    scores, labels = masks()
    loss = Loss.members["cross_entropy"](ignore_index=255)
    meter = counted("segmentation", MASKS, scores, labels, loss, sizes=4)
    found, kept = meter.figures(), labels != 255
    told, wanted = scores.argmax(1)[kept], labels[kept]
    assert list(found) == ["loss", "pixel_accuracy", "miou"]
    assert found["pixel_accuracy"] == sk.accuracy_score(wanted, told)
    assert found["miou"] == pytest.approx(sk.jaccard_score(wanted, told, average="macro"), abs=1e-6)
    matrix = sk.confusion_matrix(wanted, told, labels=range(4))
    assert meter.confusion().tolist() == matrix.tolist()
    rows = per_class(matrix.tolist(), "abcd")
    assert [row.iou for row in rows] == pytest.approx(sk.jaccard_score(wanted, told, average=None))


def test_more_metrics_of_pixels():
    scores, labels = masks()
    loss = Loss.members["dice"](ignore_index=255)
    given = [metric for metric in all_metrics("segmentation") if metric.key != "auroc"]
    found, kept = counted("segmentation", MASKS, scores, labels, loss, given).figures(), labels != 255
    told, wanted = scores.argmax(1)[kept], labels[kept]
    assert found["f1"] == pytest.approx(sk.f1_score(wanted, told, average="macro"), abs=1e-6)
    assert found["recall"] == pytest.approx(sk.recall_score(wanted, told, average="macro"), abs=1e-6)
    assert found["matthews"] == pytest.approx(sk.matthews_corrcoef(wanted, told), abs=1e-6)


def test_regression():
    wanted = torch.randn(150, 3, generator=generator()) * torch.tensor([1.0, 5.0, 0.2]) + 1000
    given = wanted + torch.randn(150, 3, generator=generator()) * 0.3
    facts = TaskFacts((1, 8, 8), (3,), 0, (3,))
    found = counted("regression", facts, given, wanted, "smooth_l1", all_metrics("regression")).figures()
    a, b = wanted.double().numpy(), given.double().numpy()
    assert list(found)[:4] == ["loss", "mae", "mse", "r2"]
    assert found["mae"] == pytest.approx(sk.mean_absolute_error(a, b), rel=1e-6)
    assert found["mse"] == pytest.approx(sk.mean_squared_error(a, b), rel=1e-6)
    assert found["rmse"] == pytest.approx(math.sqrt(sk.mean_squared_error(a, b)), rel=1e-6)
    assert found["r2"] == pytest.approx(sk.r2_score(a, b), rel=1e-4)


def test_single_values_need_no_axis():
    wanted = torch.arange(40.0)
    found = counted("regression", TaskFacts((1,), (1,), 0), wanted[:, None] + 0.5, wanted, "l1").figures()
    assert (found["mae"], found["mse"], found["loss"]) == (0.5, 0.25, 0.5)
    assert found["r2"] == pytest.approx(1 - 0.25 / np.var(np.arange(40)))


def test_autoencoding():
    images = torch.rand(30, 2, 4, 4, generator=generator()) * 3 - 1
    images[0, 0, 0, 0], images[7, 1, 2, 2] = -1, 3
    given = images + 0.25
    facts = TaskFacts((2, 4, 4), (2, 4, 4), 10)
    found = counted("autoencoding", facts, given, images, "mse", sizes=8).figures()
    assert found["mse"] == pytest.approx(1 / 16, rel=1e-6)
    assert found["psnr"] == pytest.approx(10 * math.log10(4**2 * 16), rel=1e-6)
    assert counted("autoencoding", facts, images, images, "l1").figures()["psnr"] == math.inf


def test_labels():
    drawn = generator()
    labels = (
        torch.rand(500, 5, generator=drawn) > torch.tensor([0.5, 0.9, 0.2, 0.7, 2.0])
    ).float()  # none has the last
    scores = torch.randn(500, 5, generator=drawn) * 2 + 2 * labels - 1
    scores[:, 4] -= 50
    facts = TaskFacts((1,), (5,), 0, (5,), binary=True)
    meter = counted("multi_label", facts, scores, labels, "bce_with_logits")
    found, told = meter.figures(), (scores > 0).numpy()
    assert found["loss"] == pytest.approx(
        torch.nn.functional.binary_cross_entropy_with_logits(scores, labels).item(), rel=1e-6
    )
    true = labels.numpy()[:, :4]
    assert found["label_f1"] == pytest.approx(sk.f1_score(true, told[:, :4], average="macro"))
    precisions = sk.average_precision_score(true, scores.numpy()[:, :4], average=None)
    assert found["mean_average_precision"] == pytest.approx(precisions.mean(), abs=1e-6)
    each = meter.each()
    assert each["average_precision"][:4] == pytest.approx(precisions.tolist(), abs=1e-6)
    assert each["precision"][:4] == pytest.approx(sk.precision_score(true, told[:, :4], average=None).tolist())
    assert each["recall"][:4] == pytest.approx(sk.recall_score(true, told[:, :4], average=None).tolist())
    assert all(math.isnan(each[name][4]) for name in ("precision", "recall", "f1", "average_precision"))


def test_nothing_counted_is_no_number_and_a_reset_begins_anew():
    scores, labels = answers()
    meter = counted("classification", CLASSES, scores, labels, extra=all_metrics("classification"))
    first = meter.figures()
    assert not any(map(math.isnan, first.values()))
    meter.reset()
    assert all(map(math.isnan, meter.figures().values()))
    meter.update(scores, labels, torch.nn.functional.cross_entropy(scores, labels))
    for name, value in meter.figures().items():
        assert value == pytest.approx(first[name], rel=1e-5), name


def test_a_meter_counts_in_the_same_memory():
    """A captured step goes on writing where it wrote when it was captured."""
    scores, labels = answers()
    told, loss = Task.members["classification"](), Loss.members["cross_entropy"]()
    meter = Objective(told, loss, CLASSES).running(CPU)
    quotients = [each.counts for each in meter._figures.counted.values()]
    meter.update(scores, labels, torch.tensor(1.0))
    places = [each["numerator"].data_ptr() for each in quotients]
    first = meter.figures()
    meter.reset()
    for each in quotients:  # what a replayed graph does, unseen
        each["numerator"].add_(3)
        each["denominator"].add_(4)
    meter._batches = 1
    assert meter.figures() == {"loss": 0.75, "accuracy": 0.75} != first
    assert [each["numerator"].data_ptr() for each in quotients] == places


def test_small_differences_in_a_long_round_are_kept():
    """A single-precision sum of so many losses would be off in the fourth digit."""
    told, loss = Task.members["classification"](), Loss.members["cross_entropy"]()
    meter = Objective(told, loss, CLASSES).running(CPU)
    scores, labels = answers(1)
    for _ in range(20_000):
        meter.update(scores, labels, torch.tensor(0.1))
    assert meter.figures()["loss"] == pytest.approx(np.float32(0.1).item(), rel=1e-12)


def test_per_class():
    rows = per_class([[8, 2, 0], [1, 4, 0], [0, 0, 0]], ["cat", "dog", "owl"])
    assert [(row.name, row.examples) for row in rows] == [("cat", 10), ("dog", 5), ("owl", 0)]
    cat, dog, owl = rows
    assert (cat.precision, cat.recall, cat.f1, cat.iou) == (8 / 9, 0.8, 16 / 19, 8 / 11)
    assert (dog.precision, dog.recall) == (4 / 6, 0.8)
    assert (owl.precision, owl.recall, owl.f1, owl.iou) == (None, None, None, None)
    assert most_confused([[8, 2, 0], [1, 4, 0], [0, 0, 0]], ["cat", "dog", "owl"]) == [
        ("cat", "dog", 2),
        ("dog", "cat", 1),
    ]


@pytest.mark.parametrize("key", sorted(Metric.members))
def test_a_figure_is_found_again_by_its_name(key):
    kind = Metric.members[key]
    metric = kind(k=3) if key == "top_k" else kind()
    found = Metric.of_figure(metric.figure)
    assert found is not None
    assert isinstance(metric, found)
    assert found.titled(metric.figure)
    assert set(kind.tasks) <= set(Task.members)
    assert kind.tasks


IGNORING = [
    ("cross_entropy", {"ignore_index": 255}),
    ("cross_entropy", {"ignore_index": 255, "weight": (0.0, 2.0, 1.0, 3.0)}),
    ("cross_entropy", {"ignore_index": 255, "weight": (0.5, 2.0, 1.0, 3.0), "label_smoothing": 0.1}),
    ("nll", {"ignore_index": 255}),
    ("focal", {"ignore_index": 255}),
    ("bce_with_logits", {"ignore_index": 255}),
    ("bce_with_logits", {"ignore_index": 255, "weight": (0.5, 2.0, 1.0, 3.0), "label_smoothing": 0.1}),
    ("dice", {"ignore_index": 255}),
]


@pytest.mark.parametrize(("key", "options"), IGNORING, ids=[f"{key}-{len(options)}" for key, options in IGNORING])
def test_the_loss_of_a_round_is_that_of_all_pixels_in_one_batch(key, options):
    scores, labels = masks()
    labels[:2] = 255  # a batch that counts for nothing
    labels[2:4][labels[2:4] != 255] = 0  # one of a class that weighs nothing, or does
    loss = Loss.members[key](**options)
    alone = counted("segmentation", MASKS, scores, labels, loss, sizes=9).figures()["loss"]
    assert counted("segmentation", MASKS, scores, labels, loss, sizes=2).figures()["loss"] == pytest.approx(alone)
    seen = loss.of_classes()(scores[2:], labels[2:]).item()
    assert alone == pytest.approx(seen)


@pytest.mark.parametrize("options", [{"ignore_index": 3}, {"weight": (1.0, 1.0, 1.0, 0.0)}])
def test_a_round_without_any_weight_has_no_loss(options):
    outputs, labels = torch.randn(6, 4, generator=generator()), torch.tensor([3, 3, 3, 3, 3, 1])
    loss, facts = Loss.members["cross_entropy"](**options), TaskFacts((1,), (4,), 4)
    assert math.isnan(counted("classification", facts, outputs[:4], labels[:4], loss, sizes=2).figures()["loss"])
    found = counted("classification", facts, outputs, labels, loss, sizes=2).figures()["loss"]
    assert found == pytest.approx(torch.nn.functional.cross_entropy(outputs[5:], labels[5:]).item())


def test_the_sum_of_losses_leaves_out_what_has_no_weight():
    loss, facts = Loss.members["cross_entropy"], TaskFacts((1,), (4,), 4)
    outputs = {"a": torch.randn(6, 4, generator=generator()), "b": torch.ones(6, 4)}
    labels = {"a": torch.tensor([3, 3, 3, 3, 3, 1]), "b": torch.zeros(6, dtype=torch.int64)}
    of = {name: Objective(CLASSIFICATION, loss(ignore_index=3), facts) for name in outputs}
    aims = Objectives(of, {"a": 2.0, "b": 0.5})
    meter, criterion, script = aims.meter(CPU), aims.criterion(), AimedFigures(carried(aims), CPU, whole=True)
    for rows in torch.arange(6).split(2):
        one, told = ({name: each[rows] for name, each in some.items()} for some in (outputs, labels))
        for figures in (meter, script):
            figures.update(one, told, criterion(one, told))
    first, second = (of[name].criterion()(outputs[name], labels[name]).item() for name in outputs)
    wanted = {"loss": 2 * first + 0.5 * second, "a.loss": first, "b.loss": second}
    for found in (meter.figures(), script.values()):
        assert {name: found[name] for name in wanted} == pytest.approx(wanted)


CLASSIFICATION = Task.members["classification"]()


def carried(aims):
    """The aims as a script has them."""
    return [_aim(name, each, aims.weights[name], mixed=False).made() for name, each in aims.of.items()]
