"""Values that a network begins far from are told of before the first step, and nothing is changed by it."""

import csv
import warnings

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

import netspec
from netspec import api

PRICE = """
netspec: 1
name: price
input: [3]
layers: [{linear: 8, activation: relu}, batch_norm, {dropout: 0.5}, {linear: 1}]
train:
  data: {table: rows.csv, inputs: [a, b, c], target: price, targets: values, batch_size: 16, validation: 0.5}
  loss: mse
  optimizer: {adamw: 1e-3}
  steps: 2
  log: []
"""
SCALED = PRICE.replace("{linear: 1}]", "{linear: 1}, {scale: 100}, {shift: 300}]")
BEGUN = PRICE.replace("{linear: 1}]", "{linear: 1, init: {bias: 300}}]")
SEVERAL = """
netspec: 1
name: several
input: [3]
layers:
  - {linear: 8, activation: relu, name: all}
  - {linear: 2, name: cost}
  - {linear: 1, from: all, name: tiny}
outputs: {cost: cost, tiny: tiny}
train:
  data:
    {table: rows.csv, inputs: [a, b, c], target: {cost: [unit, price], tiny: tiny},
     targets: {cost: values, tiny: values}, batch_size: 16}
  loss: {cost: huber, tiny: l1}
  optimizer: {adamw: 1e-3}
  steps: 1
  log: []
"""
ARRAYS = """
netspec: 1
name: arrays
input: [3]
layers: [{linear: 5}]
train:
  data: {arrays: rows.npz, batch_size: 16}
  loss: smooth_l1
  optimizer: {adamw: 1e-3}
  steps: 1
  log: []
"""
LISTED = """
netspec: 1
name: listed
input: [1, 4, 4]
layers: [flatten, {linear: 1}]
train:
  data: {list: list.csv, label_column: kilos, channels: 1, batch_size: 8}
  loss: mse
  optimizer: {adamw: 1e-3}
  steps: 1
  log: []
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Rows of standardised inputs and of values in several units, as a table, as arrays, and as labels of images."""
    folder = tmp_path_factory.mktemp("far")
    random = np.random.default_rng(0)
    rows = random.normal(size=(80, 3))
    unit = rows @ [0.6, 0.6, 0.5]
    columns = {"unit": unit, "price": 300 + 100 * unit, "tiny": 2 + 1e-3 * unit}
    with (folder / "rows.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["a", "b", "c", *columns])
        writer.writerows(np.column_stack([rows, *columns.values()]).tolist())
    values = np.column_stack([100 * unit, unit, unit + 50, 20 * unit, 1e-4 * unit]).astype("float32")
    np.savez(folder / "rows.npz", x_train=rows.astype("float32"), y_train=values)
    Image.fromarray(random.integers(0, 255, (4, 4)).astype("uint8")).save(folder / "one.png")
    with (folder / "list.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["path", "kilos"], *(["one.png", 70.5 + at] for at in range(20))])
    return folder


def trained(text, out, **options):
    """The run, and its remarks on values that are far."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        run = netspec.train(text and api.loads(text), device="cpu", out=out, **options)
    return run, [str(each.message) for each in caught if "slow to bring it there" in str(each.message)]


@pytest.fixture(autouse=True)
def _here(home, monkeypatch):
    monkeypatch.chdir(home)
    monkeypatch.setattr("netspec.training.keeping.run_log.pictures", lambda *run: ())


def test_a_column_is_told_by_name_with_figures_of_what_is_learned_from(home, tmp_path):
    run, (told,) = trained(PRICE, tmp_path / "run")
    known = np.loadtxt(home / "rows.csv", delimiter=",", skiprows=1)[:, 4]
    assert told.startswith("`price` has mean ")
    mean, deviation = (float(told.split(f"{word} ")[1].split()[0].strip(",")) for word in ("mean", "deviation"))
    assert mean != pytest.approx(known.mean(), rel=1e-4)  # validation and test are left out
    assert mean == pytest.approx(known.mean(), rel=0.1)
    assert deviation == pytest.approx(known.std(), rel=0.3)
    assert told.endswith("write `task: {regression: , standardised: true}`")
    assert "mse is slow" in told
    assert run.metrics["data"]["notes"] == []


@pytest.mark.parametrize(
    "text",
    [SCALED, PRICE.replace("target: price", "target: unit")],
    ids=["scaled", "near"],
)
def test_what_the_network_begins_with_is_not_told_of(text, tmp_path):
    assert trained(text, tmp_path / "run")[1] == []


def test_standardised_values_are_not_far(tmp_path):
    text = PRICE.replace("  loss: mse", "  task: {regression: , standardised: true}\n  loss: mse")
    assert trained(text, tmp_path / "run")[1] == []


def test_a_loss_that_is_not_of_differences_takes_values_as_they_are(tmp_path, monkeypatch):
    monkeypatch.setattr("netspec.recipe.losses.distance.Mse.of_differences", False)
    assert trained(PRICE, tmp_path / "run")[1] == []


def test_a_mean_that_is_there_does_not_hide_a_deviation_that_is_not(tmp_path):
    _, (told,) = trained(BEGUN, tmp_path / "run")
    begun = float(told.split("begins with ")[1].split()[0])
    assert begun == pytest.approx(300, abs=3)


def test_each_output_and_column_for_itself(tmp_path):
    _, told = trained(SEVERAL, tmp_path / "run")
    cost, tiny = told
    assert cost.startswith("`price` has mean ")
    assert "huber is slow" in cost
    assert "`unit`" not in cost
    assert cost.endswith("beside the loss of `cost`")
    assert tiny.startswith("`tiny` has mean 2 and deviation 0.00")
    assert "l1 is slow" in tiny


def test_columns_without_names_are_told_by_their_places(tmp_path):
    _, (told,) = trained(ARRAYS, tmp_path / "run")
    assert [part.split("`")[1] for part in told.split("; ")[:3]] == ["target 0", "target 2", "target 3"]
    assert "; and so with 1 more: smooth_l1 is slow" in told


def test_values_of_images_are_told_of(tmp_path):
    _, (told,) = trained(LISTED, tmp_path / "run")
    assert told.startswith("`kilos` has mean ")


def test_it_changes_no_step_and_a_run_that_goes_on_is_not_told_again(tmp_path, monkeypatch):
    run, told = trained(PRICE, tmp_path / "told")
    assert told
    assert trained(None, tmp_path / "longer", resume=run, steps=3)[1] == []
    monkeypatch.setattr("netspec.training.run.far_targets", lambda *asked: [])
    silent, _ = trained(PRICE, tmp_path / "silent")
    ours, theirs = (load_file(each.path / "last.safetensors") for each in (run, silent))
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)


def test_a_network_that_fails_is_left_to_its_first_step(tmp_path, monkeypatch):
    """What fails in a step is told of with its layer, and its buffers are those that it began with."""

    def fails(*asked):
        raise RuntimeError("a layer of one's own")

    monkeypatch.setattr("netspec.training.far_targets.answers", fails)
    assert trained(PRICE, tmp_path / "run")[1] == []
