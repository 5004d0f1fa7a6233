"""A finished run gets longer, as a run of its own."""

import csv
import json
import random
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from netspec import api
from netspec.cli import run
from netspec.diagnostics import Code, NetspecError
from netspec.recipe.recipe import read_recipe
from netspec.training.keeping.parent import parent_of
from netspec.training.resuming import prolong_spec, resume_spec
from netspec.training.spec import train_spec
from tests.training.states import contents, interrupted

SPEC = """\
netspec: 1
name: tiny
input: [1, 8, 8]
layers: [flatten, {linear: 16, activation: relu}, {dropout: 0.2}, batch_norm, {linear: 10}]
train:
  data: {digits: , batch_size: 128, validation: 0.1}
  augment: [{crop: 8, padding: 1}, {mixup: 0.2}]
  loss: cross_entropy
  optimizer: {sgd: 0.1, momentum: 0.9}
  schedule: constant
  epochs: 3
  ema: {decay: 0.9}
  log_every: 5
"""


def trained(out, text=SPEC, **values):
    return train_spec(api.loads(text), device="cpu", out=out, **values).metrics


PHASES = """\
epochs: 3
  phases:
    - {epochs: 1, freeze: ['*'], except: [linear2, batch_norm1]}
    - {rates: {'*': 0.5, linear1: 2}, freeze: [batch_norm1], schedule: {constant: , warmup: 1}}
"""


def same(one, other):
    """Whether two runs left the same weights, to the bit, and the same figures but for the time they took."""
    for name in ("last.safetensors", "ema.safetensors", "best.safetensors"):
        ours, theirs = load_file(one / name), load_file(other / name)
        assert ours.keys() == theirs.keys()
        assert all(torch.equal(tensor, theirs[key]) for key, tensor in ours.items()), name
    for table in ("metrics.csv", "steps.csv"):
        ours, theirs = (list(csv.DictReader((each / table).read_text().splitlines())) for each in (one, other))
        for row in (*ours, *theirs):
            del row["images_per_second"]
            row.pop("seconds", None)
        assert ours == theirs, table
    return True


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    home = tmp_path_factory.mktemp("prolonged")
    trained(home / "three")
    trained(home / "six", epochs=6)
    return home


def test_three_epochs_and_three_more_are_six(home, tmp_path):
    before = contents(home / "three")
    report = prolong_spec(home / "three", epochs=6, device="cpu", out=tmp_path / "more")
    assert same(home / "six", tmp_path / "more")
    assert contents(home / "three") == before
    six = json.loads((home / "six/metrics.json").read_text())
    told = json.loads((tmp_path / "more/metrics.json").read_text())
    assert {n: v for n, v in told.items() if n.startswith("test_")} == {
        n: v for n, v in six.items() if n.startswith("test_")
    }
    assert (told["best"], told["recipe"], six["parent"]) == (six["best"], six["recipe"], None)
    assert told["parent"] == report.metrics["parent"]
    assert told["parent"]["run"] == str(home / "three")
    assert told["parent"]["epochs"] == 3
    assert told["parent"]["schedule"] == "the learning rate stays 0.1"
    assert api.load(tmp_path / "more/spec.yaml").document is not None
    assert (tmp_path / "more/spec.yaml").read_text() == (home / "six/spec.yaml").read_text()


def test_a_longer_run_that_is_interrupted_goes_on_and_remembers_its_parent(home, tmp_path, monkeypatch):
    from netspec.training.session import Session

    pause = Session.pause
    with monkeypatch.context() as patched:

        def asked(session):
            if session.loop.step == 40:
                session.interrupt.signal = 15
            return pause(session)

        patched.setattr(Session, "pause", asked)
        assert prolong_spec(home / "three", epochs=6, device="cpu", out=tmp_path / "more").state == "interrupted"
    found = resume_spec(tmp_path / "more", device="cpu").metrics
    assert same(home / "six", tmp_path / "more")
    assert found["parent"]["run"] == str(home / "three")


