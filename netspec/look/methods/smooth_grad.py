"""The gradient's mean over noisy copies of an image."""

from __future__ import annotations

from netspec.look.attributed import Attribution, largest
from netspec.look.attribution import smooth_grad
from netspec.look.method import Method

_SAMPLES, _NOISE = 50, 0.15

SMOOTH_GRAD = Attribution(
    "smooth_grad",
    "SmoothGrad",
    "SmoothGrad",
    "|mean gradient|",
    lambda opened, score, images, options: largest(smooth_grad(score, images, _SAMPLES, _NOISE, options.seed)),
    lambda opened, options: f"the mean of {_SAMPLES} gradients under noise of {_NOISE:.0%} of the image's range",
    clipped=True,
)

METHOD = Method(
    f"the mean of {_SAMPLES} gradients under noise", SMOOTH_GRAD.figures, image=True, target=True, unasked=False
)
