"""Tables, sequences, whole numbers, several inputs and outputs: trained, judged, resumed, and left as a script."""

import csv
import json
import runpy
import sys

import pytest
from click.testing import CliRunner
from safetensors.torch import load_file

from netspec import api
from netspec.cli import cli
from netspec.companions import write_files
from netspec.training.spec import evaluate_spec, train_spec

IRIS = """
netspec: 1
name: iris
input: [4]
layers: [{linear: 16, activation: relu}, {linear: 3}]
train:
  data: {table: iris.csv, target: species, batch_size: 16, validation: 0.2}
  loss: cross_entropy
  optimizer: {adamw: 1e-2}
  epochs: 15
"""


def write_table(path, rows):
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    return path


def iris_rows():
    from sklearn.datasets import load_iris

    found = load_iris()
    names = [name.replace(" (cm)", "").replace(" ", "_") for name in found.feature_names]
    kinds = [found.target_names[kind] for kind in found.target]
    return [[*names, "species"], *([*row, kind] for row, kind in zip(found.data, kinds, strict=True))]


def same_as_the_script(home, spec, monkeypatch):
    """Whether the script ends with the weights of the run `run`, bit for bit."""
    write_files(spec, home / "net.py", train=True)
    monkeypatch.chdir(home)
    monkeypatch.syspath_prepend(str(home))
    monkeypatch.setattr(sys, "argv", ["train_net.py", "--device", "cpu", "--out", "script"])
    for name in ("net",):
        sys.modules.pop(name, None)
    runpy.run_path("train_net.py", run_name="__main__")
    import torch

    ours = torch.load(home / "script" / "last.pt", weights_only=True)["network"]
    theirs = load_file(home / "run" / "last.safetensors")
    return ours.keys() == theirs.keys() and all(torch.equal(ours[name], theirs[name]) for name in ours)


@pytest.fixture(scope="module")
def iris(tmp_path_factory):
    pytest.importorskip("sklearn")
    home = tmp_path_factory.mktemp("iris")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home)
        write_table(home / "iris.csv", iris_rows())
        train_spec(api.loads(IRIS), device="cpu", out=home / "run")
    return home


def test_a_table_is_learned_and_its_figures_are_kept(iris):
    metrics = json.loads((iris / "run" / "metrics.json").read_text())
    assert metrics["test_accuracy"] > 0.9
    assert metrics["data"]["classes"] == ["setosa", "versicolor", "virginica"]
    assert len(metrics["data"]["shift"]) == len(metrics["data"]["scale"]) == 4
    assert metrics["data"]["vocabulary"] == {"species": metrics["data"]["classes"]}


def test_other_rows_are_judged_by_the_figures_and_classes_of_the_run(iris, monkeypatch):
    monkeypatch.chdir(iris)
    spec = api.load("run/spec.yaml")
    rows = iris_rows()
    write_table(iris / "last.csv", [rows[0], *rows[121:]])

    def judged(**options):
        return evaluate_spec(spec, "run/last.safetensors", device="cpu", **options)

    assert judged()["test_accuracy"] == json.loads((iris / "run" / "metrics.json").read_text())["test_accuracy"]
    found = judged(folder="last.csv", whole=True)
    assert found["test_images"] == 30
    assert found["test_accuracy"] > 0.8
    assert [each["examples"] for each in found["classes"]] == [0, 0, 30]
    write_table(iris / "strange.csv", [rows[0], [1, 2, 3, 4, "rose"]])
    with pytest.raises(api.NetspecError, match="`species` has 'rose' in row 1, which is not learned"):
        judged(folder="strange.csv", whole=True)


def test_the_script_of_a_table_trains_alike(iris, monkeypatch):
    assert same_as_the_script(iris, api.loads(IRIS), monkeypatch)


def test_the_data_command_and_check_know_tables(iris, monkeypatch):
    monkeypatch.chdir(iris)
    (iris / "iris.yaml").write_text(IRIS)
    shown = CliRunner().invoke(cli, ["data", "iris.yaml"])
    assert (shown.exit_code, "examples of [4]" in shown.output) == (0, True), shown.output
    assert "brightest" not in shown.output
    with pytest.raises(api.NetspecError, match=r"table gives \[4\] for `input`, the network takes \[5\]"):
        train_spec(api.loads(IRIS.replace("[4]", "[5]")), device="cpu", out=iris / "five")
    with pytest.raises(api.NetspecError, match="augmentations change images, and table gives other examples"):
        train_spec(api.loads(f"{IRIS}  augment: [flip]\n"), device="cpu", out=iris / "flipped")
