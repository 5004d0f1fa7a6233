"""Starting of the processes that train together, and their supervision. Imports no torch.

Torch's own `elastic_launch` does less: it answers Ctrl-C by an exception in place of the run's exit code, kills a run
whose checkpoint takes more than 30 seconds, and its processes live on where it is killed itself. It shows the output of
all processes, and importing it takes seconds in a process that only waits.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO

from netspec.diagnostics import Code, NetspecError
from netspec.training.exit_codes import exit_code
from netspec.training.parallel.world import World

_ROOT = Path(__file__).resolve().parents[3]
"""The folder that holds the package: the processes run this one, wherever else there may be one."""

_LIFELINE = "NETSPEC_LIFELINE"
"""The variable of the pipe that a process reads from; it ends when the process that started it has."""

_PORT = 29500
"""The port at which the processes of several machines meet, unless MASTER_PORT says otherwise; torchrun's own."""

_GRACE = 3.0
"""The seconds in which the others may end by themselves once one has failed; they may be waiting for it in vain."""

_CLEAN = tuple(exit_code(each) for each in (None, signal.SIGINT, signal.SIGTERM))
"""The exit codes of a run that is over, or that was interrupted and has saved itself."""


@dataclass(frozen=True, slots=True)
class _Worker:
    """One of the processes, and what it writes to its standard error if nobody sees that."""

    rank: int
    process: subprocess.Popen[bytes]
    unseen: IO[bytes] | None = field(repr=False)


def launch(arguments: Sequence[str], world: World) -> int:
    """Run a netspec command in a process for each of this machine's devices, until all have ended.

    The first one writes to the terminal. Ctrl-C and SIGTERM are passed on. Where one fails, the others are ended.

    Args:
        arguments: The arguments of the command: ``["train", "lenet", "--devices", "2"]``.
        world: The number of processes.

    Returns:
        The exit code.

    Raises:
        NetspecError: NS0805: a process other than the first failed, or a signal ended one; or the environment does not
            tell where several machines meet.
    """
    shared = _meeting_point(world)
    with ExitStack() as stack:
        lifeline, held = os.pipe()
        stack.callback(os.close, held)
        workers = []
        try:
            for rank in range(world.devices):
                own = {"LOCAL_RANK": str(rank), "RANK": str(int(shared["NODE_RANK"]) * world.devices + rank)}
                unseen = stack.enter_context(tempfile.TemporaryFile()) if rank else None
                environment = {**os.environ, **shared, **own, _LIFELINE: str(lifeline)}
                workers.append(_Worker(rank, _start(arguments, environment, lifeline, unseen), unseen))
            os.close(lifeline)
            with _passing_signals(workers):
                failed = _wait(workers)
        finally:
            for worker in workers:
                worker.process.kill()
                worker.process.wait()
        return _outcome(workers, failed, world)


def leave_with_launcher() -> None:
    """Have this process end as by SIGTERM once the one that started it is gone; nothing where nobody did."""
    lifeline = os.environ.pop(_LIFELINE, None)
    if lifeline is None:
        return

    def watch(pipe: int) -> None:
        os.read(pipe, 1)  # nobody writes: it returns at the end
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, args=(int(lifeline),), daemon=True).start()


def _meeting_point(world: World) -> dict[str, str]:
    """The variables that all processes of this machine share, by torchrun's names."""
    given = os.environ
    if world.nodes > 1 and not {"NODE_RANK", "MASTER_ADDR"} <= given.keys():
        raise NetspecError.of(
            Code.TRAINING_FAILED,
            f"the {world.nodes} machines do not know where to meet",
            expected="MASTER_ADDR, the address of the first machine, and NODE_RANK, 0 on it, 1 on the next, ...",
            help="set both in the environment and run the same command on every machine, or start it with torchrun",
        )
    several = world.nodes > 1
    shared = {
        "NODE_RANK": given["NODE_RANK"] if several else "0",
        "MASTER_ADDR": given["MASTER_ADDR"] if several else "127.0.0.1",
        "MASTER_PORT": given.get("MASTER_PORT", str(_PORT)) if several else str(_free_port()),
        "LOCAL_WORLD_SIZE": str(world.devices),
        "WORLD_SIZE": str(world.size),
        "PYTHONPATH": os.pathsep.join([str(_ROOT), *filter(None, [given.get("PYTHONPATH")])]),
    }
    # Without this each process would start as many threads as the machine has cores.
    shared["OMP_NUM_THREADS"] = given.get("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // world.devices)))
    return shared


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def _start(
    arguments: Sequence[str], environment: Mapping[str, str], lifeline: int, unseen: IO[bytes] | None
) -> subprocess.Popen[bytes]:
    """One process: the first shows what it writes, the others do not."""
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "netspec", *arguments],
        env=environment,
        pass_fds=(lifeline,),
        stdin=subprocess.DEVNULL,
        stdout=None if unseen is None else subprocess.DEVNULL,
        stderr=unseen,
        start_new_session=True,  # the terminal's Ctrl-C is passed on once, not twice
    )


@contextmanager
def _passing_signals(workers: Sequence[_Worker]) -> Iterator[None]:
    """Pass Ctrl-C and SIGTERM on to all processes while entered; outside the main thread Python takes no signals."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def pass_on(number: int, frame: FrameType | None) -> None:
        for worker in workers:
            if worker.process.poll() is None:
                worker.process.send_signal(number)

    before = {number: signal.signal(number, pass_on) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _wait(workers: Sequence[_Worker]) -> _Worker | None:
    """Wait until all have ended, or one has failed and the rest had time to end; the one that failed first."""
    failed, deadline = None, float("inf")
    while time.monotonic() < deadline:
        codes = {worker.rank: worker.process.poll() for worker in workers}
        if failed is None:
            failed = next((w for w in workers if codes[w.rank] not in (None, *_CLEAN)), None)
            deadline = time.monotonic() + _GRACE if failed else deadline
        if None not in codes.values():
            break
        time.sleep(0.05)
    return failed


def _outcome(workers: Sequence[_Worker], failed: _Worker | None, world: World) -> int:
    """The exit code of all processes together."""
    if failed is None:
        return workers[0].process.returncode
    code = failed.process.returncode
    if failed.rank == 0 and code > 0:
        return code  # it has told why
    if failed.unseen:
        failed.unseen.seek(0)
        sys.stderr.write(failed.unseen.read().decode(errors="replace"))
    ended = f"ended with exit code {code}" if code > 0 else f"was ended by {signal.Signals(-code).name}"
    raise NetspecError.of(
        Code.TRAINING_FAILED,
        f"process {failed.rank + 1} of the {world.devices} on this machine {ended}; the others were stopped",
        help="the run's last checkpoint is whole",
    )
