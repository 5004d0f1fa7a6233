"""`netspec explain` and `netspec sizes`."""

from __future__ import annotations

import json

import pytest

from netspec.cli import run


def test_explain_tells_a_layer(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "lenet", "conv2"]) == 0
    text = capsys.readouterr().out
    assert "floor((14 + 2*0 - 5)/1) + 1 = 10" in text
    assert "16 x (6 x 5 x 5 + 1) = 2,416" in text
    assert "r + (k - 1) x j = 6 + (5 - 1) x 2 = 14" in text


def test_explain_takes_blocks_and_automatic_names(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "resnet50", "layer1.0", "max_pool1", "--format", "json"]) == 0
    layers = json.loads(capsys.readouterr().out)["layers"]
    assert [layer["path"] for layer in layers][:2] == ["layer1.0.conv1", "layer1.0.bn1"]
    assert layers[-1]["path"] == "max_pool1"


def test_explain_without_a_layer_tells_them_all(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "lenet", "--input", "1x32x32", "--format", "markdown"]) == 0
    text = capsys.readouterr().out
    assert text.startswith("# lenet\n")
    assert text.count("\n## ") == 12
    assert "[1, 32, 32] -> [6, 32, 32]" in text


def test_explain_knows_near_misses(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "lenet", "conv11"]) == 1
    assert "did you mean `conv1`?" in capsys.readouterr().err


def test_explain_prints_a_code_s_page(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "NS0302"]) == 0
    assert "the kernel is larger than its input" in capsys.readouterr().out
    assert run(["explain", "NS0999"]) == 1
    assert "there is no diagnostic code NS0999" in capsys.readouterr().err


def test_where_no_size_works_none_loses_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["sizes", "alexnet", "--try", "5"]) == 0
    said = capsys.readouterr().out
    assert "  work                 none\n" in said
    assert "border" not in said


def test_sizes_as_text_and_data(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["sizes", "alexnet", "--try", "66-68"]) == 0
    text = capsys.readouterr().out
    assert "smallest that works   67" in text
    assert "66  `max_pool3` fails: the window spans 3" in text
    assert "68  works; conv1 loses 1 of 68" in text
    assert run(["sizes", "alexnet", "--format", "json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)["sizes"]
    assert (found["smallest"], found["below"]["layer"]) == (67, "max_pool3")
    assert found["trained_weights"] == {"every_size": False, "from": 227, "to": 258}


@pytest.mark.parametrize("window", ["0", "9-3", "a", "1-100000"])
def test_sizes_refuses_what_is_no_range(window: str) -> None:
    assert run(["sizes", "lenet", "--try", window]) == 2
