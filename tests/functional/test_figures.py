"""Figures, counted in batches, against torchmetrics over random answers."""

import math

import pytest
import torch
import torchmetrics as tm
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sk
from torchmetrics import classification as tmc

from netspec.functional import ranking
from netspec.functional.figures import Figures, Quotient, hits, hits_of_kept, misses
from netspec.functional.of_classes import Confusion
from netspec.functional.of_confidence import AreaUnderCurve
from netspec.functional.of_labels import AveragePrecision, LabelF1
from netspec.functional.of_values import Determination, RootOfSquares
from netspec.recipe.measuring.meters import Meter
from netspec.recipe.metrics import Metric

CPU = torch.device("cpu")
THEIRS = {
    "precision": (tmc.MulticlassPrecision, {"average": "macro"}),
    "recall": (tmc.MulticlassRecall, {"average": "macro"}),
    "f1": (tmc.MulticlassF1Score, {"average": "macro"}),
    "cohen_kappa": (tmc.MulticlassCohenKappa, {}),
    "matthews": (tmc.MulticlassMatthewsCorrCoef, {}),
    "miou": (tmc.MulticlassJaccardIndex, {}),
    "calibration_error": (tmc.MulticlassCalibrationError, {"n_bins": 15}),
    "auroc": (tmc.MulticlassAUROC, {}),
}


def drawn(seed, classes, shape, ignored=None):
    """Scores that are right more often than not, of labels that do not all occur; some are ignored."""
    draw = torch.Generator().manual_seed(seed)
    labels = torch.randint(max(1, classes - seed % 2), shape, generator=draw)
    scores = torch.randn(shape[0], classes, *shape[1:], generator=draw)
    scores.scatter_add_(1, labels.unsqueeze(1), torch.ones(shape[0], 1, *shape[1:]))
    if ignored is not None:
        labels[torch.rand(shape, generator=draw) < 0.2] = ignored
    return scores, labels


def counted(metric, outputs, targets, sizes=13):
    for some, wanted in zip(outputs.split(sizes), targets.split(sizes), strict=True):
        metric.update(some, wanted)
    return metric.figure(metric.counts)


@pytest.mark.parametrize("key", sorted(THEIRS))
@given(
    seed=st.integers(0, 10**6), classes=st.integers(2, 9), ignored=st.sampled_from([None, 255, 1]), pixels=st.booleans()
)
def test_figures_of_classes_are_torchmetrics(key, seed, classes, ignored, pixels):
    scores, labels = drawn(seed, classes, (40, 3, 2) if pixels else (40,), ignored)
    make, options = THEIRS[key]
    theirs = make(classes, ignore_index=ignored, validate_args=False, **options).set_dtype(torch.float64)
    probable = key in ("auroc", "calibration_error")
    theirs.update(scores.softmax(1) if probable else scores, labels)
    wanted = theirs.compute().item()
    if key == "matthews" and classes == 2:  # theirs makes up a number where either never changes
        kept = labels != (-1 if ignored is None else ignored)
        wanted = sk.matthews_corrcoef(labels[kept], scores.argmax(1)[kept])
    if key == "auroc":  # theirs counts a class without examples as 0
        kept = labels if ignored is None else labels[labels != ignored]
        seen = [k for k in range(classes) if 0 < (kept == k).sum() < kept.numel()]
        each = make(classes, ignore_index=ignored, average="none", **options)
        each.update(scores.softmax(1), labels)
        wanted = each.compute()[seen].mean().item()
    found = counted(Metric.members[key]().counter(classes, ignored)(), scores, labels).item()
    assert found == pytest.approx(wanted, abs=2e-6, nan_ok=True)


