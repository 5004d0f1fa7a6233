"""A way of looking at a network: what it needs, and the function that gives its figures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import torch

from netspec.analysis.explanation import named
from netspec.diagnostics import Code, NetspecError
from netspec.graph import Node
from netspec.look.figures import Figure
from netspec.look.opened import Opened, Seen


class Options:
    """What is asked of a method. It notes what is read of it, so that what a method passes over can be told of.

    Args:
        layers: Paths of layers or of blocks; a method chooses where there are none.
        unit: The number of a map, or of an output of a linear layer; None leaves it to the method.
        target: The number of a class; None takes the likeliest one of an image.
        seed: The seed of what is drawn at random.
    """

    def __init__(
        self, layers: tuple[str, ...] = (), unit: int | None = None, target: int | None = None, seed: int = 0
    ) -> None:
        self._layers, self._unit, self._target, self.seed = layers, unit, target, seed
        self._read: set[str] = set()

    @property
    def layers(self) -> tuple[str, ...]:
        """Paths of layers or of blocks."""
        self._read.add("layer")
        return self._layers

    @property
    def unit(self) -> int | None:
        """The number of a map, or of an output of a linear layer."""
        self._read.add("unit")
        return self._unit

    @property
    def target(self) -> int | None:
        """The number of a class."""
        self._read.add("class")
        return self._target

    @property
    def _asked(self) -> tuple[str, ...]:
        given = {"layer": bool(self._layers), "unit": self._unit is not None, "class": self._target is not None}
        return tuple(name for name, is_given in given.items() if is_given)

    @property
    def is_narrow(self) -> bool:
        """Whether a layer, a unit or a class is asked for."""
        return bool(self._asked)

    @property
    def passed_over(self) -> tuple[str, ...]:
        """What is asked for and was never read: ``layer``, ``unit``, ``class``."""
        return tuple(name for name in self._asked if name not in self._read)

    def at(self, layer: str) -> Options:
        """The same for one layer alone; what is read of it is read of these."""
        alone = Options((layer,), self._unit, self._target, self.seed)
        alone._read = self._read
        return alone

    def unread(self) -> Options:
        """The same for another method."""
        return Options(self._layers, self._unit, self._target, self.seed)

    def nodes(self, opened: Opened) -> list[Node]:
        """The calls of the layers that are asked for, in the order of the text; none where none is.

        Raises:
            NetspecError: NS0501: there is no such layer.
        """
        return [opened.graph.nodes[key] for path in self.layers for key in named(opened.graph, path)]

    def target_of(self, opened: Opened, seen: Seen) -> int:
        """The class that is asked for, or else the likeliest one of an image."""
        if self.target is not None:
            return self.target
        with torch.inference_mode():
            return int(opened.scores(opened.answer(seen.inputs))[0].argmax())


def _fits(opened: Opened, images: Sequence[Seen]) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Method:
    """A way of looking, which is one file of `netspec.look.methods` with its name, and a `METHOD` in it.

    Attributes:
        summary: What it shows, in a line.
        look: Gives the figures of a network for images, which it asks of the network one by one.
        image: Whether it needs an image.
        target: Whether it needs a network whose output is a vector of classes.
        data: Whether it needs the data of a run or of a recipe.
        detectors: Whether it is for detectors too, for them only, or not for them, which take lists of images.
        unasked: Whether it is shown where no method is named.
        fits: Gives the reason why it does not fit a network and images in another way; empty where it does.
    """

    summary: str
    look: Callable[[Opened, Sequence[Seen], Options], Iterable[Figure]]
    image: bool = False
    target: bool = False
    data: bool = False
    detectors: Literal["not", "too", "only"] = "not"
    unasked: bool = True
    fits: Callable[[Opened, Sequence[Seen]], str] = field(default=_fits)

    def refusal(self, opened: Opened, images: Sequence[Seen]) -> str:
        """What a network or the images lack for it, in words; empty where it can be shown."""
        if opened.graph.detection is None and self.detectors == "only":
            return "needs a detector"
        if opened.graph.detection is not None and self.detectors == "not":
            return "gives a network one tensor, and a detector takes lists of images"
        if self.image and not images:
            return "needs an image"
        if self.target and opened.outputs is None:
            return "needs a network that gives classes"
        if self.data and opened.recipe is None:
            return "needs the data of a run, or of a recipe"
        return self.fits(opened, images)

    def check(self, name: str, opened: Opened, images: Sequence[Seen]) -> None:
        """Make sure that it can be shown.

        Raises:
            NetspecError: NS0804: it cannot.
        """
        if reason := self.refusal(opened, images):
            raise NetspecError.of(Code.DATA_MISMATCH, f"`{name}` {reason}: `{opened.name}` cannot be shown so")