def test_the_choice_of_the_schedule_is_said(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("tiny.yaml").write_text(SPEC.replace("constant", "cosine"))
    assert run(["train", "tiny.yaml", "--device", "cpu"]) == 0
    capsys.readouterr()
    assert run(["train", "--resume", "runs/tiny-1", "--epochs", "6", "--device", "cpu"]) == 0
    said = capsys.readouterr().out
    assert "note: goes on from the 3 epochs of runs/tiny-1; the schedule `cosine` counts over all 6 epochs" in said
    assert "the rate goes on at 0.05, after 0.0002264" in said
    assert said.rstrip().endswith("weights and metrics are in runs/tiny-2")
    rates = [
        float(row["learning_rate"]) for row in csv.DictReader(Path("runs/tiny-2/metrics.csv").read_text().splitlines())
    ]
    assert rates[2] < 0.001 < 0.02 < rates[3]


def test_a_longer_run_goes_on_in_the_phase_that_takes_the_rest(tmp_path):
    text = SPEC.replace("epochs: 3\n", PHASES)
    trained(tmp_path / "short", text)
    trained(tmp_path / "whole", text, epochs=4)
    found = prolong_spec(tmp_path / "short", epochs=4, device="cpu", out=tmp_path / "more").metrics
    assert same(tmp_path / "whole", tmp_path / "more")
    assert found["parent"]["schedule"] == "the learning rate stays 0.1"


def test_no_step_that_is_done_changes_its_phase():
    """Random phases: a run that gets longer had at each of its steps what the longer one would have had."""
    draw, longer = random.Random(0), 0
    for _ in range(300):
        unit = draw.choice(["epochs", "steps"])
        each = 1 if unit == "epochs" else 4  # steps in an epoch
        phases = [{unit: draw.randint(1, 3)} for _ in range(draw.randint(1, 4))]
        free = draw.choice(phases)
        del free[unit]
        if draw.random() < 0.4:
            free["schedule"] = "cosine"
        fixed = sum(phase.get(unit, 0) for phase in phases)
        length = -(-fixed // each) * each + each * draw.randint(1, 3)
        recipe = {"data": {"digits": None, "batch_size": 25}, "loss": "cross_entropy", "optimizer": {"sgd": 0.1}}
        short, long = (
            read_recipe({**recipe, "phases": phases, unit: n}) for n in (length, length + each * draw.randint(1, 3))
        )
        steps = draw.choice([length * 4 // each, 4])  # one that stopped early, too
        plans = [made.plan(100) for made in (short, long)]
        epoch = {"loss": 1.0, "learning_rate": plans[0].rate(steps - 1)}
        metrics = {"state": "done", "data": {"train": 100}, "steps": steps, "epochs": [epoch] * (steps // 4)}
        if not all(plans[0].at(step) == plans[1].at(step) for step in range(steps)):
            with pytest.raises(NetspecError, match=r"NS0806 phase . of run began after"):
                parent_of(Path("run"), short, long, metrics)
            continue
        told = parent_of(Path("run"), short, long, metrics).schedule
        longer += 1
        own = "schedule" in phases[plans[1].at(steps)]
        assert told.startswith("the schedule `cosine` counts over the " if own else "the learning rate ")
    assert 100 < longer < 250


def test_a_length_in_steps(home, tmp_path):
    spec = SPEC.replace("epochs: 3", "steps: 22")
    trained(tmp_path / "short", spec)
    trained(tmp_path / "whole", spec, steps=40)
    prolong_spec(tmp_path / "short", steps=40, device="cpu", out=tmp_path / "more")
    assert same(tmp_path / "whole", tmp_path / "more")


def test_a_run_that_stopped_early_or_was_about_to_counts_anew(tmp_path):
    text = SPEC.replace("epochs: 3", "epochs: 2\n  early_stopping: {patience: 1, min_delta: 100}")
    trained(tmp_path / "run", text)
    found = prolong_spec(tmp_path / "run", epochs=12, device="cpu", out=tmp_path / "more").metrics
    assert len(found["epochs"]) == 4  # two, and two by which the rule stops again
    assert found["stopped_early"]
    assert (tmp_path / "more" / "last.safetensors").exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--epochs", "3"], "has 3 epochs already"),
        (["--epochs", "1"], "more than 3"),
        (["--steps", "33"], "has 33 steps already"),
    ],
)
def test_what_gets_no_longer(home, capsys, arguments, told):
    assert run(["train", "--resume", str(home / "three"), *arguments, "--device", "cpu"]) == 1
    err = " ".join(capsys.readouterr().err.split())
    assert "NS0806" in err
    assert told in err


def test_what_cannot_get_longer(tmp_path, capsys):
    trained(tmp_path / "cut", SPEC.replace("epochs: 3", "steps: 15"))
    with pytest.raises(NetspecError, match=r"the last epoch of .* was cut at step 15") as caught:
        prolong_spec(tmp_path / "cut", steps=30, device="cpu")
    assert caught.value.diagnostics[0].code is Code.NOT_RESUMABLE
    with pytest.raises(NetspecError, match="is not finished"):
        prolong_spec(interrupted(tmp_path / "cut"), steps=30, device="cpu")
    phases = SPEC.replace(
        "epochs: 3", "epochs: 3\n  phases: [{epochs: 1, freeze: ['*'], except: [<head>]}, {epochs: 2}]"
    )
    trained(tmp_path / "phases", phases)
    assert run(["train", "--resume", str(tmp_path / "phases"), "--epochs", "6", "--device", "cpu"]) == 1
    assert "the phases are 3 epochs long, the run 6" in capsys.readouterr().err
