"""What training needs to know of a network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import nn

from netspec.diagnostics import Code, Diagnostic, NetspecError
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
    images, classes = tuple(raw.train.images.shape[1:]), raw.classes
    name, batch = recipe.data.key, recipe.data.batch_size
    learned = round(len(raw.train) * (1 - recipe.data.validation))
    problems: list[tuple[str, str | None]] = []
    if images != network.input_shape:
        help = f"write `input: {list(images)}`, or choose other data"
        problems.append((f"{name} has images of {_axes(images)}, the network takes {_axes(network.input_shape)}", help))
    if network.output_shape != (classes,):
        help = f"end the network with {classes} outputs"
        problems.append((f"{name} has {classes} classes, the network gives {_axes(network.output_shape)}", help))
    if batch > learned:
        problems.append((f"a batch of {batch:,} is larger than the {learned:,} images to train on", None))
    if problems:
        place = span(("data",))
        raise NetspecError([Diagnostic(Code.DATA_MISMATCH, text, place, help=help) for text, help in problems])


def _axes(shape: tuple[int, ...]) -> str:
    return f"[{', '.join(map(str, shape))}]"
