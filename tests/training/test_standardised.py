"""Values that are learned as deviations from their mean, and told in their own unit."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

import netspec
from netspec import api
from netspec.diagnostics import Code, NetspecError
from netspec.functional.standardising import standard_of
from netspec.training.judging.classes import trained_on
from netspec.training.resuming import prolong_spec
from netspec.training.spec import evaluate_spec, train_spec
from tests.training.test_tables import same_as_the_script

PRICES = """
netspec: 1
name: prices
input: [3]
layers: [{linear: 8, activation: relu}, {linear: 3}]
train:
  data: {arrays: prices.npz, batch_size: 16, validation: 0.25}
  loss: mse
  task: {regression: , standardised: true}
  optimizer: {adamw: 1e-2}
  epochs: 2
  log: []
"""
SEVERAL = """
netspec: 1
name: several
input: [3]
layers:
  - {linear: 8, activation: relu, name: all}
  - {linear: 2, name: cost}
  - {linear: 1, from: all, name: tiny}
  - {linear: 1, from: all, name: plain}
outputs: {cost: cost, tiny: tiny, plain: plain}
train:
  data: {arrays: several.npz, outputs: [cost, tiny, plain], batch_size: 16, validation: 0.25}
  loss:
    cost: {huber: , task: {regression: , standardised: true}}
    tiny: {mse: , loss_weight: 0.5, task: {regression: , standardised: true}}
    plain: mse
  optimizer: {adamw: 1e-2}
  epochs: 2
  log: []
"""


def drawn(seed, count=80):
    """Rows, and of each a price in 100,000s, a number that is always the same, and a tiny one."""
    x = np.random.default_rng(seed).normal(size=(count, 3)).astype("float32")
    unit = x @ [0.6, 0.6, 0.5]
    return x, np.column_stack([3e5 + 1e5 * unit, np.full(count, 0.1), 1e-3 * unit]).astype("float32")


def written(place, train, test=None):
    parts = {"train": train, **({} if test is None else {"test": test})}
    np.savez(place, **{f"{n}_{part}": each for part, pair in parts.items() for n, each in zip("xy", pair, strict=True)})


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A run on one target of three columns, and beside it one of several outputs."""
    home = tmp_path_factory.mktemp("standardised")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home)
        patch.setattr("netspec.training.keeping.run_log.pictures", lambda *run: ())
        train, test = drawn(0), drawn(1, 40)
        written("prices.npz", train, test)
        arrays = {}
        for part, (x, y) in (("train", train), ("test", test)):
            told = {"x": x, "cost": y[:, :2], "tiny": y[:, 2], "plain": y[:, 0] / 1e5 - 3}
            arrays |= {f"{name}_{part}": each for name, each in told.items()}
        np.savez("several.npz", **arrays)
        (home / "several").mkdir()
        shutil.copy("several.npz", "several")
        train_spec(api.loads(PRICES), device="cpu", out=home / "run")
        patch.chdir(home / "several")
        train_spec(api.loads(SEVERAL), device="cpu", out=home / "several" / "run")
    return home


@pytest.fixture(autouse=True)
def _here(home, monkeypatch):
    monkeypatch.chdir(home)
    monkeypatch.setattr("netspec.training.keeping.run_log.pictures", lambda *run: ())


def kept(run):
    mean, deviation = json.loads((run / "metrics.json").read_text())["data"]["standard"].values()
    return np.array(mean), np.array(deviation)


def by_hand(home, x, y):
    """The figures of the final weights by numpy, in the unit of the values, and what the network tells."""
    data = json.loads((home / "run" / "metrics.json").read_text())["data"]
    module = api.compile(api.loads(PRICES), weights=home / "run" / "last.safetensors").eval()
    inputs = (torch.tensor(x) - torch.tensor(data["shift"])) / torch.tensor(data["scale"])
    mean, deviation = kept(home / "run")
    with torch.no_grad():
        outputs = module(inputs).double().numpy()
    told, wanted = outputs * deviation + mean, y.astype("float64")
    off = wanted - told
    loss = (((wanted - mean) / deviation - outputs) ** 2).mean()
    spread = ((wanted - wanted.mean(0)) ** 2).sum(0)[[0, 2]]  # R² of a column that is always the same is none
    r2 = (1 - (off**2).sum(0)[[0, 2]] / spread).mean()
    return {"loss": loss, "mae": np.abs(off).mean(), "mse": (off**2).mean(), "r2": r2}, told


