"""Networks of the zoo that have the same kinds of layers, so that a slow test of kinds can take one of them."""

from __future__ import annotations

import os

from netspec import api

LIKE = {
    **dict.fromkeys(("convnext_small", "convnext_base", "convnext_large"), "convnext_tiny"),
    **dict.fromkeys(("resnet101", "resnet152", "wide_resnet50_2"), "resnet50"),
    **dict.fromkeys(("vgg11", "vgg13", "vgg16", "vgg16c", "vgg19", "vgg11_bn", "vgg13_bn", "vgg19_bn"), "vgg16_bn"),
    **dict.fromkeys(("efficientnet_b1", "efficientnet_b2", "efficientnet_b3", "efficientnet_b4"), "efficientnet_b0"),
    **dict.fromkeys(("efficientnet_b6", "efficientnet_b7"), "efficientnet_b5"),
    "fcn_resnet50": "deeplabv3_resnet50",
    "mobilenet_v3_large": "mobilenet_v3_small",
    "resnet34": "resnet18",
    "squeezenet1_1": "squeezenet1_0",
}
"""A network, and the one whose layers have all of its kinds."""


DETECTORS = (
    "fasterrcnn_resnet50_fpn",
    "fcos_resnet50_fpn",
    "retinanet_resnet50_fpn",
    "shapes_detector",
    "ssd300_vgg16",
    "ssdlite320_mobilenet_v3_large",
)
"""The zoo's detectors, which take no tensors of one shape: `tests/detectors` runs them."""

LENGTHS = ("lstm_classifier",)
"""The zoo's networks that read the lengths of padded sequences from a batch, which the meta device does not have."""


def tensor_networks() -> list[str]:
    """The zoo's networks that take tensors and give tensors."""
    return [name for name in api.zoo() if name not in DETECTORS]


def kinds(name: str) -> set[tuple[object, ...]]:
    """The kinds of a network's layers: the layer, the options that are given, the ranks of its inputs."""
    return {
        (node.layer.op, frozenset(node.layer.model_fields_set), tuple(map(len, node.input_shapes)))
        for node in api.load(name).graph.nodes.values()
    }


def networks() -> list[str]:
    """The zoo's networks, one of those that are alike; all of them where more examples are asked for."""
    return [name for name in tensor_networks() if name not in LIKE or "NETSPEC_EXAMPLES" in os.environ]


def with_detectors() -> list[str]:
    """`networks`, and the zoo's detectors."""
    return [*networks(), *DETECTORS]
