"""The layers, found in the files of this package: a new file with a `Layer` class is all it takes.

Other distributions add theirs by entry points, a user by a file (`netspec.plugins`).
"""

from collections.abc import Mapping
from functools import cache

from netspec.choices import Registry
from netspec.layers.base import Layer


@cache
def registry() -> Mapping[str, type[Layer]]:
    """Every layer by its YAML name, sorted.

    Raises:
        NetspecError: NS0906: two classes bear one name, or an installed distribution's layers cannot be loaded.
    """
    found = Registry(Layer, "op", __name__, "layer", __name__)
    found.sort()
    return found


def joins(op: str) -> bool:
    """Whether a name is that of a layer of several inputs whose value in an entry lists them: ``{add: [a, b]}``."""
    return op in registry() and registry()[op].main is None and registry()[op].arity[1] != 1


def is_builtin(cls: type[Layer]) -> bool:
    """Whether a layer is netspec's own, and not a plugin's."""
    return cls.__module__.startswith(f"{__name__}.")
