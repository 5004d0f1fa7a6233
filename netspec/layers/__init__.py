"""The layers, found in the files of this package: a new file with a `Layer` class is all it takes.

Other distributions add theirs by entry points (`installed`), a user by a file (`netspec.plugins`).
"""

import importlib
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from netspec.diagnostics import Code, NetspecError
from netspec.layers.base import Layer
from netspec.layers.installed import load_installed

_OPERATION = re.compile(rb'^    op: ClassVar = "(\w+)"$', re.MULTILINE)
"""The line by which a class of this package says which layer it is."""


@cache
def registry() -> Mapping[str, type[Layer]]:
    """Every layer by its YAML name, sorted.

    Raises:
        NetspecError: NS0906: two classes bear one name, or an installed distribution's layers cannot be loaded.
    """
    return _Layers()


class _Layers(Mapping[str, type[Layer]]):
    """Layers by name: names are read off the files, and a file is imported when one of its layers is asked for.

    A network uses some ten layers of a hundred, and importing all takes longer than checking it.
    """

    def __init__(self) -> None:
        load_installed()
        self._classes: dict[str, type[Layer]] = {}
        self._modules = _modules()
        for cls in tuple(_defined()):
            if cls.op in self._modules:  # a plugin's layer meets the one of this package that has its name
                importlib.import_module(self._modules[cls.op])
        self._note_classes()
        added = (op for op, cls in self._classes.items() if not is_builtin(cls))
        self._names = dict.fromkeys(sorted({*self._modules, *added}))

    def _note_classes(self) -> None:
        for cls in _defined():
            known = self._classes.setdefault(cls.op, cls)
            if known is not cls:
                one, other = sorted((_full_name(known), _full_name(cls)))
                raise NetspecError.of(Code.PLUGIN_FAILED, f"two classes define the layer `{cls.op}`: {one} and {other}")

    def __getitem__(self, op: str) -> type[Layer]:
        if op not in self._classes:
            importlib.import_module(self._modules[op])
            self._note_classes()
        return self._classes[op]

    def __contains__(self, op: object) -> bool:
        return op in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def _modules() -> dict[str, str]:
    """The module of each layer of this package, by the layer's name."""
    found: dict[str, str] = {}
    for file in sorted(Path(__file__).parent.glob("*.py")):
        module = f"{__name__}.{file.stem}"
        for op in _OPERATION.findall(file.read_bytes()):
            if found.setdefault(op.decode(), module) != module:  # both, so that they are told from each other
                importlib.import_module(module)
    return found


def _defined() -> Iterator[type[Layer]]:
    """The classes of layers that have been imported."""
    pending: list[type[Layer]] = [Layer]
    while pending:
        cls = pending.pop()
        pending.extend(cls.__subclasses__())
        if cls.__dict__.get("op"):
            yield cls


def is_builtin(cls: type[Layer]) -> bool:
    """Whether a layer is netspec's own, and not a plugin's."""
    return cls.__module__.startswith(f"{__name__}.")


def _full_name(cls: type[Layer]) -> str:
    return f"{cls.__module__}.{cls.__qualname__}"
