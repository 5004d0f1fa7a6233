"""Layers of other distributions, found by their entry points."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
SWAP = '''\
from typing import ClassVar
from netspec.layers.base import Layer
class Swap(Layer):
    """Swaps."""
    op: ClassVar = "{op}"
number = 3
'''
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def installed(tmp_path: Path) -> Run:
    """Runs netspec beside a distribution `acme` with this entry point and this module."""

    def call(point: str, module: str, *args: str) -> subprocess.CompletedProcess[str]:
        metadata = tmp_path / "acme-1.0.dist-info"
        metadata.mkdir(exist_ok=True)
        (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n")
        (metadata / "entry_points.txt").write_text(f"[netspec.layers]\nswap = {point}\n")
        (tmp_path / "acme_layers.py").write_text(module)
        environment = os.environ | {"PYTHONPATH": str(tmp_path)}
        command = [sys.executable, "-m", "netspec", *args]
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)

    return call


def test_a_distribution_in_an_archive_adds_its_layers(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "acme.zip", "w") as archive:
        archive.writestr("acme-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n")
        archive.writestr("acme-1.0.dist-info/entry_points.txt", "[netspec.layers]\nswap = acme_layers\n")
        archive.writestr("acme_layers.py", SWAP.format(op="swap"))
    environment = os.environ | {"PYTHONPATH": str(tmp_path / "acme.zip")}
    command = [sys.executable, "-m", "netspec", "layers", "swap"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("swap\n\n  Swaps.\n")


@pytest.mark.parametrize("point", ["acme_layers", "acme_layers:Swap"])
def test_a_distribution_adds_its_layers(installed: Run, point: str) -> None:
    done = installed(point, SWAP.format(op="swap"), "layers", "swap")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("swap\n\n  Swaps.\n")


@pytest.mark.parametrize(
    ("point", "module", "told"),
    [
        ("acme_layers", "1 / 0", "ZeroDivisionError: division by zero"),
        ("acme_layers", "import sys; sys.exit(0)", "SystemExit: 0"),
        ("acme_layers", "def (", "SyntaxError: "),
        ("acme_nowhere", "", "No module named 'acme_nowhere'"),
        ("acme_layers:Nothing", "", "has no attribute 'Nothing'"),
        ("acme_layers:number", "number = 3", "neither a module nor a class of that family"),
    ],
)
def test_one_that_fails_is_named(installed: Run, point: str, module: str, told: str) -> None:
    done = installed(point, module, "summary", "lenet")
    assert (done.returncode, done.stdout) == (1, "")
    named = f"the plugin `{point}` of the group netspec.layers, which the distribution acme brings, cannot be loaded: "
    assert done.stderr.startswith(f"error[NS0906]: {named}")
    assert told in done.stderr
    assert "pip uninstall acme" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_name_that_is_taken_is_refused(installed: Run) -> None:
    done = installed("acme_layers", SWAP.format(op="conv"), "check", "lenet")
    assert done.returncode == 1
    both = "acme_layers.Swap and netspec.layers.conv.Conv"
    assert f"error[NS0906]: two classes define the layer `conv`: {both}\n" in done.stdout
