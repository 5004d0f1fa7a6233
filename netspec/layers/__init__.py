"""The layers, found in the files of this package: a new file with a `Layer` class is all it takes.

Other distributions add theirs by entry points (`installed`), a user by a file (`netspec.plugins`).
"""

from collections.abc import Mapping
from functools import cache
from typing import NoReturn

from netspec.choices import Registry
from netspec.diagnostics import Code, NetspecError
from netspec.layers.base import Layer
from netspec.layers.installed import load_installed


@cache
def registry() -> Mapping[str, type[Layer]]:
    """Every layer by its YAML name, sorted.

    Raises:
        NetspecError: NS0906: two classes bear one name, or an installed distribution's layers cannot be loaded.
    """
    load_installed()
    found = _Layers(Layer, "op", __name__)
    found.sort()
    return found


class _Layers(Registry[Layer]):
    def refuse(self, name: str, one: str, other: str) -> NoReturn:
        raise NetspecError.of(Code.PLUGIN_FAILED, f"two classes define the layer `{name}`: {one} and {other}")


def is_builtin(cls: type[Layer]) -> bool:
    """Whether a layer is netspec's own, and not a plugin's."""
    return cls.__module__.startswith(f"{__name__}.")
