"""Processes that met others on CPUs and fail: while Python ends, a thread of gloo could abort them."""

import atexit
import os
import sys

import pytest
import torch

from netspec.functional.process import Process
from netspec.functional.script.process import leave
from netspec.training.parallel import member
from netspec.training.parallel.world import World


class Ended(BaseException):
    pass


@pytest.fixture
def codes(monkeypatch):
    """The exit codes of processes that ended without Python's own end."""
    found = []

    def end(code):
        found.append(code)
        raise Ended

    monkeypatch.setattr(os, "_exit", end)
    monkeypatch.setattr(atexit, "_run_exitfuncs", lambda: found.append("what is to be done at the end"))
    return found


def fails(error):
    try:
        raise error
    except BaseException as raised:
        return raised


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        (None, 0, ""),
        (ValueError("it fails"), 1, "Traceback (most recent call last):"),
        (SystemExit("the loss became nan"), 1, "the loss became nan\n"),
        (SystemExit(3), 3, ""),
        (SystemExit(None), 0, ""),
    ],
)
def test_a_script_tells_its_error_and_ends(error, code, told, codes, capsys):
    raised = error and fails(error)
    with pytest.raises(Ended):
        leave(Process(torch.device("cpu"), 0, 2), raised)
    assert codes == [code]
    err = capsys.readouterr().err
    assert err.startswith(told) if told else err == ""
    leave(Process(torch.device("cpu"), 0, 1), raised)  # alone, it ends as Python lets it
    assert codes == [code]


@pytest.mark.parametrize(("error", "code"), [(ValueError("it fails"), 1), (KeyboardInterrupt(), 130)])
def test_an_error_that_nobody_handles_ends_a_process_once_it_is_told(error, code, codes, monkeypatch):
    told = []
    monkeypatch.setattr(sys, "excepthook", lambda *each: told.append(each[1]))
    monkeypatch.setattr(member, "meet", lambda *each: None)
    monkeypatch.setattr(member, "leave_with_launcher", lambda: None)
    member.join(torch.device("cpu"), World(2, 1, "ddp"))
    with pytest.raises(Ended):
        sys.excepthook(type(error), error, None)
    assert told == [error]
    assert codes == ["what is to be done at the end", code]
    monkeypatch.setattr(sys, "ps1", ">>> ", raising=False)  # a session goes on
    sys.excepthook(type(error), error, None)
    assert (len(told), len(codes)) == (2, 2)
