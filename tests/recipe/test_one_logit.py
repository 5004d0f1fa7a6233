"""One output that tells two classes, the logit of the second: against torch, torchmetrics and a network with two."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch.nn import functional as F
from torchmetrics.functional import classification as tm

from netspec import api
from netspec.cli import run
from netspec.companions.settings import settings_of
from netspec.driver.recipes import recipe_of
from netspec.functional.figures import Figures
from netspec.look.opening import open_network
from netspec.recipe.losses import Loss
from netspec.recipe.metrics import Metric
from netspec.recipe.objective import Objective, objective_of
from netspec.recipe.recipe import read_recipe
from netspec.recipe.tasks import Task, TaskFacts
from netspec.recipe.tasks.classification import Classification, Segmentation
from netspec.training.spec import network_of, train_spec
from tests.companions.recipes import digits
from tests.training.test_tables import same_as_the_script

CPU = torch.device("cpu")
FACTS = {
    "classification": TaskFacts((2,), (1,), 2),
    "segmentation": TaskFacts((3, 4, 5), (1, 4, 5), 2, (4, 5), 255),
}
BCE = Loss.members["bce_with_logits"]


def drawn(task):
    draw = torch.Generator().manual_seed(5)
    shape = (60, *FACTS[task].targets)
    labels = torch.randint(2, shape, generator=draw)
    outputs = torch.randn(shape, generator=draw, dtype=torch.float64) + labels - 0.3
    return outputs.unsqueeze(1).requires_grad_(), labels


def shown(task, **options):
    loss = BCE(**options)
    return Task.members[task]().shown_by(loss, FACTS[task])


def graded(value, outputs):
    return value, torch.autograd.grad(value, outputs, retain_graph=True)[0]


@pytest.mark.parametrize("task", FACTS)
@pytest.mark.parametrize("weight", [None, (1.0, 5.0), (0.0, 2.0)])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("ignored", [None, 255])
def test_the_loss_is_torch_s(task, weight, smoothing, ignored):
    z, labels = drawn(task)
    if ignored:
        labels[:7] = ignored
    kept = labels != 255
    each = torch.tensor(weight or (1.0, 1.0), dtype=torch.float64)[labels.where(kept, 0)] * kept
    wanted = labels.where(kept, 0).double() * (1 - smoothing) + smoothing / 2
    by_hand = F.binary_cross_entropy_with_logits(z[:, 0], wanted, each, reduction="sum") / each.sum()
    loss = shown(task, weight=weight, label_smoothing=smoothing, ignore_index=ignored)
    torch.testing.assert_close(graded(loss.of_classes()(z, labels), z), graded(by_hand, z))
    if not (weight and smoothing):  # torch's smoothing weighs each share by its class, and this the label by its own
        two = torch.cat([torch.zeros_like(z), z], 1)
        of_two = Loss.members["cross_entropy"](weight=weight, label_smoothing=smoothing, ignore_index=ignored)
        torch.testing.assert_close(graded(of_two.of_classes()(two, labels), z), graded(by_hand, z))
    weighing = loss.weighing()
    if weight or ignored:  # a round is the mean over labels by these
        assert float(weighing(labels)) == pytest.approx(each.sum().item())


def test_the_loss_of_many_classes_has_weights_and_smoothing():
    z, labels = torch.randn(9, 3, requires_grad=True), torch.arange(9) % 3
    each = F.binary_cross_entropy_with_logits(z, F.one_hot(labels, 3) * 0.7 + 0.1, reduction="none").mean(1)
    weight = torch.tensor([1.0, 0.0, 3.0])[labels]
    found = BCE(weight=[1, 0, 3], label_smoothing=0.3).of_classes()(z, labels)
    torch.testing.assert_close(found, (each * weight).sum() / weight.sum())
    assert BCE(weight=[0, 0, 3]).of_classes()(z[:2], labels[:2]).item() == 0


@pytest.mark.parametrize("task", FACTS)
@pytest.mark.parametrize("mixed", [False, True])
def test_figures_are_torchmetrics(task, mixed):
    z, labels = drawn(task)
    z, extra = z.detach(), ("auroc", "f1", "precision", "calibration_error", "cohen_kappa", "matthews", "miou")
    metrics = tuple(Metric.members[key]() for key in extra if task in Metric.members[key].tasks)
    aim = Objective(Task.members[task](), shown(task), FACTS[task], metrics)
    p, told = z[:, 0].sigmoid(), (z[:, 0] > 0).long()
    both = torch.stack([1 - p, p], 1)
    wanted = {
        "accuracy": tm.binary_accuracy(told, labels),
        "pixel_accuracy": tm.binary_accuracy(told, labels),
        "auroc": tm.binary_auroc(p, labels),
        "f1": (tm.binary_f1_score(told, labels) + tm.binary_f1_score(1 - told, 1 - labels)) / 2,
        "precision": (tm.binary_precision(told, labels) + tm.binary_precision(1 - told, 1 - labels)) / 2,
        "calibration_error": tm.multiclass_calibration_error(both, labels, 2, n_bins=15),
        "cohen_kappa": tm.binary_cohen_kappa(told, labels),
        "matthews": tm.binary_matthews_corrcoef(told, labels),
        "miou": (tm.binary_jaccard_index(told, labels) + tm.binary_jaccard_index(1 - told, 1 - labels)) / 2,
    }
    wanted = {metric.figure: wanted[metric.figure].item() for metric in aim.own()}
    targets = labels
    if mixed:  # by 0.8, so that a label stays the likeliest
        hot = F.one_hot(labels, 2).movedim(-1, 1).double()
        targets = 0.8 * hot + 0.2 * hot.flip(0)
    meter, mean = aim.meter(CPU), aim.criterion()(z, targets)
    for some in torch.arange(60).split(25):
        meter.update(z[some], targets[some], mean)
    found = meter.figures()
    assert {name: found[name] for name in wanted} == pytest.approx(wanted, abs=1e-6)
    assert meter.confusion().tolist() == tm.binary_confusion_matrix(told, labels).tolist()
    torch.testing.assert_close(aim.loss.probabilities(z), both)
    assert torch.equal(aim.loss.predict(z), told)
    changes = {"augment": [{"mixup": 0.2}]} if mixed else {}
    spec = digits(changes)
    recipe = recipe_of(spec)
    scripted = settings_of(recipe, aim, api.elaborate(spec), network_of(spec, recipe))
    counters = {name: counter.made() for name, counter in scripted["metrics"].items()}
    alone = Figures(counters, CPU)
    alone.update(*scripted["compared"].made()(z, targets), mean)
    torch.testing.assert_close(scripted["criterion"].made()(z, targets), mean)
    assert {name: alone.values()[name] for name in wanted} == pytest.approx(wanted, abs=1e-6)


@pytest.mark.parametrize("loss", [key for key, kind in Loss.members.items() if kind.takes_classes()])
def test_other_losses_are_refused_with_the_fix(loss):
    for task, facts in FACTS.items():
        kind = Task.members[task]()
        if not kind.learns(Loss.members[loss]):
            continue
        assert kind.misfits(facts) == []
        told = [help for _, help in kind.unfit(Loss.members[loss](), facts)]
        help = "take `bce_with_logits`, which takes one as the logit of the second, or end the network with 2 outputs"
        assert told == ([] if loss == "bce_with_logits" else [help])


def test_one_output_is_no_logit_of_other_classes():
    for classes in (1, 3):
        facts = TaskFacts((2,), (1,), classes)
        assert Classification().shown_by(BCE(), facts).to_scores() is None
    assert Classification().misfits(TaskFacts((2,), (1,), 3)) != []
    assert Segmentation().misfits(TaskFacts((3, 4, 5), (1, 4, 5), 3, (4, 5), 255)) != []


@pytest.mark.parametrize("facts", [TaskFacts((2,), (1,), 0, (), binary=True), TaskFacts((1, 8, 8), (1, 8, 8), 10)])
def test_weights_of_what_is_no_class_are_refused(facts):
    loss = {"bce_with_logits": None, "label_smoothing": 0.1, "weight": [1, 2]}
    recipe = read_recipe({"data": "digits", "loss": loss, "optimizer": {"adamw": 1e-3}, "epochs": 1})
    told = [text for text, _ in objective_of(recipe, facts).misfits()]
    meant = "of bce_with_logits is of classes; the targets are no classes"
    assert told == [f"`{name}` {meant}" for name in ("label_smoothing", "weight")]


SPEC = """\
netspec: 1
name: net
input: [1, 8, 8]
layers: [flatten, {{linear: {outputs}, init: {{weight: zeros, bias: zeros}}}}]
train:
  data: {{arrays: two.npz, classes: [circle, cross], batch_size: 16, range: [0, 1]}}
  task: classification
  loss: {loss}
  optimizer: {{sgd: {rate}}}
  epochs: 2
  metrics: [auroc]
