"""The network of searches: a kernel of 5 and more leaves nothing of its images."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("optuna")

from netspec import api
from tests.charts import charts  # noqa: F401

SPEC = """
netspec: 1
name: net
params: {width: 4, kernel: 3}
input: [1, 8, 8]
layers:
  - {conv: $width, kernel: $kernel}
  - {conv: 2, kernel: 3}
  - {conv: 2, kernel: 3}
  - flatten
  - {linear: 10}
train:
  data: {digits: , batch_size: 64, validation: 0.2}
  loss: cross_entropy
  optimizer: {adamw: 2e-3}
  epochs: 2
"""


@pytest.fixture(autouse=True)
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> api.Spec:
    monkeypatch.chdir(tmp_path)
    Path("net.yaml").write_text(SPEC)
    return api.load("net.yaml")
