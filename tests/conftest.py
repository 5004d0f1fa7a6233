"""What holds for every test."""

import gc
import os
import sys

# Tests run side by side, one to a core: a second thread would wait for a core that another test has. Set before
# torch is imported, and for the processes that tests start.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.warm import WarmProcesses

# The suite draws the same examples on every run, so that a change that breaks nothing is never refused by chance;
# `make fuzz` draws new ones, and more of them.
settings.register_profile("exact", derandomize=True, deadline=None, database=None)
settings.register_profile("fuzz", derandomize=False, deadline=None, print_blob=True)
settings.load_profile(os.environ.get("NETSPEC_PROFILE", "exact"))


def pytest_sessionstart(session: pytest.Session) -> None:
    """What is imported while tests are collected is compiled once, even where the environment would keep nothing.

    That is netspec, which the processes that tests start then find compiled, and the tests with their asserts.
    """
    session.stash[_WRITES_NOTHING] = sys.dont_write_bytecode
    sys.dont_write_bytecode = False


def pytest_collection_finish(session: pytest.Session) -> None:
    """Thousands of tests and modules stay to the end: nothing of them need be searched for circles, time and again."""
    sys.dont_write_bytecode = session.stash[_WRITES_NOTHING]
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


_WRITES_NOTHING = pytest.StashKey[bool]()


@pytest.fixture
def netspec(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[int, str, str]]:
    """Runs a command in an empty folder; gives exit code, standard output and error stream."""
    from netspec.cli import run

    monkeypatch.chdir(tmp_path)

    def call(*args: str) -> tuple[int, str, str]:
        code = run(args)
        return (code, *capsys.readouterr())

    return call


@pytest.fixture(scope="session")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WarmProcesses]:
    """`python` and `netspec` without the time that their imports take; one server for all that test side by side."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    processes = WarmProcesses(folder)
    yield processes
    processes.close()
