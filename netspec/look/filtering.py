"""A network as an image filter: an image of any size goes in, an image comes out. Needs torch."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from netspec import api
from netspec.diagnostics import Code, NetspecError
from netspec.diagnostics.arguments import typed
from netspec.driver.live import compile
from netspec.driver.recipes import memory
from netspec.driver.spec import Spec, given
from netspec.driver.timing import check_fits
from netspec.files.reading import read_bounded
from netspec.files.run_folder import is_run
from netspec.functional.data.image_files import MOST_BYTES, Frame
from netspec.graph import Graph
from netspec.images.door import Unreadable
from netspec.recipe.data.decode import image_of, pixels
from netspec.recipe.tasks import axes
from netspec.shape import Shape
from netspec.training.judging.opened_run import pixel_figures

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True)
class Filtered:
    """An image, and what a network makes of it.

    Attributes:
        name: The network's.
        before: The image as it was read, float32 [C, H, W] from 0 to 1.
        after: The network's output, float32 [C', H', W'], 1 or 3 channels; 1 is as bright as a pixel can be.
        weights: The source of the weights; None where the network has none, or where they are random.
        params: The learned weights of the network.
        seed: The seed of random weights.
    """

    name: str
    before: Array
    after: Array
    weights: str | None
    params: int
    seed: int

    def npy(self) -> bytes:
        """The output's numbers as a file that `numpy.load` reads."""
        file = io.BytesIO()
        np.save(file, self.after, allow_pickle=False)
        return file.getvalue()


@dataclass(frozen=True, slots=True)
class _Units:
    """Pixels as a network was trained to take them: ``(brightest x - shift) / scale`` of a share x, by channel."""

    shift: Tensor
    scale: Tensor
    brightest: float

    def inside(self, shares: Tensor) -> Tensor:
        return (shares * self.brightest - self.shift) / self.scale

    def outside(self, output: Tensor) -> Tensor:
        """An output in the units of the input as shares, where it has as many channels."""
        if len(self.shift) not in (1, output.shape[-3]):
            return output
        return (output * self.scale + self.shift) / self.brightest


@typed
def apply(
    spec: Spec | str | Path,
    image: str | Path,
    *,
    weights: str | Path | None = None,
    seed: int = 0,
    **params: Any,
) -> Filtered:
    """The output of a network for an image, at the image's own size.

    Pixels are shares from 0 to 1, the network in evaluation mode. With the weights of a run, pixels are shifted and
    scaled as that run's were, and its output back again.

    Args:
        spec: A loaded spec, or an argument for `load`; one input and one output of 1 or 3 channels.
        image: An image file; a network of one channel sees it in gray, one of three in colours.
        weights: Trained weights, as for `load_weights`; without them those of the spec's initialisers.
        seed: Seed of random weights.
        params: Params and keys to set, as in `load`.

    Raises:
        NetspecError: The spec is wrong, takes no image of this size or does not give one. NS0902: the image cannot be
            read. NS0604: the weights do not fit. NS0913: the network needs more memory than there is for this image.
    """
    loaded = given(spec, params)
    name, channels = _only_input(loaded.graph)
    before = read_shares(Path(image), channels)
    inputs: dict[str, Shape] = {name: (channels, *before.shape[1:])}
    graph = api.elaborate(loaded, inputs)
    _check_output(graph)
    peak = memory(loaded, inputs=inputs).inference_peak
    check_fits(peak, f"an image of {before.shape[1]:,}x{before.shape[2]:,}", "make the image smaller first")
    network = compiled(loaded, weights, seed, inputs)
    units = _units(weights, channels)
    with torch.inference_mode():
        output = network(units.inside(torch.from_numpy(before)[None]))
        (found,) = output.values() if isinstance(output, dict) else (output,)
        after = units.outside(found.float())[0].numpy()
    counted = sum(parameter.numel() for parameter in network.parameters())
    return Filtered(loaded.name, before, after, str(weights) if weights is not None else None, counted, seed)


def read_shares(file: Path, channels: int) -> Array:
    """An image as float32 [C, H, W] from 0 to 1, turned as its EXIF says.

    Raises:
        NetspecError: NS0902: it is no image, is cut short, or its pixels have no range.
    """
    try:
        found = pixels(image_of(read_bounded(file, MOST_BYTES), channels), Frame())
    except Unreadable as error:
        raise NetspecError.of(Code.FILE_UNREADABLE, f"{file}: {error}") from None
    shares = found.astype(np.float32) / (255 if found.dtype == np.uint8 else 1)
    return np.array(np.broadcast_to(shares, (channels, *shares.shape[1:])), order="C")


def _only_input(graph: Graph) -> tuple[str, int]:
    """The name and the channels of a network's input."""
    (name, given), *others = graph.inputs.items()
    if others or len(given.shape) != 3 or given.shape[0] not in (1, 3):
        found = ", ".join(axes(each.shape) for each in graph.inputs.values())
        message = f"the network takes {found}; as a filter it takes one image of 1 channel or 3"
        raise NetspecError.of(Code.DATA_MISMATCH, message)
    return name, given.shape[0]


def _check_output(graph: Graph) -> None:
    """Refuse a network that gives no image."""
    (value, *others) = graph.outputs.values()
    if others or len(value.shape) != 3 or value.shape[0] not in (1, 3):
        found = ", ".join(axes(each.shape) for each in graph.outputs.values())
        message = f"the network gives {found}; a filter gives one image of 1 channel or 3"
        raise NetspecError.of(Code.DATA_MISMATCH, message)


def compiled(
    spec: Spec, weights: str | Path | None, seed: int, inputs: Mapping[str, Shape] | None = None
) -> torch.nn.Module:
    """A network in evaluation mode on the CPU, with trained weights or with random ones by a seed."""
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(seed)
        return compile(spec, "cpu", weights=weights, inputs=inputs).eval()


def _units(weights: str | Path | None, channels: int) -> _Units:
    """The units in which a network was trained; those of the file where the weights are of no run."""
    if weights is None or not is_run(Path(weights)):
        return _Units(torch.zeros(1, 1, 1), torch.ones(1, 1, 1), 1.0)
    *figures, brightest = pixel_figures(Path(weights), channels)
    shift, scale = (torch.tensor(values).view(-1, 1, 1) for values in figures)
    return _Units(shift, scale, brightest)
