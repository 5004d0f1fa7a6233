"""Networks of several outputs, each with a loss and a target of its own: trained, judged, resumed, asked."""

import csv
import json
import os
import shutil
import signal
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from PIL import Image
from torch.nn import functional as F

from netspec import api
from netspec.cli import cli
from netspec.companions import files
from netspec.diagnostics import NetspecError
from netspec.training.judging.opened_run import open_run
from netspec.training.judging.predict import Predictor
from netspec.training.judging.rows import RowPredictor
from netspec.training.resuming import resume_spec
from netspec.training.session import Session
from netspec.training.showing.pictures.of_run import redraw
from netspec.training.spec import evaluate_spec, train_spec
from tests.training.test_tables import same_as_the_script


def alike(folder):
    """The bytes of the weights of a run, and the figures of its epochs."""
    found = json.loads((folder / "metrics.json").read_text())
    rows = [{name: value for name, value in row.items() if "second" not in name} for row in found["epochs"]]
    tests = {name: value for name, value in found.items() if name.startswith("test_")}
    return [(folder / f"{name}.safetensors").read_bytes() for name in ("last", "best")], rows, tests


@pytest.fixture(autouse=True, scope="module")
def _undrawn():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("netspec.training.keeping.run_log.pictures", lambda *run: ())
        yield


HEADS = """
netspec: 1
name: heads
input: [1, 8, 8]
layers:
  - flatten
  - {linear: 24, activation: relu, name: trunk}
  - {linear: 10, name: digit}
  - {linear: 2, name: size, from: trunk}
  - {linear: 2, name: marks, from: trunk}
outputs: {digit: digit, size: size, marks: marks}
train:
  data:
    arrays: heads.npz
    outputs: [digit, size, marks]
    targets: {size: values, marks: values}
    batch_size: 32
    validation: 0.2
  loss:
    digit: cross_entropy
    size: {mse: , loss_weight: 0.3}
    marks: {bce_with_logits: , loss_weight: 0.5}
  metrics: [f1, rmse]
  optimizer: {adamw: 1e-2}
  epochs: 3
  checkpoint: {monitor: digit.accuracy}
  log: []
"""
CARRIED = HEADS.replace("  checkpoint: {monitor: digit.accuracy}\n", "")
"""What a script can follow."""

WEIGHTS = {"digit": 1.0, "size": 0.3, "marks": 0.5}


def drawn(count, seed):
    """Images of ten classes with a bright row each, their sums, and two marks."""
    random = np.random.default_rng(seed)
    digit = random.integers(0, 10, count)
    images = random.random((count, 8, 8)).astype(np.float32)
    images.reshape(count, 64)[np.arange(count), 5 * digit] += 3
    size = np.stack([images.sum((1, 2)) / 32, digit / 5], 1).astype(np.float32)
    return {"x": images, "digit": digit, "size": size, "marks": np.stack([digit % 2, digit > 4], 1).astype(np.int64)}


def written(place, **parts):
    np.savez(place, **{f"{name}_{part}": array for part, found in parts.items() for name, array in found.items()})


@pytest.fixture(scope="module")
def heads(tmp_path_factory):
    home = tmp_path_factory.mktemp("heads")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home)
        written("heads.npz", train=drawn(200, 0), test=drawn(60, 1))
        train_spec(api.loads(HEADS), device="cpu", out=home / "run")
    return home


def told(home):
    return json.loads((home / "run" / "metrics.json").read_text())


