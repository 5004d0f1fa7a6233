"""The forward pass of a module: the statements of a class's ``forward``."""

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

    `path` is the dotted path of a module below this child.
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
    """A learned tensor or a constant of the module, expanded to the batch of `like`."""

    name: ModulePath
    rank: int
    like: Identifier
    constant: bool = False


@immutable
class Join:
    """A learned tensor of the module and a variable, joined by the parameter's sign."""

    name: ModulePath
    sign: Target
    variable: Identifier


@immutable
class CallFunction:
    """A function of tensors, which returns one tensor, or with `parts` a tuple that is unpacked.

    Attributes of `self` among its arguments are values that the constructor keeps.
    As an operand of a sign, a learned tensor need not be expanded: torch broadcasts it.
    """

    function: Function
    arguments: tuple[Operation, ...]


@immutable
class Only:
    """The single tensor of the tuple that a function returns."""

    call: CallFunction


Operation = Identifier | CallModule | CallFunction | Only | Expand | Join
"""An operation that gives a tensor; an identifier is a variable."""


@immutable
class Assign:
    """An assignment of an operation's results to variables.

    `shape` is that of the first result without the batch, if all instances of the class share it; it is only a remark.
    """

    targets: tuple[Identifier, ...]
    value: Operation
    shape: tuple[int, ...] | None = field(default=None, compare=False)


@immutable
class When:
    """Statements that run if a kept attribute holds, if an optional child exists, or (without a name) in training."""

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
class Gather:
    """Results of all steps of a loop: `item` is added to the list `rows` in each, and `function` joins them."""

    rows: Identifier
    item: Identifier
    target: Identifier
    function: Function


@immutable
class ForSteps:
    """Statements that run for each place of `sequence` along an axis, bound to `variable`.

    `taken` is the method that takes the places, `carried` are variables that a step hands on to the next.
    """

    variable: Identifier
    sequence: Identifier
    taken: Function
    carried: tuple[Identifier, ...]
    body: tuple[Forward, ...]
    gathered: tuple[Gather, ...]


@immutable
class Return:
    """The result of the call: a tensor, a tuple of tensors, or with `names`, which are any texts, a dict."""

    values: tuple[Identifier, ...]
    names: tuple[str, ...] = ()


Forward = Assign | When | ForChildren | ForCount | ForSteps | Return
