"""`netspec predict` of every kind of data: images in files of many, and all that is told and drawn of each."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from netspec import api
from netspec.cli import run
from netspec.training.finished import Run
from netspec.training.spec import train_spec
from tests.recipe.data.sets import encoded, parquet, picture, write
from tests.recipe.data.test_hugging_face import saved
from tests.recipe.data.test_webdataset import members, shard
from tests.training.detectors import RETINANET, TRAIN

HEAD = "loss: cross_entropy, optimizer: {sgd: 0.1}, epochs: 1"
OF_TWO = """
netspec: 1
name: {name}
input: [3, 12, 10]
layers: [flatten, {{linear: 2}}]
train: {{data: {{{data}, batch_size: 4, test: 0}}, {head}}}
"""
PIXELS = """
netspec: 1
name: pixels
input: [1, 6, 8]
layers: [{conv: 3, kernel: 1}]
train: {data: {arrays: pixels.npz, classes: 3, batch_size: 4}, loss: cross_entropy, optimizer: {sgd: 0.1}, epochs: 1}
"""
CODE = """
netspec: 1
name: code
input: [3, 12, 10]
layers: [{conv: 3, kernel: 1}]
train:
  data: {webdataset: bare.tar, batch_size: 4, test: 0}
  task: autoencoding
  loss: mse
  optimizer: {sgd: 0.1}
  epochs: 1
"""
BOXES = RETINANET + TRAIN.replace("epochs: 2", "epochs: 1").replace("shapes: 24", "shapes: 12")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs that learned from images in files of many, from arrays and from images with boxes."""
    home, random = tmp_path_factory.mktemp("everything"), np.random.default_rng(0)
    shard(home / "all.tar", members([0, 1] * 3))
    shard(home / "bare.tar", members([None] * 4))
    images = [encoded(picture(number)) for number in range(6)]
    parquet(home / "all.parquet", [0, 1] * 3, images)
    saved(home / "saved", [0, 1] * 3)
    (home / "listed").mkdir()
    rows = ["path,label"]
    for number in range(6):
        write(home / f"listed/{number}.png", encoded(picture(number)))
        rows.append(f"{number}.png,{number % 2}")
    (home / "listed/all.csv").write_text("\n".join(rows))
    masks = random.integers(0, 3, (6, 6, 8))
    np.savez(home / "pixels.npz", x_train=(80 * masks).astype(np.uint8), y_train=masks)
    of = {"tar": "webdataset: all.tar", "rows": "parquet: all.parquet", "named": "list: listed/all.csv"}
    texts = [OF_TWO.format(name=name, data=data, head=HEAD) for name, data in of.items()]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home)
        for text in (*texts, PIXELS, CODE, BOXES):
            spec = api.loads(text)
            train_spec(spec, device="cpu", out=home / spec.document.name)
    return home


