"""The zoo: every network has the size, the cost and the weight names of the one it is named after."""

from __future__ import annotations

from functools import cache

import pytest

from netspec import api

SIZES = {
    "alexnet": (60_965_224, 724_406_816),
    "convnext_base": (88_591_464, 15_354_729_472),
    "convnext_large": (197_767_336, 34_361_433_600),
    "convnext_small": (50_223_688, 8_683_712_256),
    "convnext_tiny": (28_589_128, 4_455_531_264),
    "googlenet": (13_378_280, 1_582_671_872),
    "keras_cnn": (24_147, None),
    "lenet": (61_706, 416_520),
    "lenet5_1998": (60_000, None),
    "lenet_1989": (9_760, None),
    "lenet_digits": (None, None),
    "mlp": (2_904_074, 2_904_032),
    "mobilenet_v2": (3_504_872, 300_774_272),
    "mobilenet_v3_large": (5_483_032, 216_589_760),
    "mobilenet_v3_small": (2_542_856, 56_510_400),
    "resnet18": (11_689_512, 1_814_073_344),
    "resnet50": (25_557_032, 4_089_184_256),
    "resnet101": (44_549_160, 7_801_405_440),
    "vgg16": (138_357_544, 15_470_264_320),
    "vit_b_16": (86_567_656, 17_563_828_224),
}
"""Parameters and multiply-accumulates; None where nobody has published a figure."""

TORCHVISION = (
    *("convnext_tiny", "convnext_small", "convnext_base", "convnext_large"),
    *("mobilenet_v2", "mobilenet_v3_large", "mobilenet_v3_small"),
    *("resnet18", "resnet50", "resnet101", "vgg16", "vit_b_16"),
)
"""Networks that bear torchvision's names."""


@cache
def analysis(name: str) -> api.Analysis:
    return api.analyze(api.load(name))


def test_every_network_is_listed() -> None:
    assert sorted(SIZES) == api.zoo()


@pytest.mark.parametrize("name", SIZES)
def test_sizes(name: str) -> None:
    params, macs = SIZES[name]
    found = analysis(name)
    summed = sum(weight.numel for weight in found.graph.state_dict.values() if not weight.buffer)
    assert found.weights.total.params == summed
    assert params in (summed, None)
    assert macs in (found.work.total, None)


def test_googlenet_without_its_auxiliary_heads() -> None:
    found = analysis("googlenet")
    assert found.weights.inference.params == 6_998_552
    assert set(found.graph.side_outputs) == {"auxiliary1", "auxiliary2"}
    assert [value.shape for value in found.graph.side_outputs.values()] == [(1000,), (1000,)]


@pytest.mark.parametrize("name", SIZES)
def test_the_spec_is_named_and_documented(name: str) -> None:
    document = api.load(name).document
    assert document.name == name
    assert document.doc
    assert document.references or name in ("keras_cnn", "mlp")


@pytest.mark.parametrize("name", TORCHVISION)
def test_weights_are_torchvisions(name: str) -> None:
    torch = pytest.importorskip("torch")
    models = pytest.importorskip("torchvision").models
    with torch.device("meta"):
        reference = models.get_model(name, weights=None).state_dict()
    found = {key: weight.shape for key, weight in analysis(name).graph.state_dict.items()}
    assert list(found.items()) == [(key, tuple(tensor.shape)) for key, tensor in reference.items()]
