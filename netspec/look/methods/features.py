"""The last features in the plane of their two principal components, coloured by class."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from netspec.look.features import FEWEST, Plane, features_in_plane
from netspec.look.figures import Figure
from netspec.look.method import Method, Options
from netspec.look.opened import Opened, Seen


def _look(opened: Opened, images: Sequence[Seen], options: Options) -> Iterator[Figure]:
    yield features_in_plane(opened, images, options, "features", _principal)


def _principal(features: Tensor, seed: int) -> Plane:
    """The projection on the two axes along which features vary most; each points to where its largest weight is."""
    centred = features.double() - features.double().mean(0)
    values, axes = torch.linalg.svd(centred, full_matrices=False)[1:]
    axes = torch.cat([axes, axes.new_zeros(2, axes.shape[1])])[:2]
    shares = torch.cat([values.square() / values.square().sum().clamp(min=1e-300), values.new_zeros(2)])[:2]
    largest = axes.gather(1, axes.abs().argmax(1, keepdim=True))
    axes = axes * torch.where(largest < 0, -1.0, 1.0)
    one, two = (f"{share:.0%} of the variance" for share in shares.tolist())
    names = f"first component, {one}", f"second component, {two}"
    return Plane((centred @ axes.T).numpy(), names, "by their principal components")


def _fits(opened: Opened, images: Sequence[Seen]) -> str:
    enough = len(images) >= FEWEST or opened.recipe is not None
    return "" if enough else f"needs {FEWEST} images or more, or the data of a run"


METHOD = Method("the last features in the plane of their principal components, by class", _look, fits=_fits)
