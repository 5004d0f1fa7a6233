"""Errors of the system at a file's name, or at the file, and errors of plugins, as diagnostics."""

from __future__ import annotations

import os

from netspec.diagnostics import Code, Diagnostic


def of_plugin(error: Exception) -> Diagnostic | None:
    """The diagnostic NS0906 for an error in a plugin's code; None where it is another's."""
    from netspec.plugins import failure

    found = failure(error)
    return found.diagnostics[0] if found else None


def of_path(error: Exception) -> Diagnostic | None:
    """The diagnostic NS0902 for an error with a file's name; None where the error names no file.

    Commands report the errors that they expect in their own words. This covers the errors of a system anywhere: names
    that are too long, circles of links, files without permission to read, missing devices.
    """
    if isinstance(error, OSError) and error.filename is not None:
        names = (error.filename, error.filename2)
        paths = " and ".join(os.fsdecode(name) for name in names if isinstance(name, str | bytes))
        reason = error.strerror or str(error)
        return Diagnostic(Code.FILE_UNREADABLE, f"{paths or error.filename} cannot be used: {reason}")
    if isinstance(error, ValueError) and "embedded null" in str(error):
        message = "a name of a file holds a null byte, which no file's name can"
        return Diagnostic(Code.FILE_UNREADABLE, message)
    if isinstance(error, UnicodeEncodeError) and "surrogates" in error.reason:
        return Diagnostic(Code.FILE_UNREADABLE, f"no file can have the name {error.object!r}")
    return None
