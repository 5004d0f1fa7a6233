"""The learning rate range test: its rates, what it suggests, and the command that draws it."""

import io
import json
import math
from itertools import pairwise

import numpy
import pytest
from PIL import Image

from netspec import api
from netspec.cli import run
from netspec.diagnostics import NetspecError
from netspec.driver.recipes import recipe_of
from netspec.recipe.measuring.range_test import LEAST, MOST, Lines, RangeTest, rates_of, until_lost
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
    rates = list(rates_of(100))
    assert (rates[0], rates[-1]) == (LEAST, pytest.approx(MOST))
    assert all(after / before == pytest.approx(rates[1] / rates[0]) for before, after in pairwise(rates))
    plan = rising(recipe_of(api.loads(SPEC)), 100).plan(1437)
    assert [plan.rate(step) for step in range(100)] == pytest.approx(rates)


def test_lines_are_those_of_least_squares():
    losses = numpy.random.default_rng(0).normal(size=20)
    lines = Lines.through(losses.tolist(), 7)
    for first in range(14):
        slope, constant = numpy.polyfit(range(first, first + 7), losses[first : first + 7], 1)
        assert lines.slopes[first] == pytest.approx(slope)
        assert lines.at(first + 3) == pytest.approx(constant + slope * (first + 3))
    assert lines.at(0) == pytest.approx(lines.means[0] - 3 * lines.slopes[0])
    assert Lines.through([2.0], 7).at(0) == 2.0


def curve(*losses):
    return RangeTest("net", tuple(rates_of(len(losses))), losses)


def test_what_is_suggested():
    valley = curve(*[2.0] * 60, *[2.0 - 0.1 * step for step in range(20)], *[5.0] * 20)
    assert 72 <= valley.lowest <= 80
    assert valley.suggested == valley.rates[valley.lowest] / 10
    early = curve(*[2.0] * 20, *[0.5] * 60, *[5.0] * 20)  # where it fell at once, that rate is far below a tenth
    assert early.suggested in early.rates[19:21]
    assert curve(*[1.0 + step for step in range(10)]).suggested is None
    assert curve(*[2.0] * 100).suggested is None
    assert curve(2.0, 1.0).suggested is None


@pytest.mark.parametrize("noise", [0.01, 0.1, 0.3])
def test_noise_moves_a_suggestion_little(noise):
    """The loss falls from 2.3 to 0.6 about 10^-2.5, and rises from a rate of 1 on; batches differ by `noise`."""
    places = [math.log10(rate) for rate in rates_of(100)]
    truth = [2.3 - 1.7 / (1 + math.exp(-4 * (place + 2.5))) + 5 * max(0, place) for place in places]
    random = numpy.random.default_rng(1)
    for _ in range(40):
        found = curve(*(truth + noise * random.normal(size=100))).suggested
        assert 10**-3.5 < found < 10**-1.5


def test_of_noise_alone_nothing_is_suggested():
    random = numpy.random.default_rng(2)
    told = [curve(*(2 + 0.3 * random.normal(size=100))).suggested for _ in range(100)]
    assert sum(rate is not None for rate in told) <= 3


def test_when_it_ends():
    assert list(until_lost([1.0, 0.5, 0.6])) == [1.0, 0.5, 0.6]
    assert list(until_lost([1.0, float("nan"), 1.0])) == [1.0]
    assert list(until_lost([1.0] * 9 + [1000.0, 1.0])) == [1.0] * 9 + [1000.0]


def test_a_run_of_it_is_the_same_each_time_and_stops_where_it_is_lost():
    found = find_rate_spec(api.loads(SPEC), device="cpu", steps=60)
    assert found == find_rate_spec(api.loads(SPEC), device="cpu", steps=60)
    assert found.rates == tuple(rates_of(60))[: len(found.losses)]
    assert all(map(math.isfinite, found.losses))


def test_seeds_and_small_batches_agree_on_the_rate():
    """Batches of eight are far noisier than the rates below 10^-4 change their loss."""
    small = SPEC.replace("batch_size: 128", "batch_size: 8").replace("sgd: 0.1, momentum: 0.9", "adamw: 3e-3")
    found = [find_rate_spec(api.loads(small), device="cpu", seed=seed).suggested for seed in range(4)]
    assert all(1e-3 < rate < 1e-1 for rate in found)


def test_a_frozen_phase_stays_so_and_errors_are_told():
    phased = SPEC.replace("  epochs: 3", "  epochs: 3\n  phases: [{epochs: 1, freeze: ['*'], except: [head]}, {}]")
    recipe = rising(recipe_of(api.loads(phased)), 10)
    assert [(phase.freeze, phase.epochs) for phase in recipe.phases] == [(("*",), None)]
    assert len(find_rate_spec(api.loads(phased), device="cpu", steps=5).losses) == 5
    for steps in (1, 10**11):  # of which no list is made
        with pytest.raises(NetspecError, match=f"takes 2 to 100,000 steps, not {steps:,}"):
            find_rate_spec(api.loads(SPEC), device="cpu", steps=steps)
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
