"""Every network of the zoo that torchvision or timm has is the original's equal, to the last bit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from netspec import api

models = pytest.importorskip("torchvision").models

OTHER_NAMES = {"alexnet_torchvision": "torchvision:alexnet", "googlenet_bn": "torchvision:googlenet"}
"""Originals of networks whose names in the zoo are those of the papers' own, which torchvision's differ from."""

TIMM = {"mobilenet_v1": "timm:mobilenetv1_100"}
"""Networks that torchvision does not have, and timm does."""

OPTIONS: dict[str, dict[str, Any]] = {"vit_b_16": {"image_size": 64}}
"""What an original needs to be told to take small images."""

IMAGE = (3, 64, 64)


def originals() -> Iterator[tuple[str, str]]:
    """The zoo's networks with their originals: the source that the spec names, or torchvision's of that name."""
    taken = {original.partition(":")[2] for original in OTHER_NAMES.values()}
    for name in api.zoo():
        source = api.load(name).document.weights.source
        if source or name in {**OTHER_NAMES, **TIMM}:
            yield name, source or {**OTHER_NAMES, **TIMM}[name]
        elif name in models.list_models() and name not in taken:
            yield name, f"torchvision:{name}"


ORIGINALS = dict(originals())


@pytest.mark.parametrize("name", ORIGINALS)
def test_the_network_is_the_original_s_equal(name: str) -> None:
    pytest.importorskip(ORIGINALS[name].partition(":")[0])
    found = api.verify(name, ORIGINALS[name], inputs={"input": IMAGE}, options=OPTIONS.get(name))
    assert {check.name: check.status for check in found.checks if check.status != "equal"} == {}
    assert {"parameters", "MACs", "tensors", "outputs", "gradients", "training outputs"} <= {
        c.name for c in found.checks
    }
    assert found["outputs"].relative == found["gradients"].relative == 0
    assert found.names is None  # the original's names are the network's own


def test_the_list_is_not_empty() -> None:
    assert {"resnet18", "resnet50", "vgg16", "mobilenet_v2"} <= set(ORIGINALS)
