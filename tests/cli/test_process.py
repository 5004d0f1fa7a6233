"""The command line as a process of its own."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from netspec import __main__ as process
from netspec.cli import cli

COMMANDS = cli.list_commands(click.Context(cli))


@pytest.fixture
def collecting(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether the garbage collector was at work, each time that a command ran; none does."""
    found: list[bool] = []
    monkeypatch.setattr("netspec.cli.run", lambda: found.append(gc.isenabled()) or 7)
    monkeypatch.setattr(process, "_leave", lambda code: None)  # which would end the tests
    return found


@pytest.mark.parametrize("command", [*COMMANDS, "--version", "nothing"])
def test_garbage_is_collected_in_all_but_brief_commands(
    command: str, collecting: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["netspec", command, "lenet"])
    try:
        with pytest.raises(SystemExit) as ended:
            process.main()
    finally:
        gc.enable()
    assert ended.value.code == 7
    assert collecting == [command not in process.BRIEF]


def test_brief_commands_are_commands() -> None:
    assert process.BRIEF.issubset(COMMANDS)
    assert not process.BRIEF & {"train", "eval", "predict", "verify", "export", "data", "check"}


ENDING = """
import atexit, sys, threading, time
from netspec import __main__ as process
import netspec.cli
atexit.register(lambda: print("put in order"))
def run():
    sys.stdout.write("unfinished line, ")
    {more}
    return 7
netspec.cli.run = run
process.main()
"""
THREAD = """threading.Thread(target=lambda: (time.sleep(0.2), print("the thread is done, ", end=""))).start()"""


@pytest.mark.parametrize(
    ("more", "said"),
    [("pass", "unfinished line, put in order\n"), (THREAD, "unfinished line, the thread is done, put in order\n")],
    ids=["alone", "a thread runs"],
)
def test_what_is_under_way_is_done_before_the_process_is_left(more: str, said: str) -> None:
    done = subprocess.run([sys.executable, "-c", ENDING.format(more=more)], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (7, said, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is full")
def test_a_text_that_finds_no_place_is_told_of() -> None:
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-c", ENDING.format(more="pass")]
        held_back = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, env=held_back)
    assert done.returncode == 120  # Python's own, of a flush that failed
    assert os.strerror(28) in done.stderr
