"""What every command that renders a spec makes of it: exit codes, what is said, and the texts that are written."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from netspec import api
from netspec.cli import run

PRINTED = (
    ("summary",),
    ("summary", "--format", "markdown"),
    ("summary", "--format", "csv"),
    ("summary", "--format", "json"),
    ("explain",),
    ("explain", "--format", "markdown"),
    ("memory",),
    ("sizes",),
    ("compare",),
    ("diff", "base.json"),
    ("build",),
)
"""Commands that print, each with the spec behind it."""

WRITTEN = (
    ("build", "-o", "built.py", "--with-test"),
    ("build", "-o", "trained.py", "--with-train"),
    ("build", "--package", "package"),
)
"""Commands that write, each with the spec behind it."""


@dataclass(slots=True)
class Outcome:
    """What came of a spec.

    Attributes:
        accepted: Whether `check` found no error.
        said: Each command with all that it printed.
        files: The text of each file that was written, by its path in the folder.
    """

    accepted: bool
    said: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)


def outcome(spec: dict[str, Any], *, torch: bool = False) -> Outcome:
    """Give a spec to the commands, in the folder that is the current one.

    Args:
        spec: The document.
        torch: Whether to compile the network and to export it, too.
    """
    Path("spec.json").write_text(json.dumps(spec))
    before = set(_files())
    made = Outcome(False)
    made.accepted = _call(made, "check") == 0
    if made.accepted:
        for command in (*PRINTED, *WRITTEN):
            _call(made, *command)
        if torch:
            _call(made, "export", "-o", "weights.safetensors")
            api.compile("spec.json", device="meta")
        for file in sorted(set(_files()) - before):
            if file.suffix != ".safetensors":
                made.files[str(file)] = file.read_text()
            file.unlink()
        shutil.rmtree("package", ignore_errors=True)
    return made


def _files() -> Iterator[Path]:
    return (path for path in Path().rglob("*") if path.is_file())


def _call(made: Outcome, command: str, *options: str) -> int:
    out = io.StringIO()
    with redirect_stdout(out), redirect_stderr(out):
        code = run([command, "spec.json", *options] if command != "diff" else [command, *options, "spec.json"])
    made.said[" ".join((command, *options))] = out.getvalue()
    assert code in (0, 1, 3), (command, code, out.getvalue())
    return code
