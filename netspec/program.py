"""The neutral program: what lowering makes, `resolve` evaluates and the back ends render.

A program is a tree: classes with parameters, statements that build children and statements that
compute with them. It knows no syntax; the source back end writes it as Python.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from netspec.expr import Expr


@dataclass(frozen=True, slots=True)
class Call:
    """The construction of a module, ``target(*args, **kwargs)``.

    `defaults` are the keyword arguments that need not be written out where they have that value:
    the target has the same default. Values may be symbolic.
    """

    target: str
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Function(Call):
    """A function applied to the inputs, without a module.

    A target of one sign (``+``, ``*``) is written between the inputs. `pack` gives the inputs as one list
    (``torch.cat``). `args` and `kwargs` follow the inputs. A target that starts with a dot is a method of the input.
    """

    pack: bool = False


@dataclass(frozen=True, slots=True)
class Parameter(Call):
    """A learned tensor of the module itself.

    Without an input, it is kept with a leading 1 and expanded to the batch; with one, `sign` joins the two.
    """

    sign: str = ""


# -- constructors: how modules are made ------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Make:
    """A torch module: a `Call` whose arguments are expressions."""

    call: Call


@dataclass(frozen=True, slots=True)
class Instance:
    """An instance of a class of the program, its arguments by parameter name; `positional` come first, unnamed."""

    cls: str
    arguments: tuple[tuple[str, Expr], ...]
    positional: int


@dataclass(frozen=True, slots=True)
class Chain:
    """A container of children: ``nn.Sequential`` or ``nn.ModuleList``.

    They are numbered, unless `names` names them, one for each item: of a construct, its name; of the rounds of a loop,
    which then make one construct each, an expression.
    """

    kind: Literal["Sequential", "ModuleList"]
    items: tuple[Item, ...]
    names: tuple[str | Expr, ...] = ()


Construct = Make | Instance | Chain


@dataclass(frozen=True, slots=True)
class Choice:
    """Items of a chain that are there if `test` holds."""

    test: Expr
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Rounds:
    """Items of a chain that a loop makes; `carried` variables are updated at the end of each round."""

    loop: Loop
    items: tuple[Item, ...]


Item = Construct | Choice | Rounds


@dataclass(frozen=True, slots=True)
class Loop:
    """The head of a loop.

    Attributes:
        index: Variable of the round's number, or None where nothing reads it.
        targets: Variables of the round's value, or empty.
        count: Number of rounds, where it loops over a count.
        values: The values, where it loops over a list.
        carried: Variable, its value before the loop, and its value after each round.
        lets: Variables that each round begins with, in order.
    """

    index: str | None
    targets: tuple[str, ...]
    count: Expr | None
    values: Expr | None
    carried: tuple[tuple[str, Expr, Expr], ...] = ()
    lets: tuple[tuple[str, Expr], ...] = ()


# -- build statements: what a constructor does -----------------------------------------------------


@dataclass(frozen=True, slots=True)
class Let:
    """A local variable of the constructor."""

    name: str
    value: Expr


@dataclass(frozen=True, slots=True)
class Attach:
    """A child module under `name`: a plain name, or an expression where it is computed in a loop.

    `optional` names are None until they are attached inside an `If`.
    """

    name: str | Expr
    module: Construct
    optional: bool = False


@dataclass(frozen=True, slots=True)
class AttachParameter:
    """A learned tensor under `name`."""

    name: str
    call: Call


@dataclass(frozen=True, slots=True)
class Keep:
    """A plain attribute that the forward pass reads."""

    name: str
    value: Expr


@dataclass(frozen=True, slots=True)
class Declare:
    """An optional child: None for now."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class If:
    """Statements that run if `test` holds."""

    test: Expr
    body: tuple[Build, ...]


@dataclass(frozen=True, slots=True)
class For:
    """Statements that run for each round."""

    loop: Loop
    body: tuple[Build, ...]


