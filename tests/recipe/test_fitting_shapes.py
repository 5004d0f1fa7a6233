"""The changes by which images have the shape that a network takes."""

import pytest

from netspec.recipe.fitting_data import fitting_shape
from netspec.recipe.recipe import read_recipe


@pytest.mark.parametrize(
    ("data", "read", "wanted", "advice"),
    [
        (
            {"folder": "a"},
            (3, 28, 28),
            (1, 28, 28),
            "write `channels: 1` at `data`, which reads files in gray, or write `input: [3, 28, 28]`",
        ),
        (
            {"folder": "a", "channels": 1},
            (1, 28, 28),
            (3, 32, 32),
            "write `channels: 3` at `data`, which reads files in colours; "
            "and write `pad: 2` or `resize: 32` at `data`, or write `input: [3, 28, 28]`",
        ),
        ({"folder": "a"}, (3, 28, 28), (4, 28, 28), "write `input: [3, 28, 28]`, or choose other data"),
        ({"cifar10": None}, (3, 32, 32), (1, 32, 32), "write `input: [3, 32, 32]`, or choose other data"),
        ({"digits": None}, (1, 8, 8), (3, 8, 8), "write `input: [1, 8, 8]`, or choose other data"),
    ],
)
def test_what_is_advised_can_be_done(data, read, wanted, advice):
    written = {"data": data, "loss": "mse", "optimizer": {"sgd": 0.1}, "epochs": 1}
    assert fitting_shape(read, wanted, read_recipe(written).data) == advice
