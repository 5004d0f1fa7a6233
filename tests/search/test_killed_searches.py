"""Searches whose processes are killed: no trial is lost, and nobody waits for the dead."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("optuna")

from optuna.storages.journal import JournalFileBackend

from netspec import api
from netspec.cli import run
from netspec.report.writers import written
from netspec.search import study as kept
from netspec.search.driver import search
from netspec.search.showing import searched
from netspec.search.space import grid_of, read_axis
from netspec.search.trial import Goal, Outcome
from netspec.training.keeping.lock import Holder

Run = Callable[..., tuple[int, str, str]]

WIDTHS = ("--over", "width=1..6", "--over", "kernel=1,3,5", "--grid", "--minimize", "params")


def test_a_killed_trial_is_tried_anew(spec: api.Spec, monkeypatch: pytest.MonkeyPatch) -> None:
    axes = [read_axis("width=1..4")]
    goals = [Goal("params", "minimize")]

    class Killed(Exception):
        pass

    def killed(self: object, number: int, *_: object) -> Outcome:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr("netspec.search.trial.Judge.judged", killed)
        patched.setattr(Holder, "here", classmethod(lambda cls: Holder(1, "elsewhere", "another start", "0")))
        with pytest.raises(Killed):
            search(spec, axes, goals, grid=True)
    monkeypatch.setattr(Holder, "is_dead", lambda self: self.pid == 1)
    found = search(spec, axes, goals, grid=True)
    assert sorted(trial.point["width"] for trial in found.trials) == [1, 2, 3, 4]
    assert sorted(trial.number for trial in found.trials) == [1, 2, 3, 4]


def test_trials_that_another_process_is_at_are_told_as_such(spec: api.Spec, monkeypatch: pytest.MonkeyPatch) -> None:
    axes, goals = [read_axis("width=1..4")], [Goal("params", "minimize")]
    begun = list[object]()

    def begins_one_more(self: kept.Study) -> object:
        with monkeypatch.context() as patched:  # another process takes the last point meanwhile
            patched.setattr(Holder, "here", classmethod(lambda cls: Holder(1, "elsewhere", "its start", "0")))
            begun.append(ask(self))
        return ask(self)

    ask = kept.Study.ask
    monkeypatch.setattr(Holder, "is_dead", lambda self: False)
    monkeypatch.setattr(kept.Study, "ask", lambda self: ask(self) if begun else begins_one_more(self))
    found = search(spec, axes, goals, grid=True)
    assert (found.left, found.elsewhere, len(found.trials)) == (1, 1, 3)
    words = " ".join(written(searched(found), "text").split())
    assert "1 trial is being trained by another process." in words
    assert "left." not in words
    none_yet = replace(found, trials=())
    assert "No network was found so far." in written(searched(none_yet), "text")
    monkeypatch.setattr("netspec.search.driver.search", lambda *_, **__: none_yet)
    over = ["search", "net.yaml", "--over", "width=1..4", "--minimize", "params"]
    assert run(over) == 0  # the process that is at the last trial tells how the search ends
    monkeypatch.setattr("netspec.search.driver.search", lambda *_, **__: replace(none_yet, elsewhere=0))
    assert run(over) == 1


def opened(folder: Path = Path(), *, grid: bool = True) -> kept.Study:
    axes = [read_axis("w=1..3" if grid else "w=1..3000:log"), read_axis("act=relu,gelu")]
    points = list(grid_of(axes)) if grid else None
    given: Any = {"axes": axes, "directions": ["minimize"], "setup": {}, "grid": points, "seed": 0, "patience": 1}
    return kept.Study("net", folder, None, **given)


@pytest.fixture
def killed(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Does something by a process that is killed at a journal's line of a number from 1 on; whether it came so far."""

    class Killed(BaseException):
        pass

    def done(what: Callable[[], object], lines: int) -> bool:
        append, left = JournalFileBackend.append_logs, [lines]

        def appended(backend: JournalFileBackend, logs: list[dict[str, Any]]) -> None:
            if not left[0]:
                raise Killed
            left[0] -= 1
            append(backend, logs)

        with monkeypatch.context() as patched:
            patched.setattr(JournalFileBackend, "append_logs", appended)
            patched.setattr(
                Holder, "here", classmethod(lambda cls: Holder(1, "elsewhere", "another start", str(lines)))
            )
            try:
                what()
            except Killed:
                return True
        return False

    monkeypatch.setattr(Holder, "is_dead", lambda self: self.pid == 1)
    return done