def test_each_output_has_figures_of_its_own_and_the_loss_is_their_weighted_sum(heads):
    found = told(heads)
    assert found["outputs"] == {
        "digit": {"task": "classification", "classes": list("0123456789")},
        "size": {"task": "regression", "classes": []},
        "marks": {"task": "multi_label", "classes": []},
    }
    for row in found["epochs"]:
        for part in ("", "validation_"):
            total = sum(weight * row[f"{part}{name}.loss"] for name, weight in WEIGHTS.items())
            assert row[f"{part}loss"] == pytest.approx(total, rel=1e-5)
        assert {"digit.accuracy", "size.mae", "marks.label_f1", "validation_size.r2"} <= row.keys()
    assert found["test_accuracy"] == found["test_digit.accuracy"] > 0.5
    assert "test_digit.f1" in found
    assert "test_size.rmse" in found
    assert "test_size.f1" not in found  # a metric judges the outputs that it can
    assert found["best"]["by"] == "validation_digit.accuracy"
    best = max(found["epochs"], key=lambda row: row["validation_digit.accuracy"])
    assert found["best"]["epoch"] == best["epoch"]


def test_the_figures_of_the_test_are_those_of_torch(heads):
    found, test = told(heads), drawn(60, 1)
    module = api.compile(api.load(heads / "run" / "spec.yaml"))
    api.load_weights(module, str(heads / "run" / "last.safetensors"))
    images = torch.from_numpy(test["x"])[:, None]
    shift, scale = found["data"]["shift"][0], found["data"]["scale"][0]
    with torch.no_grad():
        outputs = module.eval()((images - shift) / scale)
    digit, marks = torch.from_numpy(test["digit"]), torch.from_numpy(test["marks"]).float()
    losses = {
        "digit": F.cross_entropy(outputs["digit"], digit),
        "size": F.mse_loss(outputs["size"], torch.from_numpy(test["size"])),
        "marks": F.binary_cross_entropy_with_logits(outputs["marks"], marks),
    }
    for name, loss in losses.items():
        assert found[f"test_{name}.loss"] == pytest.approx(loss.item(), rel=1e-5)
    assert found["test_loss"] == pytest.approx(sum(w * losses[n].item() for n, w in WEIGHTS.items()), rel=1e-5)
    assert found["test_digit.accuracy"] == pytest.approx((outputs["digit"].argmax(1) == digit).double().mean().item())


def test_a_run_is_judged_again(heads, monkeypatch):
    monkeypatch.chdir(heads)
    spec = api.load(heads / "run" / "spec.yaml")
    found = evaluate_spec(spec, str(heads / "run" / "last.safetensors"), run=heads / "run", device="cpu")
    kept = {name: value for name, value in told(heads).items() if name.startswith("test_")}
    assert {name: found[name] for name in kept} == pytest.approx(kept)
    assert sum(map(sum, found["outputs"]["digit"]["confusion"])) == 60
    assert [row["name"] for row in found["outputs"]["marks"]["labels"]] == ["0", "1"]
    shown = CliRunner().invoke(cli, ["eval", "run", "--device", "cpu"], standalone_mode=False)
    assert shown.exception is None


def test_a_run_that_was_cut_short_ends_with_the_same_bits(heads, monkeypatch):
    monkeypatch.chdir(heads)
    pause = Session.pause

    def asked(session):
        if session.loop.step == 7:
            os.kill(os.getpid(), signal.SIGTERM)
        return pause(session)

    with monkeypatch.context() as patch:
        patch.setattr(Session, "pause", asked)
        assert train_spec(api.loads(HEADS), device="cpu", out=heads / "cut").state == "interrupted"
    resume_spec(heads / "cut", device="cpu")
    assert alike(heads / "cut") == alike(heads / "run")


def test_other_data_go_by_the_names_of_the_outputs(heads, monkeypatch):
    monkeypatch.chdir(heads)
    few = drawn(30, 2)
    few["digit"] %= 4  # classes that are numbers keep them
    written("few.npz", train=few)
    spec = api.load(heads / "run" / "spec.yaml")
    judged = {"run": heads / "run", "device": "cpu", "whole": True}
    found = evaluate_spec(spec, str(heads / "run" / "last.safetensors"), folder="few.npz", **judged)
    assert found["test_images"] == 30
    assert [row["name"] for row in found["outputs"]["digit"]["classes"]] == list("0123456789")
    few["digit"][0] = 11
    written("more.npz", train=few)
    with pytest.raises(NetspecError, match="classes 10, 11 for `digit`"):
        evaluate_spec(spec, str(heads / "run" / "last.safetensors"), folder="more.npz", **judged)


