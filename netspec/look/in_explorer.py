"""Pictures of the layers for the page of `explore`: kernels, and maps of an image, as many as a page has room for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch

from netspec.driver.elaboration import refuse_detector
from netspec.driver.spec import Spec
from netspec.explorer.page import Shot
from netspec.look.drawing.bare import bare_tiles
from netspec.look.figures import Tiles
from netspec.look.maps import is_map, kept_maps
from netspec.look.method import Options
from netspec.look.methods.kernels import has_kernels, kernels_of
from netspec.look.methods.maps import maps_figure
from netspec.look.opened import Opened
from netspec.look.opening import open_network
from netspec.look.recording import recordable, recorded

MOST_BYTES = 6_000_000
"""The most bytes of all pictures of a page."""
_MAPS, _SIDE = 16, 64
"""The most maps of a picture, and of rows and columns of a map."""


@dataclass(frozen=True, slots=True)
class Pictured:
    """Pictures of layers.

    Attributes:
        shots: By the keys of the layers, in the order of execution.
        left_out: How many layers have none because the page has no room for them.
    """

    shots: dict[str, tuple[Shot, ...]]
    left_out: int


def pictured(spec: Spec | str | Path, image: str | Path, weights: str | Path | None = None, seed: int = 0) -> Pictured:
    """The pictures of a network's layers for an image.

    Args:
        spec: A spec, or the folder of a run, as `netspec.look_at` takes it.
        image: The image's file.
        weights: Trained weights, as for `netspec.load_weights`; without them, a spec's are random.
        seed: The seed of random weights.

    Raises:
        NetspecError: The spec, the weights or the image is wrong, or the network takes no images.
    """
    opened = open_network(spec, weights=weights, seed=seed)
    refuse_detector(opened.graph)
    found: dict[str, tuple[Shot, ...]] = {}
    left, left_out = MOST_BYTES, 0
    for key, tiles in _tiles(opened, Path(image)):
        shots = tuple(Shot(_caption(each), bare_tiles(each)) for each in tiles)
        size = sum(len(each.png) for each in shots)
        if size > left:
            left_out += 1
            continue
        left -= size
        found[key] = shots
    return Pictured(found, left_out)


def _tiles(opened: Opened, image: Path) -> Iterator[tuple[str, list[Tiles]]]:
    """The figures of each layer that has any."""
    seen = opened.see(image)
    keys = [key for key in recordable(opened) if is_map(opened, key)]
    with recorded(opened, keys, lambda _, value: kept_maps(value, _MAPS, _SIDE)) as found, torch.inference_mode():
        opened.module(seen.inputs)
    for key, node in opened.graph.nodes.items():
        made = []
        if key in found:
            made.append(maps_figure(opened, seen, key, found[key], Options(), many=False))
        if has_kernels(node) and not node.reuses:
            made.append(kernels_of(opened, node, Options()))
        if made:
            yield key, made


def _caption(shown: Tiles) -> str:
    what = shown.title.partition(": ")[2]
    if shown.scale is None:
        return f"{what}; {shown.subtitle}"
    middle = ", 0 in the middle" if shown.scale.signed else ""
    return f"{what}: {shown.scale.unit} from {shown.scale.low:.3g} to {shown.scale.high:.3g}{middle}"
