"""`netspec train --devices 2`: the curve of one process, and workers that fail."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from netspec.cli import run
from netspec.diagnostics import Code, NetspecError
from netspec.training.parallel import launch as launching
from netspec.training.parallel.launch import launch
from netspec.training.parallel.world import World

SPEC = """\
netspec: 1
name: tiny
input: [1, 8, 8]
layers:
  - {conv: 8, kernel: 3, padding: 1, activation: relu}
  - flatten
  - {linear: 10}
train:
  data: {digits: , batch_size: 63, validation: 0.2}
  loss: cross_entropy
  optimizer: {adamw: 3e-3}
  schedule: {one_cycle: 1e-2}
  ema: {decay: 0.9}
  epochs: 3
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    (tmp_path / "tiny.yaml").write_text(SPEC)
    return tmp_path


def figures(name):
    """Losses by epoch, of training and validation, and the test's figures, of a run's folder."""
    found = json.loads(Path(name, "metrics.json").read_text())
    losses = [value for epoch in found["epochs"] for key, value in sorted(epoch.items()) if "loss" in key]
    return losses, [found["test_loss"], found["test_accuracy"]]


def test_two_processes_train_as_one(folder, capfd):
    assert run(["train", "tiny.yaml", "--device", "cpu", "--out", "one"]) == 0
    assert run(["train", "tiny.yaml", "--device", "cpu", "--devices", "2", "--out", "two"]) == 0
    shown = capfd.readouterr().out
    assert shown.count("epoch 3/3") == 2
    assert "2 x cpu" in shown
    losses, tests = figures("one")
    assert len(losses) == 6
    assert figures("two")[0] == pytest.approx(losses, rel=1e-5)
    assert figures("two")[1] == pytest.approx(tests, rel=1e-5)


def launched(monkeypatch, code, devices=2):
    """`launch` with a Python program in place of the command."""

    def start(arguments, environment, lifeline, unseen):
        output = {"stdout": subprocess.DEVNULL, "stderr": unseen} if unseen else {}
        return subprocess.Popen([sys.executable, "-c", code], env=environment, pass_fds=(lifeline,), **output)

    monkeypatch.setattr(launching, "_start", start)
    return launch([], World(devices))


def test_every_process_is_told_who_it_is(monkeypatch, tmp_path):
    names = "RANK LOCAL_RANK WORLD_SIZE LOCAL_WORLD_SIZE NODE_RANK MASTER_ADDR OMP_NUM_THREADS"
    code = (
        "import os, pathlib; told = os.environ\n"
        f"pathlib.Path({str(tmp_path)!r}, told['RANK']).write_text(' '.join(map(told.get, {names.split()})))"
    )
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert launched(monkeypatch, code, 3) == 0
    assert (tmp_path / "2").read_text() == "2 2 3 3 0 127.0.0.1 3"
    monkeypatch.setenv("NODE_RANK", "1")
    monkeypatch.setenv("MASTER_ADDR", "first")
    found = launching._meeting_point(World(2, 4))
    assert (found["NODE_RANK"], found["MASTER_ADDR"], found["WORLD_SIZE"]) == ("1", "first", "8")


def test_machines_that_cannot_meet(monkeypatch):
    monkeypatch.delenv("MASTER_ADDR", raising=False)
    with pytest.raises(NetspecError, match="do not know where to meet") as caught:
        launch([], World(2, 4))
    assert caught.value.diagnostics[0].code is Code.TRAINING_FAILED


def test_the_first_tells_why_it_failed(monkeypatch):
    monkeypatch.setattr(launching, "_GRACE", 0.1)
    code = "import os, sys, time; sys.exit(3) if os.environ['RANK'] == '0' else time.sleep(60)"
    assert launched(monkeypatch, code) == 3


@pytest.mark.parametrize(
    ("end", "said"),
    [("sys.exit('too bad')", "ended with exit code 1"), ("os.kill(os.getpid(), 9)", "ended by SIGKILL")],
)
def test_a_dead_worker_ends_the_others(end, said, monkeypatch, capsys):
    monkeypatch.setattr(launching, "_GRACE", 0.1)
    code = f"import os, sys, time; {end} if os.environ['RANK'] == '1' else time.sleep(60)"
    with pytest.raises(NetspecError, match=said) as caught:
        launched(monkeypatch, code)
    assert "process 2 of the 2" in caught.value.diagnostics[0].message
    assert ("too bad" in capsys.readouterr().err) == ("sys.exit" in end)


def test_processes_end_with_the_one_that_started_them(tmp_path):
    code = (
        "from netspec.training.parallel.launch import leave_with_launcher\n"
        "import pathlib, time; leave_with_launcher(); pathlib.Path('ready').touch(); time.sleep(60)"
    )
    read, write = os.pipe()
    environment = {**os.environ, "NETSPEC_LIFELINE": str(read), "PYTHONPATH": str(Path(__file__).parents[3])}
    worker = subprocess.Popen([sys.executable, "-c", code], env=environment, pass_fds=(read,), cwd=tmp_path)
    while not (tmp_path / "ready").exists():
        time.sleep(0.02)
    assert worker.poll() is None
    os.close(write)
    assert worker.wait(timeout=20) == -signal.SIGTERM
