"""The table of a run's steps: each row once, whatever ends the run, and the same figures for the loggers."""

import csv
import os

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from netspec import api
from netspec.cli import run as command
from netspec.diagnostics import NetspecError
from netspec.recipe.loggers import event_files
from netspec.recipe.recipe import Recipe
from netspec.training.keeping.run_log import Journal
from netspec.training.keeping.steps_file import StepRow, StepsTable, steps_table
from netspec.training.parallel.member import Member
from netspec.training.resuming import resume_spec
from netspec.training.session import Session
from netspec.training.spec import train_spec
from netspec.training.steps.stepper import Stepper
from netspec.training.steps.window import Window

SPEC = """\
netspec: 1
name: tiny
input: [1, 8, 8]
layers: [flatten, {linear: 10}]
train:
  data: {digits: , batch_size: 128, validation: 0.1}
  loss: cross_entropy
  optimizer: {sgd: 0.1, momentum: 0.9}
  schedule: linear
  clip: {norm: 1.0}
  epochs: 2
  checkpoint: {steps: 3}
  log_every: 4
"""
"""11 steps an epoch."""
HEAD = "step,epoch,loss,learning_rate,gradient_norm,images_per_second"


def rows(folder):
    with (folder / "steps.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def untimed(folder):
    return [{name: value for name, value in row.items() if name != "images_per_second"} for row in rows(folder)]


def events(folder):
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    return accumulator.EventAccumulator(str(folder / "tensorboard")).Reload()


@pytest.fixture(scope="module")
def told():
    """The loss of each step of the run, and the norm of its gradients."""
    return []


@pytest.fixture(scope="module")
def whole(tmp_path_factory, told):
    step, clip = Stepper.__call__, torch.nn.utils.clip_grad_norm_
    norms = []

    def clipped(parameters, **options):
        parameters = list(parameters)
        norms.append(torch.stack([p.grad.detach().norm() for p in parameters]).norm().item())
        return clip(parameters, **options)

    def stepped(stepper, *values):
        loss = step(stepper, *values)
        told.append((loss.item(), norms[-1]))
        return loss

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Stepper, "__call__", stepped)
        patched.setattr(torch.nn.utils, "clip_grad_norm_", clipped)
        return train_spec(api.loads(SPEC), device="cpu", out=tmp_path_factory.mktemp("steps") / "run").folder


def test_a_row_is_the_mean_of_its_steps(whole, told):
    found = rows(whole)
    assert [(int(row["step"]), int(row["epoch"])) for row in found] == [(4, 1), (8, 1), (12, 2), (16, 2), (20, 2)]
    for row in found:
        own = told[int(row["step"]) - 4 : int(row["step"])]
        assert float(row["loss"]) == pytest.approx(sum(loss for loss, _ in own) / 4, rel=1e-6)
        assert float(row["gradient_norm"]) == pytest.approx(sum(norm for _, norm in own) / 4, rel=1e-5)
        assert float(row["learning_rate"]) == pytest.approx(0.1 * (1 - (int(row["step"]) - 1) / 22), rel=1e-3)
        assert float(row["images_per_second"]) > 0


def test_loggers_have_the_same_figures(whole):
    found = events(whole)
    for name in ("loss", "gradient_norm", "learning_rate", "images_per_second"):
        values = [(each.step, each.value) for each in found.Scalars(f"steps/{name}")]
        assert values == [(int(row["step"]), pytest.approx(float(row[name]), rel=1e-6)) for row in rows(whole)]
    assert [each.step for each in found.Scalars("loss/training")] == [11, 22]


@pytest.mark.parametrize("at", [2, 14, 17])
def test_a_killed_run_that_goes_on_has_each_row_once(whole, tmp_path, monkeypatch, at):
    """It dies after a step, within a row, after rows that come later than its checkpoint; a line is torn."""

    class Killed(BaseException):
        pass

    pause = Session.pause

    def killed(session):
        if session.loop.step == at:
            raise Killed
        return pause(session)

    with monkeypatch.context() as patched:
        patched.setattr(Session, "pause", killed)
        with pytest.raises(Killed):
            train_spec(api.loads(SPEC), device="cpu", out=tmp_path / "run")
    with (tmp_path / "run/steps.csv").open("a") as file:
        file.write("20,2,0.1" if at == 14 else f"{at // 4 * 4 + 4},2,0.5,0.1,0.1,9\n24,2,0.5")
    resume_spec(tmp_path / "run", device="cpu")
    assert untimed(tmp_path / "run") == untimed(whole)
    assert (tmp_path / "run/steps.csv").read_text().endswith("\n")
    found = [(each.step, each.value) for each in events(tmp_path / "run").Scalars("steps/loss")]
    assert found == [(each.step, each.value) for each in events(whole).Scalars("steps/loss")]


class Called(TorchDispatchMode):
    """Notes the operators that are called: to read a number of a device is one of them."""

    def __init__(self):
        super().__init__()
        self.names = set()

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        self.names.add(func.overloadpacket.__name__)
        return func(*args, **(kwargs or {}))


def test_no_step_reads_a_number_of_the_device():
    window, loss, norm = Window(3, True, Member(torch.device("cpu"), 0, 1)), torch.tensor(2.0), torch.tensor(torch.inf)
    window.start()
    with Called() as called:
        assert [window.add(loss, norm) for _ in range(3)] == [False, False, True]
    assert called.names == {"select", "div", "copy_"}
    taken = window.take()
    assert (taken.steps, taken.loss, taken.norm) == (3, 2.0, None)  # float16 left all of them out


