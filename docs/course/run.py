"""All notebooks of the course, each run in a kernel of its own and in an empty folder; nothing of it is kept."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

MOST_SECONDS = 120
"""The most that a cell may take."""


def main() -> int:
    """Run them in their order; the exit code is 1 where a cell fails."""
    failed = 0
    for file in sorted(Path(__file__).parent.glob("*.ipynb")):
        began = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            notebook = nbformat.read(file, as_version=4)
            try:
                NotebookClient(notebook, timeout=MOST_SECONDS, resources={"metadata": {"path": folder}}).execute()
                told = "runs"
            except CellExecutionError as error:
                failed += 1
                told = f"fails\n{error}"
        print(f"{file.stem}: {told} ({time.perf_counter() - began:.0f} s)", flush=True)
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
