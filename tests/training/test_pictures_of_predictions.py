"""`netspec predict --pictures`: masks and overlays of a segmentation, reconstructions of an autoencoder."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from netspec.cli import run
from netspec.training.judging.opened_run import open_run
from netspec.training.judging.predict import Predictor
from netspec.training.showing.pictures.of_predictions import Pictures, indexed, overlay
from netspec.training.showing.pictures.palette import colour
from tests.recipe.data.sets import encoded, masked, picture, write

HEAD = "netspec: 1\nname: tiny\n"
PIXELS = """\
input: [3, 12, 10]
layers: [{conv: 3, kernel: 1}]
train:
  data: {segmentation: data, classes: [ground, "tree\\e[31m", lake], resize: [12, 10], batch_size: 4}
  loss: cross_entropy
  optimizer: {sgd: 0.1}
  epochs: 1
"""
CODE = """\
input: [1, 12, 10]
layers: [flatten, {linear: 120}, {reshape: [1, 12, 10]}]
train:
  data: {folder: flat, channels: 1, pad: 1, crop: [10, 8], batch_size: 2}
  task: autoencoding
  loss: mse
  optimizer: {sgd: 0.1}
  epochs: 1
"""
CLASSES = """\
input: [1, 8, 8]
layers: [flatten, {linear: 10}]
train:
  data: {digits: }
  loss: cross_entropy
  optimizer: {sgd: 0.1}
  steps: 1
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Runs of each task, and images in two folders of which some are called alike."""
    folder = tmp_path_factory.mktemp("pictures")
    masked(folder / "data")
    for index in range(3):
        write(folder / f"flat/{index}.png", encoded(picture(index)))
    for name in ("a/0.jpg", "a/b/0.png", "other/0.png", "a/1.png", "a/1.jpg"):
        form = "JPEG" if name.endswith("jpg") else "PNG"
        write(folder / "seen" / name, encoded(picture(3, size=(30, 21)), form))
    write(folder / "seen/deep.tif", encoded(Image.fromarray(np.full((9, 7), 30_000, np.uint16)), "TIFF"))
    before = Path.cwd()
    os.chdir(folder)
    for name, text in {"pixels": PIXELS, "code": CODE, "classes": CLASSES}.items():
        Path(f"{name}.yaml").write_text(HEAD + text)
        assert run(["train", f"{name}.yaml", "--device", "cpu", "--out", name]) == 0
    os.chdir(before)
    return folder


@pytest.fixture
def here(home, monkeypatch):
    monkeypatch.chdir(home)


def told(capsys, *arguments, code=0):
    capsys.readouterr()
    assert run(["predict", *map(str, arguments), "--device", "cpu"]) == code
    return capsys.readouterr()


def test_masks_and_overlays(here, tmp_path, capsys):
    out = tmp_path / "out"
    given = ["seen/a", "seen/other/0.png", "seen/deep.tif"]
    records = json.loads(told(capsys, "pixels", *given, "--pictures", out, "--format", "json").out)
    names = ["0", "1", "1-2", "b/0", "0-2", "deep"]
    made = [f"{name}.{kind}.png" for name in names for kind in ("mask", "overlay")]
    assert [each for record in records for each in record["pictures"]] == [str(out / name) for name in made]
    assert sorted(str(path.relative_to(out)) for path in out.rglob("*.png")) == sorted(made)
    mask = Image.open(out / "b/0.mask.png")
    assert (mask.mode, mask.size) == ("P", (21, 30))
    shares = {each["name"]: each["share"] for each in records[3]["pixel_shares"]}
    assert set(np.unique(np.array(mask))) == {number for number, name in enumerate(("ground", r"tree\x1b[31m", "lake"))
                                              if name in shares}  # fmt: skip
    assert Image.open(out / "deep.mask.png").size == (7, 9)


def test_a_mask_has_the_network_s_own_classes(here, tmp_path, capsys):
    file = "data/val/images/1.jpg"
    told(capsys, "pixels", file, "--pictures", tmp_path / "out")
    predictor = Predictor(open_run(Path("pixels")), "cpu")
    seen = []
    predictor(Path(file), 1, lambda image, inputs, told, outputs: seen.append(outputs) or ())
    assert np.array_equal(np.array(Image.open(tmp_path / "out/1.mask.png")), seen[0][0].argmax(0).numpy())


def test_an_overlay_tints_all_but_class_0(tmp_path):
    mask = torch.zeros(40, 60, dtype=torch.int64)
    mask[:, 30:] = 2
    gray = Image.new("RGB", (60, 40), (100, 100, 100))
    drawn = np.array(overlay(gray, mask, ["ground", "tree", "a very long name of a lake that does not fit" * 9]))
    factor = 7  # 60 pixels are enlarged to at least 384
    inside, border, left = (12 + 20 * factor, 12 + 45 * factor), (12 + 20 * factor, 12 + 30 * factor), (12 + 9, 12 + 9)
    assert drawn[left].tolist() == [100, 100, 100]
    assert drawn[inside].tolist() == [round((100 + value) / 2) for value in colour(2)]
    assert drawn[border].tolist() == list(colour(2))
    legend = drawn[:, 60 * factor + 24 :]
    assert any((legend == colour(2)).all(2).flatten())
    assert drawn.shape == (40 * factor + 24, 60 * factor + 240 + 36, 3)


def test_an_indexed_png_holds_the_numbers_of_classes():
    found = indexed(torch.arange(256).reshape(16, 16))
    assert np.array_equal(np.array(found).flatten(), np.arange(256))
    assert found.getpalette()[3:6] == list(colour(1))
    assert len({colour(label) for label in range(256)}) > 250


def test_reconstructions(here, tmp_path, capsys):
    out = told(capsys, "code", "flat/1.png", "--pictures", tmp_path / "out").out
    assert f"drawn in {tmp_path / 'out/1.reconstruction.png'}" in " ".join(out.split())
    drawn = np.array(Image.open(tmp_path / "out/1.reconstruction.png"))
    factor = 39  # of 10 x 8, the padding left out, enlarged to at least 384
    assert drawn.shape == (10 * factor + 24 + 22, 2 * 8 * factor + 36, 3)
    first = drawn[12 + 18 : 12 + 18 + 10 * factor : factor, 12 : 12 + 8 * factor : factor, 0]
    whole = np.array(picture(1).convert("L"))[1:11, 1:9]
    assert np.abs(first.astype(int) - whole).max() <= 1


def test_a_classification_has_no_pictures(here, tmp_path, capsys):
    printed = told(capsys, "classes", "flat/1.png", "--pictures", tmp_path / "out", code=1)
    assert "a run of classification has no pictures" in printed.err
    assert not (tmp_path / "out").exists()


def test_folders_that_cannot_be_had(here, tmp_path, capsys):
    (tmp_path / "file").write_text("mine")
    assert "NS0903" in told(capsys, "pixels", "seen/a/0.jpg", "--pictures", tmp_path / "file", code=1).err
    assert "NS0903" in told(capsys, "pixels", "seen/a/0.jpg", "--pictures", tmp_path / "no/out", code=1).err
    assert (tmp_path / "file").read_text() == "mine"
    (tmp_path / "out").mkdir()
    (tmp_path / "out/0.mask.png").symlink_to(tmp_path / "file")
    assert "NS0925" in told(capsys, "pixels", "seen/a/0.jpg", "--pictures", tmp_path / "out", code=1).err
    assert (tmp_path / "file").read_text() == "mine"


def test_names_are_those_within_the_folders_given(here, tmp_path):
    pictures = Pictures(
        Predictor(open_run(Path("pixels")), "cpu"), tmp_path / "out", [Path("seen"), Path("seen/a/0.jpg")]
    )
    names = [pictures._name(Path(name)) for name in ("seen/a/0.jpg", "seen/a/0.png", "x/y.tar.png", "0.png")]
    assert names == ["a/0", "a/0-2", "y.tar", "0"]


def test_pictures_are_not_written_among_the_images_that_are_read(here, tmp_path, capsys):
    for index, name in enumerate(("0.jpg", "0.mask.png")):
        write(tmp_path / "read" / name, encoded(picture(index)))
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    read = tmp_path / "read"
    for folder in (read, read / "below"):
        err = told(capsys, "pixels", read, "--pictures", folder, code=1).err
        assert "NS0903" in err
        assert "this command reads the images of" in err
    printed = told(capsys, "pixels", read / "0.jpg", read / "0.mask.png", "--pictures", read, code=1)
    assert "it is what this command reads" in " ".join((printed.out + printed.err).split())
    assert not (read / "below").exists()
    assert {path: path.read_bytes() for path in before} == before
