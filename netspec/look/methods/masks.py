"""Masks over images of a segmentation; reconstructions beside their originals of an autoencoder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from netspec.look.figures import UNTINTED, Figure, Key, Panel, Panels, Scale
from netspec.look.method import Method, Options
from netspec.look.opened import Opened, Seen
from netspec.recipe.tasks.classification import Segmentation
from netspec.recipe.tasks.values import Autoencoding
from netspec.shape import Shape
from netspec.training.showing.pictures.of_predictions import tinted
from netspec.training.showing.pictures.palette import colour

_CLASSES = 256
"""The most classes that have colours."""
_LEAST_PLACES = 4
"""The fewest rows and columns of an output that is smaller than the image, which else is no mask to look at."""
_LISTED = 12
"""The most classes of a legend."""
_LEAST = 384
"""Pixels of the shorter side that an image is enlarged to before it is tinted, so that borders stay thin."""


def _look(opened: Opened, images: Sequence[Seen], options: Options) -> Iterator[Figure]:
    for seen in images:
        with torch.inference_mode():
            output = opened.answer(seen.inputs).float()
        yield _mask(opened, seen, output) if _is_mask(opened) else _reconstruction(opened, seen, output)


def _mask(opened: Opened, seen: Seen, output: Tensor) -> Panels:
    """The image, and the image with its classes over it."""
    scores = opened.scores(output)
    mask, count = scores.argmax(1)[0].cpu(), scores.shape[1]
    height, width = seen.pixels.shape[:2]
    factor = max(1, _LEAST // min(height, width))
    large = np.repeat(np.repeat(seen.pixels, factor, 0), factor, 1)
    whole = F.interpolate(mask[None, None].float(), large.shape[:2], mode="nearest-exact")[0, 0].long()
    shares = mask.flatten().bincount(minlength=count).double() / mask.numel()
    there = [label for label in shares.argsort(descending=True).tolist() if shares[label] > 0]
    legend: list[tuple[Key, str]] = [
        (colour(label) if label else UNTINTED, _named(opened, label, float(shares[label]))) for label in there
    ]
    if len(legend) > _LISTED:
        legend = [*legend[:_LISTED], (None, f"and {len(legend) - _LISTED} classes more")]
    own, size = tuple(mask.shape), seen.pixels.shape[:2]
    enlarged = "the output is {}x{}, enlarged to {}x{} by its nearest numbers".format(*own, *size)
    return Panels(
        name=f"masks-{seen.stem}",
        subtitle="" if own == size else enlarged,
        title=f"{seen.name}: {len(there):,} of {count:,} classes",
        panels=[Panel("the image", large), Panel("its mask", tinted(torch.from_numpy(large), whole).numpy())],
        legend=legend,
        facts={"image": seen.name, "shares": {opened.class_name(label): float(shares[label]) for label in there}},
    )


def _reconstruction(opened: Opened, seen: Seen, output: Tensor) -> Panels:
    """The image, what the network makes of it by the values that its outputs stand for, and their difference."""
    if opened.loss is not None:
        output = opened.loss.values(output)
    difference = (output - seen.inputs)[0].abs().mean(0).cpu().numpy()
    error = float((output - seen.inputs).square().mean())
    return Panels(
        name=f"masks-{seen.stem}",
        title=f"{seen.name}: the reconstruction",
        subtitle=f"mean squared error {error:.4g}, in units of the input",
        panels=[
            Panel("original", seen.pixels),
            Panel("reconstruction", opened.picture(output[0])),
            Panel("difference", None, difference),
        ],
        scale=Scale.of(difference, "mean |difference|"),
        columns=3,
        facts={"image": seen.name, "mse": error if np.isfinite(error) else None},
    )


def _named(opened: Opened, label: int, share: float) -> str:
    return f"{opened.class_name(label)} {share:.1%}"


def _is_mask(opened: Opened) -> bool:
    """Whether the output is a class for each pixel; else it is an image like the input."""
    if opened.task is not None:
        return opened.task == Segmentation.key
    return _output(opened) != opened.input_shape


def _output(opened: Opened) -> Shape:
    return opened.graph.outputs[opened.output].shape


def _fits(opened: Opened, images: Sequence[Seen]) -> str:
    shape, output = opened.input_shape, _output(opened)
    known = opened.task in (None, Segmentation.key, Autoencoding.key)
    if known and (output == shape or _fits_classes(output, shape, 2 if opened.told_by_one else output[0])):
        return ""
    return "needs a segmentation or an autoencoder, whose output is as large as the image or a part of it"


def _fits_classes(output: Shape, shape: Shape, classes: int) -> bool:
    """Whether an output can be scores of classes at places all over an image, as large as that or strided."""
    if len(output) != 3 or not 1 < classes <= _CLASSES:
        return False
    return all(_LEAST_PLACES <= own <= size for own, size in zip(output[1:], shape[1:], strict=True)) or (
        output[1:] == shape[1:]
    )


METHOD = Method("masks over images of a segmentation, reconstructions of an autoencoder", _look, image=True, fits=_fits)
