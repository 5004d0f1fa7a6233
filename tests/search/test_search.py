"""Searches: refused before torch, trained by ordinary runs, kept, gone on with, and shared by processes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("optuna")


from netspec import api
from netspec.diagnostics import NetspecError
from netspec.search.driver import read_budget, search
from netspec.search.space import read_axis
from netspec.search.trial import Goal, Outcome, Watcher
from netspec.training.keeping.metrics_file import Epoch

Run = Callable[..., tuple[int, str, str]]

WIDTHS = ("--over", "width=1..6", "--over", "kernel=1,3,5", "--grid", "--minimize", "params")


def params(point: Mapping[str, Any]) -> int:
    return api.analyze("net.yaml", **point).weights.total.params


def test_a_grid_over_costs_tries_every_point_and_trains_nothing(netspec: Run) -> None:
    code, out, err = netspec("search", "net.yaml", *WIDTHS, "--budget", "params<=300", "--format", "json")
    assert code == 0, err
    trials = json.loads(out)["trials"]
    points = [{"width": width, "kernel": kernel} for width, kernel in product(range(1, 7), (1, 3, 5))]
    assert [trial["point"] for trial in trials] == points
    for trial in trials:
        if trial["point"]["kernel"] == 5:
            assert (trial["state"], trial["figures"], trial["code"]) == ("refused", None, "NS0302")
            continue
        count = params(trial["point"])
        assert trial["figures"] == ([count] if count <= 300 else None)
        assert trial.get("code") == (None if count <= 300 else "NS0905")
    least = min(trial["figures"][0] for trial in trials if trial["figures"])
    assert json.loads(out)["best"] == [each["number"] for each in trials if each["figures"] == [least]]
    assert not list(Path("runs/net-search").glob("trial-*"))


def test_what_is_refused_is_refused_without_torch() -> None:
    code = (
        "import sys; from netspec.cli import run; "
        f"code = run(['search', 'net.yaml', *{WIDTHS[:-2]!r}, '--budget', 'params<=1']); "
        "assert 'torch' not in sys.modules; sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 1, done.stderr
    assert "18 trials: 18 refused before torch saw them" in done.stdout
    assert "No network was found: every one was refused or failed." in done.stdout
    assert "Most often: the network breaks its budget of params." in done.stdout


def test_refused_draws_are_no_trials(netspec: Run) -> None:
    """`--trials 8` is eight networks within the budget, of which there are nine, however many were drawn for them."""
    drawn = ("--over", "width=1..40", "--budget", "params<=400", "--minimize", "params", "--trials", "8")
    code, out, err = netspec("search", "net.yaml", *drawn, "--format", "json")
    assert code == 0, err
    found = json.loads(out)
    refused = [trial for trial in found["trials"] if trial["state"] == "refused"]
    assert (len(found["trials"]) - len(refused), len(refused) > 3, found["left"]) == (8, True, 0)
    assert netspec("search", "net.yaml", *drawn, "--format", "json")[1] == out  # nothing is left of it


@pytest.mark.parametrize("goals", [["maximize"], ["minimize", "maximize"]])
def test_what_is_refused_is_learned_from(spec: api.Spec, goals: list[str]) -> None:
    """Draws leave the forbidden part of an axis, of several goals too, though it is the larger one."""
    figures = [Goal(name, each) for name, each in zip(("params", "macs"), goals, strict=False)]
    axes = [read_axis("width=1..512:log"), read_axis("kernel=1..3")]
    found = search(spec, axes, figures, budget={"params": "<=2K"}, trials=30)
    refused = [trial.outcome.state == "refused" for trial in found.trials]
    assert refused.count(False) == 30
    assert 4 < refused.count(True) < 30


def test_a_search_that_draws_in_vain_ends(netspec: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from netspec.search import driver

    monkeypatch.setattr(driver, "_VAIN", 15)
    drawn = ("--over", "width=1..40", "--budget", "params<=1", "--minimize", "params", "--trials", "4")
    for _ in range(2):
        code, out, _ = netspec("search", "net.yaml", *drawn)
        assert code == 1
        assert "15 trials: 15 refused before torch saw them" in out
        assert "The search has ended with 4 of 4 trials left: draws were refused over and over." in out


def test_the_same_command_goes_on_and_another_is_refused(netspec: Run) -> None:
    assert netspec("search", "net.yaml", *WIDTHS, "--trials", "4")[0] == 0
    code, out, _ = netspec("search", "net.yaml", *WIDTHS, "--format", "json")
    assert code == 0
    assert [trial["number"] for trial in json.loads(out)["trials"]] == [*range(18)]
    code, _, err = netspec("search", "net.yaml", "--over", "width=1..6", "--minimize", "params")
    assert code == 1
    assert "error[NS0806]: runs/net-search/search.log holds another search, with other axes, grid" in err


def test_several_processes_share_a_search_without_losing_a_trial() -> None:
    command = [sys.executable, "-m", "netspec", "search", "net.yaml", *WIDTHS, "--format", "json"]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    told = [json.loads(each.communicate()[0]) for each in both]
    assert [each.returncode for each in both] == [0, 0]
    found = max((each["trials"] for each in told), key=len)
    assert sorted(trial["number"] for trial in found) == [*range(len(found))]
    points = [(trial["point"]["width"], trial["point"]["kernel"]) for trial in found]
    assert sorted(points) == [*product(range(1, 7), (1, 3, 5))]


DRAWING = """
import json, sys, time
from netspec.search.space import read_axis
from netspec.search.study import Study
from netspec.search import unseen
unseen.Unseen._draw = lambda self, sampler, study, trial: {"w": 2, "k": 0}  # both want the same points
axes = [read_axis("w=1..3"), read_axis("k=x,y")]
study = Study("net", __import__("pathlib").Path(), json.loads(sys.argv[1]), axes=axes, directions=["minimize"],
              setup={}, grid=None, seed=0, patience=1)
