"""Torchvision's weights are ours, both ways round, and give torchvision's outputs bit for bit, and its gradients."""

from __future__ import annotations

import os
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from netspec import api
from netspec.program.naming import class_name
from tests.alike import DETECTORS
from tests.backends.networks import inputs_of, meta, random_state, small, source
from tests.originals import IN_ANOTHER_ORDER, in_our_names, in_torchvision, original

pytest.importorskip("torchvision")

SMALL = ("lraspp_mobilenet_v3_large", "mobilenet_v2", "resnet18", "shufflenet_v2_x1_0", "squeezenet1_0", "swin_t")
"""Networks that run here; `netspec verify`, which tests/interop holds to its word, compares every one."""

IN_TEXT = ("mobilenet_v2", "resnet18")
"""Networks whose built files are run as files too; the live modules are the same text."""


def from_text(name: str) -> nn.Module:
    """The network of a built file's text, run as a file is."""
    namespace: dict[str, Any] = {"__name__": "built"}
    exec(source(name), namespace)
    with torch.device("meta"):
        network = namespace[class_name(name)]()
    assert isinstance(network, nn.Module)
    return network


def pair(name: str, make: Any) -> tuple[nn.Module, nn.Module, list[Tensor]]:
    """Ours and torchvision's network, which share their weights, and inputs for two examples."""
    with torch.device("meta"):
        reference = original(name, **({"image_size": 64} if name.startswith("vit") else {}))
    ours = make(name)
    reference.load_state_dict(random_state(reference), strict=True, assign=True)
    ours.load_state_dict(in_our_names(name, reference.state_dict()), strict=True, assign=True)
    return ours.eval(), reference.eval(), inputs_of(small(name), 2)


def networks() -> list[str]:
    """The zoo's networks that torchvision has, and that take tensors."""
    return [name for name in in_torchvision() if name not in DETECTORS]


def compiled(name: str) -> nn.Module:
    """The network for small images."""
    return api.compile(small(name), device="meta")


def scores(network: nn.Module, inputs: list[Tensor]) -> Tensor:
    """The output; segmentation networks of torchvision give it in a dict."""
    output = network(*inputs)
    return output["out"] if isinstance(output, dict) else output


def gradients(network: nn.Module, inputs: list[Tensor]) -> dict[str, Tensor]:
    output = scores(network, inputs)
    loss = (output * torch.randn(output.shape, generator=torch.Generator().manual_seed(3))).sum()
    parameters = dict(network.named_parameters())
    found = torch.autograd.grad(loss, list(parameters.values()), allow_unused=True)
    return {name: grad for name, grad in zip(parameters, found, strict=True) if grad is not None}


@pytest.mark.parametrize("name", networks() if "NETSPEC_EXAMPLES" in os.environ else SMALL)
def test_outputs_and_gradients_are_torchvisions(name: str) -> None:
    ours, reference, inputs = pair(name, compiled)
    named = in_our_names(name, reference.state_dict())
    order = sorted if name in IN_ANOTHER_ORDER else list
    assert order(ours.state_dict()) == order(named)
    for key, tensor in named.items():
        assert ours.state_dict()[key].data_ptr() == tensor.data_ptr()
    with torch.no_grad():
        wanted = scores(reference, inputs)
        assert torch.isfinite(wanted).all()
        assert wanted.std(dim=0).max() > 0, "the output tells nothing of the input"
        assert torch.equal(scores(ours, inputs), wanted)

    made, wanted_gradients = gradients(ours, inputs), in_our_names(name, gradients(reference, inputs))
    assert order(made) == order(wanted_gradients)
    unreached = {key for key, _ in ours.named_parameters()} - made.keys()
    assert all(key.lower().startswith("aux") for key in unreached)
    for key, gradient in wanted_gradients.items():
        assert torch.isfinite(gradient).all()
        assert (made[key] - gradient).abs().max() <= 1e-5 * gradient.abs().max()


@pytest.mark.parametrize("make", [meta, from_text], ids=["live", "source"])
@pytest.mark.parametrize("name", IN_TEXT)
def test_weights_go_both_ways(name: str, make: Any) -> None:
    ours, reference, inputs = pair(name, make)
    with torch.no_grad():
        before = reference(*inputs)
        assert torch.equal(ours(*inputs), before)
        back = random_state(ours, seed=2)
        ours.load_state_dict(back, strict=True, assign=True)
        reference.load_state_dict(ours.state_dict(), strict=True, assign=True)
        assert not torch.equal(reference(*inputs), before)
        assert torch.equal(ours(*inputs), reference(*inputs))