def test_rows_and_images_are_answered_by_each_output(heads, monkeypatch):
    monkeypatch.chdir(heads)
    test = drawn(5, 3)
    np.savez("ask.npz", x=test["x"])
    found = RowPredictor(open_run(heads / "run"), "cpu")([heads / "ask.npz"])
    found.write(heads / "told.csv")
    header, *rows = csv.reader((heads / "told.csv").open())
    assert header[2:4] == ["digit.class", "digit.0"]
    assert header[-4:] == ["size.value 0", "size.value 1", "marks.label 0", "marks.label 1"]
    assert len(rows) == 5
    found.write(heads / "told.npz")
    arrays = np.load(heads / "told.npz")
    assert [row[2] for row in rows] == [str(label) for label in arrays["digit.labels"]]
    assert arrays["size.outputs"].shape == (5, 2)
    Image.fromarray((test["x"][0] * 60).astype(np.uint8)).save("one.png")
    predictor = Predictor(open_run(heads / "run"), "cpu")
    answer = predictor(heads / "one.png", top=3)
    assert [(name, len(each.guesses), len(each.values)) for name, each in answer.outputs.items()] == [
        ("digit", 3, 0),
        ("size", 0, 2),
        ("marks", 2, 0),
    ]
    for how in ("text", "json", "csv"):
        asked = ["predict", "run", "one.png", "--device", "cpu", "--format", how]
        assert CliRunner().invoke(cli, asked, standalone_mode=False).exception is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda found: found.pop("size_train"), "it has no array size_train"),
        (lambda found: found.update(size_test=found["size_test"][:5]), "x_test has 60 examples, size_test 5"),
        (lambda found: found.pop("size_test"), "it has digit_test and no size_test"),
        (lambda found: found["digit_test"].__setitem__(3, 12), "label 12 of example 3 is out of range"),
        (lambda found: found.update(digit_train=found["x_train"].astype(np.uint8)), "masks, and these stand alone"),
        (lambda found: found["size_train"].__setitem__((4, 0), np.nan), "target 4 is no finite number"),
        (lambda found: found.update(size_train=found["size_train"][:, :1]), "are not like those"),
    ],
)
def test_targets_that_do_not_fit_are_named(tmp_path, monkeypatch, change, message):
    monkeypatch.chdir(tmp_path)
    parts = {"train": drawn(60, 0), "test": drawn(60, 1)}
    found = {f"{name}_{part}": array for part, arrays in parts.items() for name, array in arrays.items()}
    change(found)
    np.savez("heads.npz", **found)
    with pytest.raises(NetspecError, match=message):
        train_spec(api.loads(HEADS), device="cpu", out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("linear: 10", "linear: 9", "`digit`: arrays has 10 classes"),
        ("linear: 2, name: size", "linear: 3, name: size", r"`size`: arrays has targets of \[2\]"),
        ("batch_size: 32", "batch_size: 32\n    sampler: balanced", "counts the classes of one target"),
        ("epochs: 3", "epochs: 3\n  augment: [{mixup: 0.2}]", "`mixup` cannot mix"),
        ("monitor: digit.accuracy", "monitor: digit.calibration_error", "is not counted"),
        ("[f1, rmse]", "[miou]", "miou judges no output"),
    ],
)
def test_what_does_not_fit_the_targets_is_named(heads, tmp_path, monkeypatch, before, after, message):
    monkeypatch.chdir(heads)
    assert before in HEADS
    with pytest.raises(NetspecError, match=message):
        train_spec(api.loads(HEADS.replace(before, after)), device="cpu", out=tmp_path / "run")


def test_a_script_comes_to_the_same_bits(heads, monkeypatch):
    assert same_as_the_script(heads, api.loads(CARRIED), monkeypatch)


