"""Networks and recipes for the tests of training."""

import pytest
from torch import nn

from netspec.diagnostics import NetspecError
from netspec.recipe.recipe import read_recipe
from netspec.training.network import Network
from netspec.training.run import train


def digits_net():
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(256, 32), nn.ReLU(),
        nn.Linear(32, 10),
    )  # fmt: skip


def lenet():
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.Tanh(), nn.AvgPool2d(2), nn.Conv2d(6, 16, 5), nn.Tanh(), nn.AvgPool2d(2),
        nn.Flatten(), nn.Linear(400, 120), nn.Tanh(), nn.Linear(120, 84), nn.Tanh(), nn.Linear(84, 10),
    )  # fmt: skip


def network(build=digits_net, input_shape=(1, 8, 8), output_shape=(10,)):
    return Network("net", build, input_shape, output_shape, "netspec: 1\n")


def recipe(epochs=2, **changes):
    data = {
        "data": {"digits": None, "batch_size": 32},
        "loss": "cross_entropy",
        "optimizer": {"adamw": 3e-3},
        "schedule": {"one_cycle": 1e-2},
        "epochs": epochs,
        **changes,
    }
    return read_recipe(data)


def refused(code, *arguments, **options):
    """The messages and helps of the diagnostics by which `train` refuses its arguments; all are of that code."""
    with pytest.raises(NetspecError) as caught:
        train(*arguments, **options)
    assert {d.code for d in caught.value.diagnostics} == {code}
    return " ".join(f"{d.message} {d.help}" for d in caught.value.diagnostics)
