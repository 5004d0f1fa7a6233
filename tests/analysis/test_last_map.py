"""The last map before a network's classes, on every zoo network that has classes."""

from __future__ import annotations

from typing import Any

import pytest

from netspec import api
from netspec.analysis.last_map import last_map
from tests.alike import tensor_networks

LAST_MAPS = {
    "alexnet": "max_pool3 256x6x6",
    "alexnet_torchvision": "avgpool 256x6x6",
    "audio_cnn": None,
    "convnext_base": "features.7.2.add1 1024x7x7",
    "convnext_large": "features.7.2.add1 1536x7x7",
    "convnext_small": "features.7.2.add1 768x7x7",
    "convnext_tiny": "features.7.2.add1 768x7x7",
    "densenet121": "relu1 1024x7x7",
    "efficientnet_b0": "features.8.2 1280x7x7",
    "efficientnet_b1": "features.8.2 1280x8x8",
    "efficientnet_b2": "features.8.2 1408x9x9",
    "efficientnet_b3": "features.8.2 1536x10x10",
    "efficientnet_b4": "features.8.2 1792x12x12",
    "efficientnet_b5": "features.8.2 2048x15x15",
    "efficientnet_b6": "features.8.2 2304x17x17",
    "efficientnet_b7": "features.8.2 2560x19x19",
    "googlenet": "inception_5b.concat1 1024x7x7",
    "googlenet_bn": "inception5b.concat1 1024x7x7",
    "inception_v3": "Mixed_7c.concat3 2048x8x8",
    "keras_cnn": "max_pool3 48x6x6",
    "lenet": "avg_pool2 16x5x5",
    "lenet5_1998": "S4 16x5x5",
    "lenet_1989": "H2 12x4x4",
    "lenet_digits": "max_pool2 32x2x2",
    "lstm_classifier": None,
    "mlp": None,
    "mnasnet1_0": "layers.16 1280x7x7",
    "mobilenet_v1": "blocks.4.1.relu62 1024x7x7",
    "mobilenet_v2": "features.18.2 1280x7x7",
    "mobilenet_v3_large": "features.16.2 960x7x7",
    "mobilenet_v3_small": "features.12.2 576x7x7",
    "r3d_18": None,
    "regnet_y_400mf": "trunk_output.block4.5.activation 440x7x7",
    "resnet101": "layer4.2.relu3 2048x7x7",
    "resnet152": "layer4.2.relu3 2048x7x7",
    "resnet18": "layer4.1.relu2 512x7x7",
    "resnet34": "layer4.2.relu2 512x7x7",
    "resnet50": "layer4.2.relu3 2048x7x7",
    "resnet9": "pair2.add1 512x4x4",
    "resnext50_32x4d": "layer4.2.relu3 2048x7x7",
    "shufflenet_v2_x1_0": "conv5.2 1024x7x7",
    "siamese": "encoder.10#2 256x6x6",
    "squeezenet1_0": "classifier.2 1000x13x13",
    "squeezenet1_1": "classifier.2 1000x13x13",
    "swin_t": "permute 768x7x7",
    "vgg11": "avgpool 512x7x7",
    "vgg11_bn": "avgpool 512x7x7",
    "vgg11_lrn": "avgpool 512x7x7",
    "vgg13": "avgpool 512x7x7",
    "vgg13_bn": "avgpool 512x7x7",
    "vgg16": "avgpool 512x7x7",
    "vgg16_bn": "avgpool 512x7x7",
    "vgg16c": "avgpool 512x7x7",
    "vgg19": "avgpool 512x7x7",
    "vgg19_bn": "avgpool 512x7x7",
    "vit_b_16": "conv_proj 768x14x14",
    "wide_resnet50_2": "layer4.2.relu3 2048x7x7",
}
"""By network the layer, and its channels, height and width; None for networks without a map."""


def found(spec: api.Spec) -> str | None:
    value = last_map(api.analyze(spec), "output")
    return value and f"{value.key} {'x'.join(map(str, value.shape))}"


def test_each_zoo_network_with_classes_has_a_row() -> None:
    """Those with one output, a vector."""
    outputs = {name: list(api.load(name).graph.outputs.values()) for name in tensor_networks()}
    assert {name for name, (value, *more) in outputs.items() if not more and len(value.shape) == 1} == set(LAST_MAPS)


@pytest.mark.parametrize("name", LAST_MAPS)
def test_the_last_map_of_a_zoo_network(name: str) -> None:
    assert found(api.load(name)) == LAST_MAPS[name]


def of_layers(*layers: Any, **rest: Any) -> str | None:
    return found(api.loads(f"netspec: 1\nname: net\ninput: [3, 8, 8]\nlayers: {[*layers]}"))


def test_a_map_of_one_position_is_none() -> None:
    assert of_layers({"conv": 4, "kernel": 3}, {"conv": 5, "kernel": 6}, "flatten") == "conv1 4x6x6"
    assert of_layers({"conv": 5, "kernel": 8}, "flatten") is None


def test_with_the_channels_last_there_is_no_map() -> None:
    assert of_layers({"conv": 4, "kernel": 3}, {"permute": [1, 2, 0]}, {"linear": 5}, "flatten") == "conv1 4x6x6"


def test_a_map_that_the_output_does_not_rest_on_is_none() -> None:
    text = """
netspec: 1
name: net
input: [3, 8, 8]
layers:
  - {conv: 4, kernel: 3, name: seen}
  - {flatten, name: flat}
  - {linear: 2, name: scores}
  - {conv: 6, kernel: 3, from: seen, name: beside}
outputs: {output: scores, map: beside}
"""
    assert found(api.loads(text)) == "seen 4x6x6"
