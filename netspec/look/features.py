"""The last features of a network for many images, and their places in the plane."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from netspec.diagnostics import Code, NetspecError
from netspec.look.figures import Array, Points
from netspec.look.method import Options
from netspec.look.opened import Opened, Seen
from netspec.look.recording import recordable, recorded

FEWEST = 3
"""The fewest images whose places in the plane tell anything."""
_EXAMPLES = 500
_BATCH = 64
_NUMBERS = 4096
"""The most features of an image: maps that have more are averaged over their places."""


@dataclass(frozen=True, slots=True)
class Plane:
    """Points in the plane.

    Attributes:
        points: [N, 2].
        axes: The meanings of both axes.
        how: The way in which they were found.
    """

    points: Array
    axes: tuple[str, str]
    how: str


def features_in_plane(
    opened: Opened,
    images: Sequence[Seen],
    options: Options,
    name: str,
    plane: Callable[[Tensor, int], Plane],
) -> Points:
    """The figure of features in the plane, coloured by class.

    Args:
        opened: The network.
        images: Those that were given; the data's where they are too few.
        options: `layers` names another layer than that before the last with weights.
        name: The figure's name.
        plane: Gives points for features [N, D] and a seed.
    """
    inputs, targets, of = opened.batch(images if len(images) >= FEWEST else (), _EXAMPLES)
    key = _layer(opened, options)
    pieces: list[Tensor] = []
    answers: list[Tensor] = []
    for few in inputs.split(_BATCH):
        with recorded(opened, [key], lambda _, value: _flat(value)) as found, torch.inference_mode():
            answers.append(opened.answer(few).cpu())
        pieces.append(found[key])
    features, outputs = torch.cat(pieces), torch.cat(answers)
    whole = features.isfinite().all(1)
    features, outputs = features[whole], outputs[whole]
    if len(features) < FEWEST:
        raise NetspecError.of(Code.DATA_MISMATCH, f"`{name}` needs three images or more with finite features")
    made = plane(features, options.seed)
    groups, said = _groups(opened, outputs, None if targets is None else targets.cpu()[whole])
    left_out = int((~whole).sum())
    note = f"; {left_out:,} with features that are not finite are left out" if left_out else ""
    return Points(
        name=name,
        title=f"{key}: {features.shape[1]:,} features of {len(features):,} images, {made.how}",
        subtitle=f"of {of}{said}{note}",
        points=made.points,
        groups=groups,
        names=_names(opened, groups) if said else (),
        axes=made.axes,
        facts={"layer": key, "images": len(features), "features": features.shape[1], "axes": list(made.axes)},
    )


def _groups(opened: Opened, outputs: Tensor, targets: Tensor | None) -> tuple[Array, str]:
    if targets is not None:
        return targets.numpy(), ", coloured by their class"
    if opened.gives_classes:
        return opened.scores(outputs).argmax(1).numpy(), ", coloured by the likeliest class"
    return np.zeros(len(outputs), np.int64), ""


def _names(opened: Opened, groups: Array) -> list[str]:
    count = int(groups.max()) + 1
    return [opened.class_name(at) for at in range(count)]


def _layer(opened: Opened, options: Options) -> str:
    """The layer that is asked for; or the one whose values the last layer with weights reads."""
    there = recordable(opened)
    if asked := [node.key for node in options.nodes(opened)]:
        return next((key for key in asked if key in there), asked[0])
    nodes = opened.graph.nodes
    heavy = [key for key in there if nodes[key].weights and len(nodes[key].inputs) == 1]
    read = nodes[heavy[-1]].inputs[0].key if heavy else there[-1]
    while read in nodes and read not in there and nodes[read].inputs:
        read = nodes[read].inputs[0].key
    return read if read in there else there[-1]


def _flat(value: Tensor) -> Tensor:
    """Features [N, D] on the CPU."""
    value = value.detach().float()
    if value.ndim > 2 and value[0].numel() > _NUMBERS:
        value = value.flatten(2).mean(2)
    return value.flatten(1).cpu().clone()
