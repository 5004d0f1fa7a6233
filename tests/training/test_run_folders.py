"""A run's folder: what netspec wrote there goes when it is superseded, all else stays, and no link leads out of it."""

import shutil

import pytest
import torch

from netspec.cli import run
from netspec.diagnostics import NetspecError
from netspec.training.keeping.checkpoint import Checkpoint, read_checkpoint, write_checkpoint
from tests.training.states import interrupted

SPEC = """\
netspec: 1
name: tiny
input: [1, 8, 8]
layers: [flatten, {linear: 10}]
train: {data: {digits: , batch_size: 512}, loss: cross_entropy, optimizer: {sgd: 0.1}, steps: 6}
"""


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    (folder / "tiny.yaml").write_text(SPEC)
    assert run(["train", str(folder / "tiny.yaml"), "--out", str(folder / "run"), "--device", "cpu"]) == 0
    return folder / "run"


@pytest.fixture
def own(finished, tmp_path):
    return interrupted(shutil.copytree(finished, tmp_path / "run"))


def resumed(folder):
    return run(["train", "--resume", str(folder), "--device", "cpu"])


def checkpoint():
    return Checkpoint({"w": torch.zeros(2)}, None, dict.fromkeys(("started_from", "best", "loop", "stepper", "random")))


def strangers(folder):
    """Folders and files whose names or contents are not those of a checkpoint."""
    precious = {
        "notes/precious.txt": "a",
        "step-3/precious.txt": "b",
        "step-4/state.pt": "c",
        "step-5/weights.safetensors": "not weights",
        "step-5/state.pt": "not a state",
        "step-x/state.pt": "d",
        "loose": "e",
        ".step-other/thesis.tex": "f",
    }
    for name, text in precious.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return precious


def test_only_checkpoints_go(tmp_path):
    first = write_checkpoint(tmp_path, 1, checkpoint())
    home = tmp_path / "checkpoint"
    precious = strangers(home)
    dead = home / ".step-dead"
    dead.mkdir()
    (dead / "state.pt").write_bytes(b"half")
    second = write_checkpoint(tmp_path, 9, checkpoint())
    assert not first.exists()
    assert not dead.exists()
    assert second.is_dir()
    assert {name: (home / name).read_text() for name in precious} == precious
    assert read_checkpoint(tmp_path).weights["w"].shape == (2,)


def test_links_among_checkpoints_are_not_followed(tmp_path):
    other = tmp_path / "other"
    theirs = write_checkpoint(other, 7, checkpoint()) if not other.mkdir() else None
    assert theirs is not None
    run_folder = tmp_path / "run"
    run_folder.mkdir()
    write_checkpoint(run_folder, 1, checkpoint())
    (run_folder / "checkpoint/step-2").symlink_to(theirs)
    (run_folder / "checkpoint/step-3").mkdir()
    for name in ("weights.safetensors", "state.pt"):
        (run_folder / "checkpoint/step-3" / name).symlink_to(theirs / name)
    write_checkpoint(run_folder, 9, checkpoint())
    assert sorted(path.name for path in theirs.iterdir()) == ["state.pt", "weights.safetensors"]
    assert (run_folder / "checkpoint/step-2").is_symlink()
    assert (run_folder / "checkpoint/step-3/state.pt").is_symlink()


@pytest.mark.parametrize(
    "name",
    ["checkpoint", "spec.yaml", "metrics.json", "last.safetensors", "best.safetensors", "tensorboard", "curves.png"],
)
def test_a_run_with_a_link_in_it_is_not_taken_up(own, tmp_path, capsys, name):
    outside = tmp_path / "outside"
    if (own / name).exists():
        (own / name).rename(outside)
    else:
        outside.mkdir()
    (own / name).symlink_to(outside)
    if outside.is_dir():
        strangers(outside)
    before = sorted(str(path) for path in tmp_path.rglob("*"))
    assert resumed(own) == 1
    assert "error[NS0925]" in capsys.readouterr().err
    assert sorted(str(path) for path in tmp_path.rglob("*")) == before


def test_a_checkpoint_that_is_a_link_is_not_read(own, tmp_path, capsys):
    (step,) = (own / "checkpoint").iterdir()
    step.rename(tmp_path / "outside")
    step.symlink_to(tmp_path / "outside")
    assert resumed(own) == 1
    assert "error[NS0925]" in capsys.readouterr().err
    assert len(list((tmp_path / "outside").iterdir())) == 2


def test_a_folder_reached_through_a_link_is_taken_up(own, tmp_path):
    (tmp_path / "entrance").symlink_to(own)
    assert resumed(tmp_path / "entrance") == 0


@pytest.mark.parametrize("command", [["eval"], ["export", "--format", "safetensors"]])
def test_no_link_of_a_run_is_read(own, tmp_path, capsys, command, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (own / "last.safetensors").rename(tmp_path / "outside.safetensors")
    (own / "last.safetensors").symlink_to(tmp_path / "outside.safetensors")
    assert run([command[0], str(own), *command[1:]]) == 1
    assert "error[NS0925]" in capsys.readouterr().err


def test_the_home_of_checkpoints_may_not_become_a_link(tmp_path):
    run_folder, outside = tmp_path / "run", tmp_path / "outside"
    outside.mkdir()
    run_folder.mkdir()
    precious = strangers(outside)
    (run_folder / "checkpoint").symlink_to(outside)
    with pytest.raises(NetspecError, match="NS0925"):
        write_checkpoint(run_folder, 1, checkpoint())
    assert {name: (outside / name).read_text() for name in precious} == precious
