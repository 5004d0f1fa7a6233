"""Custom layers from a Python file that the user names; a spec never names one, since a spec runs no code."""

from __future__ import annotations

import importlib.util
import sys
import traceback
from pathlib import Path

from netspec.diagnostics import Code, NetspecError, Span
from netspec.layers import registry


def load_plugin(path: Path) -> None:
    """Run a Python file; the `Layer` classes that it defines join the registry.

    Raises:
        NetspecError: There is no such file, NS0906 where it fails or a layer of that name exists.
    """
    if not path.is_file():
        raise NetspecError.of(Code.FILE_NOT_FOUND, f"there is no plugin {path}", expected="FILE.py")
    name = f"netspec_plugin_{path.stem}"
    while name in sys.modules:  # another folder's file of that name
        name += "_"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise NetspecError.of(Code.FILE_UNREADABLE, f"the plugin {path} is not a Python file", expected="FILE.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # pydantic resolves annotations through it
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:  # whatever the user's code raises is the user's to see, at its place
        message = f"the plugin {path} fails: {type(error).__name__}: {error}"
        raise NetspecError.of(Code.PLUGIN_FAILED, message, span=_place(path, error)) from error
    registry.cache_clear()
    registry()


def _place(path: Path, error: BaseException) -> Span | None:
    """The last line of the plugin that the error passed through."""
    if isinstance(error, SyntaxError) and error.lineno:
        return Span(str(path), error.lineno, error.offset or 1, error.lineno, (error.offset or 1) + 1)
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if Path(frame.filename) == path and frame.lineno:
            column, end = frame.colno or 0, frame.end_colno or 0
            return Span(str(path), frame.lineno, column + 1, frame.end_lineno or frame.lineno, end + 1)
    return None
