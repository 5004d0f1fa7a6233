"""Training from Python: `netspec.train`, its callback, and the run that it gives."""

import io
import json
import os
import signal
import warnings
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import FrozenInstanceError

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file
from sklearn.datasets import load_digits

import netspec
from netspec.cli import run as command
from netspec.driver.sizing import with_inputs
from netspec.files.run_folder import LAST, METRICS

TEXT = """
netspec: 1
name: mlp
params: {width: 16}
input: [1, 8, 8]
layers: [flatten, {linear: $width, activation: relu}, {linear: 10}]
"""
RECIPE = {
    "data": {"digits": None, "batch_size": 128, "validation": 0.1},
    "loss": "cross_entropy",
    "optimizer": {"adamw": 1e-2},
    "epochs": 3,
}


@pytest.fixture(scope="module", autouse=True)
def undrawn():
    """A third of a second goes into the curves of a run, which no test here looks at."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("netspec.training.keeping.run_log.pictures", lambda *run: ())
        yield


@pytest.fixture(scope="module")
def spec():
    return netspec.loads(TEXT)


@pytest.fixture(scope="module")
def trained(spec, tmp_path_factory):
    """A run, the epochs that its callback saw, and what was printed."""
    epochs, printed = [], io.StringIO()
    out = tmp_path_factory.mktemp("interface") / "run"
    with redirect_stdout(printed), redirect_stderr(printed):
        run = netspec.train(spec, recipe=RECIPE, width=24, out=out, device="cpu", on_epoch=epochs.append)
    return run, epochs, printed.getvalue()


@pytest.fixture
def digit(tmp_path):
    """The picture of a seven."""
    file = tmp_path / "7.png"
    Image.fromarray((load_digits().images[7] * 255 / 16).astype("uint8")).save(file)
    return file


def test_the_run_is_that_of_the_command(trained, tmp_path):
    run, _, printed = trained
    (tmp_path / "mlp.yaml").write_text(TEXT)
    (tmp_path / "recipe.yaml").write_text(json.dumps(RECIPE))
    options = ["--recipe", str(tmp_path / "recipe.yaml"), "--set", "width=24", "--device", "cpu"]
    assert command(["train", str(tmp_path / "mlp.yaml"), *options, "--out", str(tmp_path / "run")]) == 0
    told = netspec.Run(tmp_path / "run").metrics
    losses = [[each["loss"] for each in metrics["epochs"]] for metrics in (run.metrics, told)]
    assert losses[0] == losses[1]
    assert run.metrics["test_accuracy"] == told["test_accuracy"]
    assert printed == ""


def test_a_callback_sees_each_epoch_and_cannot_change_it(trained):
    run, epochs, _ = trained
    assert [each.row() for each in epochs] == run.metrics["epochs"]
    with pytest.raises(FrozenInstanceError):
        epochs[0].step = 0
    with pytest.raises(TypeError):
        epochs[0].figures["loss"] = 0.0


def test_the_run_tells_of_itself(trained):
    run, _, _ = trained
    assert run.metrics == json.loads((run.path / METRICS).read_text()) == netspec.Run(run.path).metrics
    accuracy = f"test accuracy {run.metrics['test_accuracy']:.2%}"
    assert repr(run) == f"<netspec.Run {run.path}: done, 3 of 3 epochs, {accuracy}>"
    page = run._repr_html_()
    assert page.count("<tr>") == 4
    assert "validation accuracy" in page
    assert accuracy in page


def test_what_a_run_tells_in_a_notebook_can_do_nothing(trained, tmp_path):
    run, _, _ = trained
    metrics = {**run.metrics, "epochs": [{"epoch": 1, "<script>": 1.0, "loss": None}] * 50}
    page = netspec.Run(tmp_path / "<b>\n", metrics)._repr_html_()
    assert "<script>" not in page
    assert "<b>" not in page
    assert "and 10 epochs before" in page


def test_the_model_has_the_run_s_weights(trained):
    run, _, _ = trained
    model, kept = run.model(), load_file(run.path / LAST)
    assert not model.training
    assert model.state_dict().keys() == kept.keys()
    assert all(torch.equal(tensor, kept[name]) for name, tensor in model.state_dict().items())
    best = run.model(weights=run.path / "best.safetensors")
    assert best.state_dict().keys() == kept.keys()


def test_the_run_answers_to_images(trained, digit, tmp_path):
    run, _, _ = trained
    (answer,) = run.predict(digit)
    assert len(answer.guesses) == 5
    assert run.predict([str(digit), digit.parent], top=5) == [answer, answer]
    (tmp_path / "9.png").write_bytes(b"no image")
    with pytest.raises(netspec.NetspecError, match=r"9\.png") as caught:
        run.predict(tmp_path, top=5)
    assert caught.value.partial == [answer]


def stop(epoch):
    if epoch.epoch == 2:
        raise netspec.StopTraining


@pytest.mark.parametrize("on_epoch", [lambda epoch: epoch.epoch < 2, stop], ids=["false", "exception"])
def test_a_callback_ends_a_run_as_early_stopping_does(spec, on_epoch, tmp_path):
    run = netspec.train(spec, recipe=RECIPE, out=tmp_path / "run", device="cpu", on_epoch=on_epoch)
    assert (run.metrics["state"], len(run.metrics["epochs"]), run.metrics["stopped_early"]) == ("done", 2, True)
    assert run.metrics["test_accuracy"] > 0.1


def test_other_errors_of_a_callback_pass_and_the_run_goes_on_from_there(spec, trained, tmp_path):
    def fail(epoch):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        netspec.train(spec, recipe=RECIPE, width=24, out=tmp_path / "run", device="cpu", on_epoch=fail)
    run = netspec.train(resume=tmp_path / "run", device="cpu")
    assert run.metrics["test_loss"] == trained[0].metrics["test_loss"]


def test_a_signal_does_what_it_always_does_once_the_run_is_saved(spec, trained, tmp_path):
    with pytest.warns(UserWarning, match="resume"), pytest.raises(KeyboardInterrupt):
        netspec.train(
            spec,
            recipe=RECIPE,
            width=24,
            out=tmp_path / "run",
            device="cpu",
            on_epoch=lambda epoch: os.kill(os.getpid(), signal.SIGINT),
        )
    assert netspec.Run(tmp_path / "run").metrics["state"] == "interrupted"
    run = netspec.train(spec, recipe=RECIPE, width=24, resume=tmp_path / "run", device="cpu")
    assert run.metrics["test_loss"] == trained[0].metrics["test_loss"]


def test_a_run_is_judged_as_the_command_judges_it(trained, tmp_path, capsys):
    run, folder = trained[0], trained[0].path
    capsys.readouterr()
    assert command(["eval", str(folder), "--device", "cpu", "--format", "json"]) == 0
    found = run.evaluate(device="cpu")
    assert found == json.loads(capsys.readouterr().out)
    assert found["test_accuracy"] == run.metrics["test_accuracy"]
    best = run.evaluate(weights=folder / "best.safetensors", device="cpu")
    assert best["test_loss"] == run.metrics["best"]["test_loss"]
    with pytest.raises(ValueError, match="`held_out` goes with `data`"):
        run.evaluate(held_out=True)
    with pytest.raises(netspec.NetspecError, match="NS0801"):
        run.evaluate(tmp_path / "none", device="cpu")


def test_progress_is_printed_where_it_is_asked_for(spec, tmp_path, capsys):
    options = {"recipe": RECIPE, "epochs": 1, "out": tmp_path / "run", "device": "cpu"}
    run = netspec.train(spec, **options, progress=True, on_epoch=lambda epoch: False)
    epoch, test, best, _, place = capsys.readouterr().out.splitlines()
    assert epoch.startswith("epoch 1/1  loss ")
    assert test.startswith("test accuracy ")
    assert best.startswith("best epoch by validation loss: 1, test accuracy ")
    assert place == f"weights and metrics are in {tmp_path / 'run'}"
    assert not run.metrics["stopped_early"]  # there was no later epoch


def test_what_is_printed_is_no_warning_too(spec, trained, capsys):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        netspec.train(resume=trained[0], progress=True, device="cpu")
    assert capsys.readouterr().out.splitlines()[-1].endswith("there is nothing to train, it stays as it is")


def test_inputs_of_another_size_are_the_run_s_own(spec, tmp_path, capsys):
    recipe = {**RECIPE, "data": {**RECIPE["data"], "resize": 6}, "epochs": 1}
    run = netspec.train(spec, recipe=recipe, inputs={"input": (1, 6, 6)}, out=tmp_path / "a", device="cpu")
    assert next(run.model().parameters()).shape == (16, 36)
    for name, value in (("mlp.yaml", TEXT), ("recipe.yaml", json.dumps(recipe))):
        (tmp_path / name).write_text(value)
    options = ["train", str(tmp_path / "mlp.yaml"), "--recipe", str(tmp_path / "recipe.yaml"), "--device", "cpu"]
    assert command([*options, "--input", "1x6x6", "--out", str(tmp_path / "b")]) == 0
    assert netspec.Run(tmp_path / "b").metrics["test_loss"] == run.metrics["test_loss"]
    assert command([*options, "--input", "1x6", "--out", str(tmp_path / "c")]) == 1
    assert command(["train", "--resume", str(tmp_path / "b"), "--input", "1x6x6"]) == 2
    assert "go with a SPEC" in capsys.readouterr().err


@pytest.mark.parametrize("written", ["input: [1, 8, 8]", "input: {shape: [1, 8, 8]}", "inputs: {input: [1, 8, 8]}"])
def test_another_size_is_written_where_the_spec_has_its_own(written):
    found = with_inputs(netspec.loads(TEXT.replace("input: [1, 8, 8]", written)), {"input": (1, 6, 6)})
    assert found.graph.inputs["input"].shape == (1, 6, 6)
    assert with_inputs(found, {}) is found


def test_what_there_is_to_remark_is_a_warning(trained, tmp_path):
    with pytest.warns(UserWarning, match="goes on from the 3 epochs"):
        netspec.train(resume=trained[0], epochs=4, out=tmp_path / "run", device="cpu")


def test_a_recipe_can_be_plain_data_with_its_errors_told(spec):
    with pytest.raises(netspec.NetspecError) as caught:
        netspec.train(spec, recipe={**RECIPE, "loss": "cros_entropy", "optimizer": {"adamw": np.nan}, "data": {1, 2}})
    assert {each.code.number for each in caught.value.diagnostics} == {"NS0204", "NS0203"}
    assert all(each.span.file == "recipe" for each in caught.value.diagnostics)


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"epochs": 0}, "NS0207"),
        ({"epochs": 1, "steps": 1}, "NS0211"),
        ({"batch_size": "many"}, "NS0203"),
        ({"seed": -1}, "NS0207"),
        ({"widht": 3}, "NS0703"),
        ({"log": ["none"]}, "NS0204"),
        ({"plugin": "none.py"}, "NS0901"),
        ({"recipe": "no_such_recipe"}, "NS0901"),
        ({"weights": "none.safetensors"}, "NS0902"),
        ({"out": "."}, "NS0903"),
        ({"resume": "none"}, "NS0806"),
    ],
    ids=str,
)
def test_problems_are_netspec_s_errors(spec, options, code, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(netspec.NetspecError) as caught, warnings.catch_warnings():
        netspec.train(spec, **{"recipe": RECIPE, "device": "cpu", **options})
    assert caught.value.diagnostics[0].code.number == code
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize(
    ("option", "told"),
    [
        ("lr", "`train.optimizer.lr`"),
        ("epoch", "`epochs`"),
        ("plugins", "`plugin`"),
        ("devices", "torchrun"),
        ("find_rate", "--find-rate FILE.png"),
    ],
)
def test_names_that_are_no_param_are_held_against_the_options(spec, option, told):
    with pytest.raises(netspec.NetspecError, match=f"NS0703 .*{option}.*{told}"):
        netspec.train(spec, recipe=RECIPE, device="cpu", **{option: 2})


def test_arguments_that_make_no_sense_together_are_told(spec, trained):
    with pytest.raises(TypeError, match="needs a spec"):
        netspec.train()
    with pytest.raises(TypeError, match="go with a spec"):
        netspec.train(resume=trained[0], width=3)
    with pytest.raises(TypeError, match="`seed` does not go with `resume`"):
        netspec.train(resume=trained[0], seed=3)
    with pytest.raises(TypeError, match="`log` does not go with `resume`"):
        netspec.train(resume=trained[0], log=["wandb"])
    with pytest.raises(netspec.NetspecError, match=r"metrics\.json is not there"):
        netspec.Run("none")
