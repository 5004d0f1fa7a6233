"""Runs and a search killed at random moments and gone on with: all weights equal those left alone, bit for bit.

A few kills each; `NETSPEC_KILLS=20` makes it twenty of each recipe, and of a detector's.
"""

import contextlib
import csv
import io
import json
import multiprocessing
import os
import random
import time

import pytest
import torch
from safetensors.torch import load_file

from tests.training.detectors import FASTER_RCNN, TRAIN

KILLS = int(os.environ.get("NETSPEC_KILLS", "3"))
LIVES = multiprocessing.get_context("forkserver")
LIVES.set_forkserver_preload(
    [
        "netspec.training.run",
        "netspec.cli.commands.train",
        "sklearn.datasets",
        "torchvision",
        "tests.training.test_kills",
    ]
)

HEAD = """\
netspec: 1
name: mortal
input: [1, 8, 8]
layers:
  - {conv: 8, kernel: 3, padding: 1}
  - batch_norm
  - {relu: , name: act}
  - {dropout: 0.2}
  - flatten
  - {linear: 10, name: head}
train:
  data: {digits: , batch_size: 32, validation: 0.1}
  loss: cross_entropy
"""
RECIPES = {
    "momentum, accumulation, average, augmentation": """\
  augment: [{crop: 8, padding: 1}, flip, {erase: 0.25}, {mixup: 0.2}]
  optimizer: {sgd: 0.05, momentum: 0.9, nesterov: true}
  schedule: {cosine: , warmup: 1}
  epochs: 20
  accumulate: 3
  clip: {norm: 1.0}
  ema: {decay: 0.95}
  checkpoint: {steps: 5}
  log_every: 4
""",
    "adamw in float16, phases, a length in steps": """\
  optimizer: {adamw: 3e-3}
  schedule: {one_cycle: 1e-2}
  steps: 400
  precision: float16
  clip: {value: 0.5}
  early_stopping: {patience: 20}
  phases: [{steps: 150, freeze: ["*"], except: [head]}, {rates: {conv1: 0.5}}]
  checkpoint: {steps: 7, seconds: 0.05}
  log_every: 10
""",
    "muon, lookahead, a schedule that watches, the best two kept": """\
  optimizer: {muon: 0.02}
  schedule: {reduce_on_plateau: 0, factor: 0.5}
  epochs: 4
  lookahead: {every: 3}
  checkpoint: {steps: 9, keep: 2, monitor: accuracy}
""",
}
SPECS = {name: HEAD + recipe for name, recipe in RECIPES.items()}
if "NETSPEC_KILLS" in os.environ:
    SPECS["a detector, whose boxes are drawn at random, accumulation, average, augmentation"] = f"""\
{FASTER_RCNN}
{TRAIN.replace("epochs: 2", "epochs: 30").replace("shapes: 24", "shapes: 40")}
  augment: [flip]
  schedule: {{cosine: , warmup: 3, unit: steps}}
  accumulate: 2
  clip: {{norm: 1.0}}
  ema: {{decay: 0.9}}
  checkpoint: {{steps: 3}}
"""
SEARCH = """\
  optimizer: {adamw: 3e-3}
  epochs: 2
"""


def live(*arguments):
    """A life of a command."""
    from netspec.cli import run

    torch.set_num_threads(1)
    with contextlib.redirect_stdout(io.StringIO()):
        os._exit(run([*map(str, arguments), "--device", "cpu"]))


def lives(*arguments):
    """Start a life of a command."""
    life = LIVES.Process(target=live, args=arguments)
    life.start()
    return life


def begin(spec, folder):
    """Start a life of a run: the first, or the next one of a run that has a folder."""
    return lives("train", *(("--resume", folder) if folder.exists() else (spec, "--out", folder)))


def warm():
    """Have a first life, which waits for the imports."""
    lives("train", "--help").join()


