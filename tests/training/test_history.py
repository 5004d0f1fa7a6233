"""LeCun's networks with the losses and pixels of their papers."""

import os

import pytest

from netspec import api
from netspec.driver.recipes import recipe_of
from netspec.recipe.recipe import read_recipe
from netspec.training.run import train
from netspec.training.spec import network_of

SMALL = {
    "lenet_1989": {"digits": None, "resize": 16, "batch_size": 32},
    "lenet5_1998": {"digits": None, "resize": 24, "pad": 4, "batch_size": 32},
}
"""The digits of scikit-learn in the networks' sizes; their own recipes need MNIST."""


def small(name, epochs):
    """A network and its own recipe, but for the data."""
    spec = api.load(name)
    pixels = spec.document.train["data"]["range"]
    recipe = read_recipe({**spec.document.train, "data": {**SMALL[name], "range": pixels}, "epochs": epochs})
    return network_of(spec, recipe), recipe


@pytest.mark.parametrize("name", SMALL)
def test_they_learn_the_digits(name, tmp_path):
    metrics = train(*small(name, 6), device="cpu", out=tmp_path).metrics
    assert metrics["test_accuracy"] > 0.93


@pytest.mark.parametrize("name", SMALL)
def test_a_run_can_be_repeated_to_the_bit(name, tmp_path):
    for run in "ab":
        train(*small(name, 1), device="cpu", out=tmp_path / run)
    for file in ("last.safetensors", "best.safetensors", "spec.yaml"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


@pytest.mark.skipif("NETSPEC_DATA" not in os.environ, reason="NETSPEC_DATA does not say where MNIST lies")
def test_one_epoch_of_mnist(tmp_path):
    spec = api.load("lenet_1989")
    recipe = recipe_of(spec, epochs=1)
    metrics = train(network_of(spec, recipe), recipe, device="cpu", out=tmp_path).metrics
    assert metrics["test_accuracy"] > 0.94
