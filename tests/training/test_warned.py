"""`netspec train` says once, before it trains, what `netspec check` says of the spec and its recipe."""

import json
import sys
import warnings
from pathlib import Path

import pytest

import netspec
from netspec import api
from netspec.cli import run
from netspec.training.showing.in_notebook import Notebook
from netspec.training.showing.progress import Display
from netspec.training.spec import train_spec

ODD = """\
netspec: 1
name: odd
params: {unread: 3}
input: [1, 8, 8]
layers: [flatten, {linear: 12}, {linear: 10}, sigmoid]
budget: {params: 100}
train:
  data: digits
  loss: bce_with_logits
  optimizer: {sgd: 0.1}
  epochs: 1
  log: []
"""


class Told(Display):
    """Keeps what it is to warn of, and whether torch was there."""

    def __init__(self):
        self.findings, self.loaded = [], []

    def warn(self, findings):
        self.findings += findings

    def loading(self, what):
        self.loaded.append((what, len(self.findings)))
        return super().loading(what)


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("netspec.training.keeping.run_log.pictures", lambda *run: ())
    Path("odd.yaml").write_text(ODD)


def test_all_that_check_says_is_said_before_the_first_step():
    told, wanted = Told(), api.check("odd.yaml")
    train_spec(api.load("odd.yaml"), device="cpu", out=Path("run"), display=told)
    assert {each.code.number for each in wanted} == {"NS0905", "NS2004", "NS2011", "NS2012"}
    assert [(each.code, each.message, each.span) for each in told.findings] == [
        (each.code, each.message, each.span) for each in wanted
    ]
    assert {each.severity for each in told.findings} == {"warning"}  # a budget stops no training
    assert told.loaded == [("torch", 4), ("the data", 4)]


def test_the_command_says_it_once_on_the_error_stream(capsys):
    assert run(["train", "odd.yaml", "--device", "cpu", "--out", "run", "--format", "json"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["state"] == "done"
    assert err.count("warning[NS2012]: `bce_with_logits` expects other outputs than `sigmoid1` gives") == 1
    assert "odd.yaml:5:" in err
    assert "4 warnings\n" in err
    assert run(["train", "--resume", "run", "--epochs", "2", "--device", "cpu"]) == 0
    assert "NS2012" not in "".join(capsys.readouterr())  # what goes on was warned of


def test_a_spec_without_a_finding_is_trained_in_silence(capsys):
    mended = {"params: {unread: 3}\n": "", "{linear: 12}, ": "", ", sigmoid": "", "budget: {params: 100}\n": ""}
    text = ODD
    for before, after in mended.items():
        text = text.replace(before, after)
    Path("odd.yaml").write_text(text)
    assert run(["train", "odd.yaml", "--device", "cpu", "--out", "run"]) == 0
    assert capsys.readouterr().err == ""


def test_python_and_notebooks_are_warned(monkeypatch):
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        netspec.train("odd.yaml", device="cpu", out="run")
    told = [str(each.message) for each in found]
    assert [text.split()[1] for text in told] == ["NS0905", "NS2004", "NS2011", "NS2012"]
    assert told[-1].startswith("odd.yaml:5:")
    monkeypatch.setitem(sys.modules, "IPython", None)
    pages = []
    shown = Notebook(lambda page, **options: pages.append(page._repr_html_()))
    shown.warn(api.check("odd.yaml"))
    assert "NS2012" in pages[-1]
