"""A run of two processes, each with a piece of the weights, that SIGTERM interrupts goes on in one."""

import csv
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from netspec import api
from netspec.training.resuming import resume_spec
from netspec.training.spec import train_spec

ROOT = Path(__file__).parents[2]
SPEC = """\
netspec: 1
name: tiny
input: [1, 8, 8]
layers: [flatten, {linear: 16, activation: relu}, {linear: 10}]
train:
  data: {digits: , batch_size: 32, validation: 0.1}
  loss: cross_entropy
  optimizer: {sgd: 0.1, momentum: 0.9}
  epochs: 3
  accumulate: 2
  ema: {decay: 0.9}
  checkpoint: {steps: 3}
  clip: {norm: 1.0}
  log_every: 4
"""


def test_two_processes_then_one(tmp_path):
    (tmp_path / "tiny.yaml").write_text(SPEC)
    options = ["--device", "cpu", "--devices", "2", "--strategy", "fsdp", "--out", "two"]
    command = [sys.executable, "-m", "netspec", "train", "tiny.yaml", *options]
    run = subprocess.Popen(command, cwd=tmp_path, env=_environment(), stdout=subprocess.PIPE, text=True)
    until = time.monotonic() + 120
    while not list(tmp_path.glob("two/checkpoint/step-[3-9]*")) and run.poll() is None and time.monotonic() < until:
        time.sleep(0.02)
    run.terminate()
    said, _ = run.communicate(timeout=60)
    if run.returncode == 0:
        pytest.skip("the run was over before the signal came")
    assert run.returncode == 128 + signal.SIGTERM
    assert "interrupted after" in said
    resumed = resume_spec(tmp_path / "two", device="cpu").metrics
    alone = train_spec(api.loads(SPEC), device="cpu", out=tmp_path / "one").metrics
    assert resumed["steps"] == alone["steps"]
    losses = [[epoch["loss"] for epoch in metrics["epochs"]] for metrics in (resumed, alone)]
    assert losses[0] == pytest.approx(losses[1], abs=1e-5)
    assert resumed["test_loss"] == pytest.approx(alone["test_loss"], abs=1e-5)
    with (tmp_path / "two/metrics.csv").open() as file:
        assert len(list(csv.DictReader(file))) == 3
    tables = [list(csv.DictReader((tmp_path / name / "steps.csv").open())) for name in ("two", "one")]
    assert [row["step"] for row in tables[0]] == [str(step) for step in range(4, alone["steps"] + 1, 4)]
    for row, other in zip(*tables, strict=True):
        for name in ("epoch", "loss", "learning_rate", "gradient_norm"):
            assert float(row[name]) == pytest.approx(float(other[name]), abs=1e-5)


def _environment():
    return {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
