"""Choices of other distributions, which declare them under an entry point group of their family: ``netspec.layers``.

A distribution says in its ``pyproject.toml``, under ``[project.entry-points."netspec.layers"]``, either
``swap = "acme.layers"``, a module that defines layers, or ``swap = "acme.layers:Swap"``, one layer.
"""

from __future__ import annotations

import inspect
import os
import sys
from functools import cache
from importlib.machinery import PathFinder
from pathlib import Path
from typing import TYPE_CHECKING

from netspec.choices.choice import Choice
from netspec.diagnostics import Code, NetspecError

if TYPE_CHECKING:
    from importlib.metadata import Distribution, EntryPoint

_OURS = "netspec."
"""The beginning of the groups' names."""


def load_installed(group: str, base: type[Choice]) -> None:
    """Import the installed plugins of a group; the classes that they define are then subclasses of `base`.

    Args:
        group: The name of the entry point group: ``netspec.losses``.
        base: The family's base class.

    Raises:
        NetspecError: NS0906: one cannot be imported, or is none of the family.
    """
    points = [point for each in _distributions() for point in each.entry_points.select(group=group)]
    for point in sorted(points, key=lambda point: (point.name, point.value)):
        try:
            found = point.load()
        except (Exception, SystemExit) as error:  # foreign code: without this, any command would fail by it
            raise _failed(point, f"{type(error).__name__}: {error}") from error
        if not inspect.ismodule(found) and not (inspect.isclass(found) and issubclass(found, base)):
            raise _failed(point, f"{point.value} is neither a module nor a class of that family")


@cache
def _distributions() -> tuple[Distribution, ...]:
    """Distributions that may have such groups: `importlib.metadata.entry_points` would parse those of all."""
    if not _may_declare():
        return ()
    from importlib.metadata import distributions

    found: dict[str, Distribution] = {}
    for each in distributions():
        text = each.read_text("entry_points.txt")
        if text and f"[{_OURS}" in text.replace(" ", ""):
            found.setdefault(each.name, each)  # the first on the path is the one in use
    return tuple(found.values())


def _may_declare() -> bool:
    """Whether a file on the path has such a group, or distributions may be elsewhere than in folders of the path.

    `importlib.metadata` takes several times as long to say so of some hundred distributions.
    """
    if [each for each in sys.meta_path if hasattr(each, "find_distributions")] != [PathFinder]:
        return True
    for folder in sys.path:
        try:
            with os.scandir(folder or ".") as files:
                metadata = [each.path for each in files if each.name.lower().endswith((".dist-info", "egg-info"))]
        except OSError:
            if Path(folder).exists():  # an archive
                return True
            continue
        if any(_declares(Path(f"{each}/entry_points.txt")) for each in metadata):
            return True
    return False


def _declares(file: Path) -> bool:
    try:
        return f"[{_OURS}".encode() in file.read_bytes().replace(b" ", b"")
    except OSError:
        return False


def _failed(point: EntryPoint, reason: str) -> NetspecError:
    name = point.dist.name if point.dist else None
    origin = f", which the distribution {name} brings," if name else ""
    return NetspecError.of(
        Code.PLUGIN_FAILED,
        f"the plugin `{point.value}` of the group {point.group}{origin} cannot be loaded: {reason}",
        help=f"update {name}, or remove it: pip uninstall {name}" if name else None,
    )
