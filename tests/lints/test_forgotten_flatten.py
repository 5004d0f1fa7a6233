"""A linear layer over the rows of an image is told where classes are meant, and mended; else it is left alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from netspec import api
from netspec.api import check

Netspec = Callable[..., tuple[int, str, str]]

TRAIN = "train: {data: digits, loss: LOSS, optimizer: {sgd: 0.1}, epochs: 1}"


def spec(layers: str, shape: str = "[1, 28, 28]", loss: str = "cross_entropy", more: str = "") -> str:
    train = TRAIN.replace("LOSS", loss) if loss else ""
    return f"netspec: 1\nname: n\ninput: {shape}\n{more}layers: [{layers}]\n{train}\n"


def told(text: str) -> list[str]:
    return [each.code.number for each in check("n.yaml", text=text) if each.code.number == "NS2020"]


CONV = "{conv: 6, kernel: 5}"


@pytest.mark.parametrize(
    "text",
    [
        spec(f"{CONV}, {{max_pool: 2}}, {{linear: 10}}"),
        spec(f"{CONV}, batch_norm, relu, dropout, {{linear: 84, activation: relu}}, {{linear: 10}}"),
        spec("{linear: 64, activation: relu}, {linear: 10}"),
        spec(f"{CONV}, {{max_pool: 2}}, {{linear: 10}}", loss=""),  # ends as a classifier of images does
        spec("{conv: 6, kernel: 5}, {linear: 10}", "[1, 28]"),
        spec(f"{CONV}, {{linear: $classes}}", loss="", more="params: {classes: 10}\n"),
        spec(f"{CONV}, {{linear: 10}}", loss="{cross_entropy: , label_smoothing: 0.1}"),
    ],
)
def test_a_forgotten_flatten_is_told_and_mended(text: str) -> None:
    assert told(text) == ["NS2020"]
    (warning,) = [each for each in check("n.yaml", text=text) if each.code.number == "NS2020"]
    assert warning.fixes
    for fix in warning.fixes:
        assert not fix.sure
        assert told(fix.text) == []
        (output,) = api.loads(fix.text).graph.outputs.values()
        assert output.shape == (10,)


@pytest.mark.parametrize(
    "text",
    [
        spec(f"{CONV}, flatten, {{linear: 10}}"),
        spec(f"{CONV}, global_avg_pool, flatten, {{linear: 10}}"),
        spec("{conv: 10, kernel: 3, padding: 1}"),  # segmentation
        spec("{conv: 6, kernel: 5}, {linear: 10}", "[1, 28]", loss=""),  # of a sequence, and nothing tells of classes
        spec(f"{CONV}, {{linear: 10}}", loss="mse"),
        spec("{linear: 8}, {linear: 10}", "[6, 16]"),  # tokens
        spec(f"{CONV}, {{flatten, start_axis: 1}}, {{permute: [1, 0]}}, {{linear: 10}}"),  # patches as tokens
        spec(f"{CONV}, {{permute: [1, 2, 0]}}, {{linear: 10}}"),  # a map over channels
    ],
)
def test_a_linear_layer_that_is_meant_is_left_alone(text: str) -> None:
    assert told(text) == []


@pytest.mark.parametrize("name", api.zoo())
def test_no_network_of_the_zoo_is_told(name: str) -> None:
    assert not [each for each in api.review(api.load(name)) if each.code.number == "NS2020"]


def test_the_fix_of_a_lint_is_applied_when_it_is_chosen(netspec: Netspec) -> None:
    text = spec(f"{CONV}, {{max_pool: 2}}, {{linear: 10}}", "[1, 8, 8]")
    Path("n.yaml").write_text(text)
    code, out, _ = netspec("check", "n.yaml")
    assert (code, "error[NS0804]: digits has 10 classes" in out) == (1, True)  # and the lint says what mends it
    assert "fix 1: `flatten` before it" in out
    assert "`netspec check --fix=N` applies the fix of that number" in out
    netspec("check", "--fix", "n.yaml")
    assert Path("n.yaml").read_text() == text
    assert netspec("check", "--fix=1", "n.yaml")[0] == 0
    assert "{max_pool: 2}, flatten, {linear: 10}" in Path("n.yaml").read_text()
    assert netspec("check", "n.yaml", "--strict", "--ignore", "NS2020")[0] in (0, 1)
