"""Other data than a run's own are judged by the names of their classes, whatever order those are in."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from netspec import api
from netspec.cli import run
from netspec.diagnostics import Code, NetspecError
from netspec.recipe.data.raw import Images, RawData
from netspec.training.judging.classes import Trained
from netspec.training.spec import train_spec
from tests.recipe.data.sets import COLOURS, encoded, picture, write
from tests.training.states import contents, interrupted

SPEC = """\
netspec: 1
name: tiny
input: [3, 12, 10]
layers: [flatten, {linear: 8, activation: relu}, {linear: 3}]
train: {data: {folder: images, batch_size: 8, test: 0.25}, loss: cross_entropy, optimizer: {adamw: 1e-2}, epochs: 4}
"""


def colours(root, names=None, leave=()):
    """A folder of each colour, by other names where some are given."""
    for label, (name, colour) in enumerate(COLOURS.items()):
        for index in range(8 if name not in leave else 0):
            image = encoded(picture(100 * label + index, colour))
            write(root / (names or {}).get(name, name) / f"{index}.png", image)
    return root


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A finished run of blue, green and red, and data of the same colours under other names."""
    home = tmp_path_factory.mktemp("classes")
    colours(home / "images")
    colours(home / "renamed", {"blue": "zz_blue"})
    colours(home / "capital", {"blue": "Blue"})
    colours(home / "fewer", leave=["blue"])
    colours(home / "numbers", {"blue": "0", "green": "1", "red": "2"})
    train_spec(api.loads(SPEC.replace("images", str(home / "images"))), device="cpu", out=home / "run")
    return home


@pytest.fixture
def here(trained, tmp_path, monkeypatch):
    """The same, with a run of one's own to spoil."""
    shutil.copytree(trained / "run", tmp_path / "run", symlinks=True)
    monkeypatch.chdir(trained)
    return tmp_path / "run"


def told(capsys, *arguments, code=0):
    capsys.readouterr()
    assert run([*arguments, "--device", "cpu"]) == code, capsys.readouterr().err
    said = capsys.readouterr()
    return said.out, " ".join(said.err.split())


@pytest.mark.parametrize("folder", ["renamed", "capital"])
@pytest.mark.parametrize("command", ["eval", "resume", "weights", "file"])
def test_classes_of_other_names_are_refused_and_the_run_is_left_as_it_was(here, capsys, command, folder):
    before, last = contents(interrupted(here)), str(here / "last.safetensors")
    arguments = {
        "eval": ["eval", str(here)],
        "resume": ["train", "--resume", str(here)],
        "weights": ["eval", str(here / "spec.yaml"), "--weights", str(here)],
        "file": ["eval", str(here / "spec.yaml"), "--weights", last],
    }[command]
    _, err = told(capsys, *arguments, "--data", folder, code=1)
    assert ("NS0806" if command == "resume" else "NS0804") in err
    name = {"renamed": "zz_blue", "capital": "Blue"}[folder]
    assert f"the data have the class {name}, which" in err
    assert "expected: the classes blue, green, red" in err
    assert ("there it is called blue" in err) == (folder == "capital")
    assert contents(here) == before


@pytest.mark.parametrize("folder", ["images", "renamed", "fewer", "numbers", "nowhere"])
def test_a_finished_run_stays_as_it_is(here, capsys, folder):
    before = contents(here)
    out, err = told(capsys, "train", "--resume", str(here), "--data", folder)
    assert "is finished: there is nothing to train, it stays as it is" in out
    assert "test accuracy 100.00% of 6 images" in out
    assert not err
    out, _ = told(capsys, "train", "--resume", str(here), "--data", folder, "--format", "json")
    assert json.loads(out) == {"run": str(here), **json.loads((here / "metrics.json").read_text())}
    assert contents(here) == before


def test_data_without_some_classes_are_judged_by_name(here, capsys):
    out, _ = told(capsys, "eval", str(here), "--data", "fewer", "--format", "json")
    found = json.loads(out)
    assert [(row["name"], row["examples"]) for row in found["classes"]] == [("blue", 0), ("green", 8), ("red", 8)]
    assert found["test_accuracy"] == 1
    assert any("no images of the class blue" in note for note in found["notes"])


