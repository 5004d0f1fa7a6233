"""Runs killed at random moments and taken up again: their weights equal those of a run left alone, bit for bit.

A few kills each; `NETSPEC_KILLS=20` makes it twenty of either recipe.
"""

import contextlib
import io
import multiprocessing
import os
import random
import time

import pytest
import torch
from safetensors.torch import load_file

KILLS = int(os.environ.get("NETSPEC_KILLS", "3"))
LIVES = multiprocessing.get_context("forkserver")
LIVES.set_forkserver_preload(
    ["netspec.training.run", "netspec.cli.commands.train", "sklearn.datasets", "tests.training.test_kills"]
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
""",
}


def live(*arguments):
    """A life of a run."""
    from netspec.cli import run

    torch.set_num_threads(1)
    with contextlib.redirect_stdout(io.StringIO()):
        os._exit(run(["train", *map(str, arguments), "--device", "cpu"]))


def begin(spec, folder):
    """Start a life: the first, or the next one of a run that has a folder."""
    arguments = ("--resume", folder) if folder.exists() else (spec, "--out", folder)
    life = LIVES.Process(target=live, args=arguments)
    life.start()
    return life


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
    tables = [(folder / "metrics.csv").read_text().splitlines() for folder in (one, other)]
    timed = [tables[0][0].split(",").index(name) for name in ("seconds", "images_per_second")]
    told = [[[v for i, v in enumerate(row.split(",")) if i not in timed] for row in table] for table in tables]
    assert told[0] == told[1]


@pytest.mark.parametrize("name", RECIPES)
def test_a_killed_run_goes_on(name, tmp_path):
    spec = tmp_path / "mortal.yaml"
    spec.write_text(HEAD + RECIPES[name])
    warm = LIVES.Process(target=live, args=("--help",))  # the first life of all would wait for the imports
    warm.start()
    warm.join()
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
