"""The learning rate range test: its rates, what it suggests, and the command that draws it."""

import io
import json
import math
from itertools import pairwise

import pytest
import torch
from PIL import Image

from netspec import api
from netspec.cli import run
from netspec.diagnostics import NetspecError
from netspec.driver.recipes import recipe_of
from netspec.recipe.measuring.range_test import LEAST, MOST, RangeTest, rates_of, smoothed, until_lost
from netspec.training.finding_rates import find_rate_spec, rising

SPEC = """\
netspec: 1
name: tiny
input: [1, 8, 8]
layers: [flatten, {linear: 16, activation: relu}, {linear: 10, name: head}]
train:
  data: {digits: , batch_size: 128}
  loss: cross_entropy
  optimizer: {sgd: 0.1, momentum: 0.9}
  epochs: 3
"""


def test_rates_rise_by_one_factor():
    rates = rates_of(100)
    assert (rates[0], rates[-1]) == (LEAST, pytest.approx(MOST))
    assert all(after / before == pytest.approx(rates[1] / rates[0]) for before, after in pairwise(rates))
    plan = rising(recipe_of(api.loads(SPEC)), 100).plan(1437)
    assert [plan.rate(step) for step in range(100)] == pytest.approx(rates)


def test_smoothing_is_adam_s_mean():
    losses = torch.rand(20, dtype=torch.float64, generator=torch.Generator().manual_seed(0)).tolist()
    mean = torch.zeros((), dtype=torch.float64)
    for step, loss in enumerate(losses):
        mean = mean.lerp(torch.tensor(loss, dtype=torch.float64), 0.1)
        assert smoothed(losses)[step] == pytest.approx(mean.item() / (1 - 0.9 ** (step + 1)))
    assert smoothed([2.0] * 5) == pytest.approx([2.0] * 5)


def curve(*losses):
    return RangeTest("net", tuple(rates_of(len(losses))), losses)


def test_what_is_suggested():
    valley = curve(*[2.0] * 60, *[2.0 - 0.1 * step for step in range(20)], *[5.0] * 20)
    assert 78 <= valley.lowest <= 80
    assert valley.suggested == valley.rates[valley.lowest] / 10
    early = curve(*[2.0] * 20, *[0.5] * 60, *[5.0] * 20)  # where it fell at once, that rate is far below a tenth
    assert early.suggested == early.rates[20]
    assert curve(*[1.0 + step for step in range(10)]).suggested is None


def test_when_it_ends():
    assert list(until_lost([1.0, 0.5, 0.6])) == [1.0, 0.5, 0.6]
    assert list(until_lost([1.0, float("nan"), 1.0])) == [1.0]
    assert list(until_lost([1.0] * 9 + [1000.0, 1.0])) == [1.0] * 9 + [1000.0]


def test_a_run_of_it_is_the_same_each_time_and_stops_where_it_is_lost():
    found = find_rate_spec(api.loads(SPEC), device="cpu", steps=60)
    assert found == find_rate_spec(api.loads(SPEC), device="cpu", steps=60)
    assert found.rates == tuple(rates_of(60)[: len(found.losses)])
    assert all(map(math.isfinite, found.losses))
    assert 1e-3 < found.suggested < 1


def test_a_frozen_phase_stays_so_and_errors_are_told():
    phased = SPEC.replace("  epochs: 3", "  epochs: 3\n  phases: [{epochs: 1, freeze: ['*'], except: [head]}, {}]")
    recipe = rising(recipe_of(api.loads(phased)), 10)
    assert [(phase.freeze, phase.epochs) for phase in recipe.phases] == [(("*",), None)]
    assert len(find_rate_spec(api.loads(phased), device="cpu", steps=5).losses) == 5
    with pytest.raises(NetspecError, match="larger than the 1,437"):
        find_rate_spec(api.loads(SPEC), device="cpu", batch_size=10_000)


def test_the_command_draws_and_suggests(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny.yaml").write_text(SPEC)
    command = ["train", "tiny.yaml", "--device", "cpu", "--find-rate", "curve.png", "--steps", "40"]
    assert run([*command, "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["recipe"] == 0.1
    assert len(found["steps"]) <= 40
    assert Image.open(io.BytesIO((tmp_path / "curve.png").read_bytes())).size > (500, 300)
    assert not (tmp_path / "runs").exists()
    assert run(command) == 0
    assert capsys.readouterr().out.startswith(f"suggested learning rate {found['suggested']:.1e}\n")
    before = (tmp_path / "tiny.yaml").read_text()
    (tmp_path / "link.png").symlink_to("tiny.yaml")
    for wrong, told in (
        (["train", "tiny.yaml", "--find-rate", "link.png"], "it is what this command reads"),
        (["train", "tiny.yaml", "--find-rate", "a.png", "--epochs", "2"], "--epochs does not go with --find-rate"),
        (["train", "tiny.yaml", "--find-rate", "a.png", "--log", "wandb"], "--log does not go with --find-rate"),
        (["train", "tiny.yaml", "--find-rate", "a.png", "--out", "run"], "--out does not go with --find-rate"),
        (["train", "--resume", "run", "--find-rate", "a.png"], "--resume does not go with --find-rate"),
    ):
        assert run(wrong) != 0
        assert told in capsys.readouterr().err
    assert (tmp_path / "tiny.yaml").read_text() == before
