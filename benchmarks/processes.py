"""Processor time of whole processes: user and system, of the process and all it starts."""

from __future__ import annotations

import os
import resource
import subprocess
from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""Packages of pip have their bytecode; so has a checkout from its first run on, unless it is forbidden to keep it."""


def seconds(command: Sequence[str | Path], checkout: Path) -> float:
    """What one run of a command takes with the `netspec` of a checkout; other load hardly changes it."""
    environment = {**ENVIRONMENT, "PYTHONPATH": str(checkout)}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment, cwd=checkout)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


Name = TypeVar("Name", bound=Hashable)


def alternating(commands: Mapping[Name, tuple[Sequence[str | Path], Path]], runs: int) -> dict[Name, list[float]]:
    """The times of each command, sorted; one run of each in turn, so that all meet the same load.

    Args:
        commands: Each with the checkout that it runs in.
        runs: How often each is run and timed, after one run that fills the caches of bytecode and files.
    """
    taken: dict[Name, list[float]] = {name: [] for name in commands}
    for run in range(runs + 1):
        for name, (command, checkout) in commands.items():
            time = seconds(command, checkout)
            if run:
                taken[name].append(time)
    return {name: sorted(times) for name, times in taken.items()}