@given(seed=st.integers(0, 10**6), labels=st.integers(1, 6), coarse=st.booleans())
def test_average_precision_is_scikit_learn_s(seed, labels, coarse):
    draw = torch.Generator().manual_seed(seed)
    outputs = torch.randn(60, labels, generator=draw).round(decimals=0 if coarse else 6)  # many alike, or none
    targets = (torch.rand(60, labels, generator=draw) < 0.3).float()
    seen = [k for k in range(labels) if targets[:, k].any()]
    found = counted(AveragePrecision(labels), outputs, targets).item()
    each = [sk.average_precision_score(targets[:, k], outputs[:, k]) for k in seen]
    assert found == pytest.approx(sum(each) / len(each) if each else math.nan, abs=1e-9, nan_ok=True)


@given(seed=st.integers(0, 10**6), labels=st.integers(1, 6))
def test_f1_of_labels_is_scikit_learn_s_of_those_that_occur(seed, labels):
    draw = torch.Generator().manual_seed(seed)
    outputs, targets = torch.randn(20, labels, generator=draw), torch.rand(20, labels, generator=draw) < 0.1
    metric, seen = LabelF1(labels), [k for k in range(labels) if targets[:, k].any()]
    wanted = [sk.f1_score(targets[:, k], outputs[:, k] > 0, zero_division=0) for k in seen]
    found = counted(metric, outputs, targets.float()).item()
    assert found == pytest.approx(sum(wanted) / len(wanted) if wanted else math.nan, nan_ok=True)
    each = metric.each(metric.counts)["f1"].tolist()  # of one that is told and occurs nowhere nothing is known
    assert each == pytest.approx([wanted[seen.index(k)] if k in seen else math.nan for k in range(labels)], nan_ok=True)


@pytest.mark.parametrize("kept", [89, 90])
def test_more_scores_than_are_kept_are_counted_in_steps_and_said_to_be(monkeypatch, kept):
    monkeypatch.setattr(ranking, "MOST_KEPT", kept)
    scores, labels = drawn(4, 3, (30,))
    meter = Meter({"auroc": lambda: AreaUnderCurve(3)}, lambda outputs, targets: (outputs, targets), CPU)
    for round in range(2):  # beginning anew makes room
        for some, wanted in zip(scores.split(13), labels.split(13), strict=True):
            meter.update(some, wanted, torch.tensor(0.0))
        found = meter.figures()["auroc"]
        theirs = tmc.MulticlassAUROC(3, thresholds=200 if kept < 90 else None).set_dtype(torch.float64)
        assert found == pytest.approx(theirs(scores.softmax(1), labels).item(), abs=2e-6), round
        assert meter.stepped == (("auroc",) if kept < 90 else ())
        meter.reset()


@given(seed=st.integers(0, 10**6), classes=st.integers(2, 9), ignored=st.sampled_from([None, 255, 1]))
def test_the_matrix_and_the_shares_are_torchmetrics(seed, classes, ignored):
    scores, labels = drawn(seed, classes, (40, 2), ignored)
    matrix = tmc.MulticlassConfusionMatrix(classes, ignore_index=ignored)(scores, labels)
    assert counted(Confusion(classes, ignored), scores, labels).tolist() == matrix.tolist()
    parts = hits if ignored is None else lambda scores, labels: hits_of_kept(scores, labels, ignored)
    right = tmc.MulticlassAccuracy(classes, average="micro", ignore_index=ignored)(scores, labels)
    assert counted(Quotient(parts), scores, labels).item() == pytest.approx(right.item())


@given(seed=st.integers(0, 10**6), classes=st.integers(3, 9))
def test_the_error_of_several_guesses_is_torchmetrics(seed, classes):
    scores, labels = drawn(seed, classes, (40,))
    right = tmc.MulticlassAccuracy(classes, top_k=2, average="micro")(scores, labels).item()
    wrong = counted(Quotient(lambda scores, labels: misses(scores, labels, 2)), scores, labels).item()
    assert wrong == pytest.approx(1 - right, abs=1e-6)


