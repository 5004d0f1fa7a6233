"""The patches of images that excite a unit most, each cut out by the unit's receptive field.

After Zeiler and Fergus, "Visualizing and understanding convolutional networks", 2014, figure 2.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from netspec.analysis.receptive import Extents
from netspec.analysis.seen_input import Seen as Sight
from netspec.diagnostics import Code, NetspecError
from netspec.look.figures import Array, Figure, Tiles
from netspec.look.maps import is_map
from netspec.look.method import Method, Options
from netspec.look.opened import Opened, Seen
from netspec.look.recording import recordable, recorded
from netspec.look.stems import stem

_PATCHES = 9
_UNITS = 4
"""Units that are shown where none is asked for: those that are excited most."""
_EXAMPLES = 1000
"""The most images of the data that are searched."""
_BATCH = 16
_BEYOND = 127
"""The grey of what lies beyond an image's border."""


def _look(opened: Opened, images: Sequence[Seen], options: Options) -> Iterator[Figure]:
    """A figure for each layer that is asked for, or for the last one whose units see a part of an image."""
    asked = [node.key for node in options.nodes(opened)]
    inputs, _, of = opened.batch(images, _EXAMPLES, fewest=_PATCHES)
    keys = [key for key in asked if _spans(opened, key)]
    if asked and not keys:
        message = f"the units of `{options.layers[0]}` see no window of the image: all of it, or what is not known"
        raise NetspecError.of(Code.DATA_MISMATCH, message)
    for key in keys or _chosen(opened):
        yield _figure(opened, key, inputs, of, options)


