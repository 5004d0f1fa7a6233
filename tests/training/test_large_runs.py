"""A run of a spec that unrolls to more entries than are allowed unasked can be taken up by every command."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from netspec.cli import run
from netspec.frontend import elaborate
from tests.training.states import interrupted

SPEC = """\
netspec: 1
name: tiny
input: [1, 8, 8]
layers: [flatten, {linear: 16, repeat: 4}, {linear: 10}]
train: {data: {digits: , batch_size: 64}, loss: cross_entropy, optimizer: {adamw: 5e-3}, epochs: 1}
"""


def test_a_run_is_taken_up_with_as_many_entries_as_it_was_made_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(elaborate, "MAX_ENTRIES", 5)
    (tmp_path / "tiny.yaml").write_text(SPEC)
    Image.fromarray(np.zeros((8, 8), np.uint8)).save(tmp_path / "digit.png")
    made = str(tmp_path / "run")
    more = ["--max-entries", "50"]
    assert run(["train", str(tmp_path / "tiny.yaml"), "--device", "cpu", "--out", made, *more]) == 0
    interrupted(tmp_path / "run")
    for command in (
        ["predict", made, str(tmp_path / "digit.png"), "--device", "cpu"],
        ["eval", made, "--device", "cpu"],
        ["train", "--resume", made, "--device", "cpu"],
    ):
        capsys.readouterr()
        assert run(command) == 1
        assert "--max-entries" in capsys.readouterr().err
        run([*command, *more])
        assert "unrolls to more" not in capsys.readouterr().err
