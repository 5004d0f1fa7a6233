"""The spec of a run, by the folder of the run. Imports no torch."""

from __future__ import annotations

from pathlib import Path

from netspec.driver.plugins_used import check_plugins
from netspec.files.run_folder import SPEC, is_run
from netspec.files.writing import within


def run_spec(source: str | Path) -> str | Path:
    """The spec that is given: of a run's folder that of its network, else as it is.

    Raises:
        NetspecError: NS0925: it is a link in the run's folder. NS0906: a plugin of the run's is not loaded.
    """
    folder = Path(source)
    if not is_run(folder):
        return source
    check_plugins(folder)
    return within(folder, SPEC)
