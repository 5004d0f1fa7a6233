"""What stands in `to` never runs, whatever compiles the spec."""

import contextlib
import os

import pytest

from netspec import api
from netspec.diagnostics import NetspecError

NAME = "ars()['q' if __import__('os').system('true') else 'q']"


def test_a_name_in_to_runs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch")
    ran: list[str] = []
    monkeypatch.setattr(os, "system", lambda text: ran.append(text) or 0)
    text = (
        "netspec: 1\nname: n\ninput: [1, 8, 8]\nlayers:\n  - flatten\n"
        f'  - {{chunk: 2, to: ["{NAME}", b]}}\n  - add: ["{NAME}", b]\n  - {{linear: 10}}\n'
    )
    with contextlib.suppress(NetspecError):
        api.compile(api.loads(text))(torch.rand(1, 1, 8, 8))
    assert ran == []
