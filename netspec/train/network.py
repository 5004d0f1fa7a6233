"""What training needs to know of a network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import nn

from netspec.diagnostics import Code, Diagnostic, NetspecError
from netspec.train.data import DataSet
from netspec.train.findings import Spans
from netspec.train.recipe import Recipe
from netspec.train.samples import RawData


@dataclass(frozen=True, slots=True)
class Network:
    """A network to train.

    Attributes:
        name: The run's folder is called after it.
        build: Makes the module, with weights drawn from torch's own generator; called after that is seeded.
        input_shape: Of one image, [channels, height, width].
        output_shape: Of the answer to one image, [classes].
        text: The spec as it was resolved, for the run's folder.
        macs: Multiply-accumulates of one image forward, side branches included; None where it is unknown.
    """

    name: str
    build: Callable[[], nn.Module]
    input_shape: tuple[int, ...]
    output_shape: tuple[int, ...]
    text: str
    macs: int | None = None

    def macs_per_step(self, recipe: Recipe) -> int | None:
        """Multiply-accumulates of one batch forward."""
        return None if self.macs is None else self.macs * recipe.data.batch_size


def check_fit(network: Network, raw: RawData, recipe: Recipe, span: Spans) -> None:
    """Make sure that the data fit the network and the recipe the data.

    Raises:
        NetspecError: NS0804, a diagnostic for everything that does not fit.
    """
    read, classes = tuple(raw.train.images.shape[1:]), raw.classes
    images = recipe.data.shape(read)
    name, batch = recipe.data.key, recipe.data.batch_size
    learned = round(len(raw.train) * (1 - recipe.data.validation))
    problems: list[tuple[str, str | None]] = []
    if images != network.input_shape:
        given = f"{name} gives" if images == read else f"{name}, resized and padded by the recipe, gives"
        help = _fit(read, network.input_shape, recipe.data)
        problems.append((f"{given} images of {_axes(images)}, the network takes {_axes(network.input_shape)}", help))
    if network.output_shape != (classes,):
        help = f"end the network with {classes} outputs"
        problems.append((f"{name} has {classes} classes, the network gives {_axes(network.output_shape)}", help))
    if batch > learned:
        problems.append((f"a batch of {batch:,} is larger than the {learned:,} images to train on", None))
    if problems:
        place = span(("data",))
        raise NetspecError([Diagnostic(Code.DATA_MISMATCH, text, place, help=help) for text, help in problems])


def _fit(read: tuple[int, ...], wanted: tuple[int, ...], data: DataSet) -> str:
    """What could be written for images of the shape `read` to have the shape `wanted`."""
    other = f"write `input: {list(data.shape(read))}`"
    if len(wanted) != len(read) or wanted[0] != read[0]:
        return f"{other}, or choose other data"
    size = data.resize or read[1:]
    missing = [there - here for there, here in zip(wanted[1:], size, strict=True)]
    inner = [there - 2 * pad for there, pad in zip(wanted[1:], data.pad, strict=True)]
    ways = []
    if all(pixels >= 0 and pixels % 2 == 0 for pixels in missing):
        ways.append(f"`pad: {_pixels([pixels // 2 for pixels in missing])}`")
    if all(pixels > 0 for pixels in inner):
        ways.append(f"`resize: {_pixels(inner)}`")
    ways = [f"write {' or '.join(ways)} at `data`"] if ways else []
    return ", or ".join([*ways, other])


def _pixels(pair: list[int]) -> str:
    """Two numbers as a recipe has them: as one where they are equal."""
    return str(pair[0]) if pair[0] == pair[1] else str(pair)


def _axes(shape: tuple[int, ...]) -> str:
    return f"[{', '.join(map(str, shape))}]"
