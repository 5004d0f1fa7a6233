"""One process at a time trains a run; the lock of a dead one is known as such."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from netspec import api
from netspec.cli import run
from netspec.diagnostics import Code, NetspecError
from netspec.training.keeping import lock
from netspec.training.keeping.lock import Holder, RunLock, is_held
from netspec.training.spec import train_spec
from tests.training.states import contents, interrupted

ROOT = Path(__file__).parents[2]
SPEC = """\
netspec: 1
name: tiny
input: [1, 8, 8]
layers: [flatten, {linear: 10}]
train: {data: {digits: , batch_size: 128}, loss: cross_entropy, optimizer: {sgd: 0.1}, epochs: 1}
"""
HOLDS = """\
import sys, time
from pathlib import Path
from netspec.training.keeping.lock import RunLock
with RunLock() as lock:
    lock.take(Path(sys.argv[1]))
    print("held", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that holds the lock of a folder."""
    command = [sys.executable, "-c", HOLDS, str(tmp_path)]
    process = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"held\n"
    yield process
    process.kill()
    process.communicate()


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    out = tmp_path_factory.mktemp("locked") / "run"
    train_spec(api.loads(SPEC), device="cpu", out=out)
    return out


def refused(folder):
    with pytest.raises(NetspecError) as caught, RunLock() as second:
        second.take(folder)
    (found,) = caught.value.diagnostics
    return found


def written(folder, holder):
    (folder / "run.lock").write_text(json.dumps(asdict(holder)))


def test_the_second_is_told_who_runs(holder, tmp_path):
    found = refused(tmp_path)
    assert found.code is Code.NOT_RESUMABLE
    assert f"is being trained by process {holder.pid} on {Holder.here().host}" in found.message
    assert is_held(tmp_path)


def test_a_dead_one_holds_nothing(holder, tmp_path):
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    assert (tmp_path / "run.lock").exists()
    assert not is_held(tmp_path)
    with RunLock() as own:
        own.take(tmp_path)
        assert json.loads((tmp_path / "run.lock").read_text())["pid"] == os.getpid()
        assert is_held(tmp_path)
    assert not (tmp_path / "run.lock").exists()


@pytest.mark.parametrize(
    "dead",
    [
        {"pid": 2**22 + 1, "start": "1"},
        {"start": "1"},  # the pid of this very process, as it came to be another's
        {"boot": "of yesterday"},
    ],
)
@pytest.mark.parametrize("locks", [True, False])
def test_a_pid_that_is_another_s_now_holds_nothing(tmp_path, monkeypatch, dead, locks):
    if not locks:  # a disk that has none
        monkeypatch.setattr(lock, "_lock", lambda handle, exclusive: None)
    written(tmp_path, replace(Holder.here(), **dead))
    assert not is_held(tmp_path)
    with RunLock() as own:
        own.take(tmp_path)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="the system tells nothing of processes in /proc")
def test_a_process_whose_end_nobody_has_asked_for_is_dead():
    with subprocess.Popen(["sleep", "60"]) as process:
        here = Holder.here()
        holder = Holder(process.pid, here.host, here.boot, lock._start(process.pid))
        assert not holder.is_dead()
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert holder.is_dead()


def test_on_a_disk_without_locks_a_live_process_holds_its_own(tmp_path, monkeypatch):
    monkeypatch.setattr(lock, "_lock", lambda handle, exclusive: None)
    written(tmp_path, Holder.here())
    assert is_held(tmp_path)
    assert f"process {os.getpid()}" in refused(tmp_path).message


def test_another_machine_s_cannot_be_told(tmp_path):
    written(tmp_path, Holder(7, "elsewhere", "another boot", "12"))
    found = refused(tmp_path)
    assert "was locked by process 7 on elsewhere, and from here it cannot be told" in found.message
    assert f"delete {tmp_path / 'run.lock'}" in found.help
    assert is_held(tmp_path)


def test_a_container_s_name_is_no_other_machine(tmp_path):
    """Where the machine has not been started anew since, its kernel's lock counts, whatever name it had."""
    if not Holder.here().boot:
        pytest.skip("the system does not tell when it was started")
    written(tmp_path, replace(Holder.here(), host="elsewhere", pid=7))
    with RunLock() as own:
        own.take(tmp_path)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": "x"}', '{"pid": 1e99, "host": 3}', "\0" * 4096])
def test_what_is_no_lock_s_text_holds_nothing(tmp_path, text):
    (tmp_path / "run.lock").write_text(text)
    assert not is_held(tmp_path)
    with RunLock() as own:
        own.take(tmp_path)


@pytest.mark.parametrize("kind", ["link", "dangling", "second name", "folder", "pipe", "large"])
def test_no_link_is_followed(tmp_path, kind):
    folder, precious = tmp_path / "run", tmp_path / "precious"
    folder.mkdir()
    precious.write_text("precious")
    path = folder / "run.lock"
    {
        "link": lambda: path.symlink_to(precious),
        "dangling": lambda: path.symlink_to(tmp_path / "new"),
        "second name": lambda: path.hardlink_to(precious),
        "folder": path.mkdir,
        "pipe": lambda: os.mkfifo(path),
        "large": lambda: path.write_text("x" * 5000),
    }[kind]()
    assert refused(folder).code is Code.STRANGE_MEMBER
    assert precious.read_text() == "precious"
    assert not (tmp_path / "new").exists()


def test_one_of_many_at_once_gets_it(tmp_path):
    got, lost, together = [], [], threading.Barrier(8)

    def ask():
        with RunLock() as own:
            together.wait()
            try:
                own.take(tmp_path)
                got.append(1)
                time.sleep(1)
            except NetspecError:
                lost.append(1)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert (len(got), len(lost)) == (1, 7)


def test_a_resumed_run_is_locked(finished, capsys):
    interrupted(finished)
    before = contents(finished)
    with RunLock() as own:
        own.take(finished)
        assert run(["train", "--resume", str(finished), "--device", "cpu"]) == 1
    err = capsys.readouterr().err
    assert "NS0806" in err
    assert f"process {os.getpid()}" in err
    assert contents(finished) == before
    assert run(["train", "--resume", str(finished), "--device", "cpu"]) == 0
    assert not (finished / "run.lock").exists()


def test_a_new_run_is_locked_from_its_beginning(tmp_path, monkeypatch):
    from netspec.training.results import Results

    seen = []

    def test(results, folder):
        seen.append((folder, is_held(folder)))

    monkeypatch.setattr(Results, "test", test)
    train_spec(api.loads(SPEC), device="cpu", out=tmp_path / "new")
    assert seen == [(tmp_path / "new", True)]
    assert not (tmp_path / "new/run.lock").exists()
