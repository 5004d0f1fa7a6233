"""The picture of a Pareto front: what its axes, marks and lines say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("matplotlib")
pytest.importorskip("optuna")

from netspec.report.page import Page
from netspec.report.writers import writer
from netspec.search.driver import Search, Trial
from netspec.search.showing import line, searched
from netspec.search.space import read_axis
from netspec.search.trial import Goal, Outcome
from netspec.training.showing.pictures import front as pictures
from netspec.training.showing.pictures.front import Aspect, Mark, front, staircase

ACCURACY, PARAMS = Aspect("accuracy", "maximize", "%"), Aspect("Params", "minimize")
DEPTH = Aspect("Depth", "maximize")
MARKS = [Mark(0, (0.8, 1000, 2), True), Mark(1, (0.9, 2000, 3), True), Mark(2, (0.7, 3000, 4), False)]


@pytest.fixture(scope="module", autouse=True)
def charts() -> None:
    """They are drawn."""


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The figures that are drawn, before they are PNG."""
    found: list[Any] = []
    own = pictures.png

    def png(figure: Any) -> bytes:
        found.append(figure)
        return own(figure)

    monkeypatch.setattr(pictures, "png", png)
    return found


@pytest.mark.parametrize(
    ("first", "second", "points", "corners"),
    [
        ("maximize", "minimize", [(2, 9), (1, 8)], [(1, 8), (2, 8), (2, 9)]),
        ("minimize", "minimize", [(1, 9), (2, 8)], [(1, 9), (2, 9), (2, 8)]),
        ("maximize", "maximize", [(1, 9), (2, 8)], [(2, 8), (1, 8), (1, 9)]),
    ],
)
def test_no_corner_is_better_than_a_trial(first: Any, second: Any, points: Any, corners: Any) -> None:
    assert staircase(points, [Aspect("first", first), Aspect("second", second)]) == corners


def test_two_figures_are_bounded_by_a_staircase(drawn: list[Any]) -> None:
    assert front(MARKS, [ACCURACY, PARAMS], "net").startswith(b"\x89PNG")
    (axes,) = drawn[0].axes
    (line,) = axes.lines
    assert line.get_xydata().tolist() == [[1000, 0.8], [2000, 0.8], [2000, 0.9]]
    assert [text.get_text() for text in axes.texts] == ["0", "1"]
    assert {tick.get_text()[-1] for tick in axes.get_yticklabels()} == {"%"}
    assert "80%" in [tick.get_text() for tick in axes.get_yticklabels()]


def test_of_three_figures_each_pair_is_drawn_and_nothing_joined(drawn: list[Any]) -> None:
    front(MARKS, [ACCURACY, PARAMS, DEPTH], "net")
    axes = drawn[0].axes
    assert [(each.get_xlabel(), each.get_ylabel()) for each in axes] == [
        ("Params", "accuracy"), ("Depth", "accuracy"), ("Depth", "Params"),
    ]  # fmt: skip
    assert not any(each.lines for each in axes)
    assert all(value == round(value) for value in axes[1].get_xticks())


def test_what_of_a_front_is_told_is_named() -> None:
    goals = (Goal("accuracy", "maximize"), Goal("depth", "maximize"), Goal("params", "minimize"))
    trials = [
        Trial(number, {"width": number}, Outcome("trained", (number / 20, 2, 8272 + number), told), best=True)
        for number in range(12)
        for told in [{"runs": [f"runs/net-search/trial-{number}"]}]
    ]
    assert line(trials[3], goals) == "trial 3  width=3  accuracy 15.00%  Depth 2  Params 8,275"
    found = Search("net", Path("runs/net-search"), (read_axis("width=0..11"),), goals, tuple(trials), 12)
    said = "".join(text for piece in writer("text").write(searched(found), Page(200)) for text, _ in piece)
    assert "The table shows the first 10 of 12; `--format json` has all." in said
    assert "Of the front, the best by accuracy is the run runs/net-search/trial-11." in said


def test_the_best_of_several_seeds_is_a_trial_and_none_of_its_runs() -> None:
    told = {"runs": [f"runs/n/trial-4-seed-{seed}" for seed in (1, 2, 3)], "deviations": [0.1]}
    trial = Trial(4, {"width": 4}, Outcome("trained", (0.5,), told), best=True)
    found = Search("net", Path("runs/n"), (read_axis("width=0..11"),), (Goal("accuracy", "maximize"),), (trial,), 12)
    said = "".join(text for piece in writer("text").write(searched(found), Page(200)) for text, _ in piece)
    assert "The best is trial 4, by the mean of its 3 runs, runs/n/trial-4-seed-1 and so on." in said