def test_a_run_goes_on_with_as_many_examples_alone(here, tmp_path, capsys):
    arguments = ["train", "--resume", str(here), "--data", "fewer"]
    _, err = told(capsys, *arguments, "--epochs", "6", "--out", str(tmp_path / "longer"), code=1)
    assert "NS0806" in err
    assert f"the data have 12 images to train on, {here} has 18: they are not its own" in err
    assert not (tmp_path / "longer").exists()
    before = contents(interrupted(here))
    _, err = told(capsys, *arguments, code=1)
    assert "they are not its own" in err
    assert contents(here) == before


def test_numbers_stand_for_names_where_there_are_as_many(here, capsys):
    out, _ = told(capsys, "eval", str(here), "--data", "numbers", "--format", "json")
    found = json.loads(out)
    assert [row["name"] for row in found["classes"]] == ["blue", "green", "red"]
    assert found["test_accuracy"] == 1
    assert any("0 is blue" in note for note in found["notes"])


def test_weights_beside_no_run_have_no_classes_to_compare(here, tmp_path, capsys):
    shutil.copy(here / "last.safetensors", tmp_path / "alone.safetensors")
    shutil.copy(here / "spec.yaml", tmp_path / "alone.yaml")
    arguments = ["eval", str(tmp_path / "alone.yaml"), "--weights", str(tmp_path / "alone.safetensors")]
    out, _ = told(capsys, *arguments, "--data", "renamed", "--format", "json")
    assert [row["name"] for row in json.loads(out)["classes"]] == ["green", "red", "zz_blue"]
    _, err = told(capsys, "eval", str(here), "--weights", arguments[-1], "--data", "renamed", code=1)
    assert "NS0804" in err


def test_a_prediction_is_not_told_by_the_names_of_another_run(here, tmp_path, capsys):
    other = shutil.copytree(here, tmp_path / "other", symlinks=True)
    image = "images/red/0.png"
    out, _ = told(capsys, "predict", str(here), image, "--weights", str(other), "--format", "json")
    assert "red" in out
    metrics = json.loads((other / "metrics.json").read_text())
    metrics["data"]["classes"] = ["red", "green", "blue"]
    (other / "metrics.json").write_text(json.dumps(metrics))
    _, err = told(capsys, "predict", str(here), image, "--weights", str(other), code=1)
    assert "NS0804" in err
    assert "tell other classes than" in err


def raw(names, labels, part=Images):
    images = torch.zeros(len(labels), 1, 2, 2, dtype=torch.uint8)
    return RawData(part(images, torch.tensor(labels)), part(images, torch.tensor(labels)), tuple(names))


@pytest.mark.parametrize(
    ("trained", "own", "labels"),
    [
        ("abc", "abc", [0, 1, 2]),
        ("abc", "cab", [2, 0, 1]),
        ("abc", "ca", [2, 0]),
        ("abc", "c", [2]),
        ("abc", "012", [0, 1, 2]),
        ("012", "02", [0, 2]),
    ],
)
def test_labels_are_mapped_by_name(trained, own, labels):
    given = raw(own, list(range(len(own))))
    found = Trained(tuple(trained), Path("run"), Code.DATA_MISMATCH).adopt(given)
    assert found.classes == tuple(trained)
    for part in (found.train, found.test):
        assert part.labels.tolist() == labels


@pytest.mark.parametrize(
    ("trained", "own"), [("abc", "abd"), ("abc", "abcd"), ("abc", "01"), ("012", "abc"), ("01", "012"), ("aab", "ab")]
)
def test_labels_that_have_no_place_are_refused(trained, own):
    with pytest.raises(NetspecError) as error:
        Trained(tuple(trained), Path("run"), Code.DATA_MISMATCH).adopt(raw(own, [0]))
    assert error.value.diagnostics[0].code is Code.DATA_MISMATCH


def test_masks_go_by_the_names_of_their_classes():
    given = raw("ba", [0])
    masks = Images(given.train.images, torch.tensor([[[0, 1], [255, 1]]], dtype=torch.uint8))
    found = Trained(tuple("ab"), Path("run"), Code.DATA_MISMATCH).adopt(replace(given, train=masks, test=None))
    assert found.train.targets.tolist() == [[[1, 0], [255, 0]]]
