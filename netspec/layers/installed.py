"""Layers of other distributions, which declare them under the entry point group ``netspec.layers``.

A distribution says in its ``pyproject.toml``, under ``[project.entry-points."netspec.layers"]``, either
``swap = "acme.layers"``, a module that defines layers, or ``swap = "acme.layers:Swap"``, one layer.
"""

import inspect
from collections.abc import Iterator
from importlib.metadata import EntryPoint, distributions

from netspec.diagnostics import Code, NetspecError
from netspec.layers.base import Layer

GROUP = "netspec.layers"


def load_installed() -> None:
    """Import the installed plugins of the group; the `Layer` classes that they define are then subclasses of `Layer`.

    Raises:
        NetspecError: NS0906: one cannot be imported, or is no layer.
    """
    for point in sorted(_points(), key=lambda point: (point.name, point.value)):
        try:
            found = point.load()
        except (Exception, SystemExit) as error:  # foreign code: without this, any command would fail by it
            raise _failed(point, f"{type(error).__name__}: {error}") from error
        if not inspect.ismodule(found) and not (inspect.isclass(found) and issubclass(found, Layer)):
            raise _failed(point, f"{point.value} is neither a module nor a layer")


def _points() -> Iterator[EntryPoint]:
    """Entry points of the group, as from `importlib.metadata.entry_points`, which parses those of all groups."""
    met: set[str] = set()
    for distribution in distributions():
        text = distribution.read_text("entry_points.txt")
        if text and GROUP in text and distribution.name not in met:  # the first on the path is the one in use
            met.add(distribution.name)
            yield from distribution.entry_points.select(group=GROUP)


def _failed(point: EntryPoint, reason: str) -> NetspecError:
    name = point.dist.name if point.dist else None
    origin = f", which the distribution {name} brings," if name else ""
    return NetspecError.of(
        Code.PLUGIN_FAILED,
        f"the layers `{point.value}`{origin} cannot be loaded: {reason}",
        help=f"update {name}, or remove it: pip uninstall {name}" if name else None,
    )
