"""Tables, sequences, whole numbers, several inputs and outputs: trained, judged, resumed, and left as a script."""

import csv
import json
import runpy
import shutil
import sys

import click
import numpy as np
import pytest
from click.testing import CliRunner
from safetensors.torch import load_file

from netspec import api
from netspec.cli import cli
from netspec.companions import write_files
from netspec.training.finding_rates import find_rate_spec
from netspec.training.showing.figures import counted
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
    shutil.rmtree(home / "script", ignore_errors=True)  # a script replaces no results
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


def test_the_script_of_a_table_trains_alike(iris, monkeypatch, capsys):
    assert same_as_the_script(iris, api.loads(IRIS), monkeypatch)
    out = capsys.readouterr().out
    assert " rows/s" in out
    assert "images" not in out


def test_rows_are_called_so_wherever_they_are_counted(iris, monkeypatch):
    monkeypatch.chdir(iris)
    shown = CliRunner().invoke(cli, ["eval", "run", "--device", "cpu"]).output
    count = json.loads((iris / "run" / "metrics.json").read_text())["data"]["test"]
    assert f" of {count} rows, test loss" in shown
    assert "Rows" in shown
    assert "images" not in shown.lower()
    assert [counted(data) for data in ("table", "arrays", "python_stdlib", "mnist", "gone")] == [
        *("rows", "examples", "windows", "images", "images")
    ]


def test_the_data_command_and_check_know_tables(iris, monkeypatch):
    monkeypatch.chdir(iris)
    (iris / "iris.yaml").write_text(IRIS)
    shown = CliRunner().invoke(cli, ["data", "iris.yaml"])
    assert (shown.exit_code, "examples of [4]" in shown.output) == (0, True), shown.output
    assert "brightest" not in shown.output
    assert "  inputs   sepal_length, sepal_width, petal_length, petal_width\n  targets  species\n" in shown.output
    with pytest.raises(api.NetspecError, match=r"table gives \[4\] for `input`, the network takes \[5\]"):
        train_spec(api.loads(IRIS.replace("[4]", "[5]")), device="cpu", out=iris / "five")
    with pytest.raises(api.NetspecError, match="`augment` is for images, and table gives other examples"):
        train_spec(api.loads(f"{IRIS}  augment: [flip]\n"), device="cpu", out=iris / "flipped")


WORDS = """
netspec: 1
name: words
inputs: {words: {shape: [6], dtype: int64}, mood: [2]}
layers:
  - {embedding: 9, dim: 4, name: table, from: words}
  - {flatten: , name: meanings}
  - {concat: [meanings, mood]}
  - {linear: 2}
train:
  data: {arrays: words.npz, inputs: [mood, words], batch_size: 20, validation: 0.25}
  loss: cross_entropy
  optimizer: {adamw: 5e-2}
  epochs: 6
"""


@pytest.fixture(scope="module")
def words(tmp_path_factory):
    """A run on whole numbers beside others: the class is whether a sentence has the word 7, and the mood is good."""
    home = tmp_path_factory.mktemp("words")
    random = np.random.default_rng(0)
    sentences = random.integers(0, 7, (200, 6))
    kinds = random.integers(0, 2, 200)
    sentences[kinds == 1, 3] = 7
    mood = random.normal(5, 3, (200, 2)).astype(np.float32)
    np.savez(home / "words.npz", words_train=sentences, mood_train=mood, y_train=kinds)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home)
        train_spec(api.loads(WORDS), device="cpu", out=home / "run")
    return home


def test_several_inputs_and_whole_numbers_are_learned_and_left_as_a_script(words, monkeypatch):
    monkeypatch.chdir(words)
    metrics = json.loads((words / "run" / "metrics.json").read_text())
    assert metrics["test_accuracy"] > 0.9
    assert metrics["data"]["inputs"] == {"mood": [2], "words": [6]}
    assert metrics["data"]["shift"][2:] == [0] * 6
    assert metrics["data"]["scale"][2:] == [1] * 6
    assert metrics["data"]["shift"][0] == pytest.approx(5, abs=1)
    found = evaluate_spec(api.load("run/spec.yaml"), "run/last.safetensors", device="cpu")
    assert found["test_accuracy"] == metrics["test_accuracy"]
    assert same_as_the_script(words, api.loads(WORDS), monkeypatch)


def test_rates_are_tried_on_several_inputs(words, monkeypatch):
    monkeypatch.chdir(words)
    found = find_rate_spec(api.loads(WORDS), device="cpu", steps=20)
    assert found.losses[0] == pytest.approx(0.7, abs=0.3)


def words_of(home, **changed):
    arrays = dict(np.load(home / "words.npz"))
    np.savez(home / "changed.npz", **{name: each for name, each in {**arrays, **changed}.items() if each is not None})
    return api.loads(WORDS.replace("words.npz", "changed.npz"))


