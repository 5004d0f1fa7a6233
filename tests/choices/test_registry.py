"""Which choices there are: names are read off the files, and must be those of the classes in them."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Iterator
from typing import Any, ClassVar

import pytest

from netspec import layers
from netspec.choices import Choice, Registry
from netspec.diagnostics import NetspecError
from netspec.layers.base import Layer
from netspec.recipe.augment import Augmentation
from netspec.recipe.clip import Clip
from netspec.recipe.data import DataSet
from netspec.recipe.losses import Loss
from netspec.recipe.metrics import Metric
from netspec.recipe.optimizers import Optimizer
from netspec.recipe.parts import Part
from netspec.recipe.schedules import Schedule
from netspec.recipe.tasks import Task

FAMILIES: list[type[Part]] = [Augmentation, Clip, DataSet, Loss, Metric, Optimizer, Schedule, Task]


def defined(base: type[Any], attribute: str) -> Iterator[type[Any]]:
    """The choices of netspec's own below a base, all modules beside it imported."""
    package = sys.modules[base.__module__.removesuffix(".base")]
    for module in pkgutil.iter_modules(getattr(package, "__path__", ())):
        if not module.name.startswith("_"):  # which need torch
            importlib.import_module(f"{package.__name__}.{module.name}")
    pending = [base]
    for cls in pending:  # grows while it is walked
        pending += cls.__subclasses__()
        if cls.__dict__.get(attribute) and cls.listed and cls.__module__.startswith("netspec."):
            yield cls


def test_every_layer_is_named_by_its_file() -> None:
    known = layers.registry()
    classes = {cls.op: cls for cls in defined(Layer, "op")}
    unnamed = sorted(str(cls) for op, cls in classes.items() if op not in known)
    assert not unnamed, f'write `op: ClassVar = "name"` on a line of its own in {unnamed}'
    assert {op: cls for op, cls in known.items() if layers.is_builtin(cls)} == classes


@pytest.mark.parametrize("family", FAMILIES)
def test_every_part_of_a_recipe_is_named_by_its_file(family: type[Part]) -> None:
    classes = {cls.key: cls for cls in defined(family, "key")}
    unnamed = sorted(
        f"{cls.__module__}.{cls.__qualname__}" for key, cls in classes.items() if key not in family.members
    )
    assert not unnamed, f'write `key: ClassVar[str] = "name"` on a line of its own in {unnamed}'
    assert dict(family.members) == classes
    assert len(classes) > 1


def test_what_there_is_not_is_no_layer() -> None:
    assert "nonesuch" not in layers.registry()
    assert layers.registry().get("nonesuch") is None
    assert len(layers.registry()) == len([*layers.registry()])


class Fruit(Choice):
    pass


class Apple(Fruit):
    kind: ClassVar[str] = "apple"


class Pear(Fruit):
    kind: ClassVar[str] = "pear"


def test_two_classes_of_one_name_are_refused() -> None:
    assert dict(Registry(Fruit, "kind", __name__, "fruit")) == {"apple": Apple, "pear": Pear}
    other = type("Other", (Fruit,), {"kind": "pear", "__annotations__": {"kind": ClassVar[str]}, "__module__": "other"})
    with pytest.raises(NetspecError, match=r"two classes define the fruit `pear`: .* and "):
        Registry(Fruit, "kind", __name__, "fruit")["pear"]
    assert issubclass(other, Fruit)


@pytest.mark.parametrize("family", FAMILIES)
def test_netspec_s_own_parts_are_what_is_asked_of_a_plugin_s(family: type[Part]) -> None:
    assert {key: part.faults() for key, part in family.members.items() if part.faults()} == {}
