"""The layers, found by walking this package: a new file with a `Layer` class is all it takes.

Other distributions add theirs by entry points (`installed`), a user by a file (`netspec.plugins`).
"""

import importlib
import pkgutil
from functools import cache

from netspec.diagnostics import Code, NetspecError
from netspec.layers.base import Layer
from netspec.layers.installed import load_installed


@cache
def registry() -> dict[str, type[Layer]]:
    """Every layer by its YAML name, sorted.

    Raises:
        NetspecError: NS0906: two classes bear one name, or an installed distribution's layers cannot be loaded.
    """
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    load_installed()
    found: dict[str, type[Layer]] = {}
    pending: list[type[Layer]] = [Layer]
    while pending:
        cls = pending.pop()
        pending.extend(cls.__subclasses__())
        if not cls.__dict__.get("op"):
            continue
        if cls.op in found:
            one, other = sorted((_full_name(found[cls.op]), _full_name(cls)))
            raise NetspecError.of(Code.PLUGIN_FAILED, f"two classes define the layer `{cls.op}`: {one} and {other}")
        found[cls.op] = cls
    return dict(sorted(found.items()))


def is_builtin(cls: type[Layer]) -> bool:
    """Whether a layer is netspec's own, and not a plugin's."""
    return cls.__module__.startswith(f"{__name__}.")


def _full_name(cls: type[Layer]) -> str:
    return f"{cls.__module__}.{cls.__qualname__}"
