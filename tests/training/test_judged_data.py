"""Data that are given to `eval` are judged whole, and the same pixels give the same inputs as in the run."""

import json

import numpy as np
import pytest

from netspec import Run, api
from netspec.cli import run
from netspec.training.spec import train_spec
from tests.recipe.data.sets import COLOURS, encoded, masked, picture, write

SPEC = """\
netspec: 1
name: tiny
input: [3, 12, 10]
layers: [flatten, {linear: 8, activation: relu}, {linear: 3}]
train: {data: {DATA, batch_size: 8, test: 0.25}, loss: cross_entropy, optimizer: {adamw: 1e-2}, epochs: 4}
"""


def colours(root, names=COLOURS, each=8):
    for label, name in enumerate(COLOURS):
        for index in range(each if name in names else 0):
            write(root / name / f"{index}.png", encoded(picture(100 * label + index, COLOURS[name])))
    return root


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A run on a flat folder, and one on a flat file of arrays."""
    home = tmp_path_factory.mktemp("judged")
    colours(home / "images")
    x = np.stack([np.asarray(picture(i, colour)) for colour in COLOURS.values() for i in range(8)])
    np.savez(home / "all.npz", x_train=x, y_train=np.arange(24) // 8)
    train_spec(api.loads(SPEC.replace("DATA", f"folder: {home / 'images'}")), device="cpu", out=home / "run")
    train_spec(api.loads(SPEC.replace("DATA", f"arrays: {home / 'all.npz'}")), device="cpu", out=home / "of_arrays")
    return home


@pytest.fixture
def judged(home, monkeypatch, capsys):
    monkeypatch.chdir(home)

    def judge(*arguments):
        capsys.readouterr()
        assert run(["eval", *arguments, "--device", "cpu", "--format", "json"]) == 0, capsys.readouterr().err
        return json.loads(capsys.readouterr().out)

    return judge


def test_a_flat_folder_is_judged_whole(judged):
    found = judged("run", "--data", "images")
    assert [row["examples"] for row in found["classes"]] == [8, 8, 8]
    (note,) = found["notes"]
    assert "no part for the test: all 24 images are judged; --held-out judges the share" in note


def test_a_flat_file_is_judged_whole(judged):
    assert judged("of_arrays", "--data", "all.npz")["test_images"] == 24
    assert judged("of_arrays", "--data", "all.npz", "--held-out") == judged("of_arrays")


def test_the_share_that_the_recipe_holds_out(judged):
    found, own = judged("run", "--data", "images", "--held-out"), judged("run")
    assert found["test_images"] == own["test_images"] == 6
    assert found == own
    of_python = Run("run")
    assert of_python.evaluate("images", held_out=True, device="cpu") == own
    assert of_python.evaluate("images", device="cpu") == judged("run", "--data", "images")


def test_a_part_for_the_test_is_judged_alone(judged, home):
    colours(home / "parts/train")
    colours(home / "parts/test", each=3)
    found = judged("run", "--data", "parts")
    assert (found["test_images"], found["notes"]) == (9, [])


def test_of_a_part_for_validation_there_is_that(judged, home):
    colours(home / "halves/train")
    colours(home / "halves/val", each=2)
    assert judged("run", "--data", "halves")["test_images"] == 6


def test_fewer_images_than_a_batch(judged, home):
    colours(home / "few", each=1)
    assert judged("run", "--data", "few")["test_images"] == 3


def test_pixels_are_those_of_the_run(judged, home):
    """Each class alone has another mean than all together: by that of its own it would look like none of them."""
    right = 0
    for name in COLOURS:
        found = judged("run", "--data", str(colours(home / f"only_{name}", [name])))
        assert found["test_images"] == 8
        right += round(8 * found["test_accuracy"])
    whole = judged("run", "--data", "images")
    assert right == round(24 * whole["test_accuracy"]) == 24


def test_masks(judged, home):
    masked(home / "masks", parts=[""], each=16)
    spec = SPEC.replace("DATA", f"segmentation: {home / 'masks'}, classes: 2")
    spec = spec.replace("[flatten, {linear: 8, activation: relu}, {linear: 3}]", "[{conv: 2, kernel: 1}]")
    train_spec(api.loads(spec), device="cpu", out=home / "of_masks")
    assert judged("of_masks")["test_images"] == 4
    assert judged("of_masks", "--data", "masks")["test_images"] == 16


def test_held_out_without_data(home, monkeypatch, capsys):
    monkeypatch.chdir(home)
    assert run(["eval", "run", "--held-out"]) == 2
    assert "--held-out goes with --data" in capsys.readouterr().err


def test_pixels_of_another_depth_are_scaled_and_arrays_of_another_type_refused(judged, home, capsys):
    from PIL import Image

    for label, name in enumerate(COLOURS):
        for index in range(4):
            gray = np.asarray(picture(100 * label + index, COLOURS[name]).convert("L"))
            write(home / "bytes" / name / f"{index}.png", encoded(Image.fromarray(gray)))
            write(home / "deep" / name / f"{index}.png", encoded(Image.fromarray(gray.astype(np.uint16) * 257)))
    losses = [judged("run", "--data", each)["test_loss"] for each in ("bytes", "deep")]
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)
    arrays = np.load(home / "all.npz")
    np.savez(home / "floats.npz", x_train=(arrays["x_train"] / 255).astype(np.float32), y_train=arrays["y_train"])
    assert run(["eval", "of_arrays", "--data", "floats.npz", "--device", "cpu"]) == 1
    assert "the data give float32, and of_arrays learned from uint8" in " ".join(capsys.readouterr().err.split())
