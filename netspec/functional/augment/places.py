"""The places to which changes of images move what is in them, by the same numbers."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from netspec.functional.augment.geometric import (
    crops_of,
    margins,
    random_boxes,
    random_maps,
    random_turns,
    rescaled,
)

Size = tuple[int, int]
"""Height and width."""

Place = Callable[[Tensor, Size], Tensor]
"""Of the numbers of an image, [K], and its size: the map of its places, [2, 3] float64.

It takes x and y, in pixels from the top left corner, to where they are then.
"""


def flip_places(draws: Tensor, size: Size, p: float, axis: int) -> Tensor:
    """As `geometric.flip`."""
    height, width = size
    if draws[0] >= p:
        return _scaled(1, 1)
    if axis == 3:
        return _scaled(-1, 1, width, 0)
    return _scaled(1, -1, 0, height)


def crop_places(
    draws: Tensor, size: Size, wanted: Size, padding: int, padding_mode: str
) -> Tensor:
    """As `geometric.crop`."""
    _, corners = crops_of(draws[None], size, wanted, padding)
    top, left = corners[0].tolist()
    return _scaled(1, 1, padding - left, padding - top)


def random_resized_crop_places(
    draws: Tensor,
    size: Size,
    wanted: Size,
    scale: tuple[float, float],
    ratio: tuple[float, float],
) -> Tensor:
    """As `geometric.random_resized_crop`."""
    top, left, height, width = random_boxes(draws[None], *size, scale, ratio)[
        0
    ].tolist()
    across, down = wanted[1] / width, wanted[0] / height
    return _scaled(across, down, -left * across, -top * down)


def affine_places(
    draws: Tensor,
    size: Size,
    degrees: float,
    translate: float,
    scale: tuple[float, float],
    shear: float,
) -> Tensor:
    """As `geometric.affine`."""
    maps = random_maps(draws[None], size, degrees, translate, scale, shear)
    return _forward(maps[0], size)


def rotate_places(draws: Tensor, size: Size, degrees: float) -> Tensor:
    """As `geometric.rotate`."""
    return _forward(random_turns(draws[None], degrees)[0], size)


def rescale_places(draws: Tensor, size: Size, scale: tuple[float, float]) -> Tensor:
    """As `geometric.rescale`."""
    height, width = rescaled(draws[None], size, scale)
    return _scaled(width / size[1], height / size[0])


def zoom_out_places(
    draws: Tensor, size: Size, scale: tuple[float, float], p: float
) -> Tensor:
    """As `geometric.zoom_out`."""
    left, top, *_ = margins(draws[None], size, scale, p)
    return _scaled(1, 1, left, top)


def _scaled(x: float, y: float, right: float = 0, down: float = 0) -> Tensor:
    """A map that stretches, then moves."""
    return torch.tensor([[x, 0, right], [0, y, down]], dtype=torch.float64)


def _forward(back: Tensor, size: Size) -> Tensor:
    """The map from an image to its result, of one from results to images, [2, 3].

    The latter counts from the middle, the former from the corner.
    """
    middle = torch.tensor([size[1] / 2, size[0] / 2], dtype=torch.float64)
    linear = torch.linalg.inv(back[:, :2].double())
    shift = middle - linear @ (middle + back[:, 2].double())
    return torch.cat([linear, shift[:, None]], 1)
