"""The command line as a process of its own."""

from __future__ import annotations

import gc
import sys

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
    monkeypatch.setattr(gc, "freeze", lambda: None)
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
