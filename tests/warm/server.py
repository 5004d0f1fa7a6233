"""A process that imports netspec and its libraries once, and forks for each request: ``python server.py SOCKET``.

It ends when nobody is left of those who have joined it.
"""

from __future__ import annotations

import array
import atexit
import contextlib
import gc
import importlib
import io
import json
import multiprocessing.process
import os
import pkgutil
import random
import runpy
import selectors
import signal
import socket
import struct
import sys
import threading
import traceback
import types
from pathlib import Path
from typing import Any

import netspec

LIBRARIES = (
    "yaml",
    "pydantic",
    "jinja2",
    "networkx",
    "click",
    "rich.console",
    "rich.table",
    "numpy",
    "torch",
    "torch._dynamo",
    "torch.distributed.fsdp",
    "torch.export",
    "torch.profiler",
    "torch.utils.data",
    "torch.utils.flop_counter",
    "torch.utils.tensorboard",
    "torchvision",
    "safetensors.torch",
    "PIL.Image",
    "scipy.ndimage",
    "sklearn.datasets",
    "matplotlib.figure",
    "matplotlib.backends.backend_agg",
)
"""Libraries that cost time to import."""

THREADED = ("pyarrow", "onnxruntime")
"""Libraries that start threads, which no fork would have: they are left to the forks."""


class Server:
    """The requests, and the forks under way with the connections of who waits for them."""

    def __init__(self, where: str) -> None:
        self.listening = socket.socket(socket.AF_UNIX)
        self.listening.bind(where)
        self.listening.listen(64)
        self.forks: dict[int, socket.socket] = {}
        self.joined: set[socket.socket] = set()
        ended, self.wake = socket.socketpair()
        self.wake.setblocking(False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self.wake.fileno())
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # meant for the tests, which then leave
        self.awaited = selectors.DefaultSelector()
        for each in (self.listening, ended):
            self.awaited.register(each, selectors.EVENT_READ)
        self.ended = ended

    def serve(self) -> None:
        """Answer until nobody is left."""
        while True:
            for key, _ in self.awaited.select():
                if key.fileobj is self.listening:
                    self.answer(self.listening.accept()[0])
                elif key.fileobj is self.ended:
                    self.ended.recv(4096)
                    self.bury()
                else:  # one of those who have joined leaves
                    left: Any = key.fileobj
                    self.awaited.unregister(left)
                    self.joined.remove(left)
                    if not self.joined:
                        return

    def answer(self, asking: socket.socket) -> None:
        """Take in who joins; fork for who asks for a process."""
        head, found, _, _ = asking.recvmsg(1, socket.CMSG_SPACE(12))
        if head != b"J":
            if head == b"L":
                self.joined.add(asking)
                self.awaited.register(asking, selectors.EVENT_READ)
            return
        (length,) = struct.unpack("!I", asking.recv(4, socket.MSG_WAITALL))
        request = json.loads(asking.recv(length, socket.MSG_WAITALL))
        streams = array.array("i", found[0][2])
        fork = os.fork()
        if fork == 0:
            for each in (asking, self.listening, self.ended, self.wake, *self.joined, *self.forks.values()):
                each.close()
            self.awaited.close()
            become(request, list(streams))
        for stream in streams:
            os.close(stream)
        self.forks[fork] = asking
        asking.sendall(struct.pack("!i", fork))

    def bury(self) -> None:
        """Tell those who wait for forks that have ended how they have ended."""
        while self.forks:
            fork, status = os.waitpid(-1, os.WNOHANG)
            if not fork:
                return
            with self.forks.pop(fork) as asking, contextlib.suppress(OSError):  # who has been killed waits no longer
                asking.sendall(struct.pack("!i", os.waitstatus_to_exitcode(status)))


def become(request: dict[str, Any], streams: list[int]) -> None:
    """Be a process of Python with these arguments, and end as it ends."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for own, given in enumerate(streams):
        os.dup2(given, own)
        os.close(given)
    os.umask(request["mask"])
    os.chdir(request["folder"])
    multiprocessing.process.ORIGINAL_DIR = request["folder"]  # where spawned processes look for the program
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.stdin = sys.__stdin__ = _text(0, "r", sys.stdin.errors)  # type: ignore[misc]
    sys.stdout = sys.__stdout__ = _text(1, "w", sys.stdout.errors)  # type: ignore[misc]
    sys.stderr = sys.__stderr__ = _text(2, "w", sys.stderr.errors)  # type: ignore[misc]
    random.seed()
    if numpy := sys.modules.get("numpy"):
        numpy.random.seed()
    code = 1
    try:
        code = _run(request["given"])
    finally:
        os._exit(code)


def _text(number: int, mode: str, errors: str | None) -> io.TextIOWrapper:
    """A standard stream as Python opens it."""
    raw: Any = io.FileIO(number, mode, closefd=False)
    at_once = mode == "w" and sys.stdout.write_through  # the server's own, by the same environment
    if not at_once:
        raw = io.BufferedReader(raw) if mode == "r" else io.BufferedWriter(raw)
    lines = mode == "w" and not at_once and (number == 2 or raw.isatty())
    return io.TextIOWrapper(raw, sys.stdout.encoding, errors, line_buffering=lines, write_through=at_once)


def _run(given: list[str]) -> int:
    """Run a text, a module or a file as the main program; give the exit code."""
    try:
        code = _exit_code(given)
    except KeyboardInterrupt:
        _show()
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    except BaseException:
        _show()
        code = 1
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            code = code or 120
    return code


def _exit_code(given: list[str]) -> int:
    try:
        if given[0] == "-m":
            sys.argv, sys.path[0] = ["-m", *given[2:]], str(Path.cwd())
            runpy.run_module(given[1], run_name="__main__", alter_sys=True)
            return 0
        sys.modules["__main__"] = main = types.ModuleType("__main__")
        if given[0] == "-c":
            sys.argv, sys.path[0], text, name = ["-c", *given[2:]], "", given[1], "<string>"
        else:
            file = Path(given[0]).absolute()
            sys.argv, sys.path[0], text, name = given, str(file.parent), file.read_bytes(), str(file)
            main.__file__ = name
        exec(compile(text, name, "exec", dont_inherit=True), main.__dict__)
    except SystemExit as error:
        if error.code is None or isinstance(error.code, int):
            return (error.code or 0) & 0xFF
        print(error.code, file=sys.stderr)
        return 1
    return 0


def _show() -> None:
    """The traceback of the error on its way, from where the program begins."""
    kind, error, trace = sys.exc_info()
    while trace is not None and (trace.tb_frame.f_code.co_filename in (__file__, "<frozen runpy>")):
        trace = trace.tb_next
    traceback.print_exception(kind, error, trace)


def main() -> None:
    """Import, and serve."""
    sys.modules.update(dict.fromkeys(THREADED))  # an import of theirs fails
    own = (module.name for module in pkgutil.walk_packages(netspec.__path__, "netspec."))
    for name in (*LIBRARIES, *own):
        if name != "netspec.__main__":
            with contextlib.suppress(ImportError):  # not every place has every library
                importlib.import_module(name)
    for name in THREADED:
        del sys.modules[name]
    gc.collect()
    gc.freeze()
    Server(sys.argv[1]).serve()


if __name__ == "__main__":
    main()
