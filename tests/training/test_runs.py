"""`netspec runs`: what each run came to, and what is wrong with a folder that holds none."""

import csv
import json
from pathlib import Path

import pytest

from netspec.cli import run
from netspec.training.keeping.lock import RunLock
from netspec.training.keeping.runs import differences, read_runs


def metrics(accuracy=0.9, epochs=2, state="done", **more):
    rows = [
        {"epoch": e, "loss": 1 / e, "accuracy": 0.4 * e, "validation_accuracy": 0.3 * e} for e in range(1, epochs + 1)
    ]
    return {
        "name": "net",
        "state": state,
        "test_loss": 0.3,
        "test_accuracy": accuracy,
        "best": {"epoch": 1, "by": "validation_loss", "test_accuracy": accuracy and accuracy - 0.1},
        "planned_epochs": 2,
        "seconds": 75.0,
        "device": "cpu, 2 threads",
        "recipe": {"optimizer": {"adamw": 0.001}, "loss": {"cross_entropy": None}, "epochs": 2},
        "epochs": rows,
        **more,
    }


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return Path("runs")


def add(folder, name, found):
    (folder / name).mkdir(parents=True)
    text = found if isinstance(found, str) else json.dumps(found)
    (folder / name / "metrics.json").write_text(text)


def shown(capsys, *arguments, code=0):
    capsys.readouterr()
    assert run(["runs", *arguments]) == code
    return capsys.readouterr()


def cells(out):
    """The cells of a table's rows."""
    return [[cell.strip() for cell in row.split("│")[1:-1]] for row in out.splitlines() if row.startswith("│")]


def test_runs_beside_each_other(folder, capsys):
    add(
        folder, "net-2", metrics(0.95, recipe={"optimizer": {"sgd": 0.1}, "loss": {"cross_entropy": None}, "epochs": 2})
    )
    add(folder, "net-10", metrics(None, 1, "interrupted"))
    add(folder, "net-1", metrics())
    out = shown(capsys).out
    lines = [line for line in out.splitlines() if "net-" in line]
    assert [line.split()[1] for line in lines[:3]] == ["net-1", "net-2", "net-10"]
    assert cells(out)[:2] == [
        ["net-1", "done", "2/2", "60.00%", "90.00%", "1:15", "cpu"],
        ["best epoch", "", "1", "30.00%", "80.00%", "", ""],
    ]
    assert cells(out)[2][3:5] == ["60.00%", "95.00%"]
    assert cells(out)[4:] == [["net-10", "interrupted", "1/2", "30.00%", "-", "1:15", "cpu"]]
    assert "optimizer.adamw=0.001" in lines[3]
    assert "optimizer.sgd=0.1" in lines[4]
    assert "epochs" not in "".join(lines[3:])  # alike
    assert max(map(len, out.splitlines())) <= 80


def test_runs_that_are_named_are_shown_alone(folder, capsys):
    for place, name in ((folder, "a"), (folder, "b"), (folder, "c"), (Path("other"), "a")):
        add(place, name, metrics(seconds=1.0 if place == folder else 2.0))

    def listed(*arguments):
        return [row[0] for row in cells(shown(capsys, *arguments).out) if row[1]]

    assert listed("c", "runs/a", "runs/c") == ["c", "a"]
    assert listed("c", "runs") == ["c", "a", "b"]
    assert listed("a", "other") == ["runs/a", "other/a"]
    assert listed("a", "other", "--over-seeds") == ["runs/a", "other/a"]
    assert listed("b", "--sort", "seconds") == ["b"]
    rows = list(csv.DictReader(shown(capsys, "b", "other/a", "--format", "csv").out.splitlines()))
    assert [row["run"] for row in rows] == ["runs/b", "other/a"]
    add(folder, "lenet-1", metrics())
    err = shown(capsys, "a", "lenet1", code=1).err
    assert "error[NS0902]: lenet1 cannot be read: No such file" in err
    assert "did you mean `lenet-1`?" in err


def test_a_run_that_was_killed_is_told_from_one_that_goes_on(folder, capsys):
    for name in ("killed", "running"):
        add(folder, name, metrics(None, 1, "running"))
    with RunLock() as lock:
        lock.take(folder / "running")
        assert [row[1] for row in cells(shown(capsys).out) if row[1]] == ["stopped", "running"]
    assert [row["state"] for row in json.loads(shown(capsys, "--format", "json").out)] == ["stopped", "stopped"]
    (folder / "killed/run.lock").symlink_to(folder / "nowhere")
    assert "runs/killed is no whole run: run.lock is a link" in shown(capsys, code=1).err


def test_sorted(folder, capsys):
    for name, accuracy in (("a", 0.5), ("b", 0.9), ("c", None)):
        add(folder, name, metrics(accuracy, seconds=accuracy))
    add(folder, "d", metrics(0.1, 3))

    def order(figure):
        return [row[0] for row in cells(shown(capsys, "--sort", figure).out) if row[0] in "abcd"]

    assert order("accuracy") == ["b", "a", "d", "c"]  # c has had no test
    assert order("validation_accuracy") == ["d", "a", "b", "c"]
    assert order("seconds") == ["a", "b", "d", "c"]
    assert (
        "no run has a figure 'acuracy'; there are seconds, accuracy, loss, validation_accuracy"
        in shown(capsys, "--sort", "acuracy", code=2).err
    )