"""


def test_a_run_of_one_logit_is_that_of_two(tmp_path, monkeypatch, capsys):
    """With -z/2 and z/2, which learn half as fast each: figures and probabilities are equal, a script's bits too."""
    monkeypatch.chdir(tmp_path)
    x = np.random.default_rng(0).random((80, 8, 8), np.float32)
    y = (x[:, :4].mean((1, 2)) > x[:, 4:].mean((1, 2))).astype(np.int64)
    np.savez("two.npz", x_train=x[:60], y_train=y[:60], x_test=x[60:], y_test=y[60:])
    Image.fromarray((255 * x[0]).astype(np.uint8)).save("image.png")
    one = api.loads(SPEC.format(outputs=1, loss="bce_with_logits", rate=0.5))
    two = api.loads(SPEC.format(outputs=2, loss="cross_entropy", rate=0.25))
    for spec, folder in ((one, "run"), (two, "other")):
        train_spec(spec, device="cpu", out=Path(folder))
    found, wanted = (json.loads(Path(folder, "metrics.json").read_text()) for folder in ("run", "other"))
    for name in ("test_accuracy", "test_auroc", "test_loss"):
        assert found[name] == pytest.approx(wanted[name], rel=1e-4), name
    told = []
    for folder in ("run", "other"):
        assert run(["predict", folder, "image.png", "--device", "cpu", "--format", "json"]) == 0
        told.append({each["name"]: each["probability"] for each in json.loads(capsys.readouterr().out)[0]["classes"]})
    assert told[0] == pytest.approx(told[1], rel=1e-4)
    assert sum(told[0].values()) == pytest.approx(1)
    spec = Path("one.yaml")
    spec.write_text(SPEC.format(outputs=1, loss="bce_with_logits", rate=0.5))
    for opened in (open_network("run", device="cpu"), open_network("one.yaml", weights="run/last.safetensors")):
        seen = opened.see(Path("image.png"))
        z = opened.answer(seen.inputs)
        assert opened.outputs == 2
        assert [opened.class_name(each) for each in range(2)] == ["circle", "cross"]
        assert opened.score(0)(seen.inputs).tolist() == (-z[:, 0]).tolist()
        assert opened.score(1)(seen.inputs).tolist() == z[:, 0].tolist()
        shares = dict(zip(opened.classes, opened.probabilities(z)[0].tolist(), strict=True))
        assert shares == pytest.approx(told[0])
    assert same_as_the_script(tmp_path, one, monkeypatch)
