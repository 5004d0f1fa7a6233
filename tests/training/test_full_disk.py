"""A full disk costs no result: what is secondary is noted; where weights are lost, the whole checkpoint is named."""

import json

import pytest
import torch
from safetensors.torch import load_file

from netspec.cli import run
from netspec.files import writing
from netspec.recipe.loggers import event_files
from netspec.training import session
from netspec.training.keeping import checkpoint

SPEC = """\
netspec: 1
name: tiny
input: [1, 8, 8]
layers: [flatten, {linear: 16, activation: relu}, {linear: 10}]
train:
  data: {digits: , batch_size: 128, validation: 0.1}
  loss: cross_entropy
  optimizer: {sgd: 0.1, momentum: 0.9}
  epochs: 3
  ema: {decay: 0.9}
"""
PER_EPOCH = 11
WEIGHTS = ("last.safetensors", "ema.safetensors", "best.safetensors")


class Disk:
    """Refuses what it is told to, as a disk that is full does: after some of it is written."""

    def __init__(self, monkeypatch):
        self.full = lambda name: False
        self.refused = []
        replace, write, add = writing._replace, checkpoint._write, event_files.Events._add

        def check(name):
            if self.full(name):
                self.refused.append(name)
                raise OSError(28, "No space left on device")

        def replaced(target, data):
            check(target.name)
            replace(target, data)

        def written(path, content):
            path.write_bytes(bytes(content)[: len(content) // 2])
            check(path.name)
            write(path, content)

        def added(events, **event):
            check("tensorboard")
            add(events, **event)

        monkeypatch.setattr(writing, "_replace", replaced)
        monkeypatch.setattr(checkpoint, "_write", written)
        monkeypatch.setattr(event_files.Events, "_add", added)

    def after(self, count, *names):
        """Take `count` files of these names, or of any, and then no more."""
        left = [count]

        def full(name):
            if names and name not in names:
                return False
            left[0] -= 1
            return left[0] < 0

        self.full = full


@pytest.fixture
def disk(monkeypatch):
    return Disk(monkeypatch)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    home = tmp_path_factory.mktemp("whole")
    (home / "tiny.yaml").write_text(SPEC)
    assert run(["train", str(home / "tiny.yaml"), "--device", "cpu", "--out", str(home / "run")]) == 0
    return home / "run"


@pytest.fixture
def train(tmp_path, capsys):
    def trained(code, *arguments):
        (tmp_path / "tiny.yaml").write_text(SPEC)
        given = arguments or (str(tmp_path / "tiny.yaml"), "--out", str(tmp_path / "run"))
        capsys.readouterr()
        assert run(["train", *given, "--device", "cpu"]) == code
        told = capsys.readouterr()
        assert "Traceback" not in told.out + told.err
        assert "test accuracy" in told.out
        return told.out, " ".join(told.err.split())

    return trained


def same(one, other, names=WEIGHTS):
    for name in names:
        ours, theirs = load_file(one / name), load_file(other / name)
        assert all(torch.equal(tensor, theirs[key]) for key, tensor in ours.items()), name
    return True


def figures(folder):
    metrics = json.loads((folder / "metrics.json").read_text())
    return metrics["state"], {name: value for name, value in metrics.items() if name.startswith("test_")}


def test_best_weights_that_are_newer_than_the_checkpoint_are_named(train, disk, tmp_path):
    disk.full = lambda name: name in ("state.pt", "weights.safetensors", "ema.safetensors", "last.safetensors")
    begin = session.write_checkpoint
    with pytest.MonkeyPatch.context() as patched:

        def begun(folder, step, state):
            full, disk.full = disk.full, lambda name: False
            begin(folder, step, state)
            disk.full = full

        patched.setattr(session, "write_checkpoint", begun)  # the disk has room for the one of the beginning
        _, err = train(3)
    epoch = json.loads((tmp_path / "run/metrics.json").read_text())["best"]["epoch"]
    assert f"best.safetensors of epoch {epoch} is whole; the checkpoint of step 0 is whole" in err


@pytest.mark.parametrize("count", [6, 8, 9, 12, 14, 17, 20])
def test_a_disk_that_is_full_from_some_file_on(train, disk, whole, tmp_path, count):
    """Whatever the file is: the result is shown, and the checkpoint that is named goes on to the same end."""
    disk.after(count)
    out, err = train(3)
    assert "NS0805" in err
    (step,) = (tmp_path / "run/checkpoint").iterdir()
    assert f"the checkpoint of {step.name.replace('-', ' ')} is whole" in err
    assert f"the checkpoint of {step.name.replace('-', ' ')} is whole, and the run goes on" in out
    assert "weights and metrics are in" not in out
    disk.full = lambda name: False
    train(0, "--resume", str(tmp_path / "run"))
    assert same(whole, tmp_path / "run")
    assert figures(tmp_path / "run") == figures(whole)


def test_no_checkpoint_and_yet_the_weights(train, disk, whole, tmp_path):
    disk.after(2, "state.pt")
    out, err = train(0)
    assert f"the final weights are whole; the latest checkpoint is that of step {PER_EPOCH}" in out
    assert not err
    assert same(whole, tmp_path / "run")
    assert figures(tmp_path / "run") == figures(whole)


def test_a_disk_that_has_room_again(train, disk, whole, tmp_path):
    """The second epoch's best weights and checkpoint are refused; the third one's are not."""
    disk.full = lambda name: name != "tensorboard" and sum(name == "best.safetensors" for name in disk.refused) >= 4
    full = [True] * 2

    def refuse(name):
        return name == "best.safetensors" and bool(full) and full.pop()

    disk.full = refuse
    out, err = train(0)
    assert disk.refused == ["best.safetensors"] * 2
    assert "best.safetensors cannot be written: No space left on device" in out
    assert not err
    assert same(whole, tmp_path / "run")
    assert figures(tmp_path / "run") == figures(whole)


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (["curves.png"], "curves.png could not be drawn"),
        (["confusion.png", "confusion.csv"], "confusion.csv could not be drawn"),
        (["tensorboard"], "there are no more events for TensorBoard"),
        (["metrics.csv"], "metrics.csv cannot be written: No space left on device; the run goes on"),
    ],
)
def test_what_is_secondary(train, disk, whole, tmp_path, names, told):
    disk.after(0, *names)
    out, err = train(0)
    assert out.count(told) == 1
    assert not err
    assert same(whole, tmp_path / "run")
    assert figures(tmp_path / "run") == figures(whole)


def test_figures_that_no_file_has(train, disk, tmp_path):
    disk.after(1, "metrics.json")
    out, err = train(0)
    assert out.rstrip().endswith(f"weights are in {tmp_path / 'run'}")
    assert not err
    assert figures(tmp_path / "run")[0] == "running"
    disk.full = lambda name: False
    train(0, "--resume", str(tmp_path / "run"))
    assert figures(tmp_path / "run")[0] == "done"


def test_best_weights_that_the_disk_refused_are_judged_all_the_same(train, disk, whole, tmp_path):
    disk.after(0, "best.safetensors")
    train(3)
    assert (
        json.loads((tmp_path / "run/metrics.json").read_text())["best"]
        == (json.loads((whole / "metrics.json").read_text())["best"])
    )