def test_a_script_needs_the_task_where_only_the_data_tell_it(heads):
    spec = api.loads(CARRIED.replace("size: values, ", ""))
    with pytest.raises(NetspecError, match="only the data tell") as caught:
        files(spec, heads / "net.py", train=True)
    assert caught.value.diagnostics[0].path == ("train", "loss", "size")
    told = CARRIED.replace("size: values, ", "").replace("mse: , loss", "mse: , task: regression, loss")
    assert files(api.loads(told), heads / "net.py", train=True)


def test_one_target_serves_a_classifier_and_an_autoencoder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    written("heads.npz", train=drawn(300, 0), test=drawn(60, 1))
    text = """
netspec: 1
name: both
input: [1, 8, 8]
layers:
  - flatten
  - {linear: 32, activation: relu, name: code}
  - {linear: 10, name: digit}
  - {linear: 64, from: code}
  - {reshape: [1, 8, 8], name: picture}
outputs: {digit: digit, picture: picture}
train:
  data: {arrays: heads.npz, outputs: [digit], batch_size: 64, sampler: balanced}
  augment: [{mixup: 0.2}]
  loss: {digit: cross_entropy, picture: mse}
  optimizer: {adamw: 5e-3}
  steps: 40
  log: []
"""
    found = train_spec(api.loads(text), device="cpu", out=tmp_path / "run").metrics
    assert found["test_accuracy"] > 0.5
    assert found["test_picture.psnr"] > found["epochs"][0]["picture.psnr"]
    assert found["outputs"]["picture"] == {"task": "autoencoding", "classes": []}
    assert same_as_the_script(tmp_path, api.loads(text), monkeypatch)


