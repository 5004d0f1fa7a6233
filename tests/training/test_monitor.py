"""The best epoch, those that are kept, and an early end, by any figure."""

import csv
import json

import pytest
import torch
from safetensors.torch import load_file

from netspec import api
from netspec.cli import run
from netspec.diagnostics import NetspecError
from netspec.recipe.run_settings import EarlyStopping
from netspec.training.keeping.metrics_file import Epoch, csv_text
from netspec.training.keeping.monitor import Monitor, unknown_figures
from netspec.training.resuming import resume_spec
from netspec.training.showing.figures import figures_line
from netspec.training.spec import train_spec
from tests.training.states import interrupted

SPEC = """\
netspec: 1
name: tiny
input: [1, 8, 8]
layers: [flatten, {linear: 16, activation: relu}, {linear: 10}]
train:
  data: {digits: , batch_size: 128, validation: 0.2}
  loss: cross_entropy
  metrics: [f1]
  optimizer: {adamw: 0.03}
  epochs: 6
"""


def trained(out, more="", spec=SPEC):
    return train_spec(api.loads(spec + more), device="cpu", out=out).metrics


def epochs(*figures):
    return [Epoch(i + 1, 10 * (i + 1), {"loss": 1.0}, 0.1, 1.0, 1.0, each) for i, each in enumerate(figures)]


def test_epochs_are_ranked_by_a_figure():
    found = epochs(*({"loss": loss, "accuracy": a} for loss, a in ((3, 0.5), (2, 0.9), (float("nan"), 0.9), (2, 0.7))))
    assert [each.epoch for each in Monitor("accuracy").ranked(found)] == [2, 3, 4, 1]
    assert [each.epoch for each in Monitor("loss").ranked(found)] == [2, 4, 1, 3]
    assert Monitor("accuracy").name(found[0]) == "validation_accuracy"
    assert [each.epoch for each in Monitor("loss").ranked(epochs({}, {}))] == [1, 2]
    assert Monitor("loss").name(epochs({})[0]) == "loss"


def test_an_epoch_whose_figure_is_unknown_is_compared_by_its_loss_and_ends_nothing():
    nan = float("nan")
    found = epochs(*({"loss": loss, "r2": r2} for loss, r2 in ((3, nan), (1, nan), (2, nan), (1, nan))))
    by, rule = Monitor("r2"), EarlyStopping(patience=2)
    assert [each.epoch for each in by.ranked(found)] == [2, 4, 3, 1]
    assert {by.name(each) for each in found} == {"validation_loss"}
    assert not rule.stops([by.cost(each) for each in found])
    assert unknown_figures(by, by, found) == [
        "validation R² is unknown in every epoch: the lowest loss says which is the best",
        "validation R² is unknown in every epoch: none counts for `early_stopping`",
    ]
    known = epochs(*({"loss": 1, "r2": r2} for r2 in (nan, 0.1, nan, nan, 0.0)))
    assert [each.epoch for each in by.ranked(known)] == [2, 5, 1, 3, 4]
    assert [rule.stops([by.cost(each) for each in known[:many]]) for many in (4, 5)] == [False, False]
    assert rule.stops([by.cost(each) for each in [*known, known[-1]]])
    assert unknown_figures(by, None, known) == []


