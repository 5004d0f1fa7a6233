"""Loggers beside a run's folder: TensorBoard, W&B and MLflow; none of them ever costs the run."""

import sqlite3
import time
from importlib.util import find_spec
from pathlib import Path

import pytest

from netspec import api
from netspec.cli import run as command
from netspec.diagnostics import NetspecError
from netspec.driver.recipes import recipe_of
from netspec.recipe.loggers import Log, Logged, Logger
from netspec.recipe.loggers.base import known
from netspec.recipe.loggers.mlflow import Mlflow
from netspec.recipe.loggers.tensorboard import TensorBoard
from netspec.recipe.loggers.wandb import Wandb
from netspec.training.keeping.logs import Logs
from netspec.training.spec import train_spec

SPEC = """\
netspec: 1
name: tiny
input: [1, 8, 8]
layers:
  - flatten
  - {linear: 10, name: head}
train:
  data: {digits: , batch_size: 512, validation: 0.1}
  loss: cross_entropy
  optimizer: {sgd: 0.1}
  log: [{tensorboard: , histograms: true, hparams: true}]
  epochs: 2
"""


def events(folder):
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    found = accumulator.EventAccumulator(str(folder / "tensorboard"), size_guidance={"histograms": 0})
    return found.Reload()


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return train_spec(api.loads(SPEC), device="cpu", out=tmp_path_factory.mktemp("logged") / "run")


def test_tensorboard_has_histograms_of_the_weights_by_choice(whole):
    found = events(whole.folder)
    assert sorted(found.Tags()["histograms"]) == ["head.bias", "head.weight"]
    first, last = found.Histograms("head.weight")
    assert (first.step, last.step) == (3, 6)
    value = last.histogram_value
    assert (value.num, sum(value.bucket), len(value.bucket)) == (640, 640, 64)
    assert value.min < value.sum / value.num < value.max
    assert value.bucket_limit[-1] == pytest.approx(value.max)


def test_tensorboard_has_the_options_and_the_test_by_choice(whole):
    found = events(whole.folder)
    pytest.importorskip("tensorboard.plugins.hparams")
    from tensorboard.plugins.hparams import plugin_data_pb2

    (content,) = found.PluginTagToContent("hparams").values()
    told = plugin_data_pb2.HParamsPluginData.FromString(content).session_start_info.hparams
    assert told["optimizer.sgd"].number_value == 0.1
    assert told["data.batch_size"].number_value == 512
    (accuracy,) = found.Scalars("accuracy/test")
    assert accuracy.value == pytest.approx(whole.metrics["test_accuracy"])


def test_without_the_choice_there_are_scalars_and_pictures_alone(tmp_path):
    text = SPEC.replace("[{tensorboard: , histograms: true, hparams: true}]", "[tensorboard]")
    train_spec(api.loads(text), device="cpu", out=tmp_path / "run", epochs=1)
    tags = events(tmp_path / "run").Tags()
    assert (tags["histograms"], tags["tensors"]) == ([], [])
    assert "loss/validation" in tags["scalars"]


def test_no_logger_at_all_leaves_no_events(tmp_path):
    text = SPEC.replace("[{tensorboard: , histograms: true, hparams: true}]", "[]")
    train_spec(api.loads(text), device="cpu", out=tmp_path / "run", epochs=1)
    assert not (tmp_path / "run" / "tensorboard").exists()


def test_those_of_the_command_come_to_those_of_the_recipe():
    def keys(text, *names):
        return [logger.key for logger in recipe_of(api.loads(text), log=list(names)).log]

    assert keys(SPEC, "wandb") == ["tensorboard", "wandb"]
    plain = SPEC.replace("  log: [{tensorboard: , histograms: true, hparams: true}]\n", "")
    assert keys(plain) == ["tensorboard"]
    assert keys(plain, "mlflow", "wandb") == ["tensorboard", "mlflow", "wandb"]


@pytest.mark.parametrize("name", ["wandb", "mlflow"])
def test_a_library_that_is_missing_is_told_before_training(name, tmp_path, capsys):
    if find_spec(name) is not None:
        pytest.skip(f"{name} is installed here")
    (tmp_path / "s.yaml").write_text(SPEC)
    given = ["train", str(tmp_path / "s.yaml"), "--device", "cpu", "--out", str(tmp_path / "run"), "--log", name]
    assert command(given) == 3
    assert f"pip install 'netspec[{name}]'" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_a_logger_that_nobody_knows(tmp_path, capsys):
    (tmp_path / "s.yaml").write_text(SPEC)
    assert command(["train", str(tmp_path / "s.yaml"), "--device", "cpu", "--log", "wanb"]) == 1
    err = capsys.readouterr().err
    assert "did you mean `wandb`?" in err
    assert "--> --log wanb" in err  # and no line of the recipe
    assert command(["train", "--resume", str(tmp_path), "--log", "wandb"]) == 2
    assert "--log does not go with --resume" in capsys.readouterr().err


