"""What a detector makes of an image before it finds boxes: the levels of its pyramid, and the anchors on each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from netspec.analysis.footprint import Footprint
from netspec.driver.spec import elaborate
from netspec.driver.timing import check_fits
from netspec.look.figures import Array
from netspec.look.opened import Opened, Seen
from netspec.recipe.tasks import axes


@dataclass(frozen=True, slots=True)
class Level:
    """A level of a pyramid.

    Attributes:
        maps: What it holds for the image and its padding, [C, H, W].
        anchors: Left, top, right and bottom of its anchors, in pixels of the image as the detector sees it:
            [H, W, anchors of a position, 4].
    """

    maps: Tensor
    anchors: Array

    @property
    def positions(self) -> str:
        """Its height and width, as ``24x24``."""
        return "{}x{}".format(*self.maps.shape[1:])

    @property
    def stride(self) -> float:
        """Pixels from one position to the next; those across, of a level with one column those down."""
        centres = self.anchors[:, :, 0].reshape(*self.anchors.shape[:2], 2, 2).mean(2)
        if centres.shape[1] > 1:
            return float(centres[0, 1, 0] - centres[0, 0, 0])
        return float(centres[1, 0, 1] - centres[0, 0, 1]) if len(centres) > 1 else float("nan")


@dataclass(frozen=True, slots=True)
class Pyramid:
    """The levels that a detector has of an image.

    Attributes:
        image: The image as the detector sees it, without padding and in its own colours, uint8 [H, W, 3].
        padded: Height and width with the padding.
        levels: The levels, the finest first.
    """

    image: Array
    padded: tuple[int, int]
    levels: Sequence[Level]


def pyramid(opened: Opened, seen: Seen) -> Pyramid:
    """The levels of a detector for an image.

    Raises:
        NetspecError: NS0913: the image is larger than this machine's memory allows.
    """
    _check_fits(opened, seen)
    module: Any = opened.module
    with torch.inference_mode():
        images, _ = module.transform(list(seen.inputs))
        features = list(module.backbone(images.tensors).values())
        generator = module.anchor_generator if hasattr(module, "anchor_generator") else module.rpn.anchor_generator
        (anchors,) = generator(images, features)
    numbers = generator.num_anchors_per_location()
    sizes = [(*each.shape[-2:], number) for each, number in zip(features, numbers, strict=True)]
    parts = anchors.cpu().split([height * width * number for height, width, number in sizes])
    height, width = images.image_sizes[0]
    resized = torch.nn.functional.interpolate(seen.inputs.cpu(), (height, width), mode="bilinear", antialias=True)
    return Pyramid(
        (resized[0].permute(1, 2, 0).clamp(0, 1) * 255).round().to(torch.uint8).numpy(),
        tuple(images.tensors.shape[-2:]),
        [
            Level(maps[0].float().cpu(), part.view(*size, 4).float().numpy())
            for maps, part, size in zip(features, parts, sizes, strict=True)
        ],
    )


def over(image: Array, values: Array, padded: tuple[int, int]) -> Array:
    """Numbers [h, w] of a level as many as the image has pixels: each at all pixels that it stands for.

    Args:
        image: Without padding, [H, W, 3].
        values: Of the image with its padding.
        padded: Its height and width.
    """
    rows = np.arange(image.shape[0]) * values.shape[0] // padded[0]
    columns = np.arange(image.shape[1]) * values.shape[1] // padded[1]
    found: Array = values[np.ix_(rows, columns)]
    return found


def _check_fits(opened: Opened, seen: Seen) -> None:
    """Make sure that the network fits into memory for an image, in the size in which the detector sees it."""
    detection = opened.graph.detection
    assert detection is not None
    channels, height, width = seen.inputs.shape[1:]
    size = detection.kind.seen(height, width)
    name, taken = next(iter(opened.graph.inputs.items()))
    if size is not None and size != taken.shape[1:]:
        graph = elaborate(opened.spec, {name: (channels, *size)})
        what = f"`{seen.name}`, which the detector sees as {axes((channels, *size))},"
        check_fits(Footprint(graph).layers_peak, what, "lower `min_size` and `max_size` of the `detector`")
