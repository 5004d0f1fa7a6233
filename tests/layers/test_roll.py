"""Circular shifts."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from netspec.contract.calls import build
from netspec.layers import registry
from netspec.layers.base import Refusal


@pytest.mark.parametrize(
    "options",
    [
        {"shifts": 2, "axes": 0},
        {"shifts": -3, "axes": (1, 2)},
        {"shifts": (1, -2), "axes": (-1, 1)},
        {"shifts": (1, 2), "axes": (1, 1)},
    ],
)
def test_by_definition(options: dict[str, Any]) -> None:
    x = torch.rand(2, 3, 4, 5)
    axes = (options["axes"],) if isinstance(options["axes"], int) else options["axes"]
    shifts = (options["shifts"],) * len(axes) if isinstance(options["shifts"], int) else options["shifts"]
    expected = x
    for shift, axis in zip(shifts, axes, strict=True):
        n = x.shape[axis + 1 if axis >= 0 else axis]
        order = torch.tensor([(i - shift) % n for i in range(n)])
        expected = expected.index_select(axis + 1 if axis >= 0 else axis, order)
    assert torch.equal(build(registry()["roll"](**options).emit(((3, 4, 5),)), "cpu")(x), expected)


def test_undone_by_the_opposite() -> None:
    x = torch.rand(2, 3, 7, 7)
    there, back = (build(registry()["roll"](shifts=s, axes=(1, 2)).emit(((3, 7, 7),)), "cpu") for s in (-3, 3))
    assert torch.equal(back(there(x)), x)


@pytest.mark.parametrize(("shifts", "axes", "option"), [((1, 2), 1, "shifts"), (1, (), "axes"), (1, 3, "axes")])
def test_refusals(shifts: Any, axes: Any, option: str) -> None:
    with pytest.raises(Refusal) as caught:
        registry()["roll"](shifts=shifts, axes=axes).infer(((3, 4, 5),))
    assert caught.value.option == option
