"""The paths of modules: each belongs to one module, or to the level that a dotted name opens above one."""

from __future__ import annotations

from netspec.diagnostics import Code, Related
from netspec.frontend.context import Context
from netspec.frontend.entries import Entry
from netspec.frontend.problems import Report
from netspec.frontend.source import Path_

MAX_DEPTH = 64
"""The largest number of modules that one module is in."""


class ModulePaths:
    """The paths that are taken.

    Args:
        report: Takes the errors.
    """

    def __init__(self, report: Report) -> None:
        self._report = report
        self._modules: dict[str, Path_] = {}
        self._opened: dict[str, Path_] = {}

    def __contains__(self, path: str) -> bool:
        """Whether a module stands at `path`."""
        return path in self._modules

    def take(self, path: str, entry: Entry, context: Context) -> None:
        """Note that a module of an entry stands at `path`.

        Raises:
            Failed: There is one already, or the path has too many parts.
        """
        if context.reusing:
            return
        place = (*entry.path, "name") if entry.common.name else entry.path
        if len(path) > MAX_DEPTH and path.count(".") >= MAX_DEPTH:
            raise self._report.failure(
                Code.BAD_NAME,
                f"modules are nested more than {MAX_DEPTH} deep",
                place,
                found=f"a path of {path.count('.') + 1:,} parts",
                help="each part of a dotted name is a module of its own",
            )
        start = len(context.level.path) + 1 if context.level.path else 0
        above = [path[:end] for end in range(start, len(path)) if path[end] == "."] if "." in path[start:] else []
        met = next((p for p in (*above, path) if p in self._modules), path if path in self._opened else None)
        if met is not None:
            first = self._modules.get(met) or self._opened[met]
            raise self._report.failure(
                Code.DUPLICATE_PATH,
                f"there already is a module `{met}`",
                place,
                help="give one of the two another `name`",
                related=(Related(self._report.span(first), f"`{met}` is made here"), *context.calls),
            )
        self._modules[path] = entry.path
        for each in above:
            self._opened.setdefault(each, entry.path)
