"""Running a Python file that the user named on the command line; a spec never names one."""

from __future__ import annotations

import importlib.util
import os
import sys
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType

from netspec.diagnostics import Code, NetspecError, Span


class _AsWritten(SourceFileLoader):
    """Compiles what the file says now: compiled files are told apart by whole seconds and sizes alone."""

    def get_code(self, fullname: str) -> CodeType:
        """The code of the file's text."""
        path = self.get_filename(fullname)
        return self.source_to_code(self.get_data(path), path)


def run_file(path: Path, kind: str, failure: Code) -> ModuleType:
    """Run a file as a module of its own.

    Args:
        path: The file.
        kind: Its name in diagnostics: ``plugin``.
        failure: The code of the errors that it causes.

    Raises:
        NetspecError: There is no such file, or it fails, with the place.
    """
    if not path.is_file():
        raise NetspecError.of(Code.FILE_NOT_FOUND, f"there is no {kind} {path}", expected="FILE.py")
    name = f"netspec_{kind}_{path.stem}"
    while name in sys.modules:  # another folder's file of that name
        name += "_"
    spec = importlib.util.spec_from_file_location(name, path, loader=_AsWritten(name, str(path)))
    if path.suffix != ".py" or spec is None or spec.loader is None:
        raise NetspecError.of(Code.FILE_UNREADABLE, f"the {kind} {path} is not a Python file", expected="FILE.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # pydantic and dataclasses resolve annotations through it
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:  # whatever the user's code raises is the user's to see, at its place
        message = f"the {kind} {path} fails: {type(error).__name__}: {error}"
        raise NetspecError.of(failure, message, span=place(path, error)) from error
    return module


def place(path: Path, error: BaseException) -> Span | None:
    """The last line of the file that the error passed through."""
    if isinstance(error, SyntaxError) and error.lineno:
        return Span(str(path), error.lineno, error.offset or 1, error.lineno, (error.offset or 1) + 1)
    import traceback

    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if frame.lineno and os.path.realpath(frame.filename) == os.path.realpath(path):  # Python has made it absolute
            column, end = frame.colno or 0, frame.end_colno or 0
            return Span(str(path), frame.lineno, column + 1, frame.end_lineno or frame.lineno, end + 1)
    return None
