"""Layers of other distributions, which name them under the entry point group ``netspec.layers``.

A distribution says in its ``pyproject.toml``, under ``[project.entry-points."netspec.layers"]``, either
``swap = "acme.layers"``, a module that defines layers, or ``swap = "acme.layers:Swap"``, one layer.
"""

import inspect
from importlib.metadata import EntryPoint, entry_points

from netspec.diagnostics import Code, NetspecError
from netspec.layers.base import Layer

GROUP = "netspec.layers"


def load_installed() -> None:
    """Import what is installed under the group; the `Layer` classes that this defines are then subclasses of `Layer`.

    Raises:
        NetspecError: NS0906: one cannot be imported, or is no layer.
    """
    for point in sorted(entry_points(group=GROUP), key=lambda point: (point.name, point.value)):
        try:
            found = point.load()
        except (Exception, SystemExit) as error:  # it is foreign code, and any command would fail by it
            raise _failed(point, f"{type(error).__name__}: {error}") from error
        if not inspect.ismodule(found) and not (inspect.isclass(found) and issubclass(found, Layer)):
            raise _failed(point, f"{point.value} is neither a module nor a layer")


def _failed(point: EntryPoint, reason: str) -> NetspecError:
    name = point.dist.name if point.dist else None
    origin = f", which the distribution {name} brings," if name else ""
    return NetspecError.of(
        Code.PLUGIN_FAILED,
        f"the layers `{point.value}`{origin} cannot be loaded: {reason}",
        help=f"update {name}, or remove it: pip uninstall {name}" if name else None,
    )
