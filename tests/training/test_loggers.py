"""Loggers beside a run's folder: TensorBoard, W&B and MLflow; none of them ever costs the run."""

import csv
import json
import os
import signal
import socket
import struct
from importlib.util import find_spec
from pathlib import Path

import pytest
from PIL import Image

from netspec import api
from netspec.cli import run as command
from netspec.diagnostics import NetspecError
from netspec.driver.recipes import recipe_of
from netspec.recipe import libraries
from netspec.recipe.loggers import Log, Logged, Logger
from netspec.recipe.loggers.base import known
from netspec.recipe.loggers.mlflow import Mlflow
from netspec.recipe.loggers.tensorboard import TensorBoard
from netspec.training.keeping.logs import Logs
from netspec.training.resuming import prolong_spec, resume_spec
from netspec.training.session import Session
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
def test_a_library_that_is_missing_is_told_before_training(name, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(libraries, "find_spec", lambda asked: None if asked == name else find_spec(asked))
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
    named = {"loss": {"mse": None, "positive": 0.8}, "augment": [{"flip": None}], "clip": {"norm": None}}
    assert Logged(Path(), "n", named).options() == {
        "loss": "mse",
        "loss.positive": 0.8,
        "augment.0": "flip",
        "clip": "norm",
    }


@pytest.mark.parametrize("place", ["/srv/ada/cats", "~/cats", "~ada/cats", r"C:\ada\cats", r"\\host\share\ada\cats"])
def test_options_tell_nothing_of_the_machine(place):
    assert Logged(Path(), "n", {"data": {"folder": place}}).options() == {"data.folder": "cats"}
    assert Logged(Path(), "n", {"data": {"folder": "pets/cats"}}).options() == {"data.folder": "pets/cats"}

    assert known({"epoch": 1, "loss": 2.0, "test_loss": None, "validation_loss": 3.0, "seconds": 1.0}) == {
        "loss/training": 2.0,
        "loss/validation": 3.0,
        "run/seconds": 1.0,
    }


def test_a_longer_run_logs_the_epochs_of_the_first_too(whole, tmp_path):
    prolong_spec(whole.folder, epochs=3, device="cpu", out=tmp_path / "longer")
    assert [each.step for each in events(tmp_path / "longer").Scalars("loss/training")] == [3, 6, 9]


def records(file):
    """What W&B wrote: its protocol's messages, in pieces of at most 32 KiB (LevelDB's format of a log)."""
    internal = pytest.importorskip("wandb.proto.wandb_internal_pb2")
    content, place, message = file.read_bytes(), 7, b""
    while place + 7 <= len(content):
        if (left := 32768 - place % 32768) < 7:
            place += left
            continue
        size, kind = struct.unpack_from("<HB", content, place + 4)
        message += content[place + 7 : place + 7 + size]
        place += 7 + size
        if kind in (1, 4):  # whole, or the last piece
            yield internal.Record.FromString(message)
            message = b""


def step_losses(folder):
    with (folder / "steps.csv").open() as file:
        return [float(row["loss"]) for row in csv.DictReader(file)]


def dies(saved):
    """A `Session.save` that ends the second epoch of a run: after it was logged, before it is kept."""

    def save(self):
        if len(self.loop.epochs) == 2:
            saved()
        real(self)

    real = Session.save
    return save


def test_wandb_has_one_run_of_one_that_was_killed(tmp_path, monkeypatch, capfd):
    pytest.importorskip("wandb", reason="wandb is not installed: pip install 'netspec[wandb]'")
    monkeypatch.delenv("WANDB_MODE", raising=False)
    monkeypatch.setenv("WANDB_API_KEY", "0123456789" * 4)
    text = SPEC.replace("{tensorboard: , histograms: true, hparams: true}", "{wandb: p, histograms: true}")
    text += "  log_every: 2\n"
    monkeypatch.setattr(Session, "save", dies(lambda: os.kill(os.getpid(), signal.SIGKILL)))
    if not (child := os.fork()):
        train_spec(api.loads(text), device="cpu", out=tmp_path / "run", epochs=3)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL
    monkeypatch.undo()
    metrics = resume_spec(tmp_path / "run", device="cpu").metrics
    (file,) = tmp_path.glob("run/wandb/*/*.wandb")
    found = {}
    for each in records(file):
        found.setdefault(each.WhichOneof("record_type"), []).append(each)
    rows = [
        {"/".join(item.nested_key): json.loads(item.value_json) for item in r.history.item} for r in found["history"]
    ]
    assert [row["_step"] for row in rows] == [2, 3, 4, 6, 8, 9]
    assert [row["steps/loss"] for row in rows if "steps/loss" in row] == step_losses(tmp_path / "run")
    ends = [row["loss/training"] for row in rows if "loss/training" in row]
    assert ends == [epoch["loss"] for epoch in metrics["epochs"]]
    assert sum(rows[-1]["weights/head.weight/values"]) == 640
    assert rows[-1]["curves/_type"] == rows[-1]["confusion/_type"] == "image-file"
    (start,) = found["run"]
    told = {item.key: json.loads(item.value_json) for item in start.run.config.update}
    assert (told["data"], told["loss"], told["optimizer.sgd"]) == ("digits", "cross_entropy", 0.1)
    summary = {item.key: item.value_json for r in found["summary"] for item in r.summary.update}
    assert json.loads(summary["test_accuracy"]) == metrics["test_accuracy"]
    (end,) = found["exit"]
    assert end.exit.exit_code == 0
    assert all(Image.open(each).size for each in file.parent.glob("files/media/images/*.png"))
    assert {each.parent.name for each in file.parent.rglob("files/**/*.*")} == {"images"}  # pictures, and nothing else
    assert start.run.host == ""
    content = file.read_bytes()
    for secret in (b"0123456789" * 4, str(tmp_path).encode(), socket.gethostname().encode() + b'"'):
        assert secret not in content
    assert not any(each.is_symlink() for each in tmp_path.rglob("*"))
    assert capfd.readouterr() == ("", "")


def test_mlflow_has_one_run_of_one_that_was_interrupted(tmp_path, monkeypatch, capfd):
    mlflow = pytest.importorskip("mlflow", reason="mlflow is not installed: pip install 'netspec[mlflow]'")
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)

    def end():
        raise KeyboardInterrupt

    text = SPEC.replace("{tensorboard: , histograms: true, hparams: true}", "{mlflow: e}")
    text += "  log_every: 2\n"
    monkeypatch.setattr(Session, "save", dies(end))
    with pytest.raises(KeyboardInterrupt):
        train_spec(api.loads(text), device="cpu", out=tmp_path / "run", epochs=3)
    monkeypatch.undo()
    tracked = mlflow.MlflowClient(tracking_uri=f"sqlite:///{tmp_path / 'run' / 'mlflow.db'}")
    experiment = tracked.get_experiment_by_name("e")
    assert experiment.artifact_location == (tmp_path / "run" / "mlartifacts").as_uri()
    (first,) = tracked.search_runs([experiment.experiment_id])
    assert first.info.status == "KILLED"
    metrics = resume_spec(tmp_path / "run", device="cpu").metrics
    (run,) = tracked.search_runs([experiment.experiment_id])
    assert (run.info.run_id, run.info.run_name, run.info.status) == (first.info.run_id, "run", "FINISHED")
    rows = tracked.get_metric_history(run.info.run_id, "loss/training")
    assert [(row.step, row.value) for row in rows] == [(epoch["step"], epoch["loss"]) for epoch in metrics["epochs"]]
    steps = tracked.get_metric_history(run.info.run_id, "steps/loss")
    assert [(row.step, row.value) for row in steps] == list(
        zip((2, 4, 6, 8), step_losses(tmp_path / "run"), strict=True)
    )
    assert run.data.metrics["accuracy/test"] == metrics["test_accuracy"]
    assert (run.data.params["loss"], run.data.params["optimizer.sgd"]) == ("cross_entropy", "0.1")
    assert set(run.data.tags) == {"mlflow.runName", "netspec.run"}
    for name in ("curves.png", "confusion.png"):
        (kept,) = tmp_path.glob(f"run/mlartifacts/*/artifacts/{name}")
        assert kept.read_bytes() == (tmp_path / "run" / name).read_bytes()
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("place", ["http://[::1]:9", "nosuch://x"])
def test_a_place_that_takes_no_run_is_told_shortly_and_soon(tmp_path, monkeypatch, place):
    pytest.importorskip("mlflow", reason="mlflow is not installed: pip install 'netspec[mlflow]'")
    for name in ("TIMEOUT", "MAX_RETRIES", "BACKOFF_FACTOR"):
        monkeypatch.setenv(f"MLFLOW_HTTP_REQUEST_{name}", "0")  # so that it is taken away afterwards
        monkeypatch.delenv(f"MLFLOW_HTTP_REQUEST_{name}")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", place)
    with pytest.raises(ConnectionError, match="what MLFLOW_TRACKING_URI names takes no run") as caught:
        Mlflow().open(Logged(tmp_path, "run", {}))
    assert len(str(caught.value)) < 250
    assert os.environ["MLFLOW_HTTP_REQUEST_MAX_RETRIES"] == "1"


def test_mlflow_writes_where_the_environment_says(tmp_path, monkeypatch):
    mlflow = pytest.importorskip("mlflow", reason="mlflow is not installed: pip install 'netspec[mlflow]'")
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", (place := tmp_path / "store").as_uri())
    (tmp_path / "run").mkdir()
    log = Mlflow(experiment="e").open(Logged(tmp_path / "run", "evil\\x1b", {"data": {"folder": "\x1b[31m"}}))
    log.epoch(3, {"epoch": 1, "loss": 0.5, "validation_accuracy": None})
    log.picture(3, "curves", b"a picture")
    log.finish(3, {"test_accuracy": 0.5, "test_loss": None}, "failed")
    log.close()
    client = mlflow.MlflowClient(tracking_uri=place.as_uri())
    (run,) = client.search_runs([client.get_experiment_by_name("e").experiment_id])
    assert (run.data.metrics, run.info.status) == ({"loss/training": 0.5, "accuracy/test": 0.5}, "FAILED")
    assert run.data.params == {"data.folder": "\\x1b[31m"}
    assert [each.path for each in client.list_artifacts(run.info.run_id)] == ["curves.png"]
    assert not (tmp_path / "run" / "mlflow.db").exists()
