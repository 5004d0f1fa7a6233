"""The feature maps of layers for an image, one scale a layer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from netspec.diagnostics import Code, NetspecError
from netspec.look.figures import Figure, Scale, Tiles
from netspec.look.maps import is_map, kept_maps
from netspec.look.method import Method, Options
from netspec.look.opened import Opened, Seen
from netspec.look.recording import recordable, recorded
from netspec.look.stems import stem

_MAPS = 64
"""The most maps of a figure."""
_SIDE = 256
"""The most rows and columns of a map that is kept; larger ones are averaged down to it."""
_WHOLE = 1024
"""The like, of a single map that is asked for."""


def _look(opened: Opened, images: Sequence[Seen], options: Options) -> Iterator[Figure]:
    """A figure for each layer and image: the layers that are asked for, or the last one of each size."""
    asked = [node.key for node in options.nodes(opened)]
    keys = [key for key in asked if is_map(opened, key)]
    if asked and not keys:
        raise NetspecError.of(Code.DATA_MISMATCH, f"`{options.layers[0]}` gives no maps: its output has no extent")
    if len(asked) > 1:
        keys = [key for key in keys if key in set(recordable(opened))]
    keys = keys or _last_of_each_size(opened)
    for seen in images:
        with recorded(opened, keys, lambda key, value: _kept(key, value, options)) as found, torch.inference_mode():
            opened.module(seen.inputs)
        for key in keys:
            yield maps_figure(opened, seen, key, found[key], options, many=len(images) > 1)


def maps_figure(
    opened: Opened, seen: Seen, key: str, kept: tuple[Tensor, int], options: Options, *, many: bool
) -> Tiles:
    """The figure of the maps that were kept of a layer, and of how many there are."""
    maps, there = kept
    shape = opened.graph.nodes[key].outputs[0].shape
    if options.unit is not None:
        what = f"map {options.unit} of {there:,}"
    else:
        what = f"{there:,} maps" if len(maps) == there else f"{len(maps):,} of {there:,} maps"
    tiles = maps.numpy()
    return Tiles(
        name=f"maps-{stem(key)}" + (f"-{seen.stem}" if many else ""),
        title=f"{key}: {what} of {shape[1]}x{shape[2]}",
        subtitle=f"for {seen.name}",
        tiles=tiles,
        scale=Scale.of(tiles, "activation"),
        facts={"layer": key, "shown": len(maps), "of": there},
    )


def _kept(key: str, value: Tensor, options: Options) -> tuple[Tensor, int]:
    """The maps of a figure, and how many there are; of a single one that is asked for, all of its numbers."""
    there = value.shape[1]
    if options.unit is None:
        return kept_maps(value, _MAPS, _SIDE)
    if options.unit >= there:
        expected = f"a number from 0 to {there - 1}"
        raise NetspecError.of(Code.DATA_MISMATCH, f"`{key}` has no map {options.unit}", expected=expected)
    return kept_maps(value[:, options.unit : options.unit + 1], 1, _WHOLE)[0], there


def _last_of_each_size(opened: Opened) -> list[str]:
    """The last layer of each height and width, which papers call a stage."""
    last: dict[tuple[int, ...], str] = {}
    for key in recordable(opened):
        if is_map(opened, key):
            last[opened.graph.nodes[key].outputs[0].shape[1:]] = key
    return list(last.values())


def _fits(opened: Opened, images: Sequence[Seen]) -> str:
    return "" if any(is_map(opened, key) for key in opened.graph.nodes) else "needs a network with maps"


METHOD = Method("the feature maps of the last layer of each size, or of --layer", _look, image=True, fits=_fits)