def test_a_point_survives_wherever_its_process_is_killed(killed: Callable[..., Any]) -> None:
    """Whatever line of the journal comes last: of a trial's beginning, or of its renewal."""
    for lines in range(12):
        killed(lambda: opened().ask(), lines)
        killed(lambda: opened().ask(), lines % 5)
    study, found = opened(), []
    while study.counted() < 6:
        trial, point = study.ask()
        study.finish(trial, "trained", [1.0], {})
        found.append((point["w"], point["act"]))
    assert sorted(found) == [(w, act) for w in (1, 2, 3) for act in ("gelu", "relu")]
    assert len(study.finished()) == 6


def test_what_is_drawn_does_not_depend_on_what_was_killed(killed: Callable[..., Any]) -> None:
    def drawn(out: str, *, kills: bool) -> list[Any]:
        Path(out).mkdir()
        while (study := opened(Path(out), grid=False)).counted() < 14:
            if kills:
                killed(lambda: opened(Path(out), grid=False).ask(), study.counted() % 8)
            trial, point = study.ask()
            study.finish(trial, "trained", [float(point["w"] ** 2)], {})
        return [point for _, point, *_ in study.finished()]

    assert drawn("whole", kills=False) == drawn("killed", kills=True)


def test_one_of_two_processes_takes_up_what_was_killed(
    killed: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert killed(lambda: opened().ask(), 4)
    one, other, points = opened(), opened(), []
    ended = kept.Study._ended

    def slow(study: kept.Study, trial: int) -> bool:
        monkeypatch.setattr(kept.Study, "_ended", ended)
        points.append(other.ask()[1])  # meanwhile
        return ended(study, trial)

    monkeypatch.setattr(kept.Study, "_ended", slow)
    points.append(one.ask()[1])
    assert one.counted() == 2
    assert points[0] != points[1]
    assert {"w": 1, "act": "relu"} in points  # the first of the grid


HOLDING = """
import os, signal, sys
from pathlib import Path
from netspec.search.journal import _KernelLock
lock = _KernelLock(Path(sys.argv[1]))
lock.acquire()
with Path(sys.argv[1]).open("ab") as journal:
    journal.write(b'{"op_code":5,"wor')
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="locks of the kernel are POSIX's")
def test_a_process_killed_while_it_writes_holds_nobody_up(netspec: Run) -> None:
    """Optuna's own lock stays, and what follows half a line cannot be read."""
    costs = ("search", "net.yaml", *WIDTHS, "--trials", "4", "--format", "json")
    assert netspec(*costs)[0] == 0
    journal = Path("runs/net-search/search.log")
    whole = journal.read_bytes()
    for _ in range(2):
        done = subprocess.run([sys.executable, "-c", HOLDING, journal], check=False)
        assert done.returncode == -9
    assert journal.read_bytes() != whole
    command = [sys.executable, "-m", "netspec", *costs[:-4], "--trials", "6", "--format", "json"]
    told = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    assert len(json.loads(told.stdout)["trials"]) == 6
    assert journal.read_bytes().startswith(whole)
    assert all(json.loads(line) for line in journal.read_text().splitlines())
    assert not list(journal.parent.glob("*.lock"))


def test_a_trial_of_a_living_process_is_left_to_it(spec: api.Spec, monkeypatch: pytest.MonkeyPatch) -> None:
    study = opened(grid=False)
    study.ask()
    assert study.counted() == 1
    trial, _ = study.ask()
    assert (study.counted(), trial.number, trial.user_attrs.get("again")) == (2, 1, None)
