"""Trials on a cluster of Ray: each has its end whatever its worker comes to, and what is wrong is told.

Most are judged without any training; `NETSPEC_RAY=1` also trains, kills a worker and the search, and goes on.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("optuna")

if sys.platform == "win32":
    pytest.skip("processes are killed by signals", allow_module_level=True)

from netspec import api
from netspec.diagnostics import Code, NetspecError
from netspec.search.driver import _asked, _hopeless, search
from netspec.search.space import grid_of, read_axis
from netspec.search.study import Study
from netspec.search.trial import Goal, Outcome
from netspec.version import __version__


@pytest.fixture(scope="module")
def cluster() -> Iterator[None]:
    """A cluster of two workers, which tests share."""
    ray = pytest.importorskip("ray", reason="trials on a cluster need `pip install ray`")
    ray.init("local", num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    yield
    ray.shutdown()


@dataclass
class Pretended:
    """Judges without training, as `w` of a point says; in a worker's process."""

    folder: Path
    values: Mapping[str, Any] = field(default_factory=dict)

    def untrained(self, point: Mapping[str, Any]) -> Outcome | None:
        return Outcome("refused", None, {"reason": "it is odd"}) if point["w"] == "refused" else None

    def judged(self, number: int, point: Mapping[str, Any], stop: Callable[[int, float], bool] | None) -> Outcome:
        match point["w"]:
            case "killed once" if not (self.folder / "was killed").exists():
                (self.folder / "was killed").touch()
                os.kill(os.getpid(), signal.SIGKILL)
            case "killed":
                os.kill(os.getpid(), signal.SIGKILL)
            case "data":
                raise NetspecError.of(Code.DATA_NOT_FOUND, "no data")
            case "bug":
                raise ZeroDivisionError("a bug")
            case "gone":
                return Outcome("trained", [1.0], {"runs": [str(self.folder / "nowhere")]})
            case "slow" if stop:
                for epoch in range(1, 100):
                    if stop(epoch, -1.0):
                        return Outcome("stopped", None, {"epochs": epoch})
        if stop:
            assert not stop(1, 1.0)
        return Outcome("trained", [float(number)], {"worker": os.getpid()})


def ended(values: str, workers: int = 1, *, prunes: bool = False) -> list[tuple[str, Outcome]]:
    from netspec.search.on_ray import on_ray

    axes = [read_axis(f"w={values}")]
    points = list(grid_of(axes))
    given: Any = {"axes": axes, "directions": ["maximize"], "setup": {}, "grid": points, "seed": 0, "patience": 1}
    study = Study("net", Path(), None, **given)
    judge: Any = Pretended(Path())
    found = []
    ask = partial(_asked, study, len(points))
    for trial, point, outcome in on_ray("local", workers, study, judge, ask, _hopeless if prunes else None):
        if outcome.signal is None:
            study.finish(trial, outcome.state, outcome.figures, outcome.told)
        found.append((point.get("w"), outcome))
    assert not list(Path().glob(".seen-*"))
    return found


def test_each_trial_has_its_end_though_its_worker_is_killed(cluster: None) -> None:
    found = ended("a,killed once,refused,killed,b,c", 2)
    assert sorted((w, outcome.state) for w, outcome in found) == [
        ("a", "trained"), ("b", "trained"), ("c", "trained"), ("killed", "failed"), ("killed once", "trained"),
        ("refused", "refused"),
    ]  # fmt: skip
    told = dict(found)
    assert told["killed"].told == {"reason": "3 workers were lost at it"}
    numbers = [outcome.figures[0] for _, outcome in found if outcome.figures]
    assert len({*numbers}) == 4
    assert all(outcome.told["worker"] != os.getpid() for _, outcome in found if outcome.figures)


def test_a_worker_asks_after_each_epoch_whether_its_trial_is_given_up(cluster: None) -> None:
    found = dict(ended("[a, b, c, d, e, f, slow]", prunes=True))
    assert found.pop("slow").told == {"epochs": 1}  # it is worse than the median of the others
    assert {outcome.state for outcome in found.values()} == {"trained"}


@pytest.mark.parametrize(
    ("w", "error", "told"),
    [
        ("data", NetspecError, "NS0802 no data"),
        ("bug", RuntimeError, "a worker failed: ZeroDivisionError"),
        ("gone", NetspecError, "NS0805 the run nowhere of a worker is not there"),
    ],
)
def test_what_no_other_trial_would_mend_ends_the_search(
    cluster: None, w: str, error: type[Exception], told: str
) -> None:
    with pytest.raises(error, match=told):
        ended(f"{w},a")


def test_a_worker_that_does_not_see_the_folder_is_told() -> None:
    pytest.importorskip("ray", reason="trials on a cluster need `pip install ray`")
    from netspec.search.on_ray import _seen
    from netspec.search.worker import Where

    here = str(Path.cwd())
    with _seen(Path()) as mark:
        Where(here, ".", mark, (), __version__).enter()
        for other in (Where(here, ".", mark + "0", (), __version__), Where(here + "0", ".", mark, (), __version__)):
            with pytest.raises(
                NetspecError, match=r"NS0805 .* does not see the folder \. of .*: No such file"
            ) as caught:
                other.enter()
            assert "a disk that they share" in str(caught.value.diagnostics[0].help)
        with pytest.raises(NetspecError, match=r"NS0805 .* has netspec .*, and 99 searches"):
            Where(here, ".", mark, (), "99").enter()


def test_a_signal_leaves_trials_to_the_next(cluster: None, monkeypatch: pytest.MonkeyPatch) -> None:
    from netspec.search.on_ray import Interrupt

    monkeypatch.setattr(Interrupt, "asked", property(lambda self: self.signal is not None))
    monkeypatch.setattr(Interrupt, "__enter__", lambda self: setattr(self, "signal", 15) or self)
    ((_, outcome),) = ended("a,b")
    assert (outcome.figures, outcome.signal) == (None, 15)