def saved_step(folder):
    """The step of a run's checkpoint; None before it has a folder."""
    return max((int(path.name.split("-")[1]) for path in folder.glob("checkpoint/step-*")), default=None)


def same(one, other):
    """Whether two runs left the same weights, and the same figures in their tables but for the time they took."""
    for path in sorted(one.glob("*.safetensors")):
        ours, theirs = load_file(path), load_file(other / path.name)
        assert ours.keys() == theirs.keys()
        for name, tensor in ours.items():
            assert torch.equal(tensor, theirs[name]), f"{path.name}: {name}"
    for name in ["metrics.csv", *(path.name for path in one.glob("steps.csv"))]:
        ours, theirs = (list(csv.DictReader((folder / name).read_text().splitlines())) for folder in (one, other))
        for row in (*ours, *theirs):
            del row["images_per_second"]
            row.pop("seconds", None)
        assert ours == theirs, name


@pytest.mark.parametrize("name", SPECS)
def test_a_killed_run_goes_on(name, tmp_path):
    spec = tmp_path / "mortal.yaml"
    spec.write_text(SPECS[name])
    warm()
    whole = tmp_path / "whole"
    start = time.perf_counter()
    life = begin(spec, whole)
    life.join()
    seconds = time.perf_counter() - start
    assert life.exitcode == 0
    chance = random.Random(name)
    kills, run, steps, last = 0, 0, [], saved_step(whole)
    while kills < KILLS:
        run += 1
        folder = tmp_path / f"killed-{run}"
        while True:
            life = begin(spec, folder)
            mortal = kills < KILLS and saved_step(folder) != last  # a run that is trained may come to its end
            life.join(chance.uniform(0, 0.6 * seconds) if mortal else None)
            if life.exitcode is not None:
                break
            life.kill()
            life.join()
            kills += 1
            steps.append(saved_step(folder))
        assert life.exitcode == 0, steps
        same(whole, folder)
    print(f"{name}: {kills} kills in {run} runs, after the checkpoints of steps {', '.join(map(str, steps))}")


def searched(spec, folder):
    """Start a life of a search."""
    axes = ("--over", "train.optimizer.lr=1e-3..1e-1:log", "--over", "train.seed=0..9")
    return lives("search", spec, "--out", folder, *axes, "--trials", "5", "--maximize", "accuracy")


def trials(folder):
    """The points of a search's trials, their ends and their runs, in the order in which they were drawn."""
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    storage = JournalStorage(JournalFileBackend(str(folder / "search.log")))
    found = [each for each in storage.get_all_trials(0) if "killed" not in each.user_attrs]
    assert all(each.state.is_finished() for each in found)
    told = [(each.params, each.values, json.loads(each.user_attrs["told"])["params"]) for each in found]
    return told, [folder / f"trial-{each.number}" for each in found]


def test_a_killed_search_finds_what_it_would_have_found(tmp_path):
    pytest.importorskip("optuna")
    spec = tmp_path / "mortal.yaml"
    spec.write_text(HEAD + SEARCH)
    warm()
    whole = tmp_path / "whole"
    start = time.perf_counter()
    life = searched(spec, whole)
    life.join()
    seconds = time.perf_counter() - start
    assert life.exitcode == 0
    chance, kills, lasted = random.Random(0), 0, []
    while kills < KILLS:
        folder = tmp_path / f"killed-{len(lasted)}"
        lasted.append(0)
        while True:
            life = searched(spec, folder)
            life.join(chance.uniform(0, 0.6 * seconds) if kills < KILLS else None)
            if life.exitcode is not None:
                break
            life.kill()
            life.join()
            kills += 1
            lasted[-1] += 1
        assert life.exitcode == 0
        (ours, runs), (theirs, others) = trials(whole), trials(folder)
        assert ours == theirs
        assert len(runs) == 5
        for one, other in zip(runs, others, strict=True):
            same(one, other)
    print(f"a search: {kills} kills, {', '.join(map(str, lasted))} of one after the other")
