"""The broken specs of `tests/errors`, each with what is said of it beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

import netspec
from netspec import api
from netspec.diagnostics import Diagnostic
from netspec.driver.recipes import recipe_of

FOLDER = Path(__file__).parent / "errors"
SPECS = sorted(FOLDER.glob("*.yaml"))


def broken(name: str, monkeypatch: pytest.MonkeyPatch) -> list[Diagnostic]:
    """What is wrong with a spec of the folder, and what would mend it."""
    monkeypatch.chdir(FOLDER)
    return netspec.check(f"{name}.yaml")


def load(name: str | Path) -> None:
    """Load, elaborate and read the recipe of a spec that may be broken."""
    spec = api.load(name)
    api.elaborate(spec)
    if spec.document.train is not None:
        recipe_of(spec)
