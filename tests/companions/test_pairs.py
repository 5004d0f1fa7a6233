"""Training scripts of networks whose outputs are compared with each other."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import torch

from netspec import api
from netspec.companions import files, write_files
from netspec.training.spec import train_spec
from tests.backends.checks import clean
from tests.companions.test_detectors import equal, run_here

SPEC = """
netspec: 1
name: pairs
inputs: {a: [4], b: [4]}
layers:
  - {linear: 3, from: a, name: left}
  - {linear: 3, from: b, name: right}
outputs: {left: left, right: right}
train:
  data: {arrays: pairs.npz, inputs: [b, a], batch_size: 8}
  loss: {left: {LOSS: right, loss_weight: 0.5}, right: {mse: , task: regression}}
  optimizer: {adamw: 5e-2}
  epochs: 2
"""
ALONE = SPEC.replace(", right: {mse: , task: regression}", "")
LOSSES = {"contrastive": ALONE, "nt_xent": SPEC, "contrastive_pair": ALONE, "kl": SPEC}


@pytest.mark.parametrize("loss", LOSSES)
def test_a_loss_of_two_outputs_is_that_of_netspec_train(
    loss: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    spec, random = api.loads(LOSSES[loss].replace("LOSS", loss)), np.random.default_rng(0)
    arrays = {}
    for part, count in (("train", 24), ("test", 20)):
        arrays |= {f"{name}_{part}": random.normal(size=(count, 4)).astype("float32") for name in "ab"}
        alone = LOSSES[loss] is ALONE
        arrays[f"y_{part}"] = random.integers(0, 2, count) if alone else random.normal(size=(count, 3))
    np.savez(tmp_path / "pairs.npz", **arrays)
    write_files(spec, tmp_path / "net.py", train=True)
    run_here(tmp_path, monkeypatch)
    out = capsys.readouterr().out
    metrics = train_spec(spec, device="cpu", out=tmp_path / "run").metrics
    assert equal(torch.load("checkpoints/last.pt", weights_only=True)["network"], "run/last.safetensors")
    [told] = re.findall(r"^test loss ([\d.]+)", out, re.MULTILINE)
    assert float(told) == pytest.approx(metrics["test_loss"], abs=1e-3)


def test_their_scripts_are_clean(tmp_path: Path) -> None:
    sources = {}
    for name, text in LOSSES.items():
        found = files(api.loads(text.replace("LOSS", name)), Path(f"{name}.py"), train=True)
        sources |= {path.stem: source for path, source in found.items()}
    clean(sources, tmp_path)
