"""The construction of a detector's class: the parts of the network, put into a class of torchvision's."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.expr.identifiers import Identifier
from netspec.objects.immutable import immutable
from netspec.program.names import ModulePath, Target


@immutable
class Standing:
    """A part of the network as an argument, in a class of `netspec.nn.detection` that speaks torchvision's language.

    Attributes:
        path: The part's module.
        adapter: The class; without one, the module itself is the argument.
    """

    path: ModulePath
    adapter: Identifier | None = None


@immutable
class Made:
    """An object that a class of torchvision's, or one of `netspec.nn.detection`, makes of these keywords."""

    target: Target
    options: tuple[tuple[Identifier, Argument], ...]


Argument = int | float | str | tuple["Argument", ...] | Standing | Made


@immutable
class Assembly:
    """The call of the base class's constructor: its class, and its keywords."""

    base: Target
    options: tuple[tuple[Identifier, Argument], ...]

    def words(self) -> Iterator[tuple[str, tuple[Identifier, ...]]]:
        """Each callee in it by its name in built source, with its keywords."""
        yield "super().__init__", tuple(name for name, _ in self.options)
        for each in self.made():
            if isinstance(each, Made):
                yield source_name(each.target), tuple(name for name, _ in each.options)
            elif each.adapter is not None:
                yield each.adapter, ()

    def texts(self) -> Iterator[str]:
        """The text literals in it."""
        yield from _texts(tuple(value for _, value in self.options))

    def made(self) -> tuple[Made | Standing, ...]:
        """All objects in it, outer ones first."""
        return tuple(_made(tuple(value for _, value in self.options)))


def source_name(target: str) -> str:
    """A class in the form of built source: ``detection.FasterRCNN``; else its bare name."""
    for prefix, kept in (("torchvision.models.detection.", "detection."), ("torchvision.ops.", "ops.")):
        if target.startswith(prefix):
            return kept + target[len(prefix) :]
    return target.rpartition(".")[2]


def _texts(value: Argument) -> Iterator[str]:
    match value:
        case tuple():
            for inner in value:
                yield from _texts(inner)
        case Made(_, options):
            yield from _texts(tuple(inner for _, inner in options))
        case str():
            yield value


def _made(value: Argument) -> list[Made | Standing]:
    if isinstance(value, tuple):
        return [each for part in value for each in _made(part)]
    if isinstance(value, Made):
        return [value, *_made(tuple(inner for _, inner in value.options))]
    return [value] if isinstance(value, Standing) else []
