"""The randomisation check: maps of images under weights made random, layer by layer, and how alike they stay."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

import torch
from torch import Tensor

from netspec.look.attributed import Attribution
from netspec.look.attribution.randomised import cascade
from netspec.look.attribution.similarity import rank_correlation, structural_similarity
from netspec.look.filtering import compiled
from netspec.look.method import Options
from netspec.look.methods.grad_cam import GRAD_CAM
from netspec.look.methods.grad_cam import refusal as no_maps
from netspec.look.methods.guided_backprop import GUIDED_BACKPROP
from netspec.look.methods.guided_backprop import refusal as no_relu
from netspec.look.methods.saliency import SALIENCY
from netspec.look.opened import Opened


@dataclass(frozen=True, slots=True)
class Step:
    """The maps [N, H, W] of some images by method, once weights are random back to a layer; None for none yet."""

    layer: str | None
    maps: dict[str, Tensor]


def attributions(opened: Opened) -> list[Attribution]:
    """The methods that are compared, of those that fit the network."""
    guided = [] if no_relu(opened, ()) else [GUIDED_BACKPROP]
    return [SALIENCY, *guided, *([] if no_maps(opened, ()) else [GRAD_CAM])]


def steps(opened: Opened, images: Tensor, targets: Sequence[int], options: Options) -> Iterator[Step]:
    """The maps of images [N, C, H, W] for a class each: of the network, then with one more part of it made random."""
    fresh = compiled(opened.spec, None, options.seed + 1).to(opened.device)
    yield Step(None, _maps(opened, images, targets, options))
    for layer, module in cascade(opened.graph, opened.module, fresh):
        yield Step(layer, _maps(replace(opened, module=module), images, targets, options))


def _maps(opened: Opened, images: Tensor, targets: Sequence[int], options: Options) -> dict[str, Tensor]:
    """Maps [N, H, W] by method. Images of one class go through the network together."""
    found = {each.name: torch.empty(len(images), *images.shape[2:]) for each in attributions(opened)}
    for target in set(targets):
        rows = [row for row, own in enumerate(targets) if own == target]
        for each in attributions(opened):
            found[each.name][rows] = each.maps(opened, opened.score(target), images[rows], options).float().cpu()
    return found


def likeness(first: Tensor, second: Tensor) -> tuple[float | None, float | None]:
    """Rank correlation and SSIM of maps [N, H, W], the means of those that have one; None where none has."""
    pairs = list(zip(first, second, strict=True))
    found = [[measure(*pair) for pair in pairs] for measure in (rank_correlation, structural_similarity)]
    ranks, structure = ([value for value in each if value is not None] for each in found)
    return fmean(ranks) if ranks else None, fmean(structure) if structure else None