print("ready", flush=True)
sys.stdin.readline()
while asked := study.ask():
    trial, point = asked
    study.finish(trial, "trained", [1.0], {})
    print(json.dumps(list(point.values())), flush=True)
"""


@pytest.mark.parametrize("storage", [None, "sqlite:///trials.db"])
def test_two_processes_never_have_the_same_point(storage: str | None) -> None:
    """Though their draws are the same ones, and few points are left."""
    command = [sys.executable, "-c", DRAWING, json.dumps(storage)]
    pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    one, other = both = [subprocess.Popen(command, **pipes) for _ in range(2)]
    assert [each.stdout.readline() for each in both if each.stdout] == ["ready\n"] * 2
    points = []
    for each in both:
        assert each.stdin
        each.stdin.write("\n")
        each.stdin.flush()
    points = [json.loads(line) for each in both for line in each.communicate()[0].splitlines()]
    assert [one.returncode, other.returncode] == [0, 0]
    assert sorted(points) == [[w, k] for w in range(1, 4) for k in ("x", "y")]


def test_of_two_that_claim_a_point_the_earlier_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from netspec.search.claims import Claims
    from netspec.search.study import Study

    given: Any = {"directions": ["minimize"], "setup": {}, "grid": None, "seed": 0, "patience": 1}
    study = Study("net", Path(), None, axes=[read_axis("w=1..6")], **given)
    first, second = (study._begun({}, {}) for _ in range(2))
    one, two = (Claims(study._study, study._space, study._storage.get_trial(each)) for each in (first, second))
    others, looked = Claims.others, []

    def meanwhile(claims: Claims) -> Any:
        if claims is one and not looked:
            looked.append("both have claimed it, and neither has looked")
            assert not two.claim((2,))
        return others(claims)

    monkeypatch.setattr(Claims, "others", meanwhile)
    assert one.claim((2,))
    assert not two.claim((2,))
    assert two.claim((3,))
    assert two.others() == (set(), {(2,): 0})
    study._storage.set_trial_user_attr(first, "lost", True)  # the claim of the dead is nobody's
    assert two.others() == (set(), {})


def test_a_search_that_goes_on_draws_what_it_would_have_drawn(spec: api.Spec) -> None:
    def drawn(out: str, *lengths: int) -> list[Mapping[str, Any]]:
        axes, goals = [read_axis("width=1..64:log"), read_axis("kernel=1..3")], [Goal("params", "maximize")]
        found = [search(spec, axes, goals, out=Path(out), trials=length) for length in lengths]
        return [trial.point for trial in found[-1].trials]

    assert drawn("whole", 14) == drawn("parts", *range(3, 15))


@pytest.mark.parametrize("content", [b"not a journal", b"{}\n", b'{"op_code": 99}\n', b"\xff\xfe\x00", b"[" * 100_000])
def test_a_journal_that_is_none_is_told(netspec: Run, content: bytes) -> None:
    Path("runs/net-search").mkdir(parents=True)
    Path("runs/net-search/search.log").write_bytes(content)
    code, _, err = netspec("search", "net.yaml", *WIDTHS)
    assert (code, "error[NS0806]" in err, "Traceback" in err) == (1, True, False)


def test_links_are_not_followed(netspec: Run) -> None:
    Path("runs/net-search").mkdir(parents=True)
    Path("elsewhere").write_text("kept")
    Path("runs/net-search/search.log").symlink_to(Path("elsewhere").resolve())
    code, _, err = netspec("search", "net.yaml", *WIDTHS)
    assert (code, "error[NS0925]" in err) == (1, True)
    assert Path("elsewhere").read_text() == "kept"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--over", "widht=1..4"), ("NS0703", "a param (width, kernel)", "did you mean `width`")),
        (("--over", "train.optimizer.adamw=a,b"), ("NS0203", "--> --over train.optimizer.adamw:1:1")),
        (("--over", "width=1..4", "--over", "width=2..5"), ("NS0704",)),
        (("--over", "width=0.5..4"), ("NS0203", "--> --over width:1:1", "expected: an integer")),
        (("--over", "width=1..4:step=0.5"), ("NS0203", "--> --over width:1:1")),
        (("--over", "width=2,b,4", "--minimize", "params"), ("NS0203", "found: the text `b`")),
        (("--over", "width=1..4", "--minimize", "params", "--maximize", "params"), ("NS0704", "for twice")),
        (("--over", "width=1..4", "--budget", "params>=2", "--budget", "params<=9"), ("NS0704", "two limits")),
        (("--over", "width=1..4", "--minimize", "params", "--storage", "t.db"), ("NS0704", "sqlite:///")),
        (("--over", "width=1..4", "--budget", "params"), ("NS0704",)),
        (("--over", "width=1..4", "--budget", "parms<=3"), ("NS0203", "one of params, macs", "mean `params`")),
        (("--over", "width=1..4", "--maximize", "acuracy"), ("NS0704", "one of loss, accuracy", "mean `accuracy`")),
        (("--over", "width=1..4", "--minimize", "parms"), ("NS0704", "did you mean `params`")),
        (
            ("--over", "width=1..4", "--maximize", "test_accuracy"),
            ("NS0704", "one of loss, accuracy, top5_error", "mean `accuracy`"),
        ),
        (("--over", "width=1..4", "--maximize", "f1"), ("NS0801", "one of loss, accuracy, top5_error, params")),
        (("--over", "width=1..4", "--maximize", "miou"), ("NS0801", "one of loss, accuracy, top5_error, params")),
        (
            ("--over", "train.metrics=[[f1], [recall]]", "--maximize", "auroc"),
            ("NS0801", "top5_error, f1, recall, params"),
        ),
        (("--over", "width=1..4", "--seeds", "1000000000000"), ("NS0704", "expected: 1 to 1,000 seeds")),
        (
            ("--over", "train.seed=3,4", "--seeds", "2"),
            ("NS0704", "the seed is an axis", "leave `--over train.seed` out"),
        ),
        (
            ("--over", "train.epochs=1,2", "--epochs", "3"),
            ("NS0704", "`--epochs` stands in place", "`--over train.epochs`"),
        ),
        (("--over", "width=4,2,4"), ("NS0704", "`4` is listed twice")),
        (("--over", "width=1..4", "--maximize", "psnr"), ("NS0704", "no figure `psnr`")),
        (("--over", "width=1..4", "--minimize", "top5"), ("NS0704", "no figure `top5`")),
        (("--over", "width=1..4", "--set", "train.data.validation=0"), ("NS0801",)),
        (("--over", "width=1..4", "--out", "net.yaml"), ("NS0903", "it is no folder")),
        (("--over", "width=1..4", "--minimize", "params", "--storage", "nosuch://x"), ("NS0806",)),
    ],
)
def test_what_no_trial_could_mend_is_told_before_the_first(
    netspec: Run, arguments: tuple[str, ...], told: tuple[str, ...]
) -> None:
    status, _, err = netspec("search", "net.yaml", *arguments)
    assert status == 1
    assert f"error[{told[0]}]" in err
    assert [text for text in told[1:] if text not in " ".join(err.split())] == []
    assert "Traceback" not in err


def test_what_check_says_of_the_spec_is_said_once_before_the_first_trial(netspec: Run) -> None:
    spec = Path("net.yaml")
    spec.write_text(spec.read_text().replace("  - flatten\n", "  - relu\n  - relu\n  - flatten\n"))
    said = netspec("check", "net.yaml")[1].rsplit("\n", 2)[0].strip()
    status, out, err = netspec("search", "net.yaml", *WIDTHS)
    assert status == 0
    assert said.startswith("warning[NS2010]: `relu2` gives what it gets")
    assert err.strip() == said
    assert out.startswith("trial 0")


@pytest.mark.parametrize("arguments", [(), ("--grid",)])
def test_no_point_is_tried_twice_and_a_search_without_others_ends(netspec: Run, arguments: tuple[str, ...]) -> None:
    axes = ("--over", "width=2..6:step=2", "--over", "kernel=1,3", "--minimize", "params")
    status, out, _ = netspec("search", "net.yaml", *axes, *arguments, "--trials", "4", "--format", "json")
    assert (status, json.loads(out)["left"]) == (0, 0)
    status, out, _ = netspec("search", "net.yaml", *axes, *arguments, "--trials", "9")
    assert status == 0
    assert "3 of 9 trials left: each of the 6 points of its axes is tried" in " ".join(out.split())
    _, out, _ = netspec("search", "net.yaml", *axes, *arguments, "--trials", "9", "--format", "json")
    points = [(each["point"]["width"], each["point"]["kernel"]) for each in json.loads(out)["trials"]]
    assert sorted(points) == sorted(product((2, 4, 6), (1, 3)))


def test_draws_that_return_to_known_points_give_others_however_many_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    from netspec.search.study import Study

    monkeypatch.setattr("optuna.samplers.TPESampler.sample_independent", lambda self, study, trial, name, values: {
        "a": 7, "b": 1, "c": 0.75}[name])  # fmt: skip
    axes = [read_axis("a=1..1000000000"), read_axis("b=x,y"), read_axis("c=0.5..1:step=0.25")]
    given: Any = {"axes": axes, "directions": ["minimize"], "setup": {}, "grid": None, "seed": 0, "patience": 1}
    study = Study("net", Path(), None, **given)
    drawn = [study.ask() for _ in range(4)]
    points = [tuple(each[1].values()) for each in drawn if each]
    assert points[0] == (7, "y", 0.75)
    assert len(set(points)) == 4


def test_an_interrupted_search_leaves_its_trial_to_the_next(spec: api.Spec, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = Outcome("interrupted", None, {}, signal=15)
    monkeypatch.setattr("netspec.search.trial.Judge.judged", lambda *_: ended)
    found = search(spec, [read_axis("width=2,6")], [Goal("accuracy", "maximize")], grid=True)
    assert (found.signal, found.trials) == (15, ())


def test_a_run_without_hope_is_given_up() -> None:
    def epoch(number: int) -> Epoch:
        return Epoch(number, number, {"loss": 1.0}, 0.1, 1.0, 1.0, {"loss": 1.0, "accuracy": number / 10})

    seen: list[tuple[int, float]] = []

    def stop(number: int, figure: float) -> bool:
        seen.append((number, figure))
        return number == 2

    watcher = Watcher(Goal("accuracy", "maximize"), stop)
    assert (watcher(epoch(1)), watcher.hopeless) == (False, False)
    assert (watcher(epoch(2)), watcher.hopeless) == (True, True)
    assert seen == [(1, 0.1), (2, 0.2)]
    with pytest.raises(NetspecError, match="no figure `top5`"):
        Watcher(Goal("top5", "maximize"), stop)(epoch(1))


def test_no_other_trial_is_better_than_those_of_the_front(spec: api.Spec) -> None:
    goals = [Goal("params", "minimize"), Goal("depth", "maximize")]
    found = search(spec, [read_axis("width=1..4")], goals, grid=True)
    assert [trial.best for trial in found.trials] == [True, False, False, False]
    same = replace(found.trials[1], outcome=replace(found.trials[1].outcome, figures=found.trials[0].outcome.figures))
    from netspec.search.driver import _marked

    assert [each.best for each in _marked([found.trials[0], same], goals)] == [True, True]


def test_a_study_of_another_s_is_left_alone(netspec: Run) -> None:
    import optuna

    url = "sqlite:///trials.db"
    study = optuna.create_study(study_name="net", storage=url)
    study.add_trial(optuna.trial.create_trial(value=1.0))
    code, _, err = netspec("search", "net.yaml", "--over", "width=1..4", "--minimize", "params", "--storage", url)
    assert (code, f"error[NS0806]: {url} holds another search" in err) == (1, True)
    assert len(optuna.load_study(study_name="net", storage=url).trials) == 1


@pytest.mark.parametrize("text", ["params", "<=3", "params=3", "params<"])
def test_what_is_no_budget_is_refused(text: str) -> None:
    with pytest.raises(NetspecError, match="NS0704"):
        read_budget([text])
    with pytest.raises(NetspecError, match="NS0704"):
        read_budget(["params<=3", "params<=4"])
    assert read_budget(["params<=1M", "macs < 3G"]) == {"params": "<=1M", "macs": "< 3G"}
