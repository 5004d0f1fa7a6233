"""A run that somebody has tampered with is told of by a diagnostic: no traceback, no code, nothing changed elsewhere.

A few of them each time; `NETSPEC_TAMPERED=400` makes it so many, `NETSPEC_TAMPERED_SEED` begins elsewhere.
"""

import os
import random
import shutil
import signal
from contextlib import contextmanager

import pytest

from netspec.cli import run
from tests.training.states import interrupted
from tests.training.tampered import encoded_image, tamper

COUNT = int(os.environ.get("NETSPEC_TAMPERED", "32"))
SEED = int(os.environ.get("NETSPEC_TAMPERED_SEED", "0"))
SPEC = """\
netspec: 1
name: tiny
params: {outputs: 10}
input: [1, 8, 8]
layers:
  - flatten
  - {linear: $outputs, name: fc}
train:
  data: {digits: , batch_size: 512}
  loss: cross_entropy
  optimizer: {adamw: 0.01}
  ema: {decay: 0.5}
  epochs: 2
"""


@pytest.fixture(scope="module", autouse=True)
def charts():
    """They are drawn."""


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """A run of two epochs that was stopped within the second, so that there is something left to do."""
    folder = tmp_path_factory.mktemp("original")
    (folder / "tiny.yaml").write_text(SPEC)
    command = ["train", str(folder / "tiny.yaml"), "--out", str(folder / "run"), "--device", "cpu", "--steps", "5"]
    assert run(command) == 0
    interrupted(folder / "run")
    (folder / "image.png").write_bytes(encoded_image())
    return folder


@contextmanager
def within(seconds):
    """Ends what waits for ever."""

    def end(number, frame):
        raise AssertionError(f"not answered within {seconds} s")

    before = signal.signal(signal.SIGALRM, end)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def words(command, folder):
    run_folder = str(folder / "run")
    weights = str(folder / "run/other.pt")
    return {
        "resume": ["train", "--resume", run_folder, "--device", "cpu"],
        "runs": ["runs", str(folder)],
        "runs --format json": ["runs", run_folder, "--format", "json"],
        "runs --sort": ["runs", str(folder), "--sort", "seconds"],
        "eval": ["eval", run_folder, "--device", "cpu"],
        "eval --weights": ["eval", run_folder, "--device", "cpu", "--weights", weights],
        "predict": ["predict", run_folder, str(folder / "image.png"), "--device", "cpu"],
        "predict --weights": [
            "predict",
            run_folder,
            str(folder / "image.png"),
            "--device",
            "cpu",
            "--weights",
            weights,
        ],
        "export": ["export", run_folder, "-o", str(folder / "out.safetensors")],
    }[command]


def is_plain(text):
    return all(char.isprintable() or char == "\n" for char in text)


@pytest.mark.parametrize("number", range(SEED, SEED + COUNT))
def test_a_tampered_run_is_told_of(original, tmp_path, capsys, number):
    shutil.copytree(original, tmp_path / "work")
    outside, canary = tmp_path / "outside", tmp_path / "canary"
    outside.mkdir()
    (outside / "precious").write_text("precious")
    change = tamper(tmp_path / "work/run", random.Random(number), canary)
    capsys.readouterr()
    with within(60):
        code = run(words(change.command, tmp_path / "work"))
    out, err = capsys.readouterr()
    assert code in (0, 1, 2, 3), change  # 2: it is no longer the folder of a run
    told = any(words in err for words in ("error[NS", "is no whole run", "Error: "))
    assert (code == 0) or told or '"problem": "' in out, change
    assert "Traceback" not in out + err
    assert is_plain(out + err), (change, out + err)
    assert not canary.exists()
    assert (outside / "precious").read_text() == "precious"
    left = [path.name for path in (tmp_path / "work").iterdir()]
    assert set(left) <= {"run", "tiny.yaml", "image.png", "out.safetensors", "out.spec.json"}
