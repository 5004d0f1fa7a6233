"""The plugins that a run remembers: named where they are missing, told of where they have changed. Imports no torch.

A run's folder may come from anyone: it tells the names of plugins and never where one would be found, and nothing is
loaded because of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from netspec.diagnostics import Code, NetspecError
from netspec.files.json_file import read_json
from netspec.files.run_folder import METRICS
from netspec.files.writing import within
from netspec.layers import registry
from netspec.plugins import Plugin
from netspec.recipe.augment import Augmentation
from netspec.recipe.clip import Clip
from netspec.recipe.data import DataSet
from netspec.recipe.losses import Loss
from netspec.recipe.metrics import Metric
from netspec.recipe.optimizers import Optimizer
from netspec.recipe.parts import Part
from netspec.recipe.schedules import Schedule
from netspec.recipe.tasks import Task

_FAMILIES: tuple[type[Part], ...] = (Augmentation, Clip, DataSet, Loss, Metric, Optimizer, Schedule, Task)

_Name = Annotated[str, Field(pattern=r"^[\w. +-]{1,100}$")]


class _Remembered(BaseModel):
    """A plugin in ``metrics.json``, as `netspec.plugins.Plugin` writes it."""

    model_config = ConfigDict(strict=True)

    name: _Name
    brings: Annotated[list[_Name], Field(max_length=1000)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    version: _Name | None = None


_RECORD = TypeAdapter(list[_Remembered])


def check_plugins(run: Path) -> None:
    """Make sure that the plugins are loaded whose layers and parts a run has.

    Args:
        run: Its folder. Where it tells no plugins, or nothing that a run writes, they are not asked for here.

    Raises:
        NetspecError: NS0906: one is missing. NS0925: the run's metrics are a link.
    """
    for plugin in _remembered(run):
        missing = [each for each in plugin.brings if not _is_known(each)]
        if missing:
            if plugin.sha256:
                help = f"give the file again: `--plugin {plugin.name}`; its SHA-256 began with {plugin.sha256[:12]}"
            else:
                help = f"install what brought it: {plugin.version or plugin.name}"
            what = f"{run} was trained with a plugin that is not loaded: {', '.join(missing)} of {plugin.name}"
            raise NetspecError.of(Code.PLUGIN_FAILED, what, help=help)


def changed_since(run: Path, now: tuple[Plugin, ...]) -> list[str]:
    """Remarks on the plugins of a run whose files, or versions, are others than when it began."""
    before = {each.name: each for each in _remembered(run)}
    return [
        f"the plugin {each.name} is not as it was when {run} began: what follows may differ"
        for each in now
        if each.name in before and (each.sha256, each.version) != (before[each.name].sha256, before[each.name].version)
    ]


def _remembered(run: Path) -> Iterator[_Remembered]:
    file = within(run, METRICS)
    try:
        found = read_json(file)
        yield from _RECORD.validate_python(found.get("plugins", []) if isinstance(found, dict) else [])
    except (NetspecError, ValidationError):
        return  # what is wrong with the file is told where it is needed


def _is_known(brought: str) -> bool:
    family, _, name = brought.rpartition(" ")
    known = {"layer": registry(), **{each.family: each.members for each in _FAMILIES}}
    return name in known.get(family, ())