@pytest.mark.parametrize("address", ["127.0.0.1:{}", "ray://[::1]:{}", "127.0.0.1:99999"])
def test_an_address_where_nothing_listens_is_told_before_ray_tries(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    ray = pytest.importorskip("ray", reason="trials on a cluster need `pip install ray`")
    from netspec.search.on_ray import _joined

    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    monkeypatch.setattr(ray, "init", lambda *_, **__: pytest.fail("Ray tries"))
    with socket.socket() as bound:  # no other process takes its port, and it does not listen
        bound.bind(("127.0.0.1", 0))
        place = address.format(bound.getsockname()[1])
        with pytest.raises(NetspecError, match="no cluster of Ray answers at") as caught, _joined(place, None):
            pass
    assert place in caught.value.diagnostics[0].message


def test_no_cluster_is_told(spec: api.Spec) -> None:
    pytest.importorskip("ray", reason="trials on a cluster need `pip install ray`")
    code = (
        "import sys; from netspec.cli import run; sys.exit(run(['search', 'net.yaml', '--over', 'width=1..4', "
        "'--maximize', 'accuracy', '--ray', 'nowhere at all']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    assert "error[NS0704]: no cluster of Ray answers at `nowhere at all`" in done.stderr
    assert "Traceback" not in done.stderr


def test_without_ray_its_extra_is_named(spec: api.Spec, monkeypatch: pytest.MonkeyPatch) -> None:
    from netspec.recipe import libraries

    found = libraries.find_spec
    monkeypatch.setattr(libraries, "find_spec", lambda name: None if name == "ray" else found(name))
    with pytest.raises(NetspecError, match=r"NS0904 .* needs ray") as caught:
        search(spec, [read_axis("width=1..4")], ray="local")
    assert caught.value.diagnostics[0].help == "install with: pip install 'netspec[ray]'"
    with pytest.raises(NetspecError, match="NS0704 workers are those of a cluster"):
        search(spec, [read_axis("width=1..4")], workers=2)


SEARCH = ("search", "net.yaml", "--over", "width=2..6", "--over", "train.optimizer.lr=1e-3..1e-1:log")
MORE = ("--epochs", "8", "--device", "cpu", "--trials", "12", "--maximize", "accuracy", "--format", "json")


def begun(out: str, workers: int) -> subprocess.Popen[str]:
    command = [
        sys.executable,
        "-m",
        "netspec",
        *SEARCH,
        *MORE,
        "--out",
        out,
        "--ray",
        "local",
        "--workers",
        str(workers),
    ]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def training(process: subprocess.Popen[str], out: str, number: int) -> int:
    """The process of a worker that trains the trial of a number or a later one."""
    until = time.monotonic() + 240
    while time.monotonic() < until and process.poll() is None:
        for lock in Path(out).glob("trial-*/run.lock"):
            with contextlib.suppress(OSError, ValueError):
                worker = int(json.loads(lock.read_text())["pid"])
                if int(lock.parent.name.removeprefix("trial-")) >= number:
                    return worker
        time.sleep(0.005)
    raise AssertionError(process.communicate())


def is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.skipif(not os.environ.get("NETSPEC_RAY"), reason="NETSPEC_RAY=1 trains on a cluster: a minute")
def test_a_search_whose_worker_and_then_itself_is_killed_goes_on(spec: api.Spec) -> None:
    pytest.importorskip("ray", reason="trials on a cluster need `pip install ray`")
    life = begun("killed", 2)
    lost = training(life, "killed", 2)
    os.kill(lost, signal.SIGKILL)
    training(life, "killed", 7)
    life.kill()
    life.communicate()
    life = begun("killed", 2)
    out, err = life.communicate(timeout=300)
    assert life.returncode == 0, err
    trials = json.loads(out)["trials"]
    assert len(trials) == 12
    assert {trial["state"] for trial in trials} <= {"trained", "stopped"}
    assert len({*(trial["number"] for trial in trials)}) == 12
    assert max(trial["number"] for trial in trials) >= 13  # the lost worker's was tried anew, and the killed search's
    for trial in trials:
        metrics = json.loads(Path(trial["runs"][0], "metrics.json").read_text())
        assert metrics["state"] == "done"
        assert metrics["stopped_early"] == (trial["state"] == "stopped")
    assert not is_alive(lost)


@pytest.mark.skipif(not os.environ.get("NETSPEC_RAY"), reason="NETSPEC_RAY=1 trains on a cluster: a minute")
def test_one_worker_finds_bit_for_bit_what_a_search_without_ray_finds(spec: api.Spec) -> None:
    pytest.importorskip("ray", reason="trials on a cluster need `pip install ray`")
    life = begun("killed", 1)
    orphan = training(life, "killed", 5)
    life.kill()
    life.communicate()
    until = time.monotonic() + 60
    while is_alive(orphan) and time.monotonic() < until:
        time.sleep(0.1)
    assert not is_alive(orphan)
    out, err = (life := begun("killed", 1)).communicate(timeout=300)
    assert life.returncode == 0, err
    axes = [read_axis(axis) for axis in SEARCH[3::2]]
    found = search(spec, axes, [Goal("accuracy", "maximize")], trials=12, epochs=8, device="cpu")
    ours = [(each["point"], each["state"], each["figures"]) for each in json.loads(out)["trials"]]
    assert ours == [
        (each.point, each.outcome.state, each.outcome.figures and list(each.outcome.figures)) for each in found.trials
    ]
