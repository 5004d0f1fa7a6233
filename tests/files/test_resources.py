"""Files that are shipped with the package."""

from pathlib import Path

import pytest

from netspec.cli import run
from netspec.files import resources


def test_a_broken_installation_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture):
    monkeypatch.setattr(resources, "__file__", str(tmp_path / "netspec" / "resources.py"))
    resources.resource_folder.cache_clear()
    assert run(["summary", "lenet"]) == 1
    assert capfd.readouterr().err.splitlines()[:2] == [
        "error[NS0902]: netspec's own folder `specs` is missing",
        "  = help: install the package again",
    ]