def test_without_the_key_there_is_no_table(tmp_path):
    text = SPEC.replace("  log_every: 4\n", "").replace("epochs: 2", "steps: 4")
    train_spec(api.loads(text), device="cpu", out=tmp_path / "run")
    assert not (tmp_path / "run/steps.csv").exists()
    assert not [tag for tag in events(tmp_path / "run").Tags()["scalars"] if tag.startswith("steps/")]


def test_a_loss_that_is_no_number_is_no_row(tmp_path):
    text = SPEC.replace("{sgd: 0.1, momentum: 0.9}", "{sgd: 1e38}").replace("log_every: 4", "log_every: 1")
    with pytest.raises(NetspecError, match="the loss became inf at step 2"):
        train_spec(api.loads(text), device="cpu", out=tmp_path / "run")
    assert [row["step"] for row in rows(tmp_path / "run")] == ["1"]


def test_no_norm_is_told_where_none_is_measured(tmp_path):
    text = SPEC.replace("clip: {norm: 1.0}", "clip: {value: 1.0}").replace("epochs: 2", "steps: 4")
    train_spec(api.loads(text), device="cpu", out=tmp_path / "run")
    (row,) = rows(tmp_path / "run")
    assert list(row) == [name for name in HEAD.split(",") if name != "gradient_norm"]


def table(folder, text=None, until=0):
    if text is not None:
        (folder / "steps.csv").write_text(text)
    return StepsTable(folder, 4, True, until)


SOUND = f"{HEAD}\n4,1,2.5,0.1,1.0,100.0\n8,1,nan,1e-05,,inf\n"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (SOUND, 2),
        (SOUND[:-1], 1),
        (SOUND + "12,2,1.0,0.1,1.0,9.0\n", 2),
        (SOUND.replace("\n8,", "\n6,"), 1),
        (SOUND.replace("\n8,", "\n4,"), 1),
        (SOUND.replace("1e-05", "0x10"), 1),
        (SOUND.replace("1e-05", "1" * 10_000), 1),
        (SOUND.replace("1e-05,", ""), 1),
        (SOUND.replace("gradient_norm,", ""), 0),
        ("\udcff".encode("utf-8", "surrogateescape").decode("latin-1"), 0),
        (None, 0),
    ],
)
def test_what_no_run_would_have_written_ends_the_table(tmp_path, text, kept):
    found = table(tmp_path, text, until=8)
    wanted = [(4, 2.5), (8, None)][:kept]
    assert [(step, None if figures["gradient_norm"] is None else figures["loss"]) for step, figures in found] == wanted
    remark = f"steps.csv has {kept} rows of the first 2: the others are lost"
    assert found.lacks == ("" if kept == 2 else remark)
    found.add(StepRow(12, 2, 0.5, 0.1, None, 2.0))
    found.close()
    assert (
        tmp_path / "steps.csv"
    ).read_text() == f"{HEAD}\n{''.join(SOUND.splitlines(True)[1 : kept + 1])}12,2,0.5,0.1,,2.0\n"


def test_another_name_of_the_file_is_not_written_through(tmp_path):
    other = tmp_path / "other"
    other.write_text(SOUND)
    os.link(other, tmp_path / "steps.csv")
    found = table(tmp_path, until=4)
    found.begin()
    found.add(StepRow(8, 1, 0.5, 0.1, 1.0, 2.0))
    found.close()
    assert other.read_text() == SOUND


def test_a_link_in_its_place_is_refused(tmp_path):
    (tmp_path / "steps.csv").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(NetspecError) as caught:
        table(tmp_path).begin()
    assert caught.value.diagnostics[0].code.number == "NS0925"
    assert not (tmp_path / "elsewhere").exists()


class Full:
    """A file on a disk that takes some bytes more and then none, until there is room again."""

    def __init__(self, file):
        self.file, self.left = file, 30

    def write(self, content):
        if self.left == 0:
            raise OSError(28, "No space left on device")
        taken = self.file.write(bytes(content[: self.left]))
        self.left -= taken
        return taken

    def __getattr__(self, name):
        return getattr(self.file, name)


def test_a_full_disk_costs_no_row(tmp_path, recipe):
    notes = []
    journal = Journal(tmp_path, None, notes.append, recipe, draws=False)
    journal._table._file = full = Full(journal._table._file)
    for step in (4, 8, 12):
        journal.steps(StepRow(step, 1, 0.5, 0.1, 1.0, 2.0))
    assert notes == [f"{tmp_path / 'steps.csv'} cannot be written: No space left on device; the run goes on"]
    full.left = 10_000
    journal.steps(StepRow(16, 1, 0.5, 0.1, 1.0, 2.0))
    journal.close()
    assert [row["step"] for row in rows(tmp_path)] == ["4", "8", "12", "16"]


@pytest.fixture
def recipe(monkeypatch):
    monkeypatch.setattr(event_files, "_installed", lambda: False)
    from netspec.driver.recipes import recipe_of

    found = recipe_of(api.loads(SPEC))
    assert isinstance(found, Recipe)
    assert steps_table(os.curdir, found.model_copy(update={"log_every": None}), 0) is None
    return found


def test_a_number_that_is_none_is_told_at_its_line(tmp_path, capsys):
    (tmp_path / "tiny.yaml").write_text(SPEC.replace("log_every: 4", "log_every: 0"))
    assert command(["check", str(tmp_path / "tiny.yaml")]) == 1
    said = capsys.readouterr().out
    assert "`log_every` is out of range" in said
    assert "tiny.yaml:13:14" in said
