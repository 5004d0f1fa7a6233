"""Processes that read: each has a pipe of its own, and shares no lock with another.

The system may kill a process at any moment, when memory is short. A lock that it held in common with others would be
held for ever, and half a message would be waited for; so there is no such lock, and the process alone holds the pipe's
other end, which closes with it and wakes whoever waits for an answer.
"""

from __future__ import annotations

import atexit
import multiprocessing
import os
import signal
import traceback
import weakref
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass
from itertools import islice
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from multiprocessing.reduction import ForkingPickler
from typing import Any, TypeVar

import torch
from torch import Tensor

from netspec.training.feeding.decoding import undisturbed

_AHEAD = 2
"""Requests that each process has: while one is read, the next is there."""

_SHORT = 4096
"""Bytes of the longest message in a pipe, whose buffer holds those of all requests: neither side waits to be read by
the other. Longer ones go by shared memory, as tensors do."""

_LOOKED_ROUND = 5.0
"""Seconds after which a process without a request looks whether the one that trains is still there."""

_PATIENCE = 1.0
"""Seconds that a process has to end by itself: it keeps nothing that could be lost."""

T = TypeVar("T")


class Ended(Exception):
    """A process that reads is no longer there; the text tells which, and how it ended."""


@dataclass(frozen=True, slots=True)
class _Long:
    """A message [N] uint8 in shared memory."""

    content: Tensor


@dataclass(frozen=True, slots=True)
class _Raised:
    """What reading raised."""

    error: Exception


@dataclass(frozen=True, slots=True)
class Member:
    """A process that reads.

    Attributes:
        process: The process.
        pipe: The end of its pipe that stays here.
    """

    process: BaseProcess
    pipe: Connection

    def ask(self, number: int, request: Any) -> None:
        """Send a request.

        Raises:
            Ended: The process is no longer there.
        """
        try:
            _send(self.pipe, (number, request))
        except OSError as error:
            self._ended(error)

    def answer(self, number: int) -> Any:
        """Wait for the answer to a request; those to requests before it, which nobody waits for, are dropped.

        Raises:
            Ended: The process is no longer there.
            Exception: What reading raised.
        """
        while True:
            try:
                found, answer = _receive(self.pipe)
            except (OSError, EOFError, RuntimeError) as error:
                self._ended(error)  # also where its shared memory is gone with it
            if found == number:
                if isinstance(answer, _Raised):
                    raise answer.error
                return answer

    def _ended(self, error: Exception) -> None:
        self.process.join(_PATIENCE)
        code = self.process.exitcode
        if code is None:
            raise error
        how = signal.Signals(-code).name if -code in set(signal.Signals) else f"exit code {code}"
        raise Ended(f"pid {self.process.pid}, {how}") from error


class Processes:
    """Processes that read what is asked for, in the order of the requests, each of them in turn.

    They live until `close`, or until nobody holds this object any more.

    Attributes:
        members: The processes.
    """

    def __init__(self, read: Callable[[Any], Any], count: int) -> None:
        self.members: list[Member] = []
        self._number = 0
        self._end = weakref.finalize(self, _ended, self.members, os.getpid())
        # What is registered last comes first: before multiprocessing waits for its processes.
        atexit.register(self._end)
        context = multiprocessing.get_context()
        for _ in range(count):
            pipe, its_own = context.Pipe()
            process = context.Process(target=_serve, args=(its_own, read), daemon=True)
            process.start()
            its_own.close()
            self.members.append(Member(process, pipe))

    def answers(self, requests: Sequence[Any]) -> Iterator[Any]:
        """The answer to each request, in their order, whichever process is done first.

        Raises:
            Ended: A process is no longer there.
            Exception: What reading raised.
        """
        first, self._number = self._number, self._number + len(requests)
        count = len(self.members)
        asked = 0
        for index in range(len(requests)):
            while asked < min(len(requests), index + _AHEAD * count):
                self.members[asked % count].ask(first + asked, requests[asked])
                asked += 1
            yield self.members[index % count].answer(first + index)

    def close(self) -> None:
        """End the processes."""
        self._end()
        atexit.unregister(self._end)


def one_ahead(found: Iterator[T], prepared: Callable[[T], T]) -> Iterator[T]:
    """What an iterator gives, each received and prepared by a thread while the one before it is used."""

    def following() -> list[T]:
        return [prepared(each) for each in islice(found, 1)]

    with ThreadPoolExecutor(1) as thread:
        waiting = thread.submit(following)
        while here := waiting.result():
            waiting = thread.submit(following)
            yield from here


def _ended(members: list[Member], owner: int) -> None:
    if os.getpid() != owner:
        return  # a copy in a process that was forked meanwhile
    for member in members:
        with suppress(OSError, ValueError):
            _send(member.pipe, None)
        member.pipe.close()
    for member in members:
        member.process.join(_PATIENCE)
        if member.process.exitcode is None:
            member.process.kill()
            member.process.join()


def _serve(pipe: Connection, read: Callable[[Any], Any]) -> None:
    """Answer requests until there is none, or nobody, any more."""
    undisturbed()
    torch.set_num_threads(1)
    parent = os.getppid()
    with closing(pipe), suppress(EOFError, ConnectionError):
        while True:
            while not pipe.poll(_LOOKED_ROUND):
                if os.getppid() != parent:
                    return
            message = _receive(pipe)
            if message is None:
                return
            number, request = message
            _send(pipe, (number, _tried(read, request)))


def _tried(read: Callable[[Any], Any], request: Any) -> Any:
    """The answer to a request, or what reading raised, which whoever asked raises again.

    A plugin's own error may be of any kind, and may refuse to be pickled with any other; then its text is told.
    """
    try:
        return read(request)
    except Exception as error:
        told = traceback.format_exc()
        try:
            ForkingPickler.loads(ForkingPickler.dumps(error))
        except Exception:
            return _Raised(RuntimeError(told))
        error.add_note(told)
        return _Raised(error)


def _send(pipe: Connection, message: Any) -> None:
    content = ForkingPickler.dumps(message)
    if len(content) > _SHORT:
        content = ForkingPickler.dumps(_Long(torch.frombuffer(bytearray(content), dtype=torch.uint8)))
    pipe.send_bytes(content)


def _receive(pipe: Connection) -> Any:
    message = ForkingPickler.loads(pipe.recv_bytes())
    return ForkingPickler.loads(message.content.numpy().tobytes()) if isinstance(message, _Long) else message
