"""How much each pixel moves the score: the gradient's size."""

from __future__ import annotations

from netspec.look.attributed import Attribution, largest
from netspec.look.attribution import saliency
from netspec.look.method import Method

SALIENCY = Attribution(
    "saliency",
    "Saliency",
    "Saliency",
    "|gradient|",
    lambda opened, score, images, options: largest(saliency(score, images)),
    lambda opened, options: "the largest slope of the score among a pixel's channels",
    clipped=True,
)

METHOD = Method("the pixels that the score moves with: the gradient's size", SALIENCY.figures, image=True, target=True)
