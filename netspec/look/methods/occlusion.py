"""What the score loses where a patch of the image is covered."""

from __future__ import annotations

from torch import Tensor

from netspec.look.attributed import Attribution
from netspec.look.attribution import Score, occlusion
from netspec.look.method import Method, Options
from netspec.look.opened import Opened

_PATCHES = 8
"""Patches beside each other along each axis; as many again lie between them."""


def _window(opened: Opened) -> tuple[int, int]:
    """Height and width of what is covered."""
    height, width = opened.input_shape[1:]
    return -(-height // _PATCHES), -(-width // _PATCHES)


def _maps(opened: Opened, score: Score, images: Tensor, options: Options) -> Tensor:
    height, width = _window(opened)
    stride = max(1, height // 2), max(1, width // 2)
    return occlusion(score, images, (height, width), stride, images.mean((0, 2, 3)).view(-1, 1, 1))[:, 0]


OCCLUSION = Attribution(
    "occlusion",
    "Occlusion",
    "Occlusion",
    "fall of the score",
    _maps,
    lambda opened, options: "the score's fall under a patch of {}x{} pixels of the mean colour".format(
        *_window(opened)
    ),
)

METHOD = Method(
    "what the score loses where a patch of the image is covered",
    OCCLUSION.figures,
    image=True,
    target=True,
    unasked=False,
)
