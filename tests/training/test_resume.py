"""What is left of a run that ends before its time, and how it goes on."""

import json
import os
import signal

import pytest
import torch
from safetensors.torch import load_file

from netspec import api
from netspec.cli import run
from netspec.diagnostics import Code, NetspecError
from netspec.training.feeding.batches import InMemory
from netspec.training.keeping import checkpoint
from netspec.training.keeping.metrics_file import json_text
from netspec.training.resuming import resume_spec
from netspec.training.showing.progress import Display, Lines
from netspec.training.spec import train_spec
from tests.training.states import contents, interrupted

SPEC = """\
netspec: 1
name: tiny
input: [1, 8, 8]
layers:
  - flatten
  - {linear: 16, activation: relu}
  - {dropout: 0.2}
  - {linear: 10, name: head}
train:
  data: {digits: , batch_size: 128, validation: 0.1}
  loss: cross_entropy
  optimizer: {sgd: 0.1, momentum: 0.9}
  schedule: {cosine: }
  epochs: 3
  ema: {decay: 0.9}
"""
PER_EPOCH = 11


class Signals(Display):
    """Sends this process a signal after so many steps, which the loop asks the clock for."""

    def __init__(self, monkeypatch, step, number=signal.SIGTERM):
        from netspec.training.session import Session

        pause = Session.pause

        def asked(run):
            if run.loop.step == step:
                os.kill(os.getpid(), number)
            return pause(run)

        monkeypatch.setattr(Session, "pause", asked)


def trained(out, **options):
    return train_spec(api.loads(SPEC), device="cpu", out=out, **options)


def weights(folder):
    return {path.name: load_file(path) for path in folder.glob("*.safetensors")}


def same(one, other):
    ours, theirs = weights(one), weights(other)
    assert ours.keys() == theirs.keys() == {"last.safetensors", "ema.safetensors", "best.safetensors"}
    for name, tensors in ours.items():
        assert all(torch.equal(tensor, theirs[name][key]) for key, tensor in tensors.items()), name
    return True


def test_a_schedule_that_watches_the_loss_goes_on_as_it_would_have(tmp_path, monkeypatch):
    falling = "{reduce_on_plateau: 0, factor: 0.5, threshold: 0.9}"
    spec = SPEC.replace("{cosine: }", falling).replace("epochs: 3", "epochs: 4")
    assert falling in spec

    def trained(out, **options):
        return train_spec(api.loads(spec), device="cpu", out=out, **options)

    whole = trained(tmp_path / "whole").metrics
    rates = [epoch["learning_rate"] for epoch in whole["epochs"]]
    assert rates == [0.1, 0.1, 0.05, 0.025]  # the first epoch is the lowest; none is lower by nine tenths
    for step in (2 * PER_EPOCH, 3 * PER_EPOCH + 4):
        with monkeypatch.context() as patched:
            trained(tmp_path / f"cut{step}", display=Signals(patched, step))
        found = resume_spec(tmp_path / f"cut{step}", device="cpu").metrics
        assert same(tmp_path / "whole", tmp_path / f"cut{step}")
        assert [epoch["learning_rate"] for epoch in found["epochs"]] == rates


@pytest.mark.parametrize("step", [1, PER_EPOCH - 1, PER_EPOCH, PER_EPOCH + 4, 3 * PER_EPOCH])
def test_an_interrupted_run_goes_on(tmp_path, monkeypatch, step):
    whole = trained(tmp_path / "whole").metrics
    with monkeypatch.context() as patched:
        report = trained(tmp_path / "cut", display=Signals(patched, step))
    assert (report.state, report.signal, report.metrics["steps"]) == ("interrupted", signal.SIGTERM, step)
    assert json.loads((tmp_path / "cut/metrics.json").read_text())["state"] == "interrupted"
    assert "--resume" in report.text()
    found = resume_spec(tmp_path / "cut", device="cpu").metrics
    assert same(tmp_path / "whole", tmp_path / "cut")
    for epochs in (whole["epochs"], found["epochs"]):
        for epoch in epochs:
            del epoch["seconds"], epoch["images_per_second"]
    timed = {"seconds", "images_per_second"}
    assert {k: v for k, v in whole.items() if k not in timed} == {k: v for k, v in found.items() if k not in timed}


