"""Processes that read: whatever moment one is killed at, whoever waits for it is told."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest
import torch

from netspec import api
from netspec.diagnostics import Code, NetspecError
from netspec.training.feeding import processes as module
from netspec.training.feeding.decoding import Reader
from netspec.training.feeding.processes import Ended, Processes, one_ahead
from netspec.training.spec import train_spec
from tests.recipe.data.sets import folder


def killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def killed_in_a_message(connection: Connection, content: Any) -> None:
    os.write(connection.fileno(), bytes(content[: len(content) // 2]))
    killed()


class Strange(Exception):
    def __init__(self, one: int, other: int) -> None:
        super().__init__(f"{one} and {other}")


def read(request: Any) -> Any:
    if request == "killed":
        killed()
    if request == "killed in a message":
        Connection._send = killed_in_a_message  # type: ignore[attr-defined]
    if request == "long":
        return [torch.arange(9), "x" * 1_000_000]
    if request == "asleep":
        time.sleep(600)
    if request == "wrong":
        raise KeyError("wrong")
    if request == "strange":
        raise Strange(1, 2)
    return request


@pytest.fixture
def two() -> Iterator[Processes]:
    found = Processes(read, 2)
    yield found
    found.close()
    assert all(member.process.exitcode is not None for member in found.members)


@pytest.mark.parametrize("moment", ["killed", "killed in a message"])
def test_a_process_that_is_killed_is_told_of_and_holds_nobody(two: Processes, moment: str) -> None:
    answers = two.answers([1, 2, moment, 4, 5, 6, 7])
    assert [next(answers), next(answers)] == [1, 2]
    with pytest.raises(Ended, match=rf"^pid {two.members[0].process.pid}, SIGKILL$"):
        next(answers)
    with pytest.raises(Ended, match="SIGKILL"):
        list(two.answers([1, 2]))


def test_no_message_is_longer_than_what_a_pipe_holds(two: Processes, monkeypatch: pytest.MonkeyPatch) -> None:
    lengths = []
    for pipe in (member.pipe for member in two.members):
        sent, received = pipe.send_bytes, pipe.recv_bytes
        monkeypatch.setattr(pipe, "send_bytes", lambda one, sent=sent: sent(one) or lengths.append(len(one)))
        monkeypatch.setattr(pipe, "recv_bytes", lambda got=received: lengths.append(len(one := got())) or one)
    long = list(range(100_000))
    numbers, text = next(two.answers(["long", *[long] * 3]))
    assert (numbers.tolist(), len(text)) == (list(range(9)), 1_000_000)
    assert list(two.answers([long, 1])) == [long, 1]
    assert len(lengths) == 4 + 4 + 2 + 2
    assert max(lengths) <= module._SHORT


def test_what_is_raised_comes_whole(two: Processes) -> None:
    with pytest.raises(KeyError, match="wrong") as caught:
        list(two.answers(["wrong"]))
    assert "in read" in caught.value.__notes__[0]
    with pytest.raises(RuntimeError, match="Strange: 1 and 2"):
        list(two.answers(["strange"]))
    assert list(two.answers([1, 2, 3])) == [1, 2, 3]


def test_a_process_that_does_not_end_by_itself_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PATIENCE", 0.1)
    found = Processes(read, 2)
    members = found.members
    answers = found.answers([1, 2, "asleep", 3])
    next(answers)
    del found, answers
    assert [member.process.exitcode for member in members] == [-signal.SIGKILL, 0]


def test_one_is_prepared_while_another_is_used() -> None:
    seen = []
    for each in one_ahead(iter(range(4)), lambda each: each + 1):
        seen.append(each)
    assert seen == [1, 2, 3, 4]
    with pytest.raises(ZeroDivisionError):
        list(one_ahead(iter([1, 0]), lambda each: 1 // each))


def test_a_run_whose_reader_is_killed_within_a_message_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(self: Reader, request: Any) -> Any:
        if os.getpid() != own and request.draws is None and 3 in request.rows:
            monkeypatch.setattr(Connection, "_send", killed_in_a_message)
        return passed(self, request)

    own, passed = os.getpid(), Reader.__getitem__
    monkeypatch.setattr(Reader, "__getitem__", interrupted)
    monkeypatch.chdir(tmp_path)
    folder(tmp_path / "images")
    (tmp_path / "net.yaml").write_text(
        "netspec: 1\nname: net\ninput: [3, 12, 10]\nlayers: [flatten, {linear: 3}]\n"
        "train:\n  data: {folder: images, in_memory: false, workers: 2, batch_size: 4}\n"
        "  loss: cross_entropy\n  optimizer: {sgd: 0.1}\n  epochs: 1\n"
    )
    with pytest.raises(NetspecError, match="a process that reads images ended") as caught:
        train_spec(api.load(tmp_path / "net.yaml"), out=tmp_path / "run", device="cpu")
    (found,) = caught.value.diagnostics
    assert found.code is Code.TRAINING_FAILED
    assert "SIGKILL" in found.message
