import os

import pytest

from netspec.recipe.data import DataSet
from netspec.recipe.data.digits import Digits
from netspec.recipe.data.mnist import Mnist
from netspec.recipe.recipe import read_recipe

RECIPE = {"loss": "cross_entropy", "optimizer": {"sgd": 0.1}, "epochs": 3}


@pytest.mark.parametrize(
    ("data", "shown"), [("mnist", 180_000), ({"mnist": None, "validation": 0.1}, 162_000), ("digits", 4_311)]
)
def test_examples_times_rounds(data, shown):
    assert read_recipe({**RECIPE, "data": data}).presentations() == shown


def test_the_digits_are_as_many_as_they_are_said_to_be():
    pytest.importorskip("sklearn")
    assert len(Digits().load().train.targets) == Digits.training_examples


@pytest.mark.skipif(not os.environ.get("NETSPEC_DATA"), reason="NETSPEC_DATA does not say where MNIST is")
def test_mnist_has_as_many_as_it_is_said_to_have():
    assert len(Mnist().load().train.targets) == Mnist.training_examples


def test_every_data_set_says_it_or_says_that_it_cannot():
    assert all(member.training_examples is None or member.training_examples > 0 for member in DataSet.members.values())