class Broken(Logger):
    title = "figures for nobody"
    fails: str = "open"

    def open(self, run):
        if self.fails == "open":
            raise OSError(101, "Network is unreachable\n\x1b[31mat once")
        return BrokenLog(self.fails)


class BrokenLog(Log):
    def __init__(self, fails):
        self.fails, self.told = fails, []

    def epoch(self, step, figures):
        if self.fails == "epoch":
            raise RuntimeError


def test_a_logger_that_fails_costs_a_remark_and_no_run(tmp_path):
    for fails, reason in (("open", "OSError: [Errno 101] Network is unreachable"), ("epoch", "RuntimeError")):
        notes = []
        logs = Logs(Logged(tmp_path, "n", {}), [Broken(fails=fails), TensorBoard()], notes.append)
        for _ in range(3):
            logs.all("epoch", 1, {"loss": 1.0})
        logs.all("close")
        assert notes == [f"there are no more figures for nobody: {reason}"]
        assert list((tmp_path / "tensorboard").iterdir())


def test_a_link_in_its_place_is_refused(tmp_path):
    (tmp_path / "tensorboard").symlink_to(tmp_path.parent)
    with pytest.raises(NetspecError) as caught:
        Logs(Logged(tmp_path, "n", {}), [TensorBoard()], lambda text: None)
    assert caught.value.diagnostics[0].code.number == "NS0925"


def test_options_are_plain_and_printable():
    written = {"data": {"folder": "a\x1b[31mb"}, "augment": [{"crop": [8, 8]}], "ema": None, "tf32": False}
    found = Logged(Path(), "n", written).options()
    assert found == {"data.folder": "a\\x1b[31mb", "augment.0.crop.0": 8, "augment.0.crop.1": 8, "tf32": False}
    assert known({"epoch": 1, "loss": 2.0, "test_loss": None, "validation_loss": 3.0, "seconds": 1.0}) == {
        "loss/training": 2.0,
        "loss/validation": 3.0,
        "run/seconds": 1.0,
    }


def logged(logger, folder):
    """A log of a little run with a name and options that try to do harm."""
    log = logger.open(Logged(folder, "evil\\x1b", {"optimizer": {"sgd": 0.1}, "data": {"folder": "\x1b[31m"}}))
    for step in (3, 6):
        log.epoch(step, {"epoch": step, "loss": 1.0 / step, "validation_accuracy": None})
    log.finish(6, {"test_accuracy": 0.5, "test_loss": None}, "done")
    log.close()


def test_wandb_keeps_a_run_offline(tmp_path, monkeypatch, capfd):
    pytest.importorskip("wandb", reason="wandb is not installed: pip install 'netspec[wandb]'")
    monkeypatch.delenv("WANDB_MODE", raising=False)
    monkeypatch.setenv("WANDB_API_KEY", "0123456789" * 4)
    logged(Wandb(project="p"), tmp_path)
    (file,) = tmp_path.glob("wandb/offline-run-*/*.wandb")
    end = time.monotonic() + 60
    while b"test_accuracy" not in (content := file.read_bytes()) and time.monotonic() < end:
        time.sleep(0.1)  # W&B's own process writes, a moment later
    for text in (b"loss/training", b"test_accuracy", b"optimizer.sgd"):
        assert text in content
    everything = b"".join(each.read_bytes() for each in tmp_path.rglob("*") if each.is_file())
    assert b"0123456789" * 4 not in everything
    assert not any(each.is_symlink() for each in tmp_path.rglob("*"))
    assert b"\x1b[31m" not in everything
    assert capfd.readouterr() == ("", "")


def test_mlflow_keeps_a_run_in_the_folder(tmp_path, monkeypatch):
    pytest.importorskip("mlflow", reason="mlflow is not installed: pip install 'netspec[mlflow]'")
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    logged(Mlflow(experiment="e"), tmp_path)
    with sqlite3.connect(tmp_path / "mlflow.db") as base:
        found = base.execute("select key, step from metrics order by step, key").fetchall()
        assert found == [("loss/training", 3), ("accuracy/test", 6), ("loss/training", 6)]
        assert base.execute("select value from params where key = 'optimizer.sgd'").fetchall() == [("0.1",)]
        assert base.execute("select status from runs").fetchall() == [("FINISHED",)]