@dataclass(frozen=True, slots=True)
class Freeze:
    """No weight at or below `path` is trained, and norms there keep their running statistics.

    `parameter` tells that the path is a learned tensor's own, `statistics` that there are such norms.
    """

    path: str
    parameter: bool = False
    statistics: bool = False


@dataclass(frozen=True, slots=True)
class Tie:
    """The weight `name` of the module at `path` is the tensor with the state_dict key `target`."""

    path: str
    name: str
    target: str


@dataclass(frozen=True, slots=True)
class Initialise:
    """Initialise `weight` of the module at `path`, or with `type` of every such torch module at or below it."""

    path: str
    type: str | None
    weight: str
    function: str
    arguments: tuple[tuple[str, Any], ...]


Build = Let | Attach | AttachParameter | Keep | Declare | If | For | Freeze | Tie | Initialise


# -- forward statements: what a call does ----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Child:
    """A child module: an attribute; with `index` one of its numbered children; a loop variable; or a computed name.

    `path` reaches a module deeper down by its dotted path below this one.
    """

    name: str | Expr
    index: int | None = None
    variable: bool = False


@dataclass(frozen=True, slots=True)
class CallModule:
    """A call of a child module."""

    child: Child
    arguments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Expand:
    """A learned tensor of the module, expanded to the batch of `like`."""

    name: str
    rank: int
    like: str


@dataclass(frozen=True, slots=True)
class Join:
    """A learned tensor of the module and a variable, the parameter's sign between them."""

    name: str
    sign: str
    variable: str


@dataclass(frozen=True, slots=True)
class CallFunction:
    """A function of tensors; of its arguments, attributes of `self` are what the constructor keeps.

    Between signs, a learned tensor need not be expanded: torch stretches it.
    """

    function: Function
    arguments: tuple[Operation, ...]


Operation = str | CallModule | CallFunction | Expand | Join
"""What gives a tensor; a text is a variable."""


@dataclass(frozen=True, slots=True)
class Assign:
    """Variables that take what an operation gives.

    `shape` is that of the first one without the batch, where every instance of the class has it; for the reader alone.
    """

    targets: tuple[str, ...]
    value: Operation
    shape: tuple[int, ...] | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class When:
    """Statements that run if a kept attribute holds, an optional child is there, or in training."""

    kind: Literal["attribute", "present", "training"]
    name: str
    body: tuple[Forward, ...]


@dataclass(frozen=True, slots=True)
class ForChildren:
    """Statements that run for each numbered child of `name`, bound to `variable`."""

    variable: str
    name: str
    body: tuple[Forward, ...]


@dataclass(frozen=True, slots=True)
class ForCount:
    """Statements that run for `index` from 0 up to a kept attribute."""

    index: str
    count: str
    body: tuple[Forward, ...]


@dataclass(frozen=True, slots=True)
class Return:
    """What the call gives: a tensor, a tuple of tensors, or with `names` a dict."""

    values: tuple[str, ...]
    names: tuple[str, ...] = ()


Forward = Assign | When | ForChildren | ForCount | Return


# -- classes ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Formal:
    """A parameter of a class: its name, its Python type, its default or None where it must be given."""

    name: str
    type: str
    default: Expr | None = None


@dataclass(frozen=True, slots=True)
class ClassDef:
    """A class.

    Attributes:
        inputs: Names of the tensors its call takes.
        chain: For a class that is a ``nn.Sequential``, its items; then there is no forward.
    """

    name: str
    doc: tuple[str, ...]
    formals: tuple[Formal, ...]
    build: tuple[Build, ...]
    inputs: tuple[str, ...]
    forward: tuple[Forward, ...]
    returns: str
    chain: tuple[Item, ...] | None = None


@dataclass(frozen=True, slots=True)
class Program:
    """Classes, callees first; the last is the network's."""

    classes: tuple[ClassDef, ...]

    @property
    def main(self) -> ClassDef:
        """The network's class."""
        return self.classes[-1]