def test_weights_are_those_of_values_that_are_standardised_by_hand(home):
    mean, deviation = kept(home / "run")
    both = [(x, ((y.astype("float64") - mean) / deviation).astype("float32")) for x, y in (drawn(0), drawn(1, 40))]
    written("hand.npz", *both)
    text = PRICES.replace("prices.npz", "hand.npz").replace("{regression: , standardised: true}", "regression")
    by_hand = train_spec(api.loads(text), device="cpu", out=home / "hand").metrics
    ours, theirs = (load_file(home / name / "last.safetensors") for name in ("run", "hand"))
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)
    assert json.loads((home / "run" / "metrics.json").read_text())["test_loss"] == by_hand["test_loss"]


def test_mean_and_deviation_are_of_what_is_learned_from_alone(home):
    _, y = drawn(0)
    mean, deviation = kept(home / "run")
    assert (mean[0], deviation[0]) != pytest.approx((y[:, 0].mean(), y[:, 0].std()), rel=1e-4)  # some are held out
    assert (mean[0], deviation[0]) == pytest.approx((y[:, 0].mean(), y[:, 0].std()), rel=0.2)
    assert (mean[1], deviation[1]) == (y[0, 1], 1)
    given = torch.tensor(y.astype("float64")[:, [0, 2]])
    found = standard_of(given.float())
    assert found[0] == pytest.approx(given.mean(0).tolist(), rel=1e-6)
    assert found[1] == pytest.approx(given.std(0, correction=0).tolist(), rel=1e-6)


def test_it_is_told_by_what(home):
    notes = json.loads((home / "run" / "metrics.json").read_text())["data"]["notes"]
    assert [note.split(":")[0] for note in notes] == ["the loss is of standardised values", "`target 1` is always 0.1"]


def test_figures_and_answers_are_in_the_values_own_unit(home):
    x, y = drawn(1, 40)
    wanted, told = by_hand(home, x, y)
    metrics = json.loads((home / "run" / "metrics.json").read_text())
    assert {name: metrics[f"test_{name}"] for name in wanted} == pytest.approx(wanted, rel=1e-6)
    found = netspec.Run(home / "run").predict(x[:4])
    assert np.array([each.values for each in found]) == pytest.approx(told[:4], rel=1e-5)


def test_other_data_are_judged_by_mean_and_deviation_of_the_run(home):
    x, y = drawn(2)
    written("other.npz", (x, 3 * y))
    judged = {"run": home / "run", "device": "cpu", "whole": True, "folder": str(home / "other.npz")}
    found = evaluate_spec(api.loads(PRICES), str(home / "run" / "last.safetensors"), **judged)
    wanted, _ = by_hand(home, x, 3 * y)
    assert {name: found[f"test_{name}"] for name in ("loss", "mae", "mse")} == pytest.approx(
        {name: wanted[name] for name in ("loss", "mae", "mse")}, rel=1e-6
    )


def test_weights_of_no_run_are_not_judged_by_a_guess(home, tmp_path):
    shutil.copy(home / "run" / "last.safetensors", tmp_path)
    with pytest.raises(NetspecError, match="no run tells the mean and the deviation") as caught:
        evaluate_spec(api.loads(PRICES), str(tmp_path / "last.safetensors"), device="cpu")
    assert caught.value.diagnostics[0].code is Code.DATA_MISMATCH


def test_a_longer_run_is_that_which_was_as_long_from_its_beginning(home):
    prolong_spec(home / "run", epochs=3, device="cpu", out=home / "longer")
    train_spec(api.loads(PRICES.replace("epochs: 2", "epochs: 3")), device="cpu", out=home / "whole")
    last = [(home / name / "last.safetensors").read_bytes() for name in ("longer", "whole")]
    assert last[0] == last[1]
    assert trained_on(home / "longer", Code.DATA_MISMATCH).learned.standards.keys() == {""}


def test_a_script_comes_to_the_same_bits(home, monkeypatch):
    assert same_as_the_script(home, api.loads(PRICES), monkeypatch)
    assert same_as_the_script(home / "several", api.loads(SEVERAL), monkeypatch)


