"""torchvision's weights are ours, both ways round, and give torchvision's outputs bit for bit."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from netspec.naming import class_name
from tests.backends.networks import inputs_of, meta, random_state, source, zoo

models = pytest.importorskip("torchvision").models

NETWORKS = ("resnet18", "resnet50", "mobilenet_v2", "vgg16")


def from_text(name: str) -> nn.Module:
    """The network of a built file's text, run as a file is."""
    namespace: dict[str, Any] = {"__name__": "built"}
    exec(source(name), namespace)
    with torch.device("meta"):
        network = namespace[class_name(name)]()
    assert isinstance(network, nn.Module)
    return network


@pytest.mark.parametrize("make", [meta, from_text], ids=["live", "source"])
@pytest.mark.parametrize("name", NETWORKS)
def test_weights_and_outputs_are_torchvisions(name: str, make: Any) -> None:
    with torch.device("meta"):
        reference = models.get_model(name, weights=None)
    weights = random_state(reference)
    ours = make(name)
    reference.load_state_dict(weights, strict=True, assign=True)
    ours.load_state_dict(reference.state_dict(), strict=True, assign=True)
    inputs = inputs_of(zoo(name), 2)
    with torch.no_grad():
        wanted = reference.eval()(*inputs)
        assert torch.isfinite(wanted).all()
        assert wanted.std(dim=0).max() > 0
        assert torch.equal(ours.eval()(*inputs), wanted)

    back = random_state(ours, seed=2)
    ours.load_state_dict(back, strict=True, assign=True)
    reference.load_state_dict(ours.state_dict(), strict=True, assign=True)
    with torch.no_grad():
        assert not torch.equal(reference(*inputs), wanted)
        assert torch.equal(ours(*inputs), reference(*inputs))
