"""The map of the code is true: it has a row for each package, and what it names is there."""

from __future__ import annotations

import importlib
import re

import pytest

from tests.docs import ROOT

PAGE = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")


def column(heading: str, position: int = 0) -> list[str]:
    """A column of the table under a heading."""
    table = PAGE.split(f"## {heading}\n")[1].split("\n## ")[0]
    rows = [line.strip("|").split("|") for line in table.splitlines() if line.startswith("|")]
    return [row[position].strip() for row in rows[2:]]


def test_each_file_is_read_in_one_sitting():
    lengths = {file: len(file.read_text(encoding="utf-8").splitlines()) for file in (ROOT / "netspec").rglob("*.py")}
    assert [f"{file.relative_to(ROOT)}: {length}" for file, length in lengths.items() if length > 300] == []


def test_each_package_has_a_row():
    packages = {file.parent.name for file in (ROOT / "netspec").glob("*/__init__.py")}
    assert {name.strip("`") for name in column("The packages")} == packages


def test_training_names_its_rooms():
    rooms = {file.parent.name for file in (ROOT / "netspec/training").glob("*/__init__.py")}
    row = next(line for line in PAGE.splitlines() if line.startswith("| `training` |"))
    assert set(re.findall(r"`(\w+)`", row)) == rooms | {"training"}


@pytest.mark.parametrize("name", [name.strip("`") for name in column("The pipe", 1)])
def test_each_stage_is_there(name):
    module, _, attribute = f"netspec.{name}".rpartition(".")
    try:
        importlib.import_module(f"netspec.{name}")
    except ModuleNotFoundError:
        assert hasattr(importlib.import_module(module), attribute)


def test_each_place_is_there():
    for name in re.findall(r"`((?:\w+/)+(?:\w+\.py)?|\w+\.py)`", "".join(column("To add something", 1))):
        places = (ROOT / name, *(ROOT / "netspec").rglob(name.rstrip("/")))
        assert any(place.exists() for place in places), name
