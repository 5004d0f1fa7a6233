"""A class while it is being lowered: its names, its parameters, and the meaning of its expressions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import field
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from netspec import expr as e
from netspec.expr import Expr, Identifier
from netspec.frontend.context import REFUSED_NAMES
from netspec.frontend.parameters import VIEWS
from netspec.frontend.written import lifted, view_of
from netspec.graph import Scope, Value
from netspec.lowering.free_names import AMBIGUOUS, RESERVED, axes_of, free_name, unreserved
from netspec.lowering.instances import Lane, Local, MustUnroll, agrees, bind, differ, same
from netspec.objects.immutable import mutable
from netspec.program.building import Build
from netspec.program.carried import carried_functions
from netspec.program.forward import Forward

if TYPE_CHECKING:
    from netspec.lowering.driver import Lowering

T = TypeVar("T")


@mutable
class FormalInfo:
    """A parameter of a class, and its origin: the source of its value at a call.

    `parameter`: the block's parameter `key`. `axis`: axis `key` of an input. `outer`: the name `key` around a
    structure. `input`: axis `key` of the input of the block around a structure. `fresh`: a number that differs
    between instances, with the value of each in `values`.
    """

    name: Identifier
    kind: Literal["parameter", "axis", "outer", "input", "fresh"]
    key: Any
    default: Expr | None = None
    values: dict[Lane, Any] = field(default_factory=dict)


class ClassBuilder:
    """One class, its instances as lanes.

    Attributes:
        env: Expressions of the constructor by names of the spec.
        tensors: The tensor in each variable of the forward pass at this point.
        children: The names of its child modules, in all instances.
        shapes: The shapes of the block's inputs, by name.
        captured: For a structure, tensors that it takes from around itself: variable and value in each root lane.
        locals: The definitions of the variables of `let`.
        loops: The index variables of the loops around this point, outermost first.
        bound: Variables that some loop binds: another loop may bind them again, but no parameter may have their name.
    """

    def __init__(self, program: Lowering, scopes: Sequence[Scope], kind: Literal["network", "block", "level"]) -> None:
        self.program = program
        self.kind = kind
        self.scopes = list(scopes)
        self.lanes = [Lane(scope.path) for scope in scopes]
        self.scope_of = dict(zip(self.lanes, self.scopes, strict=True))
        self.formals: dict[str, FormalInfo] = {}
        self.env: dict[str, Expr] = {}
        self.names: set[str] = {*RESERVED, *AMBIGUOUS, *program.bound, *program.wanted}
        self.bound: set[str] = set()
        self.locals: dict[str, Expr] = {}
        self.variables: set[str] = {*RESERVED, *AMBIGUOUS, *carried_functions(), *program.bound}
        self.children = {name for lane in self.lanes for name in self.names_below(lane, self.scope_of[lane])}
        self.attributes: set[str] = self.children | REFUSED_NAMES
        self.build: list[Build] = []
        self.forward: list[Forward] = []
        self.tensors: dict[str, Local] = {}
        self.inputs: list[Identifier] = []
        self.captured: list[tuple[str, dict[Lane, Value]]] = []
        self.loops: list[Identifier] = []
        self.block_input: tuple[Expr, ...] | None = None
        self.shapes: dict[str, tuple[Expr, ...]] = {}

    def names_below(self, lane: Lane, scope: Scope) -> set[str]:
        """The names of the children of an instance that a scope in it makes."""
        start = len(lane.root.path) + 1 if lane.root.path else 0
        return {path[start:].split(".")[0] for path in self.program.survey.paths_inside(scope)}

    # -- names ---------------------------------------------------------------------------------

    def name(self, wanted: str) -> Identifier:
        """A free name of the constructor, similar to the wanted one."""
        return free_name(wanted, self.names)

    def variable(self, wanted: str) -> Identifier:
        """A free variable of the forward pass."""
        return free_name(wanted, self.variables)

    def attribute(self, wanted: str) -> Identifier:
        """A free attribute name for a value that the constructor keeps."""
        return free_name(wanted, self.attributes)

    # -- parameters ----------------------------------------------------------------------------

    def formal(
        self,
        wanted: str,
        kind: Literal["parameter", "axis", "outer", "input", "fresh"],
        key: Any,
        values: Sequence[Any],
        default: Expr | None = None,
    ) -> Expr:
        """A parameter of the class, with its value in each root lane; a layer's is its name."""
        values = [e.without_bindings(value) for value in values]
        name = free_name(wanted, self.names | self.bound)
        self.names.add(name)
        self.formals[name] = FormalInfo(name, kind, key, default, dict(zip(self.lanes, values, strict=True)))
        bind(name, self.lanes, values)
        return e.Name(name, e.kind_of(values))

    def define_input(self, position: int, variable: Identifier, values: Sequence[Value], prefix: str = "") -> Local:
        """A tensor that the class takes: its axes become parameters, which are dropped if nothing reads them."""
        self.inputs.append(variable)
        rank = len(values[0].shape)
        names = axes_of(rank)
        exprs: list[Expr] = []
        for axis, name in enumerate(names):
            sizes = [value.shape[axis] for value in values]
            if self.kind == "network":
                exprs.append(e.Literal(sizes[0]))
            else:
                wanted = f"{prefix}{name.removeprefix('in')}".lstrip("_") if prefix else name
                exprs.append(self.formal(wanted, "axis", (position, axis), sizes))
        tensor = Local(dict(zip(self.lanes, values, strict=True)), tuple(exprs), variable)
        self.tensors[variable] = tensor
        return tensor

    def capture(self, lanes: Sequence[Lane], values: Sequence[Value], hint: str) -> Local:
        """A tensor from around a structure, as an additional input of its class."""
        by_root: dict[Lane, Value] = {}
        for lane, value in zip(lanes, values, strict=True):
            if by_root.setdefault(lane.root, value) != value:
                raise MustUnroll
        differ(list(by_root), [len(value.shape) for value in by_root.values()])
        variable = self.variable(hint)
        position = len(self.inputs)
        every = [by_root.get(lane, next(iter(by_root.values()))) for lane in self.lanes]
        tensor = self.define_input(position, variable, every, prefix=variable)
        self.captured.append((variable, by_root))
        return tensor

    # -- expressions ---------------------------------------------------------------------------

    def lift(self, raw: Any, flow: Local | None) -> Expr:
        """A written value of the spec as an expression over the constructor's names."""
        return lifted(raw, lambda part: self.rename(part, flow))

    def condition(self, raw: Any, flow: Local | None, lanes: Sequence[Lane], outcomes: Sequence[bool]) -> Expr:
        """The expression of a condition that has these outcomes in these lanes."""
        test = self.lift(raw, flow)
        if flow is None or isinstance(test, e.Literal) or not agrees(test, lanes, outcomes):
            differ(lanes, outcomes)
            raise MustUnroll
        return test

    def rename(self, parsed: Expr, flow: Local | None) -> Expr:
        """An expression of the spec with its names and shapes replaced by those of the constructor."""

        def leaf(part: Expr) -> Expr | None:
            if isinstance(part, e.Attribute) and isinstance(part.value, e.Name):
                shape = flow.shape if part.value.id == "x" and flow else self.shape_of(part.value.id)
                return view_of(shape, part.name)
            if isinstance(part, e.Name):
                return self.known(part.id)
            if isinstance(part, e.Comprehension) and RESERVED.intersection(part.targets):
                return self.rename(unreserved(part), flow)
            return None

        return e.transform(parsed, leaf)

    def known(self, name: str) -> Expr | None:
        """The constructor's expression for a name of the spec; a name from around a structure becomes a parameter."""
        if name in self.env:
            return self.env[name]
        if self.kind == "level":
            try:
                values = [scope.source.variables[name] for scope in self.scopes]
            except KeyError:
                return None
            # A failed attempt forgets its names, but its parameters stay.
            made = next((i for i in self.formals.values() if (i.kind, i.key) == ("outer", name)), None)
            self.env[name] = e.Name(made.name, e.kind_of(values)) if made else self.formal(name, "outer", name, values)
            return self.env[name]
        return None

    def shape_of(self, name: str) -> tuple[Expr, ...]:
        """The shape of an input of the block, by its name; around a structure, its axes become parameters."""
        if name in self.shapes:
            return self.shapes[name]
        if self.kind != "level" or name in VIEWS:
            return self.around()
        shapes = [scope.source.variables[name].shape for scope in self.scopes]
        differ(self.lanes, [len(shape) for shape in shapes])
        self.shapes[name] = tuple(
            self.formal(f"{name}{axis_name.removeprefix('in')}", "outer", (name, axis), [each[axis] for each in shapes])
            for axis, axis_name in enumerate(axes_of(len(shapes[0])))
        )
        return self.shapes[name]

    def around(self) -> tuple[Expr, ...]:
        """The shape of `input`, the input of the block."""
        if self.block_input is None:
            shapes = [self.program.survey.block_inputs[id(scope)] for scope in self.scopes]
            differ(self.lanes, [len(shape) for shape in shapes])
            names = axes_of(len(shapes[0]))
            self.block_input = tuple(
                self.formal(f"block_{name}", "input", axis, [shape[axis] for shape in shapes])
                for axis, name in enumerate(names)
            )
        return self.block_input

    def settle(
        self, candidates: Sequence[Expr], lanes: Sequence[Lane], wanted: Sequence[Any], hint: str = "size"
    ) -> Expr:
        """An expression that has the wanted value in every lane: the first candidate that does, or the value
        itself if all lanes have the same, or else a new parameter.
        """
        for candidate in dict.fromkeys(candidates):
            if agrees(candidate, lanes, wanted):
                return candidate
        if all(same(value, wanted[0]) for value in wanted[1:]):
            return e.literal(wanted[0])
        by_root: dict[Lane, Any] = {}
        for lane, value in zip(lanes, wanted, strict=True):
            if not same(by_root.setdefault(lane.root, value), value):
                raise MustUnroll
        if self.kind == "network":
            raise MustUnroll
        for info in self.formals.values():
            if info.kind == "fresh" and all(same(info.values[lane], v) for lane, v in by_root.items()):
                return e.Name(info.name)
        filler = next(iter(by_root.values()))
        return self.formal(hint, "fresh", None, [by_root.get(lane, filler) for lane in self.lanes])

    def let(
        self, name: str, raw: Any, flow: Local | None, lanes: Sequence[Lane], wanted: Sequence[Any]
    ) -> Identifier | None:
        """Define a variable of a section `let`; None for a value that needs no computation, and so no variable."""
        wanted = [e.without_bindings(value) for value in wanted]
        expr = self.settle([self.lift(raw, flow)], lanes, wanted, name)
        if isinstance(expr, (e.Literal, e.Name)):
            self.env[name] = expr
            return None
        variable = self.name(name)
        self.locals[variable] = expr
        self.env[name] = e.Name(variable, e.kind_of(wanted))
        bind(variable, lanes, wanted)
        return variable

    def release(self, *variables: str) -> None:
        """Release variables whose tensors are no longer needed, so that they are used again."""
        for variable in variables:
            self.tensors.pop(variable, None)
            self.variables.discard(variable)

    # -- statements ----------------------------------------------------------------------------

    @contextmanager
    def nested(self) -> Iterator[tuple[list[Build], list[Forward]]]:
        """Collect the statements made inside separately from the others."""
        outer = self.build, self.forward
        self.build, self.forward = [], []
        try:
            yield self.build, self.forward
        finally:
            self.build, self.forward = outer

    def attempt(self, lower: Callable[[], T], otherwise: Callable[[], T]) -> T:
        """The result of a step, or that of another from the same state where the first raises `MustUnroll`."""
        names = {name: copy(getattr(self, name)) for name in ("tensors", "variables", "attributes", "names", "env")}
        build, forward = list(self.build), list(self.forward)
        try:
            return lower()
        except MustUnroll:
            vars(self).update(names)
            self.names |= set(self.formals)
            self.build[:], self.forward[:] = build, forward
        return otherwise()
