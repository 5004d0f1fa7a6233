"""Policies: for each image, changes drawn from a list of common ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from netspec.functional.augment.colours import (
    autocontrast,
    brightness,
    contrast,
    equalize,
    posterize,
    saturation,
    sharpness,
    solarize,
)
from netspec.functional.augment.resample import affine_maps, warped
from netspec.functional.augment.scene import Scene


class Option(NamedTuple):
    """One of the changes that a policy draws from.

    Attributes:
        name: The name of the change.
        reach: The amount at strength 1, for images of a height and width.
        signed: Whether the amount goes either way.
    """

    name: str
    reach: Callable[[int, int], float] = lambda height, width: 0.0
    signed: bool = True


MOVES = ("shear_x", "shear_y", "right", "down", "degrees")
"""Changes that are affine maps: all of a batch are done together."""

COLOURS: dict[str, Callable[[Tensor, Tensor, float], Tensor]] = {
    "autocontrast": autocontrast,
    "brightness": brightness,
    "contrast": contrast,
    "equalize": equalize,
    "posterize": posterize,
    "saturation": saturation,
    "sharpness": sharpness,
    "solarize": solarize,
}
"""Changes of colour."""

AMOUNTS: dict[str, Callable[[Tensor], Tensor]] = {
    "posterize": lambda value: 8 - value.round(),
    "solarize": lambda value: 1 - value,
}
"""Maps from an amount to the argument of its function; for others 1 is no change."""


def options_of(
    shear: float,
    move: Callable[[int], float],
    degrees: float,
    colour: float,
    bits: float,
) -> tuple[Option, ...]:
    """The changes of a policy, all equally likely; shear and turn are in degrees."""
    colours = ("brightness", "saturation", "contrast", "sharpness")
    return (
        Option("identity"),
        Option("autocontrast", signed=False),
        Option("equalize", signed=False),
        Option("shear_x", lambda height, width: shear),
        Option("shear_y", lambda height, width: shear),
        Option("right", lambda height, width: move(width)),
        Option("down", lambda height, width: move(height)),
        Option("degrees", lambda height, width: degrees),
        *(Option(name, lambda height, width: colour) for name in colours),
        Option("posterize", lambda height, width: bits, signed=False),
        Option("solarize", lambda height, width: 1.0, signed=False),
    )


def rand_augment(
    images: Tensor,
    targets: Tensor,
    draws: Tensor,
    scene: Scene,
    magnitude: float,
    num_ops: int,
) -> tuple[Tensor, Tensor]:
    """`num_ops` changes of one magnitude out of 30 (arXiv:1909.13719).

    The changes and their reach are torchvision's; 16.699 is the angle of tangent 0.3.
    """
    found = options_of(16.699, lambda size: 150 / 331 * size, 30.0, 0.9, 4.0)
    for start in range(0, 3 * num_ops, 3):
        which, how_much, sign = draws[:, start : start + 3].unbind(1)
        strength = torch.full_like(how_much, magnitude / 30)
        drawn = (which, strength, sign)
        images, targets = changed(images, targets, drawn, found, scene)
    return images, targets


def trivial_augment(
    images: Tensor, targets: Tensor, draws: Tensor, scene: Scene
) -> tuple[Tensor, Tensor]:
    """One change of a random strength (arXiv:2103.10158, its wide space).

    44.704 is the angle of tangent 0.99.
    """
    found = options_of(44.704, lambda size: 32.0, 135.0, 0.99, 6.0)
    which, how_much, sign = draws.unbind(1)
    drawn = (which, (how_much * 31).floor() / 30, sign)
    return changed(images, targets, drawn, found, scene)


def changed(
    images: Tensor,
    targets: Tensor,
    drawn: tuple[Tensor, Tensor, Tensor],
    found: tuple[Option, ...],
    scene: Scene,
) -> tuple[Tensor, Tensor]:
    """Images after one change each, and masks that are moved along.

    `drawn` holds uniform numbers that choose the change, strengths from 0 to 1, and
    uniform numbers that choose the sign, [B] each.
    """
    which, strength, sign = drawn
    images, (height, width) = images.float(), images.shape[2:]
    chosen, signs = (which * len(found)).long(), (sign < 0.5) * -2.0 + 1.0
    moves = {name: torch.zeros_like(strength) for name in MOVES}
    made = images.clone()
    for index, option in enumerate(found):
        rows = (chosen == index).nonzero().flatten()
        if option.name == "identity" or not len(rows):
            continue
        amount = strength[rows] * option.reach(height, width)
        amount = amount * signs[rows] if option.signed else amount
        if option.name in MOVES:
            moves[option.name][rows] = amount
            continue
        there = rows.to(images.device)
        taken = 1 + amount
        if option.name in AMOUNTS:
            taken = AMOUNTS[option.name](amount)
        made[there] = COLOURS[option.name](images[there], taken, scene.brightest)
    if not any(move.any() for move in moves.values()):
        return made, targets
    moves["right"], moves["down"] = moves["right"].round(), moves["down"].round()
    maps = affine_maps(**moves).to(images.device)
    still = torch.stack([move == 0 for move in moves.values()]).all(0)
    still = still.to(images.device).view(-1, 1, 1, 1)
    made = torch.where(still, made, warped(made, maps, 0.0, nearest=False))
    if targets.ndim == 3 and not targets.is_floating_point():
        mask = warped(targets[:, None], maps, scene.ignored, nearest=True)
        targets = mask[:, 0].to(targets.dtype)
    return made, targets
