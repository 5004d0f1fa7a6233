"""The score's rise from a black image to this one, split among its pixels."""

from __future__ import annotations

import torch
from torch import Tensor

from netspec.look.attributed import Attribution
from netspec.look.attribution import Score, integrated_gradients
from netspec.look.method import Method, Options
from netspec.look.opened import Opened

_STEPS = 64


def _maps(opened: Opened, score: Score, images: Tensor, options: Options) -> Tensor:
    """A pixel's share is the sum of its channels', so that the pixels add up to the rise."""
    inputs = opened.images.inputs
    shift, scale = (torch.tensor(values).view(-1, 1, 1).to(images) for values in (inputs.shift, inputs.scale))
    return integrated_gradients(score, images, -shift / scale, _STEPS).sum(1)


INTEGRATED_GRADIENTS = Attribution(
    "integrated_gradients",
    "Integrated gradients",
    "Integr. gr.",
    "share of the score",
    _maps,
    lambda opened, options: f"the rise of the score from a black image to this one, in {_STEPS} steps, by pixel",
    clipped=True,
)

METHOD = Method(
    "the score's rise from a black image, split among the pixels",
    INTEGRATED_GRADIENTS.figures,
    image=True,
    target=True,
    unasked=False,
)
