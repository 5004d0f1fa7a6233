"""A shell of IPython in the test's own process, as a notebook's cells run in one, that keeps and writes nothing."""

from __future__ import annotations

import atexit
import contextlib
import io
from typing import Any

import pytest


class Shell:
    """Cells that share their names."""

    def __init__(self) -> None:
        module = pytest.importorskip("IPython.core.interactiveshell", reason="IPython is not installed")
        config = pytest.importorskip("traitlets.config", reason="IPython is not installed").Config()
        config.HistoryManager.enabled = False
        self.ipython: Any = module.InteractiveShell(config=config)
        atexit.unregister(self.ipython.atexit_operations)

    def run(self, text: str) -> tuple[Any, str]:
        """What a cell gives, as IPython has it, and what it prints, errors included."""
        with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(out):
            done = self.ipython.run_cell(text)
        if done.result is not None:
            self.ipython.display_formatter.format(done.result)
        return done, out.getvalue()
