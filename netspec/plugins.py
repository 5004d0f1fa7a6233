"""Plugins: layers and parts of recipes from outside netspec. A spec never names one, since a spec runs no code.

A user names a file of Python on the command line; a distribution brings its own by entry points (`netspec.choices`).
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import packages_distributions, version
from pathlib import Path
from typing import Any, TypeVar

from netspec.choices import Choice, Registry
from netspec.diagnostics import Code, NetspecError
from netspec.files.python_file import place, run_file
from netspec.layers import is_builtin, registry
from netspec.layers.base import Layer
from netspec.objects.immutable import immutable
from netspec.recipe.parts import Part

C = TypeVar("C", bound=Choice)

_RUN: dict[str, Plugin] = {}
"""The plugins that were run from a file, by the names of their modules."""

_MODULES: dict[Path, str] = {}
"""The name of the module that each file was last run as, by the file's whole path."""


@immutable
class Plugin:
    """A plugin, as a run remembers it.

    Attributes:
        name: The name of its file, or of its module where a distribution brings it.
        brings: What a run has of it: pairs of a family and a name, ``("loss", "tilted")``.
        sha256: The digest of its file; None for a distribution's.
        version: The distribution and its version; None for a file.
    """

    name: str
    brings: tuple[tuple[str, str], ...] = ()
    sha256: str | None = None
    version: str | None = None

    def written(self) -> dict[str, Any]:
        """The plugin as ``metrics.json`` holds it."""
        own = {"sha256": self.sha256, "version": self.version}
        brings = [f"{family} {name}" for family, name in self.brings]
        return {"name": self.name, "brings": brings, **{key: value for key, value in own.items() if value}}


def load_plugin(path: Path) -> None:
    """Run a Python file; the layers and the parts of recipes that it defines join their registries.

    The same file again, as in a notebook, is run anew where it has changed: what it defined before is forgotten.

    Raises:
        NetspecError: There is no such file; NS0906: it fails, what it defines has a name that another has, or lacks
            what its family asks for.
    """
    whole = Path(os.path.realpath(path))
    before = _MODULES.get(whole)
    if before and path.is_file() and _RUN[before].sha256 == _digest(path):
        return
    name = run_file(path, "plugin", Code.PLUGIN_FAILED).__name__
    if before:
        _forget(_MODULES.pop(whole))
    try:
        _renew()
        for part in _defined(name, Part):
            _check(part, path)
    except NetspecError:
        _forget(name)
        _renew()
        raise
    _RUN[name] = Plugin(path.name, sha256=_digest(path))
    _MODULES[whole] = name


def plugin_files() -> tuple[Path, ...]:
    """The whole paths of the files that were loaded."""
    return tuple(_MODULES)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _renew() -> None:
    """Have all registries look for their classes again."""
    registry.cache_clear()
    registry()
    for family in families():
        assert isinstance(family.members, Registry)
        family.members.renew()


def _forget(module: str) -> None:
    """Take the names of a module's layers and parts from them, so that no registry finds them."""
    for layer in _defined(module, Layer):
        layer.op = ""
    for part in _defined(module, Part):
        part.key = ""


def _defined(module: str, base: type[C]) -> list[type[C]]:
    """The classes with a name that a module defines."""
    attribute = "op" if base is Layer else "key"
    return [each for each in _below(base) if each.__module__ == module and each.__dict__.get(attribute)]


def families() -> list[type[Part]]:
    """The families of parts that were imported."""
    return Part.__subclasses__()


def plugins_of(kinds: Iterable[type[Choice]]) -> tuple[Plugin, ...]:
    """The plugins that these layers and parts come from, each with those of them that it brings."""
    brought: dict[str, dict[tuple[str, str], None]] = {}
    for kind in kinds:
        if not _is_builtin(kind):
            brought.setdefault(kind.__module__, {})[_named(kind)] = None
    return tuple(_plugin(module, tuple(brings)) for module, brings in brought.items())


def failure(error: BaseException, mine: Iterable[type[Choice]] = ()) -> NetspecError | None:
    """The diagnostic NS0906 for an error of a plugin's code; None where it is none.

    Args:
        error: The error.
        mine: Layers and parts in use: where some are a plugin's, an error that nothing else explains is theirs.
    """
    if isinstance(error, NetspecError):
        return None
    for file in _files():
        if (span := place(file, error)) is not None:
            message = f"the plugin {file.name} fails: {type(error).__name__}: {error}"
            return NetspecError.of(Code.PLUGIN_FAILED, message, span=span)
    names = [f"{family} `{name}` of {each.name}" for each in plugins_of(mine) for family, name in each.brings]
    if not names:
        return None
    message = f"what a plugin brings ({', '.join(names)}) does not fit: {type(error).__name__}: {error}"
    return NetspecError.of(Code.PLUGIN_FAILED, message)


def _check(part: type[Part], path: Path) -> None:
    """Make sure that a part is what its family asks for.

    Raises:
        NetspecError: NS0906 saying what it lacks.
    """
    try:
        part.model_rebuild(force=True)
        faults = part.faults()
    except Exception as error:  # an annotation that names nothing, say
        faults = [f"cannot be made: {type(error).__name__}: {str(error).partition(chr(10))[0]}"]
    if faults:
        text = "; it ".join(faults)
        message = f"the {part.family} `{part.key}` of the plugin {path} ({part.__name__}) {text}"
        raise NetspecError.of(Code.PLUGIN_FAILED, message)


def _plugin(module: str, brings: tuple[tuple[str, str], ...]) -> Plugin:
    if module in _RUN:
        return Plugin(_RUN[module].name, brings, _RUN[module].sha256)
    names = packages_distributions().get(module.partition(".")[0], [])
    return Plugin(module, brings, version=f"{names[0]} {version(names[0])}" if names else None)


def _named(kind: type[Choice]) -> tuple[str, str]:
    if issubclass(kind, Part):
        return kind.family, kind.key
    assert issubclass(kind, Layer)
    return "layer", kind.op


def _is_builtin(kind: type[Choice]) -> bool:
    return is_builtin(kind) if issubclass(kind, Layer) else issubclass(kind, Part) and kind.is_builtin()


def _files() -> Iterator[Path]:
    """The files of the plugins that are loaded."""
    modules = dict.fromkeys(kind.__module__ for kind in _below(Layer, Part) if not _is_builtin(kind))
    for module in [*_RUN, *(name for name in modules if name not in _RUN)]:
        if file := getattr(sys.modules.get(module), "__file__", None):
            yield Path(file)


def _below(*bases: type[Any]) -> Iterator[type[Any]]:
    pending = list(bases)
    for kind in pending:  # the list grows during the walk
        pending += kind.__subclasses__()
        yield kind
