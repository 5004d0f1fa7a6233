"""The zoo's networks that torchvision or timm has are the originals' equals, to the last bit; of those alike, one."""

from __future__ import annotations

from typing import Any

import pytest

from netspec import api
from tests.alike import networks, tensor_networks

models = pytest.importorskip("torchvision").models

ORIGINALS = {name: source for name in tensor_networks() if (source := api.load(name).document.weights.source)}
"""Networks whose specs say where their weights are from."""

OF_THE_PAPERS = {"alexnet", "googlenet"}
"""Networks that differ from what torchvision calls so."""

OPTIONS: dict[str, dict[str, Any]] = {
    "vit_b_16": {"image_size": 64},
    "inception_v3": {"init_weights": False, "aux_logits": False},
}
"""What an original needs to be told: to take small images, not to draw weights that are drawn anew."""

PARAMS = {"inception_v3": {"aux": False}}
"""What a network of ours needs to be told for the same."""

IMAGE = (3, 64, 64)

INPUTS = {"inception_v3": (3, 96, 96), "r3d_18": (3, 4, 32, 32)}
"""Other inputs, where `IMAGE` does not fit."""

APART = {"swin_t": {"operations": "unknown"}}  # which places see each other is worked out in other ways
"""Checks of which numbers cannot say whether the networks agree; for all others there are none."""


@pytest.mark.parametrize("name", [name for name in networks() if name in ORIGINALS])
def test_the_network_is_the_original_s_equal(name: str) -> None:
    pytest.importorskip(ORIGINALS[name].partition(":")[0])
    spec, inputs = api.load(name, PARAMS.get(name)), {"input": INPUTS.get(name, IMAGE)}
    found = api.verify(spec, ORIGINALS[name], inputs=inputs, options=OPTIONS.get(name))
    apart = {check.name: check.status for check in found.checks if check.status != "equal"}
    assert apart == APART.get(name, {})
    assert {"parameters", "MACs", "tensors", "outputs", "gradients", "training outputs"} <= {
        c.name for c in found.checks
    }
    assert found["outputs"].relative == found["gradients"].relative == 0
    renamed = {names.original for names in api.load(name).document.weights.names}
    assert found.names == (ORIGINALS[name] if ORIGINALS[name] in renamed else None)


def test_every_network_that_torchvision_has_names_it() -> None:
    for name in set(tensor_networks()) & set(models.list_models()) - OF_THE_PAPERS:
        assert ORIGINALS[name] == f"torchvision:{name}"
    assert {"alexnet_torchvision", "googlenet_bn", "mobilenet_v1", "fcn_resnet50", "swin_t"} <= set(ORIGINALS)