@given(seed=st.integers(0, 10**6), values=st.integers(1, 4))
def test_figures_of_values_are_torchmetrics(seed, values):
    draw = torch.Generator().manual_seed(seed)
    targets = (torch.randn(40, values, generator=draw) * 5 + 100).double()
    outputs = targets + torch.randn(40, values, generator=draw)
    r2 = tm.R2Score().set_dtype(torch.float64)(outputs, targets).item()
    assert counted(Determination(values), outputs, targets).item() == pytest.approx(r2, rel=1e-9)
    root = tm.MeanSquaredError(squared=False).set_dtype(torch.float64)(outputs, targets).item()
    assert counted(RootOfSquares(), outputs, targets).item() == pytest.approx(root, rel=1e-9)


@pytest.mark.parametrize("far", [1e3, 4e6, -1.5e7])
def test_the_share_told_of_targets_far_from_0_has_all_its_digits(far):
    draw = torch.Generator().manual_seed(0)
    targets = torch.randn(300, 2, generator=draw) + far
    outputs = targets + torch.randn(300, 2, generator=draw) / 2
    given, wanted = outputs.double(), targets.double()
    errors, spread = ((each**2).sum(0) for each in (given - wanted, wanted - wanted.mean(0)))
    share = (1 - errors / spread).mean().item()
    assert counted(Determination(2), outputs, targets).item() == pytest.approx(share, rel=1e-9)


def test_of_a_target_that_never_changes_there_is_nothing_to_tell():
    """It is unknown, however near the outputs are; torchmetrics' and scikit-learn's 0 or 1 is no share of nothing."""
    constant = torch.full((20, 1), 0.1, dtype=torch.float64)
    for outputs in (constant, constant + 1):
        assert counted(Determination(1), outputs, constant).isnan()
    changing = torch.arange(20.0, dtype=torch.float64)[:, None]
    both = torch.cat([constant, changing], 1)
    alone = counted(Determination(1), changing + 2, changing)
    assert counted(Determination(2), both + 2, both).item() == alone.item() < 1
    assert counted(Determination(2), both * torch.nan, both).isnan()  # an answer that is none is not left out
    assert counted(Determination(1), changing[:1], changing[:1]).isnan()
    many = torch.full((2000, 1), 3.7, dtype=torch.float64)  # of which sums come to a spread
    figure = Determination(1)
    for _ in range(50):
        figure.update(many + 0.3, many)
    assert figure.figure(figure.counts).isnan()
    small = torch.linspace(0, 1e-4, 20, dtype=torch.float64)[:, None]  # torchmetrics takes its spread for none
    assert counted(Determination(1), small.mean(0).expand(20, 1), small).item() == pytest.approx(0, abs=1e-9)


def test_scores_that_saturate_are_counted_at_both_ends():
    labels = torch.tensor([0, 0, 1, 1])
    scores = torch.tensor([[1e4, 0.0], [0.0, 1e4], [0.0, 1e4], [1e4, 0.0]])  # as good as chance
    assert counted(Metric.members["auroc"]().counter(2, None)(), scores, labels).item() == 0.5
    assert counted(Metric.members["calibration_error"]().counter(2, None)(), scores, labels).item() == 0.5


def test_nothing_counted_is_no_number():
    of_outputs = {key: kind for key, kind in Metric.members.items() if "detection" not in kind.tasks}
    for key, kind in of_outputs.items():  # those of boxes are in tests/recipe/test_boxes.py
        metric = (kind(k=2) if key == "top_k" else kind()).counter(3, None)()
        assert math.isnan(metric.figure(metric.counts)), key


def test_a_round_is_read_at_once_and_begins_anew():
    figures = Figures({"accuracy": lambda: Quotient(hits)}, CPU)
    figures.update(torch.eye(3), torch.tensor([0, 1, 1]), torch.tensor(2.0))
    assert figures.values() == {"loss": 2.0, "accuracy": 2 / 3}
    for metric in figures.counted.values():
        metric.reset()
    assert all(map(math.isnan, figures.values().values()))
