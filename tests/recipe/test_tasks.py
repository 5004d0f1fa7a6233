"""Tasks: which one a recipe means, what does not fit, and runs of each on small data."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.datasets import load_digits

from netspec import api
from netspec.cli import run
from netspec.diagnostics import Code, NetspecError
from netspec.frontend.problems import NOWHERE
from netspec.recipe.losses import Loss
from netspec.recipe.objective import objective_of
from netspec.recipe.recipe import read_recipe
from netspec.recipe.tasks import Task, TaskFacts, task_for
from netspec.recipe.tasks.classification import Classification

IMAGE = (1, 8, 8)
MASKED = TaskFacts((3, 8, 8), (4, 8, 8), 4, (8, 8), 255, "masks")


def recipe(**changes):
    return read_recipe(
        {"data": "digits", "loss": "cross_entropy", "optimizer": {"adamw": 1e-3}, "epochs": 1, **changes}
    )


def refused(**changes):
    with pytest.raises(NetspecError) as caught:
        recipe(**changes)
    (diagnostic,) = caught.value.diagnostics
    return diagnostic


@pytest.mark.parametrize(
    ("loss", "facts", "task"),
    [
        ("cross_entropy", TaskFacts(IMAGE, (10,), 10), "classification"),
        ("mse", TaskFacts(IMAGE, (10,), 10), "classification"),
        ("mse", TaskFacts(IMAGE, IMAGE, 10), "autoencoding"),
        ("mse", TaskFacts(IMAGE, IMAGE, 0, None), "autoencoding"),
        ("mse", TaskFacts(IMAGE, (3,), 0, (3,)), "regression"),
        ("l1", TaskFacts(IMAGE, IMAGE, 0, IMAGE), "regression"),  # what each image should become
        ("l1", TaskFacts(IMAGE, (1,), 0), "regression"),
        ("bce_with_logits", TaskFacts(IMAGE, IMAGE, 10), "autoencoding"),
        ("bce_with_logits", TaskFacts(IMAGE, (10,), 10), "classification"),
        ("bce_with_logits", TaskFacts(IMAGE, (3,), 0, (3,), binary=True), "multi_label"),
        ("bce_with_logits", TaskFacts(IMAGE, (1,), 0, (), binary=True), "multi_label"),
        ("bce_with_logits", TaskFacts(IMAGE, (3,), 0, (3,), binary=False), "regression"),
        ("mse", TaskFacts(IMAGE, (3,), 0, (3,), binary=True), "regression"),
        ("dice", MASKED, "segmentation"),
        ("cross_entropy", MASKED, "segmentation"),
    ],
)
def test_the_task_follows_from_loss_data_and_network(loss, facts, task):
    found = task_for(Loss.members[loss](), facts)
    assert found.key == task
    assert found.misfits(facts) == []


@pytest.mark.parametrize(
    ("task", "facts", "told"),
    [
        ("classification", TaskFacts(IMAGE, (12,), 10, data="digits"), "digits has 10 classes, the network gives [12]"),
        ("classification", MASKED, "masks has masks of [8, 8]"),
        ("classification", TaskFacts(IMAGE, (2,), 0, (2,)), "values of [2] for each image"),
        (
            "segmentation",
            TaskFacts((3, 8, 8), (4, 4, 4), 4, (8, 8)),
            "masks of [8, 8] with 4 classes, the network gives [4, 4, 4]",
        ),
        ("segmentation", TaskFacts(IMAGE, (10,), 10), "a class for each image"),
        ("regression", TaskFacts(IMAGE, (2,), 0, (3,)), "targets of [3], the network gives [2]"),
        ("regression", TaskFacts(IMAGE, (10,), 10), "a class for each image"),
        ("regression", TaskFacts(IMAGE, IMAGE, 0, None), "images alone"),
        ("multi_label", TaskFacts(IMAGE, (3,), 0, (3,), binary=False), "0 or 1 for each label of an image"),
        ("multi_label", TaskFacts(IMAGE, (3,), 3), "a class for each image"),
        ("multi_label", TaskFacts(IMAGE, (2,), 0, (3,), binary=True), "has 3 labels for each image"),
        (
            "autoencoding",
            TaskFacts((128,), (1,), 0, None, data="arrays"),
            "arrays has no targets: the network is to give",
        ),
        ("autoencoding", TaskFacts(IMAGE, (64,), 10), "an autoencoder gives what it takes, [1, 8, 8]"),
    ],
)
def test_what_does_not_fit(task, facts, told):
    ((message, help),) = Task.members[task]().misfits(facts)
    assert told in message
    assert help


def test_a_loss_of_another_task():
    diagnostic = refused(task="classification", loss="l1")
    assert diagnostic.code is Code.BAD_RECIPE
    assert "classification cannot learn by l1" in diagnostic.message
    assert "`cross_entropy`" in diagnostic.expected
    assert "`l1`" not in diagnostic.expected
    assert "`map`" not in refused(task="segmentation", loss="map").expected  # it cannot leave pixels out


def test_metrics_that_are_none():
    assert "there is no metric `acuracy`" in refused(metrics=["acuracy"]).message
    assert "`accuracy`" in refused(metrics=["acuracy"]).help
    assert "r2 does not judge classification" in refused(metrics=["r2"]).message
    assert "`top_k` needs `k`" in refused(metrics=["top_k"]).message
    assert refused(metrics="top5").expected == "a list"
    found = recipe(loss="mse", metrics=["psnr"])  # it depends on the network which task that is
    with pytest.raises(NetspecError, match="psnr does not judge classification"):
        objective_of(found, TaskFacts(IMAGE, (10,), 10)).check(NOWHERE)


def test_options_that_the_number_of_classes_makes_wrong():
    given = recipe(loss={"cross_entropy": None, "weight": [1.0, 2.0]}, metrics=[{"top_k": 10}])
    found = objective_of(given, TaskFacts(IMAGE, (10,), 10)).refused()
    assert [(each.location, each.message) for each in found] == [
        (("train", "loss", "weight"), "`weight` of cross_entropy has 2 numbers for 10 classes"),
        (("train", "metrics", 0), "of 10 classes, 10 guesses are never wrong"),
    ]


@pytest.mark.parametrize(
    ("weight", "told"),
    [
        ([1.0, -1.0], "a weight of class 1 that is 0, or from 1e-09 to 1,000,000,000, not -1.0"),
        ([1e-320, 1.0], "a weight of class 0 that is 0, or from 1e-09 to 1,000,000,000, not 1e-320"),
        ({"five": 1e38}, "a weight of class five that is 0, or from 1e-09 to 1,000,000,000, not 1e+38"),
        ({"five": "five"}, "a weight of class five that is 0, or from 1e-09 to 1,000,000,000, not five"),
        ({"five": float("inf")}, "a weight of class five that is 0, or from 1e-09 to 1,000,000,000, not inf"),
        ({}, "a list of numbers of at least 0"),
        ([0, 0], "a weight above 0 for some class"),
    ],
)
def test_a_weight_that_cannot_be_is_told_with_its_class(weight, told):
    assert told in refused(loss={"cross_entropy": None, "weight": weight}).expected


def test_weights_by_name_that_are_all_0_are_refused():
    loss = recipe(loss={"cross_entropy": None, "weight": {"a": 0, "b": 0}}).loss
    assert loss.refuse(2) == ("weight", "`weight` of cross_entropy is 0 for all classes: nothing would be learned")
    assert loss.refuse(3) is None
    assert loss.with_names(["a", "b"]).refuse(2) == loss.refuse(2)  # once the data's names are known


def test_a_recipe_with_tasks_and_metrics_is_written_as_it_is_read():
    given = recipe(
        task="classification", metrics=["top5", "f1", {"top_k": 3}], loss={"cross_entropy": None, "ignore_index": 3}
    )
    assert read_recipe(json.loads(json.dumps(given.written()))) == given


def test_pixels_without_a_class_are_left_out_whatever_the_recipe_leaves_out():
    plain = objective_of(recipe(), MASKED)
    assert plain.loss.ignored == 255
    other = objective_of(recipe(loss={"cross_entropy": None, "ignore_index": 0}), MASKED)
    masks = torch.tensor([[[0, 1, 255]]])
    assert other.targets(masks, masks).tolist() == [[[0, 1, 0]]]
    assert plain.targets(masks, masks).tolist() == masks.tolist()


SPEC = """\
netspec: 1
name: small
input: {input}
layers:
{layers}
train:
  data: {data}
  loss: {loss}
  optimizer: {{adamw: 1e-2}}
  epochs: {epochs}
{more}"""


def trained(folder, monkeypatch, **values):
    """The metrics of a run of a small spec, and what `eval` says of it."""
    monkeypatch.chdir(folder)
    Path("small.yaml").write_text(SPEC.format(**{"more": "", "epochs": 5, **values}))
    assert run(["train", "small.yaml", "--device", "cpu", "--out", "run"]) == 0
    return json.loads(Path("run/metrics.json").read_text())


def evaluated(capsys):
    capsys.readouterr()
    assert run(["eval", "run", "--device", "cpu", "--format", "json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_an_autoencoder(tmp_path, monkeypatch, capsys):
    metrics = trained(
        tmp_path, monkeypatch,
        input=[1, 8, 8],
        layers="  - flatten\n  - {linear: 32, activation: relu}\n  - {linear: 64}\n  - {reshape: [1, 8, 8]}",
        data="{digits: , range: [0, 1], validation: 0.1}",
        loss="mse",
        epochs=10,
    )  # fmt: skip
    assert metrics["task"] == "autoencoding"
    assert metrics["test_psnr"] == pytest.approx(-10 * np.log10(metrics["test_mse"]), rel=1e-6)
    assert metrics["test_mse"] < 0.02  # the mean image alone has 0.07
    assert metrics["epochs"][-1]["validation_mse"] < metrics["epochs"][0]["validation_mse"]
    found = evaluated(capsys)
    assert found["test_mse"] == metrics["test_mse"]
    assert "confusion" not in found
    monkeypatch.setattr("netspec.training.judging.evaluate.score", None)  # refused before anything is judged
    assert run(["eval", "run", "--device", "cpu", "--confusion", "matrix.png"]) == 1
    assert "autoencoding has no confusion matrix" in capsys.readouterr().err
    assert run(["eval", "run", "--precision-recall", "curve.png"]) == 2
    assert "is no detector" in capsys.readouterr().err
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    pixels = (load_digits().images[3] * 255 / 16).astype("uint8")
    Image.fromarray(pixels).save("digit.png")
    Image.fromarray(255 - pixels).save("inverse.png")
    assert run(["predict", "run", "digit.png", "inverse.png", "--device", "cpu", "--format", "json"]) == 0
    known, odd = (record["mse"] for record in json.loads(capsys.readouterr().out))
    assert known < 0.05 < odd  # it has never seen such


def test_a_regression(tmp_path, monkeypatch, capsys):
    digits = load_digits()
    y = np.stack([digits.images.mean((1, 2)), digits.images.std((1, 2))], 1).astype("float32")
    np.savez(
        tmp_path / "ink.npz", x_train=digits.images[:1500].astype("uint8"), y_train=y[:1500],
        x_test=digits.images[1500:].astype("uint8"), y_test=y[1500:],
    )  # fmt: skip
    metrics = trained(
        tmp_path, monkeypatch,
        input=[1, 8, 8], layers="  - flatten\n  - {linear: 32, activation: relu}\n  - {linear: 2}",
        data="{arrays: ink.npz, batch_size: 32}", loss="smooth_l1", more="  metrics: [rmse]\n", epochs=10,
    )  # fmt: skip
    assert metrics["task"] == "regression"
    assert metrics["test_r2"] > 0.8
    assert metrics["test_rmse"] == pytest.approx(metrics["test_mse"] ** 0.5, rel=1e-6)
    assert metrics["test_mae"] < metrics["test_rmse"]
    assert evaluated(capsys)["test_r2"] == metrics["test_r2"]
    Image.fromarray(digits.images[1600].astype("uint8")).save("digit.png")
    assert run(["predict", "run", "digit.png", "--device", "cpu"]) == 0
    name, values = capsys.readouterr().out.splitlines()
    assert (name, len(values.split())) == ("digit.png", 2)


def test_several_labels(tmp_path, monkeypatch, capsys):
    """Which quarters of a digit are dark: each image has some, or none."""
    images = load_digits().images
    quarters = np.stack([images[:, i : i + 4, j : j + 4].mean((1, 2)) for i in (0, 4) for j in (0, 4)], 1)
    y = (quarters > [[5.5, 5.0, 4.5, 30.0]]).astype("float32")  # no image has the last
    np.savez(
        tmp_path / "quarters.npz", x_train=images[:1500].astype("uint8"), y_train=y[:1500],
        x_test=images[1500:].astype("uint8"), y_test=y[1500:],
    )  # fmt: skip
    metrics = trained(
        tmp_path, monkeypatch,
        input=[1, 8, 8], layers="  - flatten\n  - {linear: 32, activation: relu}\n  - {linear: 4}",
        data="{arrays: quarters.npz, batch_size: 32, validation: 0.1}", loss="bce_with_logits", epochs=10,
    )  # fmt: skip
    assert metrics["task"] == "multi_label"
    assert not {name for name in metrics if "r2" in name}
    assert metrics["epochs"][-1]["validation_label_f1"] > 0.8
    found = evaluated(capsys)
    assert found["test_label_f1"] == metrics["test_label_f1"] > 0.8
    assert found["test_mean_average_precision"] > 0.9
    rows = found["labels"]
    assert [row["examples"] for row in rows] == y[1500:].sum(0).tolist()
    assert np.mean([row["f1"] for row in rows[:3]]) == pytest.approx(found["test_label_f1"])
    assert [rows[3][name] for name in ("recall", "average_precision")] == [None, None]
    assert run(["eval", "run", "--device", "cpu"]) == 0
    assert "Av. precision" in capsys.readouterr().out
    Image.fromarray(images[1600].astype("uint8")).save("digit.png")
    assert run(["predict", "run", "digit.png", "--device", "cpu", "--format", "json"]) == 0
    (told,) = json.loads(capsys.readouterr().out)
    assert {each["name"] for each in told["classes"]} == {"0", "1", "2", "3"}
    assert all(0 <= each["probability"] <= 1 for each in told["classes"])


def test_a_segmentation(tmp_path, monkeypatch, capsys):
    """Which pixels of a digit are ink: known from the pixel itself, but at a border that is not judged."""
    images = load_digits().images
    for part, rows in (("train", range(300)), ("test", range(300, 400))):
        for kind in ("images", "masks"):
            (tmp_path / "ink" / part / kind).mkdir(parents=True)
        for row in rows:
            pixels = (images[row] * 15).astype("uint8")
            mask = (images[row] > 7).astype("uint8")
            mask[0] = 255
            Image.fromarray(pixels).save(tmp_path / f"ink/{part}/images/{row}.png")
            Image.fromarray(mask).save(tmp_path / f"ink/{part}/masks/{row}.png")
    metrics = trained(
        tmp_path, monkeypatch,
        input=[1, 8, 8], layers="  - {conv: 8, kernel: 3, padding: 1, activation: relu}\n  - {conv: 2, kernel: 1}",
        data="{segmentation: ink, classes: [paper, ink], channels: 1, batch_size: 32}",
        loss="{dice: , cross_entropy: 1.0}",
    )  # fmt: skip
    assert metrics["task"] == "segmentation"
    assert metrics["test_pixel_accuracy"] > metrics["test_miou"] > 0.8
    found = evaluated(capsys)
    assert sum(map(sum, found["confusion"])) == 100 * 7 * 8  # the first row is left out
    assert [row["name"] for row in found["classes"]] == ["paper", "ink"]
    ious = [row["iou"] for row in found["classes"]]
    assert sum(ious) / 2 == pytest.approx(found["test_miou"], abs=1e-6)
    assert run(["eval", "run", "--device", "cpu"]) == 0
    shown = capsys.readouterr().out
    assert "Pixels" in shown
    assert "IoU" in shown
    assert run(["predict", "run", "ink/test/images/300.png", "--device", "cpu"]) == 0
    assert "of the pixels" in capsys.readouterr().out
    assert run(["predict", "run", "ink/test/images/300.png", "--device", "cpu", "--format", "json"]) == 0
    (told,) = json.loads(capsys.readouterr().out)
    assert set(told) == {"image", "pixel_shares"}
    assert {each["name"] for each in told["pixel_shares"]} <= {"paper", "ink"}
    assert sum(each["share"] for each in told["pixel_shares"]) == pytest.approx(1)


def test_a_network_of_another_shape_is_told_before_an_epoch(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    text = SPEC.format(
        input=[1, 8, 8],
        layers="  - flatten\n  - {linear: 3}",
        data="digits",
        loss="l1",
        epochs=1,
        more="  task: autoencoding\n",
    )
    Path("small.yaml").write_text(text)
    assert run(["train", "small.yaml", "--device", "cpu"]) == 1
    assert "an autoencoder gives what it takes, [1, 8, 8]; the network gives [3]" in capsys.readouterr().err
    assert api.load("small.yaml").name == "small"


def test_data_that_may_have_labels_are_to_be_given_some():
    facts = TaskFacts((1, 8, 8), (3,), 0, None, data="list", labelled="a `label_column`")
    [(text, help)] = Classification().misfits(facts)
    assert text == "classification takes a class for each image; list has images alone"
    assert help == "give the data a `label_column`, or name another `task`"


def test_one_logit_for_two_classes_is_told_its_way(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    rows = "\n".join(f"{(-1) ** row * (1 + row % 3)},{row % 5},{row % 2}" for row in range(40))
    Path("t.csv").write_text(f"x,z,odd\n{rows}\n")
    data = "{table: t.csv, target: odd, batch_size: 8}"
    recipe = f"train: {{data: {data}, loss: bce_with_logits, optimizer: {{adamw: 0.1}}, epochs: 30}}"
    Path("one.yaml").write_text(f"netspec: 1\nname: one\ninput: [2]\nlayers: [{{linear: 1}}]\n{recipe}\n")
    assert run(["train", "one.yaml", "--device", "cpu", "--out", "classes"]) == 0
    metrics = json.loads(Path("classes/metrics.json").read_text())
    assert (metrics["task"], metrics["test_accuracy"], metrics["data"]["classes"]) == (
        "classification",
        1.0,
        ["0", "1"],
    )
    assert run(["train", "one.yaml", "--device", "cpu", "--set", "train.data.targets=values", "--out", "run"]) == 0
    metrics = json.loads(Path("run/metrics.json").read_text())
    assert (metrics["task"], metrics["test_label_f1"], metrics["data"]["labels"]) == ("multi_label", 1.0, ["odd"])
    assert run(["train", "one.yaml", "--device", "cpu", "--set", "train.loss=cross_entropy"]) == 1
    assert "help: take `bce_with_logits`, which takes one as the logit" in " ".join(capsys.readouterr().err.split())
