"""A fork is to all who see it what a process of Python is: prints the same, leaves the same, ends the same."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.warm import WarmProcesses

TOLD = """
import os, sys
print(__name__, sys.argv, sys.path[0], os.getcwd(), sys.stdin.read(), sys.stdout.encoding, sys.stdout.errors)
print(sys.stdout.isatty(), sys.stderr.errors, sys.stderr.line_buffering, os.environ["COLUMNS"], os.umask(0))
"""

SPAWNS = """
import multiprocessing
def square(x):
    return x * x
if __name__ == "__main__":
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        print(pool.map(square, [3, 4]))
"""

ENDS = """
import atexit, sys, threading, time
atexit.register(print, "last")
threading.Thread(target=lambda: (time.sleep(0.1), print("second"))).start()
print("first")
"""

COMMANDS = {
    "text": ["-c", TOLD, "an argument", "--option"],
    "file": ["told.py", "an argument"],
    "children": ["spawns.py"],
    "threads and what runs at the end": ["-c", ENDS],
    "error": ["-c", "def fail():\n    raise ValueError('no')\nfail()"],
    "error in a file": ["fails.py"],
    "code": ["-c", "import sys; sys.exit(7)"],
    "words in place of a code": ["-c", "import sys; sys.exit('no')"],
    "at once": ["-c", "import os; print('lost'); os._exit(5)"],
    "killed": ["-c", "import os; os.kill(os.getpid(), 9)"],
    "ended": ["-c", "import os; os.kill(os.getpid(), 15)"],
    "interrupted": ["-c", "raise KeyboardInterrupt"],
    "no such file": ["nothing.py"],
    "strict": ["-I", "-c", "import sys; print(sys.flags.isolated)"],
    "netspec": ["-m", "netspec", "summary", "lenet"],
    "json": ["-m", "netspec", "check", "wrong.yaml", "--format", "json"],
    "wrong usage": ["-m", "netspec", "summary"],
    "without data": ["-m", "netspec", "train", "lenet", "--data", "nowhere"],
}


def started(program: str, command: list[str], folder: Path, environment: dict[str, str]) -> tuple[int, str, str]:
    folder.mkdir()
    (folder / "told.py").write_text(TOLD)
    (folder / "spawns.py").write_text(SPAWNS)
    (folder / "fails.py").write_text("import netspec\nnetspec.load('nothing at all')\n")
    (folder / "wrong.yaml").write_text("netspec: 1\nname: wrong\ninput: [8]\nlayers: [{linaer: 3}]\n")
    given = {"input": "given", "timeout": 100, "env": {**environment, "COLUMNS": "70"}, "umask": 0o77}
    done = subprocess.run([program, *command], cwd=folder, capture_output=True, text=True, **given)
    said = [text.replace(str(folder), "HERE") for text in (done.stdout, done.stderr)]
    return done.returncode, said[0], said[1]


@pytest.mark.parametrize("name", COMMANDS)
def test_a_fork_is_what_a_process_is(name: str, warm: WarmProcesses, tmp_path: Path) -> None:
    command = COMMANDS[name]
    found = started(warm.python, command, tmp_path / "fork", warm.environment)
    process = started(sys.executable, command, tmp_path / "process", warm.environment)
    assert found == process


def test_a_fork_draws_other_random_numbers_than_the_next(warm: WarmProcesses, tmp_path: Path) -> None:
    text = "import random, numpy, torch; print(random.random(), numpy.random.random()); print(torch.rand(1).item())"
    draw = [warm.python, "-c", text]
    own, others = (subprocess.run(draw, env=warm.environment, capture_output=True, text=True).stdout for _ in range(2))
    (first, same), (second, too) = own.splitlines(), others.splitlines()
    assert not set(first.split()) & set(second.split())
    assert same == too  # torch's default seed is a constant


def test_a_fork_is_ended_by_the_signal_that_its_program_is_sent(warm: WarmProcesses) -> None:
    text = "import sys, time; print('ready', flush=True); time.sleep(600)"
    with subprocess.Popen([warm.python, "-c", text], env=warm.environment, stdout=subprocess.PIPE) as waiting:
        assert waiting.stdout is not None
        assert waiting.stdout.readline() == b"ready\n"
        waiting.send_signal(signal.SIGTERM)
        assert waiting.wait() == -signal.SIGTERM


def test_another_setting_of_the_interpreter_makes_a_process_of_its_own(warm: WarmProcesses) -> None:
    text = "import sys; print('torch' in sys.modules)"
    for environment, forked in ((warm.environment, True), ({**warm.environment, "PYTHONHASHSEED": "1"}, False)):
        done = subprocess.run([warm.python, "-c", text], env=environment, capture_output=True, text=True)
        assert done.stdout == f"{forked}\n"


def test_forks_have_all_threads_of_their_process(warm: WarmProcesses) -> None:
    if not Path("/proc/self/task").exists():
        pytest.skip("threads are counted on Linux")
    text = "import os; print(os.listdir(f'/proc/{os.getppid()}/task').__len__())"
    done = subprocess.run([warm.python, "-c", text], env=warm.environment, capture_output=True, text=True)
    assert done.stdout == "1\n"


def test_what_a_library_has_set_since_keeps_no_fork_away(warm: WarmProcesses, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH_SET_SINCE", "1")
    later = WarmProcesses(Path(warm.python).parent.parent)
    text = "import sys; print('torch' in sys.modules)"
    done = subprocess.run([later.python, "-c", text], env=later.environment, capture_output=True, text=True)
    later.close()
    assert done.stdout == "True\n"
