"""`netspec train` and `netspec eval`, from a spec to exit codes, and the resolved spec that a run leaves."""

import json
import os
import signal
from pathlib import Path

import pytest

from netspec import api
from netspec.cli import run
from netspec.diagnostics import Code, NetspecError
from netspec.driver.recipes import recipe_of
from netspec.driver.resolved import resolved_text
from netspec.recipe import libraries
from netspec.training.spec import network_of
from tests.alike import tensor_networks

SPEC = """\
netspec: 1
name: tiny
doc: 'On the digits; "tiny", it says.'
params: {width: 32}
input: [1, 8, 8]
layers:
  - flatten
  - {linear: $width, activation: relu}
  - {linear: 10, name: head}
train:
  data: {digits: , batch_size: 32}
  loss: cross_entropy
  optimizer: {adamw: 3e-3}
  schedule: {one_cycle: 1e-2}
  epochs: 8
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny.yaml").write_text(SPEC)
    return tmp_path


def test_train_then_eval(folder, capsys):
    assert run(["train", "tiny.yaml", "--device", "cpu"]) == 0
    shown = capsys.readouterr().out
    assert shown.count("images/s") == 9
    assert "epoch 8/8" in shown
    assert "weights and metrics are in runs/tiny-1" in shown
    metrics = json.loads(Path("runs/tiny-1/metrics.json").read_text())
    assert metrics["test_accuracy"] > 0.93
    for command in (["runs/tiny-1"], ["tiny.yaml", "--weights", "runs/tiny-1/last.safetensors"]):
        assert run(["eval", *command, "--device", "cpu", "--format", "json"]) == 0
        found = json.loads(capsys.readouterr().out)
        assert (found["test_accuracy"], found["test_loss"]) == (metrics["test_accuracy"], metrics["test_loss"])
    assert run(["eval", "runs/tiny-1", "--device", "cpu"]) == 0
    assert capsys.readouterr().out.startswith(f"test accuracy {metrics['test_accuracy']:.2%} of 360 images")


def test_options_and_json(folder, capsys):
    options = (
        "--epochs 2 --batch-size 64 --seed 3 --out here --set width=16 --set train.loss.cross_entropy= --format json"
    )
    text = SPEC.replace("loss: cross_entropy", "loss: {cross_entropy: , label_smoothing: 0.1}")
    Path("tiny.yaml").write_text(text)
    assert run(["train", "tiny.yaml", "--device", "cpu", *options.split()]) == 0
    printed = capsys.readouterr()
    found = json.loads(printed.out)
    assert "epoch 2/2" in printed.err
    assert (found["run"], found["seed"], found["steps"], found["parameters"]) == ("here", 3, 2 * 23, 64 * 16 + 16 + 170)
    assert found["recipe"]["loss"]["label_smoothing"] == 0.1
    again = api.load("here/spec.yaml")
    assert recipe_of(again) == recipe_of(api.load("tiny.yaml"), epochs=2, batch_size=64, seed=3)
    assert run(["eval", "here", "--device", "cpu"]) == 0


@pytest.mark.parametrize(
    ("change", "arguments", "code", "told"),
    [
        (("adamw: 3e-3", "adamw: '3e-3'"), ["train", "tiny.yaml"], 1, ["NS0203", "tiny.yaml:13:"]),
        (("epochs: 8", "epoch: 8"), ["train", "tiny.yaml"], 1, ["NS0201", "`epochs`", "tiny.yaml:15:"]),
        (("[1, 8, 8]", "[1, 9, 9]"), ["train", "tiny.yaml"], 1, ["NS0804", "[1, 9, 9]", "tiny.yaml:11:"]),
        (("linear: 10,", "linear: 12,"), ["train", "tiny.yaml"], 1, ["NS0804", "[12]"]),
        (("digits: ", "mnist: none, resize: 8"), ["train", "tiny.yaml"], 3, ["NS0802", "MNIST is not there"]),
        (("digits: ", "mnist: broken, resize: 8"), ["train", "tiny.yaml"], 3, ["NS0803", "begins with nothing"]),
        (("digits: ", "digits: , resize: 0"), ["train", "tiny.yaml"], 1, ["NS0203", "`resize`", "tiny.yaml:11:"]),
        (("digits: ", "digits: , resize: 9"), ["train", "tiny.yaml"], 1, ["NS0804", "`resize: 8`", "tiny.yaml:11:"]),
        (("", ""), ["train", "tiny.yaml", "--epochs", "0"], 2, ["--epochs"]),
        (("", ""), ["train", "tiny.yaml", "--data", "."], 1, ["NS0801", "`--data` does not go with it"]),
        (("", ""), ["eval", "tiny.yaml"], 2, ["--weights"]),
        (("", ""), ["eval", "tiny.yaml", "--weights", "none"], 1, ["NS0902"]),
        (("adamw: 3e-3", "sgd: 1e30"), ["train", "tiny.yaml", "--set", "train.schedule="], 3, ["NS0805", "at step"]),
    ],
)
def test_what_goes_wrong(folder, capsys, change, arguments, code, told):
    Path("tiny.yaml").write_text(SPEC.replace(*change) if change[0] else SPEC)
    Path("broken").mkdir()
    for part in ("train", "t10k"):
        for kind in ("images-idx3", "labels-idx1"):
            Path(f"broken/{part}-{kind}-ubyte").touch()
    assert run([*arguments, "--device", "cpu"]) == code
    shown = capsys.readouterr().err
    assert all(word in shown for word in told), shown
    assert "Traceback" not in shown


RECIPE = """\
data: {digits: , batch_size: 64}
loss: cross_entropy
optimizer: {sgd: 0.1}
steps: 5
"""


def test_a_recipe_of_its_own(folder, capsys):
    Path("short.yaml").write_text(RECIPE)
    command = ["train", "tiny.yaml", "--device", "cpu", "--recipe", "short.yaml"]
    assert run([*command, "--out", "here", "--set", "train.optimizer.momentum=0.9"]) == 0
    found = json.loads(Path("here/metrics.json").read_text())
    assert (found["steps"], found["recipe"]["optimizer"]["momentum"]) == (5, 0.9)
    assert recipe_of(api.load("tiny.yaml", recipe="here/recipe.yaml")) == recipe_of(api.load("here/spec.yaml"))
    Path("tiny.yaml").write_text(SPEC.partition("train:")[0])
    assert run([*command, "--steps", "3", "--out", "there"]) == 0
    assert json.loads(Path("there/metrics.json").read_text())["steps"] == 3


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("sgd: 0.1", "sgd: '0.1'"), ["NS0203", "short.yaml:3:18", "the text `0.1`", "a number"]),
        (("steps", "stepz"), ["NS0201", "short.yaml:4:", "`steps`"]),
        (("steps: 5", "clip: {norm: 0}\nsteps: 5"), ["NS0207", "short.yaml:4:"]),
        (("loss:", "data: mnist\nloss:"), ["NS0102", "short.yaml:2:"]),
        ((RECIPE, "- data"), ["NS0105", "a recipe is a mapping", "data, loss, optimizer"]),
        ((RECIPE, None), ["NS0901", "there is no recipe `short.yaml`"]),
    ],
)
def test_what_is_wrong_with_a_recipe_is_told_in_its_file(folder, capsys, change, told):
    if change[1] is not None:
        Path("short.yaml").write_text(RECIPE.replace(*change))
    assert run(["train", "tiny.yaml", "--device", "cpu", "--recipe", "short.yaml"]) == 1
    shown = capsys.readouterr().err
    assert all(word in shown for word in told), shown


def test_ctrl_c(folder, capsys, monkeypatch):
    from netspec.training.showing.progress import Lines

    monkeypatch.setattr(Lines, "begin", lambda *given: os.kill(os.getpid(), signal.SIGINT))
    assert run(["train", "tiny.yaml", "--device", "cpu"]) == 130
    assert "interrupted after 1 step, 0 of 8 epochs" in capsys.readouterr().out
    assert Path("runs/tiny-1/last.safetensors").is_file()


def test_ctrl_c_after_the_last_step_keeps_the_run_and_is_told_by_the_code(folder, capsys, monkeypatch):
    from netspec.training.results import Results

    test = Results.test
    monkeypatch.setattr(Results, "test", lambda *given: (os.kill(os.getpid(), signal.SIGINT), test(*given)))
    assert run(["train", "tiny.yaml", "--device", "cpu", "--steps", "1"]) == 130
    assert "weights and metrics are in runs/tiny-1" in capsys.readouterr().out
    assert json.loads(Path("runs/tiny-1/metrics.json").read_text())["state"] == "done"


@pytest.mark.parametrize("command", [["train", "tiny.yaml"], ["eval", "tiny.yaml", "--weights", "x"]])
def test_without_torch(folder, capsys, monkeypatch, command):
    monkeypatch.setattr(libraries, "find_spec", lambda name: None if name == "torch" else object())
    assert run(command) == 3
    assert "pip install 'netspec[train]'" in capsys.readouterr().err


def refused(text):
    spec = api.loads(text)
    with pytest.raises(NetspecError) as caught:
        network_of(spec, recipe_of(spec))
    (diagnostic,) = caught.value.diagnostics
    return diagnostic


def test_networks_that_cannot_be_trained():
    assert refused(SPEC[: SPEC.index("train:")]).code is Code.BAD_RECIPE
    two = SPEC.replace("input: [1, 8, 8]", "inputs: {a: [1, 8, 8], b: [1, 8, 8]}")
    two = two.replace("- flatten", "- {add: [a, b]}\n  - flatten")
    assert "`a`, `b`" in refused(two).message
    several = SPEC.replace("train:", "outputs: {left: head, right: head}\ntrain:")
    assert "`left`, `right`" in refused(several).message


def test_the_main_one_of_several_outputs():
    spec = api.loads(SPEC.replace("train:", "outputs: {aux: head, output: head}\ntrain:"))
    network = network_of(spec, recipe_of(spec))
    assert (network.input_shape, network.output_shape) == ((1, 8, 8), (10,))


@pytest.mark.parametrize("name", tensor_networks())
def test_a_resolved_spec_is_the_same_network(name):
    spec, recipe = api.load(name), recipe_of(api.loads(SPEC))
    again = api.loads(resolved_text(spec, recipe))
    assert recipe_of(again) == recipe
    assert {n: node.weights for n, node in again.graph.nodes.items()} == {
        n: node.weights for n, node in spec.graph.nodes.items()
    }
    assert again.document.doc == spec.document.doc


def test_texts_that_yaml_reads_otherwise():
    awkward = ["yes", "null", "1e3", "a: b", "- c", "# d", "$(x + 1)", "true", "é ☃", 'q"\\', " ", "", "<<", "~", "0x1"]
    awkward += ["\x7f", "a\x85b", "\u2028", "\ufeff"]
    spec = api.loads(SPEC.replace("width: 32", f"width: 32, odd: {json.dumps([*awkward, 1e-7, 3])}"))
    again = api.loads(resolved_text(spec, recipe_of(spec)))
    assert again.document.places.data["params"] == spec.document.places.data["params"]
