"""The networks of torchvision that those of the zoo are named after."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from netspec import api
from netspec.interop.matching import match
from tests.alike import DETECTORS

try:
    import torch
    from torchvision import models
except ModuleNotFoundError:
    models = None


IN_ANOTHER_ORDER = {"swin_t"}
"""Networks whose authors list a module before one that runs earlier."""


@cache
def in_torchvision() -> dict[str, str]:
    """The zoo's networks that torchvision has, with torchvision's names for them; none where it is not installed."""
    sources = {name: api.load(name).document.weights.source or "" for name in api.zoo()}
    found = {name: text.removeprefix("torchvision:") for name, text in sources.items() if "torchvision:" in text}
    return found if models else {}


def original(name: str, **options: Any) -> Any:
    """Torchvision's network of a name of the zoo, with weights that nobody has trained."""
    if name in ("fcn_resnet50", "deeplabv3_resnet50", "lraspp_mobilenet_v3_large", *DETECTORS):
        options["weights_backbone"] = None
    if name in ("googlenet_bn", "inception_v3"):
        options["init_weights"] = False  # says so, which keeps it from warning
    if name.startswith("regnet"):  # works its widths out with tensors
        with torch.device("cpu"):
            return models.get_model(in_torchvision()[name], weights=None, **options).to("meta")
    return models.get_model(in_torchvision()[name], weights=None, **options)


def in_our_names(name: str, state: Mapping[str, Any]) -> dict[str, Any]:
    """Tensors of torchvision's network by our names of them, in torchvision's order."""
    spec = api.load(name)
    ours = {origin: key for key, origin in _alone(spec, tuple(state)).items()}
    return {ours[key]: tensor for key, tensor in state.items()}


def _alone(spec: api.Spec, theirs: tuple[str, ...]) -> dict[str, str]:
    weights = spec.document.weights
    return match(tuple(spec.graph.state_dict), theirs, weights, str(weights.source)).alone


def documented(name: str) -> dict[str, Any]:
    """What torchvision documents of its trained weights: `num_params`, and `_ops`, billions of multiply-accumulates."""
    return dict(next(iter(models.get_model_weights(in_torchvision()[name]))).meta)