def test_inputs_that_do_not_fit_are_told(words, monkeypatch):
    monkeypatch.chdir(words)

    def told(spec, text):
        with pytest.raises(api.NetspecError, match=text):
            train_spec(spec, device="cpu", out=words / "none")

    sentences = np.load("words.npz")["words_train"].copy()
    sentences[5, 2] = 9
    told(words_of(words, words_train=sentences), "`words` has 9 in example 6")
    sentences = sentences.astype(float)
    sentences[5, 2] = 0.5
    told(words_of(words, words_train=sentences), r"`words` has 0.5 in example 6")
    sentences = np.load("words.npz")["words_train"]
    told(words_of(words, words_train=sentences[:, :5]), r"arrays gives \[5\] for `words`, the network takes \[6\]")
    told(words_of(words, words_train=sentences[:50]), "mood_train has 200 examples, words_train 50")
    told(words_of(words, mood_train=None), "it has no array mood_train")
    told(words_of(words, mood_test=np.ones((5, 2))), "it has mood_test and no words_test")
    told(api.loads(WORDS.replace("[mood, words]", "[mood, word]")), "has `word`, and the network takes `words`, `mood`")
    told(api.loads(WORDS.replace("inputs: [mood, words], ", "")), "the network takes several inputs")
    told(api.loads(WORDS.replace("arrays: words.npz, inputs: [mood, words]", "digits: ")), "takes several inputs")


WAVES = """
netspec: 1
name: waves
input: [2, 24]
layers:
  - {conv: 6, kernel: 5, stride: 2, activation: relu}
  - global_avg_pool
  - flatten
  - {linear: 2}
train:
  data: {arrays: waves.npz, layout: sequences_last, batch_size: 20}
  loss: cross_entropy
  optimizer: {adamw: 2e-2}
  epochs: 8
"""


def test_sequences_are_learned(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    random, time = np.random.default_rng(0), np.arange(24)
    kinds = np.arange(160) % 2
    phase = random.uniform(0, 6, (160, 1))
    waves = np.stack([np.sin(time * (0.4 + 0.8 * kinds[:, None]) + phase), random.normal(size=(160, 24))], 2)
    np.savez("waves.npz", x_train=waves, y_train=kinds)
    report = train_spec(api.loads(WAVES), device="cpu", out=tmp_path / "run")
    assert report.metrics["data"]["images"] == [2, 24]
    assert len(report.metrics["data"]["shift"]) == 2
    assert report.metrics["test_accuracy"] > 0.9


def test_rows_are_answered_and_written(iris, monkeypatch):
    monkeypatch.chdir(iris)
    rows = iris_rows()
    write_table(iris / "new.csv", [["note", *rows[0][:4]], *(["-", *row[:4]] for row in rows[1::10])])

    def asked(*arguments):
        found = CliRunner().invoke(cli, ["predict", "run", *arguments, "--device", "cpu"], standalone_mode=False)
        if found.exception:
            raise found.exception
        return found.output

    shown = asked("new.csv")
    listed = [line.split()[5] for line in shown.splitlines() if "new.csv" in line]
    assert sum(kind == row[4] for kind, row in zip(listed, rows[1::10], strict=True)) > 12
    asked("new.csv", "-o", "told.csv")
    with (iris / "told.csv").open() as file:
        told = list(csv.DictReader(file))
    assert [each["class"] for each in told] == listed
    assert all(sum(float(each[name]) for name in ("setosa", "versicolor", "virginica")) > 0.999 for each in told)
    asked("new.csv", "iris.csv", "-o", "told.npz")
    arrays = np.load("told.npz")
    assert arrays["outputs"].shape == (165, 3)
    assert arrays["classes"].tolist() == ["setosa", "versicolor", "virginica"]
    assert (arrays["labels"][15:] == np.repeat([0, 1, 2], 50)).mean() > 0.9
    assert json.loads(asked("new.csv", "--format", "json"))[0]["class"] == "setosa"
    write_table(iris / "few.csv", [["a"], [1]])
    with pytest.raises(api.NetspecError, match="it has no column `sepal_length`"):
        asked("few.csv")
    with pytest.raises(api.NetspecError, match="there is no file none"):
        asked("none.csv")
    with pytest.raises(click.UsageError, match=r"is to end in \.csv or \.npz"):
        asked("new.csv", "-o", "told.txt")
    with pytest.raises(click.UsageError, match="is no file of rows"):
        asked("new.csv", "picture.png")


def test_arrays_of_several_inputs_are_answered(words, monkeypatch):
    monkeypatch.chdir(words)
    arrays = np.load("words.npz")
    np.savez("new.npz", words=arrays["words_train"][:30], mood=arrays["mood_train"][:30])
    done = CliRunner().invoke(cli, ["predict", "run", "new.npz", "-o", "told.npz", "--device", "cpu"])
    assert done.exit_code == 0, done.output
    assert (np.load("told.npz")["labels"] == arrays["y_train"][:30]).mean() > 0.9
