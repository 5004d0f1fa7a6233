"""Weights of classes by their names: of data whose names are known, and of those that are read."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from netspec import api
from netspec.training.spec import evaluate_spec, train_spec
from tests.training.test_tables import same_as_the_script

Run = Callable[..., tuple[int, str, str]]

SPEC = """\
netspec: 1
name: named
input: INPUT
layers: [flatten, {linear: 3}]
train:
  data: {DATA, batch_size: 8}
  loss: {cross_entropy: , weight: WEIGHT}
  optimizer: {sgd: 0.1}
  steps: 2
  log: []
"""
NAMES = ("ant", "bee", "fly")
KINDS = {
    "folder": ("[1, 4, 4]", "folder: pictures, channels: 1"),
    "list": ("[1, 4, 4]", "list: list.csv, label_column: kind, channels: 1"),
    "table": ("[2]", "table: table.csv, target: kind"),
    "arrays": ("[1, 4, 4]", "arrays: arrays.npz, classes: [ant, bee, fly]"),
}


def spec(kind: str, weight: str = "{fly: 5, ant: 2}") -> str:
    shape, data = KINDS[kind]
    return SPEC.replace("INPUT", shape).replace("DATA", data).replace("WEIGHT", weight)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same thirty examples of three classes, in four kinds of data."""
    home = tmp_path_factory.mktemp("named")
    random = np.random.default_rng(0)
    images, labels = random.integers(0, 256, (30, 4, 4), np.uint8), np.arange(30) % 3
    np.savez(home / "arrays.npz", x_train=images, y_train=labels)
    with (home / "list.csv").open("w") as lists, (home / "table.csv").open("w") as tables:
        rows, numbers = csv.writer(lists), csv.writer(tables)
        rows.writerow(["path", "kind"])
        numbers.writerow(["a", "b", "kind"])
        for row, (image, label) in enumerate(zip(images, labels, strict=True)):
            file = home / "pictures" / NAMES[label] / f"{row}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(image).save(file)
            rows.writerow([file.relative_to(home), NAMES[label]])
            numbers.writerow([*image[0, :2].tolist(), NAMES[label]])
    return home


@pytest.mark.parametrize("kind", KINDS)
def test_classes_weigh_by_their_names_as_by_their_places(
    kind: str, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(home)
    monkeypatch.setattr("netspec.training.keeping.run_log.pictures", lambda *run: ())
    by_name, by_place, plain = (
        train_spec(api.loads(spec(kind, weight)), device="cpu", out=tmp_path / str(number)).metrics["test_loss"]
        for number, weight in enumerate(("{fly: 5, ant: 2}", "[2, 1, 5]", "[1, 1, 1]"))
    )
    assert by_name == by_place != plain
    judged = evaluate_spec(api.load(tmp_path / "0/spec.yaml"), str(tmp_path / "0"), device="cpu")
    assert judged["test_loss"] == pytest.approx(by_name)


@pytest.mark.parametrize("kind", ["folder", "table"])
def test_a_script_weighs_them_alike(kind: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(home)
    shutil.rmtree("run", ignore_errors=True)
    train_spec(api.loads(spec(kind)), device="cpu", out=home / "run")
    assert same_as_the_script(home, api.loads(spec(kind)), monkeypatch)


KNOWN = {"mnist": ("[1, 4, 4]", 10), "cifar10": ("[3, 32, 32]", 10)}


@pytest.mark.parametrize(
    ("data", "weight", "place", "said"),
    [
        ("mnist: , resize: 4", "{fife: 5}", "7:36", "`weight` names the class `fife`"),
        ("cifar10: ", "{plane: 2, cat: 3}", "7:36", "did you mean `airplane`?"),
        ("arrays: a.npz, classes: [ant, bee, fly]", "{fli: 2}", "", "did you mean `fly`?"),
        ("folder: pictures", "{a: 1, b: 1, c: 1, d: 1}", "7:35", "has 4 numbers for 3 classes"),
        ("folder: pictures", "{ant: -1}", "7:35", "a weight of class ant that is 0, or from"),
        ("folder: pictures", "{}", "7:35", "some by the classes' names"),
    ],
)  # fmt: skip
def test_a_name_of_no_class_is_told_before_anything_is_read(
    data: str, weight: str, place: str, said: str, netspec: Run
) -> None:
    shape, outputs = KNOWN.get(data.split(":")[0], ("[1, 4, 4]", 3))
    text = SPEC.replace("INPUT", shape).replace("DATA", data).replace("WEIGHT", weight)
    Path("net.yaml").write_text(text.replace("linear: 3", f"linear: {outputs}"))
    code, out, _ = netspec("check", "net.yaml")
    assert (code, f"net.yaml:{place}" in out, said in out) == (1, True, True)


def test_a_name_of_no_class_is_told_once_the_names_are_read(home: Path, netspec: Run) -> None:
    Path("net.yaml").write_text(spec("folder", "{flyy: 5}").replace("pictures", str(home / "pictures")))
    code, _, err = netspec("train", "net.yaml", "--device", "cpu")
    assert (code, "net.yaml:7:36" in err, "did you mean `fly`?" in err, "some of ant, bee, fly" in err) == (
        1,
        True,
        True,
        True,
    )


def test_each_output_has_names_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("netspec.training.keeping.run_log.pictures", lambda *run: ())
    random = np.random.default_rng(0)
    rows = [(*random.integers(0, 9, 2).tolist(), NAMES[row % 3], "yes" if row % 2 else "no") for row in range(30)]
    lines = [",".join(map(str, row)) for row in [("a", "b", "kind", "wild"), *rows]]
    Path("two.csv").write_text("\n".join(lines) + "\n")
    text = """\
netspec: 1
name: two
input: [2]
layers: [{linear: 3, name: kind}, {linear: 2, from: input, name: wild}]
outputs: {kind: kind, wild: wild}
train:
  data: {table: two.csv, target: {kind: kind, wild: wild}, batch_size: 8}
  loss: {kind: {cross_entropy: , weight: {bee: 4}}, wild: {cross_entropy: , weight: {YES: 3}}}
  optimizer: {sgd: 0.1}
  steps: 2
  log: []
"""
    named, placed = (text.replace("YES", "'yes'"), text.replace("{bee: 4}", "[1, 4, 1]").replace("{YES: 3}", "[1, 3]"))
    losses = [
        train_spec(api.loads(each), device="cpu", out=tmp_path / ("run", "placed")[number]).metrics["test_loss"]
        for number, each in enumerate((named, placed))
    ]
    assert losses[0] == losses[1]
    written = json.loads((tmp_path / "run/metrics.json").read_text())["recipe"]["loss"]["kind"]
    assert written["weight"] == {"bee": 4.0}
    assert same_as_the_script(tmp_path, api.loads(named), monkeypatch)
    with pytest.raises(api.NetspecError, match="`weight` names the class `YES`") as caught:
        train_spec(api.loads(text), device="cpu", out=tmp_path / "wrong")
    assert caught.value.diagnostics[0].path == ("train", "loss", "wild", "weight", "YES")


def test_too_few_numbers_name_the_classes(home: Path, netspec: Run) -> None:
    Path("net.yaml").write_text(
        spec("folder", "[1, 2]").replace("pictures", str(home / "pictures")).replace("linear: 3", "linear: 2")
    )
    _, _, err = netspec("train", "net.yaml", "--device", "cpu")
    assert "`weight` of cross_entropy has 2 numbers for 3 classes" in err
    assert "the classes are ant, bee, fly, in this order" in err