def test_a_run_whose_figure_is_unknown_goes_on_and_says_so(tmp_path, capsys):
    np = pytest.importorskip("numpy")
    x = np.random.default_rng(0).normal(size=(40, 4)).astype("float32")
    alike = np.ones((40, 1), "float32")  # of which nothing is to be explained
    np.savez(tmp_path / "d.npz", x_train=x, y_train=x[:, :1], x_val=x, y_val=alike, x_test=x, y_test=x[:, :1])
    text = SPEC.replace("{digits: , batch_size: 128, validation: 0.2}", f"{{arrays: {tmp_path}/d.npz, batch_size: 40}}")
    text = text.replace("[1, 8, 8]", "[4]").replace("{linear: 10}", "{linear: 1}").replace("cross_entropy", "mse")
    text = text.replace("  metrics: [f1]\n", "") + "  checkpoint: {monitor: r2}\n  early_stopping: {patience: 2}\n"
    (tmp_path / "t.yaml").write_text(text)
    assert run(["train", str(tmp_path / "t.yaml"), "--device", "cpu", "--out", str(tmp_path / "run")]) == 0
    found = json.loads((tmp_path / "run" / "metrics.json").read_text())
    lowest = min(found["epochs"], key=lambda epoch: epoch["validation_loss"])
    assert (len(found["epochs"]), found["stopped_early"]) == (6, False)
    assert (found["best"]["by"], found["best"]["epoch"]) == ("validation_loss", lowest["epoch"])
    assert "R² is unknown in every epoch" in " ".join("".join(capsys.readouterr()).split())


@pytest.mark.parametrize(("monitor", "sign"), [("accuracy", -1), ("f1", -1), ("top5_error", 1), ("loss", 1)])
def test_the_best_epoch_by_a_figure(tmp_path, monitor, sign):
    found = trained(tmp_path / "run", f"  checkpoint: {{monitor: {monitor}}}\n")
    best = min(found["epochs"], key=lambda each: sign * each[f"validation_{monitor}"])
    assert (found["best"]["by"], found["best"]["epoch"]) == (f"validation_{monitor}", best["epoch"])


def test_the_best_three_are_kept(tmp_path):
    found = trained(tmp_path / "run", "  checkpoint: {keep: 3, monitor: accuracy}\n")
    ranked = sorted(found["epochs"], key=lambda each: (-each["validation_accuracy"], each["epoch"]))
    names = sorted(f"epoch-{each['epoch']}.safetensors" for each in ranked[:3])
    assert sorted(path.name for path in (tmp_path / "run/kept").iterdir()) == names
    best = load_file(tmp_path / f"run/kept/epoch-{found['best']['epoch']}.safetensors")
    assert all(torch.equal(each, best[name]) for name, each in load_file(tmp_path / "run/best.safetensors").items())
    for each in ranked[:3]:
        file = str(tmp_path / f"run/kept/epoch-{each['epoch']}.safetensors")
        assert run(["eval", str(tmp_path / "run"), "--weights", file, "--device", "cpu"]) == 0


def test_a_run_that_goes_on_keeps_the_same(tmp_path, monkeypatch):
    from netspec.training.session import Session

    more = "  checkpoint: {keep: 2, monitor: accuracy}\n"
    whole, pause = trained(tmp_path / "whole", more), Session.pause
    with monkeypatch.context() as patched:

        def asked(session):
            session.interrupt.signal = 15 if session.loop.step == 30 else None
            return pause(session)

        patched.setattr(Session, "pause", asked)
        trained(tmp_path / "cut", more)
    assert resume_spec(tmp_path / "cut", device="cpu").metrics["best"] == whole["best"]
    kept = [sorted(path.name for path in (tmp_path / name / "kept").iterdir()) for name in ("whole", "cut")]
    assert kept[0] == kept[1]
    assert len(kept[0]) == 2


def test_a_longer_run_has_the_weights_that_its_parent_s_best_epochs_left(tmp_path, capsys):
    more = "  checkpoint: {keep: 3}\n  schedule: constant\n"
    whole = trained(tmp_path / "whole", more)
    trained(tmp_path / "short", more, SPEC.replace("epochs: 6", "epochs: 4"))
    assert run(["train", "--resume", str(tmp_path / "short"), "--epochs", "6", "--out", str(tmp_path / "long")]) == 0
    names = [{path.name for path in (tmp_path / name / "kept").iterdir()} for name in ("whole", "long")]
    assert names[0] == names[1]
    assert whole["best"]["epoch"] in {int(name[6:-12]) for name in names[1]}
    for name in names[1]:
        one, other = (load_file(tmp_path / each / "kept" / name) for each in ("whole", "long"))
        assert all(torch.equal(each, other[key]) for key, each in one.items())
    lost, damaged, *_ = sorted((tmp_path / "short" / "kept").iterdir())
    lost.unlink()
    damaged.write_bytes(b"none")
    capsys.readouterr()
    assert run(["train", "--resume", str(tmp_path / "short"), "--epochs", "5", "--out", str(tmp_path / "more")]) == 0
    told = "".join(capsys.readouterr())
    assert all(f"`kept` goes without the weights of epoch {each.stem[6:]}: " in told for each in (lost, damaged))
    assert not {lost.name, damaged.name} & {path.name for path in (tmp_path / "more" / "kept").iterdir()}


