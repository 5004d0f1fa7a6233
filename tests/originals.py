"""The networks of torchvision that those of the zoo are named after."""

from __future__ import annotations

from functools import cache
from typing import Any

from netspec import api
from tests.alike import DETECTORS

try:
    from torchvision import models
except ModuleNotFoundError:
    models = None


@cache
def in_torchvision() -> dict[str, str]:
    """The zoo's networks that torchvision has, with torchvision's names for them; none where it is not installed."""
    sources = {name: api.load(name).document.weights.source or "" for name in api.zoo()}
    found = {name: text.removeprefix("torchvision:") for name, text in sources.items() if "torchvision:" in text}
    return found if models else {}


def original(name: str, **options: Any) -> Any:
    """Torchvision's network of a name of the zoo, with weights that nobody has trained."""
    if name in ("fcn_resnet50", *DETECTORS):
        options["weights_backbone"] = None
    if name == "googlenet_bn":
        options["init_weights"] = False  # says so, which keeps it from warning
    return models.get_model(in_torchvision()[name], weights=None, **options)


def documented(name: str) -> dict[str, Any]:
    """What torchvision documents of its trained weights: `num_params`, and `_ops`, billions of multiply-accumulates."""
    return dict(next(iter(models.get_model_weights(in_torchvision()[name]))).meta)
