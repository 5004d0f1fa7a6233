"""The command's edge: what a name of a file, or what it names, makes the system say, as a diagnostic."""

from __future__ import annotations

import os

from netspec.diagnostics import Code, Diagnostic


def of_path(error: OSError | ValueError) -> Diagnostic | None:
    """What an error says of the file that it names, NS0902; None where it names none.

    Commands tell of what they expect in their own words. This is for what a system may answer anywhere: names that are
    too long, circles of links, files that may not be read, devices that are not there.
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