def test_an_early_end_by_a_figure_of_which_more_is_better(tmp_path):
    spec = SPEC.replace("epochs: 6", "epochs: 40")
    found = trained(tmp_path / "run", "  early_stopping: {patience: 2, monitor: accuracy}\n", spec)
    told = [each["validation_accuracy"] for each in found["epochs"]]
    assert found["stopped_early"]
    assert max(told[-2:]) <= max(told[:-2])
    assert all(max(told[n - 2 : n]) > max(told[: n - 2]) for n in range(3, len(told)))
    assert found["best"]["by"] == "validation_loss"


@pytest.mark.parametrize(
    ("more", "spec", "told"),
    [
        ("  checkpoint: {monitor: acuracy}\n", SPEC, "there is no figure `acuracy` to compare epochs by"),
        ("  checkpoint: {monitor: acuracy}\n", SPEC, "= expected: one of `accuracy`, `loss`, `top5_error`, `f1`"),
        (
            "  checkpoint: {monitor: top_k}\n",
            SPEC.replace("f1", "top_k: 2"),
            "one of `top2_error`, `top5_error`",
        ),
        ("  checkpoint: {monitor: top3_error}\n", SPEC, "add it: `metrics: [{top_k: 3}]`"),
        ("  checkpoint: {monitor: r2}\n", SPEC, "there is no figure `r2`"),
        (
            "  early_stopping: {patience: 1, monitor: matthews}\n",
            SPEC,
            "`matthews`, by which epochs are to be",
        ),
        ("  checkpoint: {monitor: f1}\n", SPEC.replace(", validation: 0.2", ""), "hold some images out for it"),
        ("  checkpoint: {keep: 0}\n", SPEC, "NS0207"),
    ],
)
def test_figures_that_are_not_counted(tmp_path, capsys, more, spec, told):
    (tmp_path / "tiny.yaml").write_text(spec + more)
    assert run(["train", str(tmp_path / "tiny.yaml"), "--device", "cpu", "--out", str(tmp_path / "run")]) == 1
    assert told in " ".join(capsys.readouterr().err.split())
    assert run(["check", str(tmp_path / "tiny.yaml")]) == 1
    assert told in " ".join(capsys.readouterr().out.split())
    assert not (tmp_path / "run").exists()


def test_a_link_in_place_of_what_is_kept(tmp_path):
    trained(tmp_path / "run", "  checkpoint: {keep: 3, steps: 1}\n")
    (tmp_path / "run/kept").rename(tmp_path / "kept")
    (tmp_path / "run/kept").symlink_to(tmp_path / "kept")
    before = sorted(path.name for path in (tmp_path / "kept").iterdir())
    with pytest.raises(NetspecError, match="NS0925"):
        resume_spec(interrupted(tmp_path / "run"), device="cpu")
    assert sorted(path.name for path in (tmp_path / "kept").iterdir()) == before


def test_a_figure_that_nothing_tells_is_a_dash_in_lines_and_empty_in_tables():
    (found,) = epochs({"loss": 0.5, "accuracy": float("nan"), "r2": float("nan")})
    assert figures_line(found.validation) == "loss 0.5000  accuracy       -  R² -"
    header, row = csv.reader(csv_text([found]).splitlines())
    assert dict(zip(header, row, strict=True)).items() >= {"validation_accuracy": "", "validation_r2": ""}.items()