def test_a_finished_run_stays_as_it_is(tmp_path):
    found = trained(tmp_path).metrics
    before = contents(tmp_path)
    report = resume_spec(tmp_path, device="cpu")
    assert report.metrics == json.loads(json_text(found))
    assert report.text().splitlines()[0].startswith("test accuracy")
    assert contents(tmp_path) == before


def test_a_run_that_was_killed_before_it_was_over_is_only_tested_again(tmp_path):
    before = json.loads(json_text(trained(tmp_path).metrics))
    files = weights(tmp_path)
    after = json.loads(json_text(resume_spec(interrupted(tmp_path), device="cpu").metrics))
    assert before == after
    assert all(torch.equal(files[n][k], tensor) for n, held in weights(tmp_path).items() for k, tensor in held.items())


def test_a_checkpoint_is_plain_data(tmp_path):
    trained(tmp_path)
    (folder,) = (tmp_path / "checkpoint").iterdir()
    assert folder.name == f"step-{3 * PER_EPOCH}"
    state = torch.load(folder / "state.pt", weights_only=True)
    assert state["loop"]["step"] == 3 * PER_EPOCH
    assert load_file(folder / "weights.safetensors").keys() == load_file(tmp_path / "last.safetensors").keys()


def test_signals_end_the_command_with_their_codes(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny.yaml").write_text(SPEC)
    for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
        with monkeypatch.context() as patched:
            patched.setattr(Lines, "begin", lambda *given, number=number: os.kill(os.getpid(), number))
            assert run(["train", "tiny.yaml", "--device", "cpu", "--out", f"run{code}"]) == code
        assert "interrupted after 1 step, 0 of 3 epochs" in capsys.readouterr().out
        assert run(["train", "--resume", f"run{code}", "--device", "cpu"]) == 0
    assert same(tmp_path / "run130", tmp_path / "run143")


def test_a_loss_that_is_no_number_keeps_its_images(tmp_path, monkeypatch):
    from netspec.training.steps.outputs import total_loss

    steps = []

    def breaks(*given):
        steps.append(1)
        return total_loss(*given) * (float("nan") if len(steps) == PER_EPOCH + 3 else 1)

    monkeypatch.setattr("netspec.training.steps.outputs.total_loss", breaks)
    with pytest.raises(NetspecError) as caught:
        trained(tmp_path)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code is Code.TRAINING_FAILED
    assert f"the loss became nan at step {PER_EPOCH + 3} (epoch 2, step 3 of {PER_EPOCH})" in diagnostic.message
    assert f"checkpoint of step {PER_EPOCH} is whole" in diagnostic.help
    assert str(tmp_path / "failed.safetensors") in diagnostic.help
    kept = load_file(tmp_path / "failed.safetensors")
    assert {name: list(tensor.shape) for name, tensor in kept.items()} == {
        "rows": [128], "images": [128, 1, 8, 8], "inputs": [128, 1, 8, 8], "targets": [128]
    }  # fmt: skip
    assert json.loads((tmp_path / "metrics.json").read_text())["state"] == "failed"
    monkeypatch.undo()
    resume_spec(tmp_path, device="cpu")
    trained(tmp_path.with_name("whole"))
    (tmp_path / "failed.safetensors").unlink()
    assert same(tmp_path, tmp_path.with_name("whole"))


def test_weights_that_are_no_numbers_are_not_saved(tmp_path, monkeypatch):
    from netspec.training.steps.stepper import Stepper

    def poison(self, step, *given):
        loss = call(self, step, *given)
        if step == PER_EPOCH + 2:
            next(self.module.parameters()).data[0] = float("inf")
        return loss

    call = Stepper.__call__
    monkeypatch.setattr(Stepper, "__call__", poison)
    monkeypatch.setattr("netspec.training.steps.not_a_number.StepLosses.check", lambda *_: None)
    told = f"is no longer a number after step {2 * PER_EPOCH} .epoch 2, step {PER_EPOCH} of {PER_EPOCH}."
    with pytest.raises(NetspecError, match=told):
        trained(tmp_path)
    assert [path.name for path in (tmp_path / "checkpoint").iterdir()] == [f"step-{PER_EPOCH}"]
    assert load_file(tmp_path / "last.safetensors")["head.weight"].isfinite().all()


def test_a_full_disk(tmp_path, monkeypatch):
    def full(path, content):
        if path.name == checkpoint.STATE and path.parent.parent.joinpath(f"step-{PER_EPOCH}").exists():
            path.write_bytes(content[: len(content) // 2])
            raise OSError(28, "No space left on device")
        return write(path, content)

    write = checkpoint._write
    monkeypatch.setattr(checkpoint, "_write", full)
    with monkeypatch.context() as patched:
        report = trained(tmp_path / "cut", display=Signals(patched, 2 * PER_EPOCH))
    monkeypatch.undo()
    (diagnostic,) = report.lost.diagnostics
    assert diagnostic.code is Code.TRAINING_FAILED
    assert f"checkpoint of step {2 * PER_EPOCH} cannot be written: No space left on device" in diagnostic.message
    assert f"checkpoint of step {PER_EPOCH} is whole" in diagnostic.help
    assert [path.name for path in (tmp_path / "cut/checkpoint").iterdir()] == [f"step-{PER_EPOCH}"]
    resume_spec(tmp_path / "cut", device="cpu")
    trained(tmp_path / "whole")
    assert same(tmp_path / "cut", tmp_path / "whole")


def test_what_a_dead_process_leaves_is_swept(tmp_path):
    trained(tmp_path)
    half = tmp_path / "checkpoint" / ".step-dead"
    half.mkdir()
    (half / "weights.safetensors").write_bytes(b"half")
    resume_spec(tmp_path, device="cpu")
    folder = checkpoint.write_checkpoint(tmp_path, 3 * PER_EPOCH, checkpoint.read_checkpoint(tmp_path))
    assert [path.name for path in (tmp_path / "checkpoint").iterdir()] == [folder.name]


def test_reading_that_fails_in_a_run(tmp_path, monkeypatch):
    def dying(self, rows, draws=None):
        yield from list(batches(self, rows))[:3]
        raise RuntimeError("the images of a row are gone.\nmore")

    batches = InMemory.batches
    monkeypatch.setattr(InMemory, "batches", dying)
    with pytest.raises(NetspecError) as caught:
        trained(tmp_path)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code is Code.TRAINING_FAILED
    assert "step 4 failed: the images of a row are gone." in diagnostic.message
    assert "checkpoint of step 0 is whole" in diagnostic.help


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["--resume", "none"], 1, ["NS0806", "none is no run's folder"]),
        (["--resume", "empty"], 1, ["NS0806", "holds no checkpoint"]),
        (["--resume", "damaged"], 1, ["NS0902", "is damaged"]),
        (["tiny.yaml", "--resume", "run", "--set", "train.seed=3"], 1, ["NS0806", "another `seed`"]),
        (["lenet", "--resume", "run", "--set", "train.data=digits"], 1, ["NS0806", "the network is another"]),
        (["--resume", "run", "--seed", "9"], 2, ["--seed does not go with --resume"]),
        (["--resume", "run", "--out", "other"], 2, ["--out does not go with --resume"]),
        (["--resume", "run", "--set", "train.epochs=9"], 2, ["go with a SPEC"]),
        ([], 2, ["SPEC"]),
    ],
)
def test_what_cannot_go_on(tmp_path, monkeypatch, capsys, arguments, code, told):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny.yaml").write_text(SPEC)
    for name in ("run", "empty", "damaged"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "spec.yaml").write_text(SPEC)
    (tmp_path / "damaged/checkpoint/step-3").mkdir(parents=True)
    assert run(["train", *arguments, "--device", "cpu"]) == code
    shown = " ".join(capsys.readouterr().err.split())
    assert all(words in shown for words in told), shown
    assert "Traceback" not in shown


def test_a_spec_beside_it_is_held_against_the_run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny.yaml").write_text(
        SPEC.replace("linear: 16", "linear: $width").replace("input:", "params: {width: 16}\ninput:")
    )
    arguments = ["tiny.yaml", "--device", "cpu", "--set", "width=8", "--set", "train.epochs=1"]
    assert run(["train", *arguments, "--out", "run"]) == 0
    assert run(["train", *arguments, "--resume", "run"]) == 0
    assert run(["train", "tiny.yaml", "--device", "cpu", "--resume", "run"]) == 1
    assert "the network is another" in capsys.readouterr().err
