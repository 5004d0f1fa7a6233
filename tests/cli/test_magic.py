"""`%netspec` in notebooks: a command's output in the cell, and a cell that fails where the command does."""

from __future__ import annotations

import re
import signal
import sys
from pathlib import Path

import pytest

from tests.notebook_shell import Shell


def cell(text: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> tuple[bool, str]:
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    done, told = Shell().run(f"%load_ext netspec\n{text}")
    return done.success, told


def test_a_command_runs_in_the_cell(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGTERM), sys.stdout
    success, told = cell("name = 'lenet'\n%netspec summary {name} --columns name,kernel", monkeypatch, tmp_path)
    assert success
    assert 'Model: "lenet"' in told
    assert re.search(r"conv2 +. 5 ", told)
    assert (signal.getsignal(signal.SIGTERM), sys.stdout) == before


def test_quotes_hold_words_together(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    success, told = cell('%netspec convolve "[2, -1, 1]" "[1, 1, 2]"', monkeypatch, tmp_path)
    assert success
    assert "(2, 1, 4, -1, 2)" in told


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("summary nowhere", ("NS0901", "exit code 1")),
        ("sumary lenet", ("No such command", "exit code 2")),
        ('summary "lenet', ("cannot be told apart", "No closing quotation")),
    ],
)
def test_a_command_that_fails_fails_the_cell_without_a_traceback(
    command: str, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    success, told = cell(f"%netspec {command}\nprint('went on')", monkeypatch, tmp_path)
    assert not success
    assert all(word in told for word in words)
    assert "Traceback" not in told
    assert "went on" not in told
