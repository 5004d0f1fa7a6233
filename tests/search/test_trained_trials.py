"""Trials are ordinary runs, whose data are read once, and of which the best are drawn."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("optuna")

from netspec import api
from netspec.diagnostics import Code, NetspecError
from netspec.interop.weight_files import read_weights
from netspec.report.document import Paragraph
from netspec.report.writers import written
from netspec.search import showing
from netspec.search.driver import Search, search
from netspec.search.space import read_axis
from netspec.search.trial import Goal, Judge, validated
from netspec.training.keeping.checkpoint import read_checkpoint
from netspec.training.showing.pictures.front import _number
from netspec.training.spec import train_spec

_REPORT = SimpleNamespace(
    folder=Path("run"), state="finished", metrics={"epochs": [{"validation_accuracy": 1.0}], "best": {"epoch": 1}}
)


def searched(spec: api.Spec, **arguments: Any) -> Search:
    goals = arguments.pop("goals", [Goal("accuracy", "maximize")])
    axes = [read_axis("width=2,6"), read_axis("kernel=1,7")]
    return search(spec, axes, goals, grid=True, device="cpu", **arguments)


def test_trials_are_ordinary_runs_judged_by_their_validation(spec: api.Spec) -> None:
    pytest.importorskip("sklearn")
    found = searched(spec, goals=[Goal("accuracy", "maximize"), Goal("params", "minimize")])
    assert [trial.outcome.state for trial in found.trials] == ["trained", "refused", "trained", "refused"]
    for trial in (found.trials[0], found.trials[2]):
        folder = Path(trial.outcome.told["runs"][0])
        metrics = json.loads((folder / "metrics.json").read_text())
        best = metrics["epochs"][metrics["best"]["epoch"] - 1]
        assert folder == found.folder / f"trial-{trial.number}"
        assert trial.outcome.figures == [
            best["validation_accuracy"],
            api.analyze(spec.changed(trial.point)).weights.total.params,
        ]
        assert metrics["parameters"] == trial.outcome.told["params"]
    figures = [trial.outcome.figures for trial in found.trials if trial.outcome.figures]
    front = {0} if figures[0][0] >= figures[1][0] else {0, 2}
    assert {trial.number for trial in found.trials if trial.best} == front
    from netspec.search.drawing import draw

    assert not list(found.folder.glob("**/*.png"))
    assert draw(found) == []
    assert (found.folder / "front.png").read_bytes().startswith(b"\x89PNG")
    for trial in (found.trials[0], found.trials[2]):
        assert (found.folder / f"trial-{trial.number}" / "curves.png").exists() == trial.best
        assert (found.folder / f"trial-{trial.number}" / "confusion.png").exists() == trial.best
    own = api.load(found.folder / "trial-2" / "spec.yaml")  # of the point
    train_spec(own, out=Path("alone"), device="cpu")  # which reads the data anew
    alone, ours = (read_weights(run / "last.safetensors").tensors for run in (Path("alone"), found.folder / "trial-2"))
    assert all(bool((alone[name] == ours[name]).all()) for name in alone)
    assert alone.keys() == ours.keys()


def test_the_data_of_all_trials_are_read_once(spec: api.Spec, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("sklearn")
    from netspec.recipe.data.digits import Digits

    read: list[object] = []
    load = Digits.load
    monkeypatch.setattr(Digits, "load", lambda data: read.append(data) or load(data))
    axes = [read_axis("train.data.validation=0.2,0.3"), read_axis("train.data.batch_size=64,128")]
    found = search(spec, axes, [Goal("loss", "minimize")], grid=True, device="cpu", steps=1)
    assert [trial.outcome.state for trial in found.trials] == ["trained"] * 4
    assert len(read) == 1
    held = [json.loads(Path(trial.outcome.told["runs"][0], "metrics.json").read_text()) for trial in found.trials]
    assert [each["data"]["validation"] for each in held] == [287, 287, 434, 434]


def test_what_trials_have_in_common_is_made_once(spec: api.Spec, monkeypatch: pytest.MonkeyPatch) -> None:
    """The data, and the source of networks that differ in nothing but what trains them."""
    pytest.importorskip("sklearn")
    from netspec.driver import generation
    from netspec.training.feeding import reading_once

    made: list[str] = []
    monkeypatch.setattr(generation, "_known", {})
    for module, name in ((generation, "source_of"), (reading_once, "prepare")):
        make = getattr(module, name)

        def noted(*given: Any, name: str = name, make: Any = make, **others: Any) -> Any:
            made.append(name)
            return make(*given, **others)

        monkeypatch.setattr(module, name, noted)
    axes = [read_axis("width=2,4"), read_axis("train.optimizer.lr=1e-3,1e-2"), read_axis("train.data.batch_size=64,96")]
    found = search(spec, axes, [Goal("loss", "minimize")], grid=True, device="cpu", steps=1, seeds=2)
    assert [trial.outcome.state for trial in found.trials] == ["trained"] * 8
    assert sorted(made) == ["prepare"] + ["source_of"] * 2
    assert len({each.read_text() for each in found.folder.glob("*/spec.yaml")}) == 16


def test_a_trial_is_saved_when_it_ends_and_not_before(spec: api.Spec, monkeypatch: pytest.MonkeyPatch) -> None:
    """A trial that is killed is tried anew: no checkpoint of its beginning is of use, nor its best weights so far."""
    pytest.importorskip("sklearn")
    from netspec.training.steps.loop import Loop

    close, seen, judged = Loop.close_epoch, [], []

    def closed(loop: Loop) -> None:
        close(loop)
        seen.append([path for name in ("best", "last", "state") for path in Path("runs").glob(f"**/{name}.*")])
        judged.append({name: tensor.clone() for name, tensor in loop.stepper.weights().items()})
        if len(loop.epochs) == 2 and not failing:
            failing.append(loop)
            raise NetspecError.of(Code.TRAINING_FAILED, "it fails")

    failing: list[Loop] = []
    monkeypatch.setattr(Loop, "close_epoch", closed)
    found = search(spec, [read_axis("width=2,4")], [Goal("loss", "minimize")], grid=True, device="cpu")
    assert [trial.outcome.state for trial in found.trials] == ["failed", "trained"]
    assert not any(path.parts[2] == f"trial-{trial}" for trial, at in ((0, 1), (1, 3)) for path in seen[at])
    failed, trained = found.folder / "trial-0", found.folder / "trial-1"
    assert not (failed / "checkpoint").exists()
    assert not json.loads((failed / "metrics.json").read_text())["best"].get("test_loss")
    kept = read_weights(failed / "best.safetensors").tensors  # the failure leaves what was found so far
    assert all(bool((kept[name] == judged[0][name]).all()) for name in kept)
    best = json.loads((trained / "metrics.json").read_text())["best"]["epoch"]
    kept = read_weights(trained / "best.safetensors").tensors
    assert all(bool((kept[name] == judged[1 + best][name]).all()) for name in kept)
    assert read_checkpoint(trained).state["best"] == best


def test_a_trial_of_many_epochs_writes_its_metrics_no_more_often_than_one_of_few(
    spec: api.Spec, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("sklearn")
    from netspec.training.keeping.run_log import Journal

    written: list[tuple[str, int]] = []
    write = Journal.write
    monkeypatch.setattr(
        Journal,
        "write",
        lambda journal, metrics, epochs: (
            written.append((metrics["state"], len(epochs))) or write(journal, metrics, epochs)
        ),
    )
    axes = [read_axis("train.data.batch_size=256,512")]
    search(spec, axes, [Goal("loss", "minimize")], grid=True, device="cpu", epochs=4)
    assert written == [("done", 4)] * 2


def test_decoded_images_are_kept_and_other_data_read_anew(tmp_path: Path) -> None:
    from PIL import Image

    from netspec.recipe.data.folder import Folder
    from netspec.recipe.data.raw import Images
    from netspec.training.feeding.reading_once import ReadOnce

    for number, name in enumerate(("a", "b") * 4):
        (tmp_path / "images" / name).mkdir(parents=True, exist_ok=True)
        Image.new("L", (8, 8), 20 * number).save(tmp_path / "images" / name / f"{number}.png")
    data = Folder(path=str(tmp_path / "images"))
    read = ReadOnce()
    first = read(data)
    assert isinstance(first.train, Images)
    assert read(data.model_copy(update={"batch_size": 3, "validation": 1})) is first
    smaller = read(data.model_copy(update={"resize": (4, 4)}))
    assert tuple(smaller.train.images.shape[-2:]) == (4, 4)
    assert read(data) is not first


@pytest.mark.parametrize(("at", "fails", "ended"), [(1, False, 1), (1, True, 0), (2, False, 1)])
def test_a_signal_after_the_last_step_ends_the_search(
    spec: api.Spec, monkeypatch: pytest.MonkeyPatch, at: int, fails: bool, ended: int
) -> None:
    pytest.importorskip("sklearn")
    from netspec.training.results import Results

    tested: list[Path] = []
    test = Results.test

    def signalled(results: Results, folder: Path) -> None:
        tested.append(folder)
        if len(tested) == at:
            signal.raise_signal(signal.SIGTERM)
            if fails:
                raise NetspecError.of(Code.TRAINING_FAILED, "a worker is killed by a signal")
        test(results, folder)

    monkeypatch.setattr(Results, "test", signalled)
    found = search(spec, [read_axis("width=2,4,6")], grid=True, device="cpu", steps=1, seeds=at)
    assert (found.signal, len(tested)) == (signal.SIGTERM, at)
    assert [trial.outcome.state for trial in found.trials] == ["trained"] * ended
    told = [part.text for part in showing.searched(found).parts() if isinstance(part, Paragraph)]
    assert told == ["The search was interrupted before it found a network."] * (not ended)


@pytest.mark.parametrize(("code", "trainings"), [(Code.DATA_MISMATCH, 3), (Code.TRAINING_FAILED, 5)])
def test_trainings_that_fail_alike_end_the_search(
    spec: api.Spec, monkeypatch: pytest.MonkeyPatch, code: Code, trainings: int
) -> None:
    begun: list[Path] = []

    def fails(*network_and_recipe: Any, out: Path, **arguments: Any) -> None:
        begun.append(out)
        raise NetspecError.of(code, "the data have a part for validation of their own")

    monkeypatch.setattr("netspec.training.run.train", fails)
    if code is Code.TRAINING_FAILED:
        found = search(spec, [read_axis("width=2..6")], grid=True, device="cpu")
        assert [trial.outcome.state for trial in found.trials] == ["failed"] * trainings
    else:
        with pytest.raises(NetspecError) as caught:
            search(spec, [read_axis("width=2..6")], grid=True, device="cpu")
        (told,) = caught.value.diagnostics
        assert str(told.span).startswith("net.yaml:13:10")
        assert "its first 3 trainings failed alike" in (told.help or "")
    assert len(begun) == trainings


def test_no_picture_is_drawn_where_a_link_leads_elsewhere(spec: api.Spec, tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    pytest.importorskip("matplotlib")
    from netspec.search.drawing import draw

    found = searched(spec, trials=1, steps=1)
    Path("runs/net-search/trial-0").rename("elsewhere")
    Path("runs/net-search/trial-0").symlink_to(tmp_path / "elsewhere")
    (remark,) = draw(found)
    assert "trial-0 is a link" in remark
    assert not list(Path("elsewhere").glob("*.png"))


def test_a_trial_without_hope_is_a_run_that_ended_early(spec: api.Spec, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("sklearn")
    from netspec.search import driver

    monkeypatch.setattr(driver, "_hopeless", lambda trial, epoch, figure: trial.number == 1 or epoch == 3)
    found = search(spec, [read_axis("width=2,4")], grid=True, device="cpu", epochs=3, batch_size=512)
    assert [trial.outcome.state for trial in found.trials] == ["trained", "stopped"]
    for trial, epochs in zip(found.trials, (3, 1), strict=True):
        run = Path(trial.outcome.told["runs"][0])
        metrics = json.loads((run / "metrics.json").read_text())
        assert (metrics["state"], len(metrics["epochs"]), metrics["stopped_early"]) == ("done", epochs, epochs == 1)
        saved = read_checkpoint(run)
        assert saved.state["loop"]["step"] == metrics["steps"] == 3 * epochs
        last = read_weights(run / "last.safetensors").tensors
        assert all(bool((saved.weights[name] == last[name]).all()) for name in last)


def test_seeds_give_means_and_deviations(spec: api.Spec) -> None:
    pytest.importorskip("sklearn")
    found = searched(spec, trials=1, seeds=2, epochs=1)
    (trial,) = found.trials
    runs = [json.loads((Path(run) / "metrics.json").read_text()) for run in trial.outcome.told["runs"]]
    assert [run["seed"] for run in runs] == [0, 1]
    figures = [run["epochs"][0]["validation_accuracy"] for run in runs]
    assert trial.outcome.figures == [pytest.approx(sum(figures) / 2)]
    assert trial.outcome.told["deviations"] == [pytest.approx(abs(figures[0] - figures[1]) / 2**0.5)]
    trial.outcome.told["deviations"] = [0.0]  # of runs that were alike it is told too
    assert f"{trial.outcome.figures[0]:.2%} +- 0.00%" in written(showing.searched(found), "text")
    assert "accuracy,accuracy_deviation,best" in written(showing.searched(found), "csv")


@pytest.mark.parametrize(("value", "told"), [(float("nan"), "unknown"), (float("inf"), "infinite")])
def test_a_figure_that_is_no_number_fails_its_trial(
    spec: api.Spec, monkeypatch: pytest.MonkeyPatch, value: float, told: str
) -> None:
    monkeypatch.setattr("netspec.search.trial.validated", lambda goal, figures: value)
    monkeypatch.setattr(Judge, "_trained", lambda judge, *run: [_REPORT] * judge.seeds)
    found = searched(spec, seeds=2)
    assert [trial.outcome.state for trial in found.trials] == ["failed", "refused", "failed", "refused"]
    assert found.trials[0].outcome.told["reason"] == f"its accuracy is {told}"
    assert not any(trial.best for trial in found.trials)


def test_large_figures_of_the_front_are_written_out():
    assert [_number(value) for value in (1e6, 100_000, 0.5, 0.99123456, 12.5)] == [
        "1,000,000", "100,000", "0.5", "0.991235", "12.5",
    ]  # fmt: skip


def test_a_figure_that_is_not_measured_ends_the_search_and_says_how_it_would_be(spec: api.Spec) -> None:
    pytest.importorskip("sklearn")
    with pytest.raises(NetspecError, match="NS0801 the validation has no figure `f1`") as caught:
        searched(spec, goals=[Goal("f1", "maximize")], steps=1)
    assert not Path("runs").exists()
    assert caught.value.diagnostics[0].help.startswith("what a recipe measures is named by its `metrics`")
    with pytest.raises(NetspecError, match="NS0801 the validation has no figure `f1`"):  # where the data tell too late
        validated(Goal("f1", "maximize"), {"loss": 1.0})
    measured = spec.changed({"train.metrics": ["f1"]})
    found = searched(measured, goals=[Goal("f1", "maximize")], steps=1, trials=1, out=Path("other"))
    assert found.trials[0].outcome.state == "trained"


@pytest.mark.parametrize(
    ("axis", "states", "reason"),
    [
        ("train.data.validation=0.2,0", ["trained", "refused"], "no part for validation"),
        (
            "train.data=[{arrays: nowhere.npz, validation: 0.2}, {digits: , validation: 0.2, batch_size: 256}]",
            ["refused", "trained"],
            "nowhere",
        ),
        (
            "train.data=[{arrays: broken.npz, validation: 0.2}, {digits: , validation: 0.2, batch_size: 256}]",
            ["failed", "trained"],
            "broken.npz",
        ),
        ("train.metrics=[[], [f1]]", ["refused", "trained"], "no figure `f1`"),
    ],
    ids=["nothing held out", "data that are not there", "data that cannot be read", "a figure that is not measured"],
)
def test_what_is_wrong_with_one_point_leaves_the_others_alone(
    spec: api.Spec, axis: str, states: list[str], reason: str
) -> None:
    pytest.importorskip("sklearn")
    Path("broken.npz").write_bytes(b"PK\x03\x04" + bytes(60))
    figure = "f1" if "metrics" in axis else "accuracy"
    found = search(spec, [read_axis(axis)], [Goal(figure, "maximize")], grid=True, device="cpu", epochs=1)
    assert [trial.outcome.state for trial in found.trials] == states
    (wrong,) = (trial for trial in found.trials if trial.outcome.state != "trained")
    assert reason in wrong.outcome.told["reason"]


def test_data_that_no_point_mends_are_told_before_the_first_trial(spec: api.Spec) -> None:
    elsewhere = spec.changed({"train.data": {"mnist": "nowhere", "validation": 0.2}, "train.epochs": 1})
    with pytest.raises(NetspecError, match="NS0802"):
        search(elsewhere, [read_axis("width=2,6")], [Goal("loss", "minimize")], grid=True, out=Path("none"))
    assert not Path("none").exists()
