"""Runs `netspec train` as a user does and gives what its metrics are."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from typing import Any


def run(*arguments: str, device: str, data: str | None = None) -> dict[str, Any]:
    """The metrics of a run; what it shows goes to the standard error. The process ends where the run fails."""
    with tempfile.TemporaryDirectory() as folder:
        place = ["--data", data] if data else []
        command = [sys.executable, "-m", "netspec", "train", *arguments, "--device", device, *place]
        done = subprocess.run([*command, "--format", "json", "--out", f"{folder}/run"], stdout=subprocess.PIPE)
    if done.returncode:
        sys.exit(done.returncode)
    found: dict[str, Any] = json.loads(done.stdout)
    return found
