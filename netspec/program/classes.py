"""Classes, and the program that consists of them."""

from __future__ import annotations

from netspec.expr import Expr
from netspec.objects.immutable import immutable
from netspec.program.assembly import Assembly
from netspec.program.building import Build, Item
from netspec.program.foreign import Foreign
from netspec.program.forward import Forward
from netspec.program.names import Annotation, Identifier


@immutable
class Formal:
    """A parameter of a class: its name, its Python type, its default, or None if it is required."""

    name: Identifier
    type: Annotation
    default: Expr | None = None


@immutable
class ClassDef:
    """A class.

    Attributes:
        inputs: Names of the tensors that its call takes.
        chain: The items of a class that is a ``nn.Sequential``; it has no forward.
        assembly: The construction of a detector, whose class derives from one of torchvision's: the children that
            `build` attaches are arguments of its constructor, and its forward is that class's. `forward` is what the
            parts make of the network's inputs, and stays out of the text.
    """

    name: Identifier
    doc: tuple[str, ...]
    formals: tuple[Formal, ...]
    build: tuple[Build, ...]
    inputs: tuple[Identifier, ...]
    forward: tuple[Forward, ...]
    returns: Annotation
    chain: tuple[Item, ...] | None = None
    assembly: Assembly | None = None


@immutable
class Program:
    """Classes, callees first; the last is the network's. `foreign` holds the plugin definitions that they call."""

    classes: tuple[ClassDef, ...]
    foreign: tuple[Foreign, ...] = ()

    @property
    def main(self) -> ClassDef:
        """The network's class."""
        return self.classes[-1]