def test_figures_of_validation_and_test_are_data_of_their_own(folder, capsys):
    add(folder, "whole", metrics())
    add(folder, "begun", metrics(None, 1, "running", best=None))
    begun, whole = json.loads(shown(capsys, "--format", "json").out)
    assert (begun["validation_accuracy"], begun["test_accuracy"], begun["best"]) == (0.3, None, None)
    assert (whole["validation_accuracy"], whole["test_accuracy"]) == (0.6, 0.9)
    assert (whole["best"]["validation_accuracy"], whole["best"]["test_accuracy"]) == (0.3, 0.8)
    table = list(csv.DictReader(shown(capsys, "--format", "csv").out.splitlines()))
    assert [(row["validation_accuracy"], row["test_accuracy"]) for row in table] == [("0.3", ""), ("0.6", "0.9")]


def test_tasks_have_tables_of_their_own(folder, capsys):
    add(folder, "a", metrics())
    add(folder, "b", {**metrics(), "test_accuracy": None, "test_psnr": 20.5, "best": None})
    del_accuracy = json.loads((folder / "b/metrics.json").read_text())
    del del_accuracy["test_accuracy"]
    (folder / "b/metrics.json").write_text(json.dumps(del_accuracy))
    out = shown(capsys).out
    assert "accuracy" in out
    assert "PSNR" in out
    assert "20.50 dB" in out
    assert out.count("Device") == 2


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "is no JSON"),
        ("[]", "it is no object"),
        ('{"state": "done"}', "`epochs` is missing"),
        ('{"state": "done", "epochs": [], "best": 3}', "`best` is no object"),
    ],
)
def test_a_broken_run_is_named_and_the_others_shown(folder, capsys, text, told):
    add(folder, "good", metrics())
    add(folder, "odd", text)
    printed = shown(capsys, code=1)
    assert "│ good " in printed.out
    assert f"{Path('runs/odd')} is no whole run: metrics.json" in printed.err
    assert told in printed.err
    records = json.loads(shown(capsys, "--format", "json", code=1).out)
    assert [record["state"] for record in records] == ["done", "broken"]
    assert told in records[1]["problem"]


def test_folders_that_hold_no_run_or_one_that_has_only_begun(folder, capsys):
    (folder / "empty").mkdir(parents=True)
    (folder / ".hidden").mkdir()
    (folder / "begun").mkdir()
    (folder / "begun/spec.yaml").write_text("netspec: 1\n")
    printed = shown(capsys, code=1)
    assert "│ begun " in printed.out
    assert "empty is no whole run: it holds neither metrics.json nor spec.yaml" in printed.err
    assert ".hidden" not in printed.err


def test_one_run_s_own_folder(folder, capsys):
    add(folder, "net-1", metrics())
    assert "net-1" in shown(capsys, "runs/net-1").out
    (record,) = json.loads(shown(capsys, "runs/net-1", "--format", "json").out)
    assert (record["run"], record["state"], record["epochs_done"], record["test_accuracy"]) == (
        "runs/net-1",
        "done",
        2,
        0.9,
    )
    assert "epochs" not in record


def test_no_runs(folder, capsys):
    assert "NS0902" in shown(capsys, code=1).err
    folder.mkdir()
    assert "there are no runs" in shown(capsys).out


def test_differences(folder):
    add(folder, "a", metrics(recipe={"data": {"digits": None, "pad": [0, 0]}, "epochs": 2, "ema": None}))
    add(folder, "b", metrics(recipe={"data": {"digits": None, "pad": [1, 0]}, "epochs": 2, "ema": {"decay": 0.9}}))
    assert differences(read_runs(folder)) == {"data.pad": [[0, 0], [1, 0]], "ema.decay": [None, 0.9]}


@pytest.mark.parametrize(
    "changed",
    [
        {"planned_epochs": None, "recipe": {"epochs": "many"}},
        {"planned_epochs": None, "recipe": {"epochs": [2]}},
        {"recipe": {"loss": "cross_entropy"}},
        {"data": {"train": 0}},
        {"data": {"train": -5}},
    ],
)
def test_what_is_read_of_a_recipe_has_its_type(folder, capsys, changed):
    add(folder, "odd", metrics(**changed))
    assert "runs/odd is no whole run: metrics.json is not what a run writes" in shown(capsys, "--draw", code=1).err


@pytest.mark.parametrize("recipe", [None, {}, {"loss": {}}, {"loss": {"of another version": None}}])
def test_curves_of_a_loss_that_is_not_known(folder, capsys, recipe):
    add(folder, "odd", metrics(recipe=recipe))
    assert "drew curves.png" in shown(capsys, "--draw").out


def test_curves_of_very_many_figures_are_bounded(folder, capsys):
    found = metrics()
    found["epochs"][0] |= {f"figure{number}": 0.5 for number in range(2_000)}
    add(folder, "odd", found)
    assert "drew curves.png" in shown(capsys, "--draw").out
