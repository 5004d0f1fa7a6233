"""Processes of Python that have imported netspec and its libraries already, forked from one that waits for requests.

Whoever starts hundreds of commands pays for `import torch` hundreds of times, and learns nothing by it. What forks
share is imported modules alone: each has the folder, the environment and the streams of who asks, and its own end.
Tests of what is imported when, of signals and of start-up take processes from `sys.executable`.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
CLIENT = HERE / "client.py"

READ_AT_THE_START = ("PYTHON", "LANG", "LC_", "OMP_", "MKL_", "TORCH", "PYTORCH", "CUDA", "LD_")
"""The beginnings of variables that an interpreter or a library reads once: where one differs, a process is no fork."""


class WarmProcesses:
    """The programs `python` and `netspec` of a folder, each call of which is a fork.

    Attributes:
        python: The program that stands for `sys.executable`.
        environment: The environment in which `python` and `netspec` are these.
    """

    def __init__(self, folder: Path) -> None:
        """Join the server whose socket lies in a folder; start one where none listens."""
        programs = folder / "bin"
        self.python = str(programs / "python")
        path = f"{programs}{os.pathsep}{os.environ['PATH']}"
        self.environment = os.environ | {"PATH": path, "PYTHONPATH": str(ROOT)}
        with (folder / "warm.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            where = folder / "warm.sock"
            joined = _joined(where)
            if joined is None:
                self._write(programs, where)
                joined = _started(where, self.environment)
            # What a library has put into this process's environment since must not make each fork a process of its own.
        read = {key for key in self.environment if key.startswith(READ_AT_THE_START)}
        kept = json.loads((programs / "told.json").read_text(encoding="utf-8"))["kept"]
        self.environment = {key: value for key, value in self.environment.items() if key not in read} | kept
        self._joined = joined

    def close(self) -> None:
        """Leave the server, which ends with the last that leaves it."""
        self._joined.close()

    def _write(self, programs: Path, where: Path) -> None:
        """The programs: the client with what it has to know."""
        programs.mkdir(exist_ok=True)
        told = {
            "python": sys.executable,
            "socket": str(where),
            "begins": READ_AT_THE_START,
            "kept": {key: value for key, value in self.environment.items() if key.startswith(READ_AT_THE_START)},
        }
        (programs / "told.json").write_text(json.dumps(told), encoding="utf-8")
        for name in ("python", "netspec"):
            program = programs / name
            program.write_text(f"#!{sys.executable} -IS\n{CLIENT.read_text()}", encoding="utf-8")
            program.chmod(0o755)


def _joined(where: Path) -> socket.socket | None:
    """A connection that keeps the server alive; None where no server listens."""
    joined = socket.socket(socket.AF_UNIX)
    try:
        joined.connect(str(where))
    except OSError:
        joined.close()
        return None
    joined.sendall(b"L")
    return joined


def _started(where: Path, environment: dict[str, str]) -> socket.socket:
    """A connection to a new server, which may outlive who started it, while others need it."""
    where.unlink(missing_ok=True)
    command = [sys.executable, str(HERE / "server.py"), str(where)]
    said = where.with_suffix(".log")
    with said.open("w") as log:
        given = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log, "env": environment}
        server = subprocess.Popen(command, start_new_session=True, **given)
    while (joined := _joined(where)) is None:
        if server.poll() is not None:
            raise RuntimeError(said.read_text())
        time.sleep(0.05)
    server.returncode = 0  # nobody waits for it
    return joined
