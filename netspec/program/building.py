"""Construction of modules: constructors, and the statements of a class's ``__init__``."""

from __future__ import annotations

from typing import Any, Literal

from netspec.expr import Expr
from netspec.objects.immutable import immutable
from netspec.program.calls import Call
from netspec.program.names import Annotation, Identifier, ModulePath, Target


@immutable
class Make:
    """A torch module: a `Call` whose arguments are expressions."""

    call: Call


@immutable
class Instance:
    """An instance of a class of the program, with arguments by parameter name; `positional` ones come first."""

    cls: Identifier
    arguments: tuple[tuple[Identifier, Expr], ...]
    positional: int


@immutable
class Chain:
    """A container of children: ``nn.Sequential`` or ``nn.ModuleList``.

    They are numbered, unless `names` has one name for each item: a plain name for a construct, an expression for the
    rounds of a loop, which then make one construct each.
    """

    kind: Literal["Sequential", "ModuleList"]
    items: tuple[Item, ...]
    names: tuple[Identifier | Expr, ...] = ()


Construct = Make | Instance | Chain


@immutable
class Choice:
    """Items of a chain that exist if `test` holds."""

    test: Expr
    items: tuple[Item, ...]


@immutable
class Rounds:
    """Items of a chain that a loop makes; `carried` variables are updated at the end of each round."""

    loop: Loop
    items: tuple[Item, ...]


Item = Construct | Choice | Rounds


@immutable
class Loop:
    """The head of a loop.

    Attributes:
        index: Variable of the round's number, or None if nothing reads it.
        targets: Variables of the round's value, or empty.
        count: Number of rounds of a loop over a count.
        values: The values of a loop over a list.
        carried: Variable, its value before the loop, and its value after each round.
        lets: Variables at the start of each round, in order.
        some: Whether later statements need the result of a round, so that there must be at least one.
    """

    index: Identifier | None
    targets: tuple[Identifier, ...]
    count: Expr | None
    values: Expr | None
    carried: tuple[tuple[Identifier, Expr, Expr], ...] = ()
    lets: tuple[tuple[Identifier, Expr], ...] = ()
    some: bool = False


@immutable
class Let:
    """A local variable of the constructor."""

    name: Identifier
    value: Expr


@immutable
class Attach:
    """A child module under `name`: a plain name, or an expression if a loop computes it.

    `optional` names are None until they are attached inside an `If`.
    """

    name: ModulePath | Expr
    module: Construct
    optional: bool = False


@immutable
class AttachParameter:
    """A learned tensor, or a constant, under `name`."""

    name: ModulePath
    call: Call


@immutable
class Keep:
    """A plain attribute that the forward pass reads."""

    name: Identifier
    value: Expr


@immutable
class Declare:
    """An optional child: None for now."""

    name: Identifier
    type: Annotation


@immutable
class Require:
    """A refusal of arguments for which `few` holds: they would need a different program."""

    few: Expr
    message: str


@immutable
class If:
    """Statements that run if `test` holds."""

    test: Expr
    body: tuple[Build, ...]


@immutable
class For:
    """Statements that run for each round."""

    loop: Loop
    body: tuple[Build, ...]


@immutable
class Freeze:
    """No weight at or below `path` is trained, and norms there keep their running statistics.

    `parameter`: whether the path is that of a learned tensor. `statistics`: whether there are such norms.
    """

    path: ModulePath
    parameter: bool = False
    statistics: bool = False


@immutable
class Tie:
    """The weight `name` of the module at `path` is the tensor with the state_dict key `target`."""

    path: ModulePath
    name: ModulePath
    target: ModulePath


@immutable
class Initialise:
    """Initialise `weight` of the module at `path`, or, with `type`, of every such torch module at or below it."""

    path: ModulePath
    type: Target | None
    weight: ModulePath
    function: Identifier
    arguments: tuple[tuple[Identifier, Any], ...]


Build = Let | Attach | AttachParameter | Keep | Declare | Require | If | For | Freeze | Tie | Initialise
