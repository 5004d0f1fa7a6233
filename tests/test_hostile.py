"""Hostile and broken specs, one after the other in one process: each is answered soon, with a place, in little memory.

`hostile/` holds them: YAML itself (``y_``), expressions (``e_``), shapes and options (``s_``), repeats and blocks
(``r_``), combinations (``z_``). Run as a script, this file checks those that it is given.
"""

from __future__ import annotations

import io
import json
import os
import re
import resource
import subprocess
import sys
import time
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parent / "hostile"
SPECS = sorted(FOLDER.glob("*.yaml"))
SECONDS = 2.0
"""Of processor time, for one spec."""
MEMORY = 500 * 2**20
"""Bytes beyond those of a process that has started."""

# fmt: off
HARMLESS = frozenset({
    "e_paren200", "e_x056", "e_x057", "e_x061", "lower_b1", "lower_b2", "lower_b3", "lower_b4", "lower_b5",
    "r_inputs_many", "r_null", "s_in23", "s_l14", "s_l40", "s_l59", "s_l69", "s_l70", "s_l72",
    "s_macs_overflow", "y_bom", "y_cr", "y_crlf", "y_netspec_float", "y_netspec_true", "z_parallel_exp",
    "z_sym_chans", "z_sym_exp", "z_sym_exp_block", "e_x035", "y_bom_mid",
})
# fmt: on
"""Specs that are odd, and valid."""


def answer(file: Path) -> dict[str, Any]:
    """What the command line says of one spec, and what that costs."""
    from netspec.cli import run

    shown = io.StringIO()
    start = time.process_time()
    try:
        with redirect_stdout(shown), redirect_stderr(shown):
            code: int | str = run(["check", str(file)])
    except BaseException as error:
        code = repr(error)
    return {"code": code, "seconds": time.process_time() - start, "text": shown.getvalue()[:100_000]}


def main(files: list[str]) -> None:
    """Check specs in this process, whose memory is bounded; the first is checked before as well, to start with."""
    answer(Path(files[0]))
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + MEMORY,) * 2)
    json.dump({Path(file).stem: answer(Path(file)) for file in files}, sys.stdout)


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """The answers by the specs' names; nothing is written beside them or where the command runs."""
    here = tmp_path_factory.mktemp("empty")
    before = {file.name: file.stat().st_mtime_ns for file in FOLDER.iterdir()}
    done = subprocess.run(
        [sys.executable, __file__, *map(str, SPECS)],
        capture_output=True,
        text=True,
        cwd=here,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)},
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert not any(here.iterdir())
    assert {file.name: file.stat().st_mtime_ns for file in FOLDER.iterdir()} == before
    found: dict[str, dict[str, Any]] = json.loads(done.stdout)
    return found


def test_each_is_refused_with_a_code_and_a_line_or_harmless(answers: dict[str, dict[str, Any]]) -> None:
    assert len(answers) == len(SPECS) > 250
    wrong = []
    for name, each in answers.items():
        placed = re.search(r"error\[NS[0-9]{4}\]", each["text"]) and re.search(r"\.yaml:[0-9]+:[0-9]+", each["text"])
        if "Traceback" in each["text"] or not ((each["code"] == 1 and placed) or each["code"] == 0):
            wrong.append((name, each["code"], each["text"][:200]))
    assert not wrong


def test_what_is_accepted_is_known_to_be_harmless(answers: dict[str, dict[str, Any]]) -> None:
    assert {name for name, each in answers.items() if each["code"] == 0} <= HARMLESS


def test_each_is_answered_within_two_seconds_of_processor_time(answers: dict[str, dict[str, Any]]) -> None:
    assert not {name: each["seconds"] for name, each in answers.items() if each["seconds"] > SECONDS}


def test_no_answer_is_longer_than_anyone_reads(answers: dict[str, dict[str, Any]]) -> None:
    assert not {name: len(each["text"]) for name, each in answers.items() if len(each["text"]) > 80_000}


if __name__ == "__main__":
    main(sys.argv[1:])