def _figure(opened: Opened, key: str, inputs: Tensor, of: str, options: Options) -> Tiles:
    there = opened.graph.nodes[key].outputs[0].shape[0]
    if options.unit is not None and options.unit >= there:
        expected = f"a number from 0 to {there - 1}"
        raise NetspecError.of(Code.DATA_MISMATCH, f"`{key}` has no unit {options.unit}", expected=expected)
    each = -(-_PATCHES // len(inputs))
    values, places = _excited(opened, key, inputs, each)
    flat = values.permute(2, 0, 1).flatten(1)  # [units, images x each]
    if options.unit is None:
        units = flat.max(1).values.topk(min(_UNITS, there)).indices.tolist()
    else:
        units = [options.unit]
    # Where an image is small beside the field, it has no nine places that are apart.
    count = min(_PATCHES, *(int((flat[unit] > -torch.inf).sum()) for unit in units))
    found: list[Array] = []
    labels: list[str] = []
    for unit in units:
        best = flat[unit].topk(max(1, count))
        for value, index in zip(best.values.tolist(), best.indices.tolist(), strict=True):
            image, number = divmod(index, each)
            row, column = divmod(int(places[image, number, unit]), opened.graph.nodes[key].outputs[0].shape[2])
            found.append(_patch(opened, key, inputs[image], (row, column)))
            labels.append(f"{value:.3g}" if np.isfinite(value) else "not finite")
    size = max(patch.shape[0] for patch in found), max(patch.shape[1] for patch in found)
    tiles = np.stack([_filled(patch, size) for patch in found])
    what = f"unit {units[0]}" if options.unit is not None else f"the {len(units)} units that are excited most"
    columns = len(found) // len(units)
    field = f"each unit sees {size[0]}x{size[1]} pixels; grey is beyond the border"
    return Tiles(
        name=f"patches-{stem(key)}" + ("" if options.unit is None else f"-unit-{options.unit}"),
        title=f"{key}: what excites {what}",
        subtitle=f"of {of}, with the activation; {field}" + ("; a row for each unit" if len(units) > 1 else ""),
        tiles=tiles,
        labels=labels,
        columns=columns if len(units) > 1 else None,
        rows=[str(unit) for unit in units] if len(units) > 1 else (),
        facts={"layer": key, "units": units, "field": list(size), "of": of},
    )


def _excited(opened: Opened, key: str, inputs: Tensor, each: int) -> tuple[Tensor, Tensor]:
    """The largest values of each unit in each image and their places, both [images, each, units].

    A place is a number in rows of the map. Of several in an image, each is at least half a field from the others.
    """
    spans = _spans(opened, key)
    assert spans is not None
    steps = [max(1, round(sight.size / (2 * float(sight.stride or 1)))) if sight else 1 for sight in spans]

    def take(_: str, value: Tensor) -> tuple[Tensor, Tensor]:
        left = value.detach().float().cpu().clone()
        height, width = left.shape[2:]
        found = []
        for _number in range(each):
            best = left.flatten(2).max(2)
            found.append((best.values, best.indices))
            if each > 1:
                rows, columns = best.indices // width, best.indices % width
                far = (torch.arange(height)[:, None] - rows[..., None, None]).abs() >= steps[0]
                far = far | ((torch.arange(width) - columns[..., None, None]).abs() >= steps[1])
                left = torch.where(far, left, -torch.inf)
        return torch.stack([value for value, _ in found], 1), torch.stack([place for _, place in found], 1)

    pieces = []
    for few in inputs.split(_BATCH):
        with recorded(opened, [key], take) as found, torch.inference_mode():
            opened.module(few)
        pieces.append(found[key])
    return torch.cat([values for values, _ in pieces]), torch.cat([places for _, places in pieces])


def _patch(opened: Opened, key: str, inputs: Tensor, place: tuple[int, int]) -> Array:
    """The part of an input [C, H, W] that the element at a place of a map sees, grey where that is beyond it."""
    spans = _spans(opened, key)
    assert spans is not None
    image = opened.picture(inputs)
    windows = [
        (0, size - 1) if sight is None else sight.span(at) or (0, 0)
        for sight, at, size in zip(spans, place, image.shape[:2], strict=True)
    ]
    (top, bottom), (left, right) = windows
    whole = np.full((bottom - top + 1, right - left + 1, 3), _BEYOND, np.uint8)
    rows, columns = slice(max(top, 0), bottom + 1), slice(max(left, 0), right + 1)
    part = image[rows, columns]
    down, across = max(-top, 0), max(-left, 0)
    whole[down : down + part.shape[0], across : across + part.shape[1]] = part
    return whole


def _filled(patch: Array, size: tuple[int, int]) -> Array:
    """A patch brought to a size: elements of a map may see windows of different sizes."""
    whole = np.full((*size, 3), _BEYOND, np.uint8)
    whole[: patch.shape[0], : patch.shape[1]] = patch
    return whole


def _spans(opened: Opened, key: str) -> tuple[Sight | None, Sight | None] | None:
    """The windows along both axes, None for the whole axis; None where they are not known, or it is no map."""
    extents: Extents = opened.analysis.receptive.extents[key]
    if not is_map(opened, key) or extents is None or len(extents) != 2 or "unknown" in extents:
        return None
    one, other = (each if isinstance(each, Sight) else None for each in extents)
    return one, other


def _chosen(opened: Opened) -> list[str]:
    """The last layer without weights whose units see at most two thirds of the image; else any that sees a window."""
    shape = opened.input_shape
    found = []
    for key in recordable(opened):
        spans = _spans(opened, key) or (None,)
        if all(sight and 3 * sight.size <= 2 * size for sight, size in zip(spans, shape[1:], strict=False)):
            found.append(key)
    acting = [key for key in found if not opened.graph.nodes[key].weights or opened.graph.nodes[key].activation]
    return (acting or found or [key for key in recordable(opened) if _spans(opened, key)])[-1:]


def _fits(opened: Opened, images: Sequence[Seen]) -> str:
    if not any(_spans(opened, key) for key in opened.graph.nodes):
        return "needs a layer whose units see a window of the image"
    return "" if images or opened.recipe is not None else "needs an image, or the data of a run"


METHOD = Method("the nine image patches that excite a unit most, cut out by its receptive field", _look, fits=_fits)
