"""Test files: they pass for the network they were made for, and fail for any other."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from netspec import api
from netspec.companions import files
from tests.backends.checks import clean, imported
from tests.companions.recipes import digits

TWO_OF_EACH = """netspec: 1
name: pair
inputs: {tokens: {shape: [5], dtype: int64}, image: [2, 6, 6]}
outputs: {words: words, picture: picture}
layers:
  - {embedding: 7, dim: 4, from: tokens, name: words}
  - {flatten, from: image}
  - {linear: 3, name: picture}
"""
SIDE = """netspec: 1
name: side
input: [4]
layers:
  - {linear: 5, freeze: true}
  - {linear: 2, only: training, name: aux}
  - {linear: 3}
  - softmax
"""
NOTHING_TO_LEARN = """netspec: 1
name: plain
input: [1, 4, 4]
layers: [relu, {max_pool: 2}]
"""
TIED = """netspec: 1
name: tied
input: {shape: [6], dtype: int64}
layers:
  - {embedding: 9, dim: 4, name: table}
  - {lstm: 4, name: recurrent}
  - {linear: 9, bias: false, tie: {weight: table.weight}, name: head}
"""
WEIGHTS_UNKNOWN = """netspec: 1
name: opaque
input: [5, 4]
layers:
  - {module: TransformerEncoderLayer, args: {d_model: 4, nhead: 2, batch_first: true}, output: same}
"""
RANDOM = """netspec: 1
name: windows
input: [2, 8, 8]
layers:
  - {module: FractionalMaxPool2d, args: {kernel_size: 2, output_size: [5, 5]}, output: [2, 5, 5], weights: {}}
  - flatten
  - {linear: 3}
"""
SPECS = {
    "opaque": api.loads(WEIGHTS_UNKNOWN),
    "windows": api.loads(RANDOM),
    "pair": api.loads(TWO_OF_EACH),
    "side": api.loads(SIDE),
    "plain": api.loads(NOTHING_TO_LEARN),
    "tied": api.loads(TIED),
    "small": digits(),
}


def pytest_of(folder: Path, *options: str) -> str:
    command = [sys.executable, "-W", "error", "-m", "pytest", "-q", "-p", "no:cacheprovider", *options]
    environment = {**os.environ, "PYTHONPATH": "", "PYTEST_ADDOPTS": ""}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    return done.stdout + done.stderr


def test_they_are_clean_and_pass(tmp_path: Path) -> None:
    texts = {}
    for name, spec in SPECS.items():
        found = files(spec, Path(f"{name}.py"), test=True)
        assert imported(found[Path(f"test_{name}.py")]) - {name} == {"torch", "pytest"}
        texts |= {path.stem: text for path, text in found.items()}
    clean(texts, tmp_path)
    out = pytest_of(tmp_path)
    assert f"{6 * len(SPECS) - 4} passed" in out, out  # one has nothing to learn, one no known weights, one is random
    assert "error" not in out


OTHERS = [
    ("nn.Linear(128, 10)", "nn.Linear(128, 9)", {"shapes[1]", "shapes[3]", "parameter_count", "state_dict"}),
    ("nn.Linear(128, 10)", "nn.Linear(128, 10, bias=False)", {"parameter_count", "state_dict"}),
    ("self.head", "self.end", {"state_dict"}),
    ("return x\n", "return x.detach()\n", {"weights"}),
    ("x = self.dropout1(x)", "x = nn.functional.dropout(x, 0.2)", {"repeatable"}),
]
"""What is changed in a source, and the tests that then fail."""


def test_they_fail_for_other_networks(tmp_path: Path) -> None:
    for number, (old, new, _) in enumerate(OTHERS):
        for path, text in files(SPECS["small"], tmp_path / f"small{number}.py", test=True).items():
            assert old in text or path.name.startswith("test")
            path.write_text(text.replace(old, new))
    lines = [line for line in pytest_of(tmp_path).splitlines() if line.startswith("FAILED")]
    for number, (_, _, failing) in enumerate(OTHERS):
        here = [line.split(" - ")[0] for line in lines if f"test_small{number}.py" in line]
        assert len(here) == len(failing), here
        assert all(any(line.endswith(name) for line in here) for name in failing), here
