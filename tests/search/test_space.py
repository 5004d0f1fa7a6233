"""Axes of a search: what is read, what is refused, what a grid has, and where a value is set."""

from __future__ import annotations

import warnings
from typing import Any

import pytest

from netspec import api
from netspec.diagnostics import NetspecError
from netspec.search.space import MOST, Axis, grid_of, read_axis, settings_of
from netspec.search.values import distribution, size

SPEC = """
netspec: 1
name: net
params: {width: 8, depths: [1, 2, 3]}
input: [1, 8, 8]
layers:
  - {conv: $width, kernel: 3}
  - {conv: "$(depths[1])", kernel: 3}
train: {data: digits, loss: {cross_entropy: , label_smoothing: 0.1}, optimizer: {adamw: 2e-3}, epochs: 1}
"""


@pytest.mark.parametrize(
    ("text", "axis"),
    [
        ("width=8..64", Axis("width", 8, 64)),
        ("width=8..64:log", Axis("width", 8, 64, log=True)),
        ("width = 8..64:step=8", Axis("width", 8, 64, step=8)),
        ("lr=1e-4..1e-1:log:points=4", Axis("lr", 1e-4, 1e-1, log=True, points=4)),
        ("a.b=0.5..2", Axis("a.b", 0.5, 2)),
        ("x=-2..2.5", Axis("x", -2, 2.5)),
        ("act=relu,gelu", Axis("act", values=("relu", "gelu"))),
        ("on=true,false", Axis("on", values=(True, False))),
        ("on=true,1,'1'", Axis("on", values=(True, 1, "1"))),
        ("k=[1, [2, 3], null]", Axis("k", values=(1, [2, 3], None))),
    ],
)
def test_axes_are_read(text: str, axis: Axis) -> None:
    assert read_axis(text) == axis


@pytest.mark.parametrize(
    "text",
    [
        "",
        "width",
        "=8..64",
        "width=",
        "width=8",
        "width=64..8",
        "width=8..8",
        "width=8..64:cubic",
        "width=8..64:step=0",
        "width=8..64:log:step=2",
        "width=8..64:points=1",
        "width=0..64:log",
        "width=a..b",
        "width=1..inf",
        "width=nan..2",
        "width=1..1e300",
        "width=true..5",
        "width=[1",
        "width=[]",
        "width=1..2:points=" + "9" * 400,
        "width=1.." + "9" * 5000,
        "act=relu,relu",
        "p=0,0.5,0.0",
        "k=[[1, 2], [1, 2.0]]",
        "width=1..3:step=5",
    ],
)
def test_what_is_no_axis_is_refused(text: str) -> None:
    with pytest.raises(NetspecError) as caught:
        read_axis(text)
    assert caught.value.diagnostics[0].code.number in ("NS0704", "NS0101", "NS0102")


@pytest.mark.parametrize(
    ("text", "mended"),
    [("p=0.1..0.35:step=0.1", "p=0.1..0.3:step=0.1"), ("w=8..64:step=24", "w=8..56:step=24")],
)
def test_steps_end_at_the_highest_value(text: str, mended: str) -> None:
    with pytest.raises(NetspecError) as caught:
        read_axis(text)
    assert f"`{mended}`" in str(caught.value.diagnostics[0])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert size(distribution(read_axis(mended))) == 3


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("w=2..5", [2, 3, 4, 5]),
        ("w=8..56:step=24", [8, 32, 56]),
        ("w=8..64:log:points=4", [8, 16, 32, 64]),
        ("w=1..3:points=9", [1, 2, 3]),
        ("x=0.5..1.5:step=0.5", [0.5, 1.0, 1.5]),
        ("x=0.1..1.0:points=2", [0.1, 1.0]),
        ("act=relu,gelu", ["relu", "gelu"]),
    ],
)
def test_a_grid_has_the_values_of_an_axis(text: str, values: list[Any]) -> None:
    found = list(read_axis(text).grid())
    assert found == pytest.approx(values) if isinstance(values[0], float) else found == values


@pytest.mark.parametrize("text", ["metrics=[f1],[recall]", "metrics=f1,[recall"])
def test_what_is_no_yaml_is_told_at_the_axis(text: str) -> None:
    with pytest.raises(NetspecError) as caught:
        read_axis(text)
    (found,) = caught.value.diagnostics
    spans = [found.span, *(each.span for each in found.related)]
    assert {span.file for span in spans if span} == {"--over metrics"}


@pytest.mark.parametrize("text", ["x=0.5..1.5", "w=8..64:log", "w=1..1000000"])
def test_a_grid_needs_to_know_its_values(text: str) -> None:
    with pytest.raises(NetspecError, match="NS0704"):
        read_axis(text).grid()


def test_a_grid_is_bounded() -> None:
    axes = [read_axis(f"a{i}=1..10") for i in range(5)]
    with pytest.raises(NetspecError, match=f"at most {MOST:,}|100,000 points"):
        grid_of(axes)
    assert len(list(grid_of(axes[:3]))) == 1000


def test_values_are_set_where_the_spec_has_them() -> None:
    spec = api.loads(SPEC)
    point = {"width": 4, "depths.1": 5, "depths.2": 6, "train.optimizer.lr": 0.1, "train.loss.label_smoothing": 0.2}
    assert settings_of(spec, point) == {
        "width": 4,
        "depths": [1, 5, 6],
        "train.optimizer.lr": 0.1,
        "train.loss.label_smoothing": 0.2,
    }
    for own in ({"depths": [7, 8, 9], "depths.1": 5}, {"depths.1": 5, "depths": [7, 8, 9]}):
        assert settings_of(spec, own) == {"depths": [7, 5, 9]}
    changed = spec.changed(settings_of(spec, point))
    assert [node.layer.out for node in changed.graph.nodes.values()] == [4, 5]
    assert changed.document.train["optimizer"] == {"adamw": 0.1}


def test_an_item_beyond_a_list_is_no_setting() -> None:
    spec = api.loads(SPEC)
    with pytest.raises(NetspecError, match="NS0703"):
        spec.changed(settings_of(spec, {"depths.3": 5}))
