"""Targets beyond the range that a loss takes are refused before anything is trained."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from netspec import api
from netspec.companions import files
from netspec.diagnostics import Code, NetspecError
from netspec.driver.recipes import recipe_of
from netspec.training.beforehand import check_recipe
from netspec.training.feeding import decoded
from netspec.training.spec import train_spec

AGAIN = """
netspec: 1
name: again
input: [1, 8, 8]
layers: [flatten, {{linear: 64}}, {{reshape: [1, 8, 8]}}]
train:
  data: {{{data}, batch_size: 32}}
  loss: {loss}
  task: {task}
  optimizer: {{sgd: 0.1}}
  steps: 1
  log: []
"""
OF_VALUES = AGAIN.replace("{{linear: 64}}, {{reshape: [1, 8, 8]}}", "{{linear: 2}}")


@pytest.fixture
def arrays(tmp_path, monkeypatch):
    """Images of floats from 0 to 1 and of bytes up to 99, and two values each from -2 to 1."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("netspec.training.keeping.run_log.pictures", lambda *run: ())
    random = np.random.default_rng(0)
    x = random.random((64, 8, 8)).astype("float32")
    x[0, 0, :2] = 0, 1
    y = (2 * x[:, 0, :2] - 1).astype("float32")
    y[0] = -2, 1
    np.savez("floats.npz", x_train=x)
    np.savez("bytes.npz", x_train=(99 * x).astype("uint8"))
    np.savez("values.npz", x_train=x, y_train=y)
    np.savez("named.npz", x_train=x, value_train=y)
    np.savez("shares.npz", x_train=x, y_train=(y + 2) / 3)
    return tmp_path


def refused(text: str, out: Path) -> str | None:
    """What is refused at the line of the loss; None where it is trained."""
    try:
        train_spec(api.loads(text), device="cpu", out=out)
    except NetspecError as error:
        (told,) = error.diagnostics
        assert told.code is Code.DATA_MISMATCH
        assert not out.exists()
        return f"{told.message}: {told.help}"
    return None


@pytest.mark.parametrize(
    ("data", "found"),
    [
        ("arrays: floats.npz", "from -1.7"),
        ("arrays: floats.npz, range: [-1, 1]", "from -1 to 1"),
        ("arrays: floats.npz, range: [0, 1]", None),
        ("arrays: floats.npz, range: [1, 0]", None),
        ("arrays: floats.npz, mean: 0.5, std: 0.5", "from -1 to 1"),
        ("arrays: floats.npz, mean: 0, std: 1", None),
        ("arrays: bytes.npz, mean: 0, std: 0.4", None),  # the brightest is 99, and none of the data is 255
        ("arrays: bytes.npz, mean: 0, std: 0.2", "from 0 to 1.941"),
        ("arrays: bytes.npz, range: [0, 1], resize: 6, pad: 1", None),
    ],
)
def test_inputs_that_are_given_again_are_held_against_the_loss(arrays, data, found):
    told = refused(AGAIN.format(data=data, loss="bce_with_logits", task="autoencoding"), arrays / "run")
    if found is None:
        assert told is None
    else:
        assert f"takes targets from 0 to 1; the inputs, which are given again, are {found}" in told
        assert "write `range: [0, 1]` at `data` where they are images, or take `mse`" in told


def test_pixels_that_are_read_or_changed_in_training_are_those_that_can_be(arrays, monkeypatch):
    """Images that are in memory as they will be learned from are held as they are, above."""
    text = AGAIN.format(data="arrays: bytes.npz, mean: 0, std: 0.4", loss="bce_with_logits", task="autoencoding")
    assert "are from 0 to 2.5" in refused(text.replace("  steps", "  augment: [{flip: 0.5}]\n  steps"), arrays / "run")
    for kind in "ab":
        (arrays / "images" / "train" / kind).mkdir(parents=True)
        for index in range(20):
            Image.new("L", (8, 8), 50 + index).save(arrays / "images" / "train" / kind / f"{index}.png")
    monkeypatch.setattr(decoded, "IN_MEMORY", 0)
    text = text.replace("arrays: bytes.npz", "folder: images, channels: 1")
    assert "are from 0 to 2.5" in refused(text, arrays / "run")
    assert refused(text.replace("std: 0.4", "std: 1"), arrays / "run") is None


def test_values_are_held_against_the_loss(arrays):
    told = refused(OF_VALUES.format(data="arrays: values.npz", loss="bce_with_logits", task="regression"), arrays / "a")
    assert "takes targets from 0 to 1; those of the data are from -2 to 1: scale the targets" in told
    for data, loss in (("shares", "bce_with_logits"), ("values", "mse")):
        text = OF_VALUES.format(data=f"arrays: {data}.npz", loss=loss, task="regression")
        assert refused(text, arrays / data) is None


BOTH = """
netspec: 1
name: both
input: [1, 8, 8]
layers:
  - {flatten: , name: all}
  - {linear: 64}
  - {reshape: [1, 8, 8], name: again}
  - {linear: 2, from: all, name: value}
outputs: {again: again, value: value}
train:
  data: {arrays: named.npz, outputs: [value], range: [0, 1], batch_size: 32}
  loss: {again: {bce_with_logits: , task: autoencoding}, value: {bce_with_logits: , task: regression}}
  optimizer: {sgd: 0.1}
  steps: 1
  log: []
"""


def test_the_output_is_named_whose_targets_are_beyond(arrays):
    assert "`value`: bce_with_logits takes targets from 0 to 1; those of the data" in refused(BOTH, arrays / "run")


@pytest.mark.parametrize(
    ("data", "found"),
    [
        ("digits: ", "of mean 0 and deviation 1"),
        ("digits: , range: [-1, 1]", "from -1 to 1"),
        ("digits: , mean: 0.5, std: 0.25", "from -2 to 2"),
        ("digits: , range: [0, 1]", None),
        ("arrays: unread.npz", None),
    ],
)
def test_what_the_recipe_tells_is_refused_before_anything_is_read(data, found):
    spec = api.loads(AGAIN.format(data=data, loss="bce_with_logits", task="autoencoding"))
    if found is None:
        check_recipe(spec, recipe_of(spec), spec.document.places, anew=True)
        return
    for judged in (
        lambda: check_recipe(spec, recipe_of(spec), spec.document.places, anew=True),
        lambda: files(spec, Path("net.py"), train=True),
    ):
        with pytest.raises(NetspecError, match=f"the inputs, which are given again, are {found}") as caught:
            judged()
    assert caught.value.diagnostics[0].code is Code.DATA_MISMATCH
