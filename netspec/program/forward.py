"""What a call of a module does: the statements of a class's ``forward``."""

from __future__ import annotations

from dataclasses import field
from typing import Literal

from netspec.expr import Expr
from netspec.objects.immutable import immutable
from netspec.program.calls import Function
from netspec.program.names import Identifier, ModulePath, Target


@immutable
class Child:
    """A child module: an attribute; with `index` one of its numbered children; a loop variable; or a computed name.

    `path` reaches a module deeper down by its dotted path below this one.
    """

    name: Identifier | ModulePath | Expr
    index: int | None = None
    variable: bool = False


@immutable
class CallModule:
    """A call of a child module."""

    child: Child
    arguments: tuple[Identifier, ...]


@immutable
class Expand:
    """A learned tensor of the module, expanded to the batch of `like`."""

    name: ModulePath
    rank: int
    like: Identifier


@immutable
class Join:
    """A learned tensor of the module and a variable, the parameter's sign between them."""

    name: ModulePath
    sign: Target
    variable: Identifier


@immutable
class CallFunction:
    """A function of tensors, which gives one, or with `parts` a tuple that is taken apart.

    Of its arguments, attributes of `self` are what the constructor keeps.
    Between signs, a learned tensor need not be expanded: torch stretches it.
    """

    function: Function
    arguments: tuple[Operation, ...]


@immutable
class Only:
    """The one tensor of the tuple that a function gives."""

    call: CallFunction


Operation = Identifier | CallModule | CallFunction | Only | Expand | Join
"""What gives a tensor; an identifier is a variable."""


@immutable
class Assign:
    """Variables that take what an operation gives.

    `shape` is that of the first one without the batch, where every instance of the class has it; for the reader alone.
    """

    targets: tuple[Identifier, ...]
    value: Operation
    shape: tuple[int, ...] | None = field(default=None, compare=False)


@immutable
class When:
    """Statements that run if a kept attribute holds, an optional child is there, or in training, which has no name."""

    kind: Literal["attribute", "present", "training"]
    name: Identifier | None
    body: tuple[Forward, ...]


@immutable
class ForChildren:
    """Statements that run for each numbered child of `name`, bound to `variable`."""

    variable: Identifier
    name: ModulePath
    body: tuple[Forward, ...]


@immutable
class ForCount:
    """Statements that run for `index` from 0 up to a kept attribute."""

    index: Identifier
    count: Identifier
    body: tuple[Forward, ...]


@immutable
class Return:
    """What the call gives: a tensor, a tuple of tensors, or with `names`, which are any texts, a dict."""

    values: tuple[Identifier, ...]
    names: tuple[str, ...] = ()


Forward = Assign | When | ForChildren | ForCount | Return