def test_a_table_has_targets_by_output(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(0)
    with Path("table.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["a", "b", "kind", "sum", "difference"])
        for a, b in random.normal(size=(160, 2)).round(3):
            rows.writerow([a, b, "high" if a > b else "low", a + b + 0.001, a - b + 0.001])
    text = """
netspec: 1
name: table
input: [2]
layers:
  - {linear: 16, activation: relu, name: trunk}
  - {linear: 2, name: kind}
  - {linear: 2, name: sums, from: trunk}
outputs: {kind: kind, sums: sums}
train:
  data: {table: table.csv, target: {kind: kind, sums: [sum, difference]}, batch_size: 16}
  loss: {kind: cross_entropy, sums: mse}
  optimizer: {adamw: 1e-2}
  epochs: 12
  log: []
"""
    found = train_spec(api.loads(text), device="cpu", out=tmp_path / "run").metrics
    assert found["outputs"]["kind"]["classes"] == ["high", "low"]
    assert found["test_kind.accuracy"] > 0.8
    assert found["test_sums.r2"] > 0.8
    told = RowPredictor(open_run(tmp_path / "run"), "cpu")([tmp_path / "table.csv"])
    assert told.header == ["file", "row", "kind.class", "kind.high", "kind.low", "sums.sum", "sums.difference"]


def test_data_are_shown_by_output(heads, monkeypatch):
    monkeypatch.chdir(heads)
    Path("heads.yaml").write_text(HEADS)
    asked = ["data", "heads.yaml", "--sheet", "sheet.png", "--format"]
    document = json.loads(CliRunner().invoke(cli, [*asked, "json"]).stdout)
    assert document["targets"] is None
    digits = document["outputs"]["digit"]
    assert [sum(digits["parts"][part].values()) for part in ("train", "validation", "test")] == [160, 40, 60]
    assert [set(each) for each in document["outputs"]["size"]["values"]] == [{"least", "mean", "largest"}] * 2
    assert Path("sheet.png").stat().st_size > 1000
    shown = CliRunner().invoke(cli, asked[:-1])
    assert "digit" in shown.stdout


def test_pictures_and_tables_of_each_output_are_drawn(heads, monkeypatch):
    pytest.importorskip("matplotlib")
    monkeypatch.chdir(heads)
    header, *rows = csv.reader((heads / "run" / "confusion-digit.csv").open())
    assert header == ["class", *"0123456789"]
    assert sum(int(count) for row in rows for count in row[1:]) == 60
    drawn, failed = redraw(heads / "run", told(heads))
    assert (drawn, failed) == (["curves.png", "confusion-digit.png"], {})


def test_a_list_has_columns_by_output(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(0)
    lines = ["path,tone,bar,sum,split"]
    for number in range(60):
        bright, bar = random.integers(0, 2, 2)
        image = random.integers(0, 60, (6, 6)) + 120 * bright
        image[3] += 70 * bar
        Image.fromarray(image.astype(np.uint8)).save(f"{number}.png")
        part = "test" if number % 4 == 0 else "train"
        lines.append(f"{number}.png,{('dark', 'light')[bright]},{bar},{image.mean() / 99:.4f},{part}")
    Path("list.csv").write_text("\n".join(lines))
    text = """
netspec: 1
name: listed
input: [1, 6, 6]
layers:
  - {flatten: , name: pixels}
  - {linear: 2, name: tone}
  - {linear: 1, name: sum, from: pixels}
outputs: {tone: tone, sum: sum}
train:
  data:
    list: list.csv
    label_column: {tone: tone, sum: [sum]}
    part_column: split
    channels: 1
    workers: 0
    batch_size: 15
    in_memory: false
  augment: [{flip: 0.5}]
  loss: {tone: cross_entropy, sum: mse}
  optimizer: {adamw: 4e-2}
  steps: 60
  log: []
"""
    found = train_spec(api.loads(text), device="cpu", out=tmp_path / "run").metrics
    assert found["outputs"]["tone"]["classes"] == ["dark", "light"]
    assert found["test_accuracy"] == 1
    assert found["test_sum.r2"] > 0.8
    assert same_as_the_script(tmp_path, api.loads(text), monkeypatch)
    with pytest.raises(NetspecError, match="no column `sun`") as caught:
        train_spec(api.loads(text.replace("[sum]", "[sun]")), device="cpu", out=tmp_path / "other")
    assert caught.value.diagnostics[0].help.startswith("did you mean `sum`? it has ")
    asked = ["predict", str(tmp_path / "run"), str(next(tmp_path.rglob("*.png"))), "--device", "cpu", "--format", "csv"]
    lines = CliRunner().invoke(cli, asked).stdout.splitlines()
    assert {line.split(",")[1] for line in lines[1:]} == {"tone.dark", "tone.light", "sum"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda found: found["outputs"].pop("digit"), "of no task with 0 classes"),
        (lambda found: found["outputs"]["digit"].update(classes=["a"]), "of classification with 1 class"),
        (lambda found: found["outputs"].update({"../x": {"task": "", "classes": []}}), "is no name that is allowed"),
        (lambda found: found["outputs"]["size"].update(task="nix"), "of nix with 0 classes"),
        (lambda found: found.update(outputs=[1]), "`outputs` is no object"),
    ],
)
def test_tampered_outputs_are_told(heads, tmp_path, monkeypatch, change, message):
    monkeypatch.chdir(heads)
    shutil.copytree(heads / "run", tmp_path / "run")
    found = told(heads)
    change(found)
    (tmp_path / "run" / "metrics.json").write_text(json.dumps(found))
    with pytest.raises(NetspecError, match=message):
        Predictor(open_run(tmp_path / "run"), "cpu")


def test_a_picture_of_metrics_without_classes_is_a_reason_and_no_traceback(heads, tmp_path):
    pytest.importorskip("matplotlib")
    shutil.copytree(heads / "run", tmp_path / "run")
    (tmp_path / "run" / "confusion.csv").write_text("class,a,b\na,1,0\nb,0,1\n")
    metrics = {name: value for name, value in told(heads).items() if name != "data"}
    drawn, failed = redraw(tmp_path / "run", metrics)
    assert (set(drawn), set(failed)) == ({"curves.png", "confusion-digit.png"}, {"confusion.png"})
