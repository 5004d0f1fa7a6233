"""`netspec runs --over-seeds`: runs that differ by their seeds alone are one row, with mean and deviation."""

import csv
import json
from pathlib import Path
from statistics import fmean, stdev

import pytest

from netspec.recipe.data import DataSet
from netspec.training.keeping.runs import differences, read_runs
from tests.training.test_runs import add, cells, folder, metrics, shown

__all__ = ["folder"]

ACCURACIES = (0.981, 0.984, 0.987)


def seeded(runs, name, seed, accuracy=0.9, spec="netspec: 1\nname: net\n", recipe=None, **more):
    own = {"optimizer": {"adamw": 0.001}, "loss": {"cross_entropy": None}, "epochs": 2, **(recipe or {}), "seed": seed}
    add(runs, name, metrics(accuracy, seed=seed, recipe=own, **more))
    if spec:
        (runs / name / "spec.yaml").write_text(f"{spec}train: {{seed: {seed}}}\n")


@pytest.fixture
def three(folder):
    for seed, accuracy in enumerate(ACCURACIES):
        seeded(folder, f"net-{seed + 1}", seed, accuracy)
    return folder


def groups(capsys, *arguments):
    return json.loads(shown(capsys, "--over-seeds", "--format", "json", *arguments).out)


def test_mean_and_deviation_in_every_format(three, capsys):
    (group,) = groups(capsys)
    assert group["runs"] == [str(Path("runs") / f"net-{number}") for number in (1, 2, 3)]
    assert group["seeds"] == [0, 1, 2]
    assert "seed" not in group["recipe"]
    wanted = {"mean": fmean(ACCURACIES), "deviation": stdev(ACCURACIES), "number": 3}
    assert group["figures"]["test_accuracy"] == wanted
    assert group["best"]["test_accuracy"]["mean"] == pytest.approx(fmean(ACCURACIES) - 0.1)
    row, best = cells(shown(capsys, "--over-seeds").out)
    assert row[:5] == ["net-1 +2", "done", "2/2", "60.00% ± 0.00% (3)", "98.40% ± 0.30% (3)"]
    assert best[2:5] == ["1", "30.00% ± 0.00% (3)", "88.40% ± 0.30% (3)"]
    (table,) = csv.DictReader(shown(capsys, "--over-seeds", "--format", "csv").out.splitlines())
    assert float(table["test_accuracy_deviation"]) == stdev(ACCURACIES)
    assert r"98.40\% $\pm$ 0.30\% (3)" in shown(capsys, "--over-seeds", "--format", "latex").out


def test_a_run_alone_has_no_deviation(folder, capsys):
    seeded(folder, "net-1", 0)
    assert groups(capsys)[0]["figures"]["test_accuracy"] == {"mean": 0.9, "deviation": None, "number": 1}
    assert "90.00% ± unknown (1)" in shown(capsys, "--over-seeds").out
    (table,) = csv.DictReader(shown(capsys, "--over-seeds", "--format", "csv").out.splitlines())
    assert table["test_accuracy_deviation"] == ""  # which other programs read as a missing number


@pytest.mark.parametrize(
    "other",
    [
        {"seed": 0},
        {"recipe": {"epochs": 3}},
        {"spec": "netspec: 1\nname: net\nparams: {width: 2}\n"},
        {"spec": None},
        {"state": "interrupted"},
        {"data": {"name": "digits", "train": 7}},
        {"started_from": "elsewhere.safetensors"},
    ],
    ids=str,
)
def test_what_differs_by_more_than_a_new_seed_stands_apart(three, capsys, other):
    seeded(three, "net-9", **{"seed": 9, **other})
    assert [len(group["runs"]) for group in groups(capsys)] == [3, 1]


def test_one_place_of_data_is_one_however_it_was_written(three, tmp_path, capsys):
    place = {"name": "folder", "place": str(tmp_path)}
    for seed, written in enumerate((".", str(tmp_path), f"{tmp_path}/../{tmp_path.name}")):
        seeded(three, f"own-{seed}", seed, recipe={"data": {"folder": written, "batch_size": 8}}, data=place)
    elsewhere = {**place, "place": str(tmp_path / "other")}
    seeded(three, "own-4", 4, recipe={"data": {"folder": ".", "batch_size": 8}}, data=elsewhere)
    assert [len(group["runs"]) for group in groups(capsys)] == [3, 3, 1]
    apart = differences(read_runs(three))["data.folder"]
    assert set(apart) == {None, str(tmp_path), str(tmp_path / "other")}


@pytest.mark.parametrize("written", ["images", "./images", "sub/../images", "~/images"])
def test_a_place_is_one_path(tmp_path, monkeypatch, written):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("images", "sub"):
        (tmp_path / name).mkdir()
    kinds = DataSet.members
    assert kinds["folder"](path=written).located == str(tmp_path / "images")
    assert kinds["text"](path=f"{written}/*.txt").located == str(tmp_path / "images" / "*.txt")
    assert kinds["digits"]().located is None


def test_a_figure_that_one_run_lacks_is_unknown(three, capsys):
    seeded(three, "net-4", 4, None)
    (group,) = groups(capsys)
    assert group["figures"]["test_accuracy"] is None
    assert group["figures"]["test_loss"]["number"] == 4


def test_groups_are_sorted_by_their_means(three, capsys):
    seeded(three, "best", 0, 0.99, recipe={"epochs": 3})
    seeded(three, "worst", 0, 0.5, recipe={"epochs": 4})
    assert [len(group["runs"]) for group in groups(capsys, "--sort", "accuracy")] == [1, 3, 1]


def test_recipes_differ_in_more_than_their_seeds(three, capsys):
    assert "recipes differ" not in shown(capsys, "--over-seeds").out
    seeded(three, "other", 5, recipe={"epochs": 3})
    out = shown(capsys, "--over-seeds").out
    assert "epochs=3" in out
    assert "seed=" not in out


def test_a_broken_run_is_told_and_the_others_shown(three, capsys):
    add(three, "odd", "{")
    told = shown(capsys, "--over-seeds", code=1)
    assert "net-1 +2" in told.out
    assert "odd is no whole run" in told.err
    (three / "net-2/spec.yaml").unlink()
    (three / "net-2/spec.yaml").symlink_to("../net-1/spec.yaml")
    assert "net-1 +1" in shown(capsys, "--over-seeds", code=1).out