def test_each_output_has_its_own(home):
    metrics = json.loads((home / "several" / "run" / "metrics.json").read_text())
    told = {name: each.get("standard") for name, each in metrics["outputs"].items()}
    assert told["plain"] is None
    assert (len(told["cost"]["mean"]), len(told["tiny"]["mean"])) == (2, 1)
    assert metrics["test_cost.mae"] > 1000  # in the unit of prices
    assert metrics["test_tiny.mae"] < 0.1
    assert metrics["test_cost.loss"] < 10
    (found,) = netspec.Run(home / "several" / "run").predict(drawn(1)[0][:1])
    assert found.outputs["cost"].values[0] > 1000


@pytest.mark.parametrize(
    ("told", "message"),
    [
        (None, "does not tell the run's mean and deviation"),
        ({"mean": [0.0], "deviation": [1.0]}, r"`standard` is of other values than the \[3\]"),
        ({"mean": [0.0] * 3, "deviation": [1.0] * 2}, r"`standard` is of other values than the \[3\]"),
        ({"mean": [0.0] * 3, "deviation": [1.0, 0.0, 1.0]}, r"deviation.1` is too small"),
        ({"mean": ["0"] * 3, "deviation": [1.0] * 3}, r"mean.0` is no number"),
    ],
    ids=["none", "fewer", "uneven", "zero", "texts"],
)
def test_what_a_stranger_keeps_of_them_is_read_as_such(told, message, home, tmp_path):
    shutil.copytree(home / "run", tmp_path / "run")
    metrics = json.loads((home / "run" / "metrics.json").read_text())
    metrics["data"]["standard"] = told
    (tmp_path / "run" / "metrics.json").write_text(json.dumps(metrics))
    with pytest.raises(NetspecError, match=message):
        netspec.Run(tmp_path / "run").predict(drawn(1)[0][:1])
    with pytest.raises(NetspecError):
        evaluate_spec(api.loads(PRICES), str(tmp_path / "run" / "last.safetensors"), device="cpu")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (("loss: mse", "loss: bce_with_logits"), "leave `standardised` out, or take `mse`"),
        (("{regression:", "{autoencoding:"), "`autoencoding` has no option `standardised`"),
        (("{regression:", "{classification:"), "`classification` has no option `standardised`"),
    ],
    ids=["shares", "images", "classes"],
)
def test_what_cannot_be_standardised_is_refused(changed, message, tmp_path):
    with pytest.raises(NetspecError) as caught:
        train_spec(api.loads(PRICES.replace(*changed)), device="cpu", out=tmp_path / "run")
    (found,) = caught.value.diagnostics
    assert message in f"{found.message} {found.help}"
    assert not (tmp_path / "run").exists()


def test_images_as_targets_are_refused(tmp_path):
    x = np.zeros((16, 4, 4), "float32")
    written("images.npz", (x, x))
    text = PRICES.replace("[3]", "[1, 4, 4]").replace("prices.npz", "images.npz")
    text = text.replace("[{linear: 8, activation: relu}, {linear: 3}]", "[{conv: 1, kernel: 1}]")
    with pytest.raises(NetspecError, match="`standardised` is for columns of values"):
        train_spec(api.loads(text), device="cpu", out=tmp_path / "run")


def test_images_that_stay_in_files_have_the_same(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for number in range(16):
        Image.new("RGB", (4, 4), (9 * number,) * 3).save(f"{number}.png")
    Path("prices.csv").write_text(
        "file,price\n" + "".join(f"{number}.png,{number * 1e4 + 3e5}\n" for number in range(16))
    )
    listed = "{list: prices.csv, label_column: price, batch_size: 4, validation: 0.25, in_memory: %s}"
    text = PRICES.replace("{arrays: prices.npz, batch_size: 16, validation: 0.25}", listed).replace(
        "linear: 3", "linear: 1"
    )
    text = text.replace("[3]", "[3, 4, 4]").replace("layers: [", "layers: [flatten, ")
    for kept_in in ("true", "false"):
        train_spec(api.loads(text % kept_in), device="cpu", steps=1, out=tmp_path / kept_in)
    assert kept(tmp_path / "true") == kept(tmp_path / "false")


def test_a_told_step_compares_standardised_targets(home):
    told = netspec.step(api.loads(PRICES))
    assert max(told.apart, told.difference) < 1e-9
    assert told.judged.targets.abs().max() < 5  # prices are in 100,000s
    assert told.source == "arrays, in the order of training; targets are standardised"
    given = netspec.step(api.loads(PRICES), values=[1, 2, 3], target=[0, 1, 2])
    assert given.source == "as given; the target is taken as a standardised value"
