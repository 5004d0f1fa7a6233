"""Custom layers from a Python file that the user names; a spec never names one, since a spec runs no code."""

from __future__ import annotations

from pathlib import Path

from netspec.diagnostics import Code
from netspec.files.python_file import run_file
from netspec.layers import registry


def load_plugin(path: Path) -> None:
    """Run a Python file; the `Layer` classes that it defines join the registry.

    Raises:
        NetspecError: There is no such file, NS0906 where it fails or a layer of that name exists.
    """
    run_file(path, "plugin", Code.PLUGIN_FAILED)
    registry.cache_clear()
    registry()
