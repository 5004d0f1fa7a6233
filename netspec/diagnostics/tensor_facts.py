"""Facts of the tensors that flow in: their shapes and types."""

from __future__ import annotations

from netspec.diagnostics.facts import Fact
from netspec.objects.immutable import immutable


@immutable
class WrongRank(Fact):
    """An input with a number of axes that is not accepted, the batch not counted.

    Attributes:
        rank: The number.
        least: The smallest that is accepted.
        most: The largest; None for any.
    """

    rank: int
    least: int
    most: int | None = None


@immutable
class TooSmall(Fact):
    """An input that is smaller than the window that slides over it.

    Attributes:
        sizes: Its spatial axes, with their padding.
        window: The kernel's extent along each.
    """

    sizes: tuple[int, ...]
    window: tuple[int, ...]


@immutable
class Mend:
    """The change that makes one of several inputs like the others: ``by`` ... the input ... ``into``."""

    input: int
    by: str
    into: str


@immutable
class Unequal(Fact):
    """Inputs whose shapes must agree but do not.

    Attributes:
        shapes: The shape of each.
        names: The name of each, if it has one.
        mend: The change that makes one like the others.
    """

    shapes: tuple[tuple[int, ...], ...]
    names: tuple[str, ...] = ()
    mend: Mend | None = None


@immutable
class WrongDtype(Fact):
    """An element type that a layer does not accept.

    Attributes:
        input: The input of the network that has it; empty if it comes from a layer.
        wanted: A type that the layer accepts.
    """

    input: str
    wanted: str