@pytest.fixture
def here(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(home)
    return home


def told(capsys: pytest.CaptureFixture[str], *arguments: Any, code: int = 0) -> str:
    assert run(["predict", *map(str, arguments), "--device", "cpu"]) == code
    out, err = capsys.readouterr()
    return out if code == 0 else err


def lines(file: Path) -> list[dict[str, str]]:
    with file.open() as opened:
        return list(csv.DictReader(opened))


@pytest.mark.parametrize(
    ("name", "place"), [("tar", "all.tar"), ("rows", "all.parquet"), ("rows", "saved"), ("named", "listed/all.csv")]
)
def test_a_file_of_images_is_answered_as_the_images_are(
    name: str, place: str, here: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The sets hold the same six pictures."""
    told(capsys, name, place, "-o", tmp_path / "many.csv")
    images = [f"listed/{number}.png" for number in range(6)]
    told(capsys, name, *images, "-o", tmp_path / "each.csv")
    many, each = lines(tmp_path / "many.csv"), lines(tmp_path / "each.csv")
    assert [row["file"] for row in each] == images
    assert len({row["file"] for row in many}) == 6
    for one, other in zip(many, each, strict=True):
        assert one["class"] == other["class"]
        assert [float(one[c]) for c in "01"] == pytest.approx([float(other[c]) for c in "01"], abs=1e-6)
    guesses = [found.guesses[0].name for found in Run(here / name).predict(place, device="cpu")]
    assert guesses == [row["class"] for row in many]


def test_images_and_folders_of_them_are_written_with_all_classes(
    here: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told(capsys, "rows", "listed", "-o", tmp_path / "all.npz")
    found = np.load(tmp_path / "all.npz")
    assert found["outputs"].shape == (6, 2)
    np.testing.assert_allclose(found["numbers"].sum(1), 1, atol=1e-6)
    shown = json.loads(told(capsys, "rows", "listed/0.png", "--format", "json"))
    assert found["numbers"].max(1)[0] == pytest.approx(shown[0]["classes"][0]["probability"], abs=1e-6)
    assert "rows and --output have all classes" in told(capsys, "rows", "listed", "-o", "x.csv", "--top", "5", code=2)
    assert "not mixed" in told(capsys, "rows", "listed", "all.parquet", code=2)


def test_what_a_run_did_not_learn_from_is_refused_by_name(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = told(capsys, "rows", "all.tar", code=1)
    assert "a network that learned from parquet takes images and files of them" in said
    assert "not all.tar" in said
    assert "there is no file none.tar" in told(capsys, "tar", "none.tar", code=1)


def test_a_broken_image_of_a_file_is_named_and_the_others_told(
    here: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = shard(tmp_path / "odd.tar", [*members([None] * 2), ("../../x y.png", b"no image")])
    said = told(capsys, "tar", place, "-o", tmp_path / "two.csv", code=1)
    assert "x y.png: it is no image that is read" in said
    assert len(lines(tmp_path / "two.csv")) == 2


def test_arrays_are_drawn_as_images_are(here: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = np.load("pixels.npz")["x_train"]
    np.save(tmp_path / "two.npy", given[:2])
    told(capsys, "pixels", tmp_path / "two.npy", "--pictures", tmp_path / "drawn", "-o", tmp_path / "two.npz")
    names = ["two-2.mask.png", "two-2.overlay.png", "two.mask.png", "two.overlay.png"]
    assert sorted(file.name for file in (tmp_path / "drawn").iterdir()) == names
    masks = np.load(tmp_path / "two.npz")["masks"]
    for name, mask in zip(("two", "two-2"), masks, strict=True):
        drawn = np.array(Image.open(tmp_path / f"drawn/{name}.mask.png"))
        assert drawn.tolist() == mask.tolist()


def test_images_in_a_file_are_drawn_under_names_that_lead_nowhere(
    here: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = shard(tmp_path / "odd.tar", [("../../up\n.png", encoded(picture())), ("a.png", encoded(picture(1)))])
    said = told(capsys, "code", place, "--pictures", tmp_path / "drawn", "-o", tmp_path / "two.csv")
    assert "-o FILE.npz also has what the network gave" in " ".join(said.split())
    drawn = sorted(file.relative_to(tmp_path).as_posix() for file in tmp_path.rglob("*.reconstruction.png"))
    assert drawn == ["drawn/odd.tar_a.reconstruction.png", "drawn/up_.reconstruction.png"]
    assert list(lines(tmp_path / "two.csv")[0]) == ["file", "row", "mse"]


def test_the_objects_of_images_are_written(here: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (32, 40, 3)).astype(np.uint8)).save(tmp_path / "a.png")
    Image.new("RGB", (20, 20)).save(tmp_path / "b.png")
    both = (tmp_path / "a.png", tmp_path / "b.png", "--score", "0.05")
    shown = json.loads(told(capsys, "dots", *both, "--format", "json"))
    told(capsys, "dots", *both, "-o", tmp_path / "found.csv", "--pictures", tmp_path / "drawn")
    rows = lines(tmp_path / "found.csv")
    assert len(rows) == sum(len(each["boxes"]) for each in shown) > 0
    wanted = [(each["image"], box["name"], *box["box"]) for each in shown for box in each["boxes"]]
    for row, (image, name, *box) in zip(rows, wanted, strict=True):
        assert (row["file"], row["class"]) == (image, name)
        assert [float(row[side]) for side in ("left", "top", "right", "bottom")] == pytest.approx(box, abs=0.01)
    assert sorted(file.name for file in (tmp_path / "drawn").iterdir()) == ["a.boxes.png", "b.boxes.png"]
    told(capsys, "dots", *both, "-o", tmp_path / "found.npz")
    found = np.load(tmp_path / "found.npz")
    assert found["boxes"].shape == (len(rows), 4)
    assert [str(found["file"][image]) for image in found["image"]] == [row["file"] for row in rows]
    assert [str(found["classes"][label]) for label in found["labels"]] == [row["class"] for row in rows]
