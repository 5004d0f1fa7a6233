"""The published figures of the zoo's networks."""

import pytest

from netspec import api

FIGURES = {
    "lenet": (61_706, 416_520),
    "keras_cnn": (24_147, 7_531_776),
    "mlp": (2_904_074, 2_904_032),
    "alexnet": (60_965_224, 724_406_816),
    "vgg16": (138_357_544, 15_470_264_320),
    "googlenet": (6_998_552, 1_582_671_872),
    "resnet18": (11_689_512, 1_814_073_344),
    "resnet50": (25_557_032, 4_089_184_256),
    "resnet101": (44_549_160, 7_801_405_440),
    "mobilenet_v2": (3_504_872, 300_774_272),
}


@pytest.mark.parametrize("name", FIGURES)
def test_parameters_and_macs(name):
    found = api.analyze(api.load(name))
    assert (found.weights.inference.params, found.work.total) == FIGURES[name]


def test_googlenet_with_its_auxiliary_heads():
    assert api.analyze(api.load("googlenet")).weights.total.params == 13_378_280


def test_lenet_s_units():
    units = api.analyze(api.load("lenet")).units
    assert (units.total_units, units.hidden_units) == (8_094, 8_084)
