"""Networks whose originals are not torchvision's: the same names, and the same outputs bit for bit."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import nn

from tests.backends.networks import inputs_of, meta, random_state, small, zoo


def mobilenet_v1() -> nn.Module:
    network = pytest.importorskip("timm").create_model("mobilenetv1_100")
    assert isinstance(network, nn.Module)
    return network


def dcgan_generator() -> nn.Module:
    """The generator as PyTorch's DCGAN example has it, with maps of 64 times 8, 4, 2, 1."""
    layers: list[nn.Module] = [nn.ConvTranspose2d(100, 512, 4, 1, 0, bias=False), nn.BatchNorm2d(512), nn.ReLU(True)]
    for channels in (512, 256, 128):
        layers.append(nn.ConvTranspose2d(channels, channels // 2, 4, 2, 1, bias=False))
        layers += [nn.BatchNorm2d(channels // 2), nn.ReLU(True)]
    layers += [nn.ConvTranspose2d(64, 3, 4, 2, 1, bias=False), nn.Tanh()]
    network = nn.Module()
    network.main = nn.Sequential(*layers)
    network.forward = network.main.forward  # type: ignore[method-assign]
    return network


@pytest.mark.parametrize("make", [mobilenet_v1, dcgan_generator], ids=lambda make: make.__name__)
def test_weights_and_outputs_are_the_originals(make: Callable[[], nn.Module]) -> None:
    name = make.__name__
    with torch.device("meta"):
        reference = make()
    ours = meta(name)
    reference.load_state_dict(random_state(reference), strict=True, assign=True)
    assert list(ours.state_dict()) == list(reference.state_dict())
    ours.load_state_dict(reference.state_dict(), strict=True, assign=True)
    inputs = inputs_of(small(name), 2)
    with torch.no_grad():
        wanted = reference.eval()(*inputs)
        assert wanted.std(dim=0).max() > 0
        assert torch.equal(ours.eval()(*inputs), wanted)
    assert tuple(wanted.shape[1:]) == zoo(name).graph.outputs["output"].shape
