"""A cut of which one piece is read is a slice, and layers that go along a sequence are no heavier for its length."""

from __future__ import annotations

import pytest

from netspec import api
from netspec.diagnostics import NetspecError
from tests.lints.test_lints import HEAD, found


def test_a_slice_is_no_dead_branch() -> None:
    assert "dead-branch" not in found("input: [8, 6, 6]\nlayers: [{split: [2, 6]}, {conv: 4, kernel: 3}, relu]\n")
    several = "input: [8, 6, 6]\nlayers: [{split: [2, 2, 4], to: [a, b, c]}, {concat: [a, c]}, tanh]\n"
    assert "dead-branch" in found(several)


@pytest.mark.parametrize("kind", ["lstm", "gru", "rnn"])
def test_a_recurrence_is_not_heavy_for_what_it_is(kind: str) -> None:
    text = f"input: [50, 512]\nlayers: [{{{kind}: 1024}}, {{select: -1}}, {{linear: 10}}]\n"
    assert "heavy-layer" not in found(text)
    assert "heavy-layer" in found("input: [256, 32, 32]\nlayers: [flatten, {linear: 64}, relu, {linear: 10}]\n")


HELP = {
    "a sequence of another length": ("[8, 16]", "conv: 8, kernel: 3, stride: 2, padding: 1, name: b", "`{linear: 8}`"),
    "a sequence of other features": ("[8, 16]", "linear: 4, name: b", "`{linear: 4}` makes the first input [8, 4]"),
    "an image at a stride": ("[8, 4, 4]", "conv: 8, kernel: 3, stride: 2, padding: 1, name: b", "with stride 2"),
}


@pytest.mark.parametrize("name", HELP)
def test_what_makes_unequal_shapes_equal(name: str) -> None:
    shape, other, told = HELP[name]
    with pytest.raises(NetspecError) as caught:
        api.loads(f"{HEAD}input: {shape}\nlayers: [{{{other}}}, {{add: [input, b]}}]\n").graph  # noqa: B018
    [diagnostic] = caught.value.diagnostics
    assert diagnostic.help is not None
    assert told in diagnostic.help
    assert ("stride" in diagnostic.help) == (name == "an image at a stride")
