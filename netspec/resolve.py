"""Evaluates a program without torch: which modules it makes, and which calls a forward pass does.

What it gives must equal the elaborated graph, call by call and path by path.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

from netspec.expr import Expr, evaluate
from netspec.program import (
    Assign,
    Attach,
    AttachParameter,
    Build,
    Call,
    CallFunction,
    CallModule,
    Chain,
    Child,
    Choice,
    ClassDef,
    Construct,
    Declare,
    Expand,
    For,
    ForChildren,
    ForCount,
    Forward,
    Freeze,
    If,
    Initialise,
    Instance,
    Item,
    Join,
    Keep,
    Let,
    Loop,
    Make,
    Operation,
    Program,
    Return,
    Rounds,
    Tie,
    When,
)
from netspec.symbolic import concrete

Tensor = tuple[int, int]
"""A tensor: the number of the call that gave it (-1 and below for inputs), and which of its results."""


@dataclass(slots=True, eq=False)
class Module:
    """A module that the program makes: a torch module (`call`), a container, or an instance of a class."""

    call: Call | None = None
    cls: ClassDef | None = None
    children: dict[str, Module] = field(default_factory=dict)
    attributes: dict[str, Any] = field(default_factory=dict)
    parameters: dict[str, Call] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Step:
    """One call of a forward pass: at `path` (None for a function), what is called, and on which tensors."""

    path: str | None
    call: Call
    inputs: tuple[Tensor, ...]


@dataclass(frozen=True, slots=True)
class Resolved:
    """What a program comes to.

    Attributes:
        modules: Torch modules and learned tensors by path, in the order they are made.
        steps: The calls of a forward pass in training mode.
        outputs: The tensors it returns, by name.
        settings: Freezes, ties and initialisations, in order.
        held: Each tensor to the last step at which a local variable, or the caller of a module, still holds on to it.
    """

    modules: Mapping[str, Call]
    steps: tuple[Step, ...]
    outputs: Mapping[str, Tensor]
    settings: tuple[Freeze | Tie | Initialise, ...]
    held: Mapping[Tensor, int]


def resolve(program: Program, arguments: Mapping[str, Any] | None = None) -> Resolved:
    """Evaluate a program, the network's class called with `arguments` in place of its defaults."""
    return _Resolver(program).run(arguments or {})


class _Resolver:
    def __init__(self, program: Program) -> None:
        self.program = program
        self.classes = {cls.name: cls for cls in program.classes}
        self.settings: list[Freeze | Tie | Initialise] = []
        self.steps: list[Step] = []
        self.held: dict[Tensor, int] = {}

    def run(self, arguments: Mapping[str, Any]) -> Resolved:
        main = self.program.main
        root = self.instance(main, arguments)
        inputs = tuple((-1 - n, 0) for n in range(len(main.inputs)))
        result = self.forward(root, "", inputs)
        names = result.names or ("output",)
        outputs = dict(zip(names, result.values, strict=True))
        return Resolved(dict(_paths(root, "")), tuple(self.steps), outputs, tuple(self.settings), self.held)

    # -- building ------------------------------------------------------------------------------

    def instance(self, cls: ClassDef, arguments: Mapping[str, Any]) -> Module:
        variables = {f.name: evaluate(f.default, {}) for f in cls.formals if f.default is not None}
        variables.update(arguments)
        module = Module(cls=cls)
        self.build(module, cls.build, variables)
        if cls.chain is not None:
            module.children = self.numbered(cls.chain, variables)
        return module

    def build(self, module: Module, statements: Sequence[Build], variables: dict[str, Any]) -> None:
        for statement in statements:
            match statement:
                case Let(name, value):
                    variables[name] = evaluate(value, variables)
                case Attach(name, construct):
                    key = name if isinstance(name, str) else evaluate(name, variables)
                    self.attach(module, key, self.construct(construct, variables))
                case AttachParameter(name, call):
                    module.parameters[name] = self.call(call, variables)
                case Keep(name, value):
                    _refuse_taken(module, name)
                    module.attributes[name] = evaluate(value, variables)
                case Declare():
                    pass
                case If(test, body):
                    if evaluate(test, variables):
                        self.build(module, body, variables)
                case For(loop, body):
                    for _ in self.rounds(loop, variables):
                        self.build(module, body, variables)
                case Freeze() | Tie() | Initialise():
                    self.settings.append(statement)

    def attach(self, module: Module, name: str, child: Module) -> None:
        *containers, last = name.split(".")
        for each in containers:
            module = module.children.setdefault(each, Module())
        _refuse_taken(module, last)
        module.children[last] = child

    def construct(self, construct: Construct, variables: dict[str, Any]) -> Module:
        match construct:
            case Make(call):
                return Module(call=self.call(call, variables))
            case Instance(cls, arguments):
                return self.instance(self.classes[cls], {n: evaluate(e, variables) for n, e in arguments})
            case Chain(_, items, names):
                if names:
                    return Module(children=self.named(zip(names, items, strict=True), variables))
                return Module(children=self.numbered(items, variables))

    def numbered(self, items: Sequence[Item], variables: dict[str, Any]) -> dict[str, Module]:
        return {str(n): m for n, m in enumerate(self.items(items, variables))}

    def named(self, items: Iterable[tuple[str | Expr, Item]], variables: dict[str, Any]) -> dict[str, Module]:
        made: dict[str, Module] = {}
        for name, item in items:
            for _ in self.rounds(item.loop, variables) if isinstance(item, Rounds) else (None,):
                key = name if isinstance(name, str) else evaluate(name, variables)
                [made[key]] = self.items(item.items if isinstance(item, Rounds) else (item,), variables)
        return made

    def items(self, items: Sequence[Item], variables: dict[str, Any]) -> Iterator[Module]:
        for item in items:
            match item:
                case Choice(test, inner):
                    if evaluate(test, variables):
                        yield from self.items(inner, variables)
                case Rounds(loop, inner):
                    for _ in self.rounds(loop, variables):
                        yield from list(self.items(inner, variables))
                case _:
                    yield self.construct(item, variables)

    def rounds(self, loop: Loop, variables: dict[str, Any]) -> Iterator[None]:
        """Run a loop's rounds; the variables it binds are set in `variables`."""
        for name, before, _ in loop.carried:
            variables[name] = evaluate(before, variables)
        values = (
            range(evaluate(loop.count, variables))
            if loop.count
            else evaluate(loop.values, variables)
            if loop.values
            else ()
        )
        for index, value in enumerate(values):
            if loop.index:
                variables[loop.index] = index
            if len(loop.targets) == 1:
                variables[loop.targets[0]] = value
            elif loop.targets:
                variables.update(zip(loop.targets, value, strict=True))
            for name, local in loop.lets:
                variables[name] = evaluate(local, variables)
            yield
            after = [(name, evaluate(update, variables)) for name, _, update in loop.carried]
            variables.update(after)

    def call(self, call: Call, variables: Mapping[str, Any]) -> Call:
        def value(each: Any) -> Any:
            if isinstance(each, Expr):
                return concrete(evaluate(each, variables))
            if isinstance(each, tuple):
                return tuple(value(e) for e in each)
            return each

        return replace(call, args=value(call.args), kwargs={k: value(v) for k, v in call.kwargs.items()}, defaults={})

    # -- running -------------------------------------------------------------------------------

    def forward(self, module: Module, path: str, inputs: tuple[Tensor, ...]) -> _Result:
        cls = module.cls
        if cls is None or cls.chain is not None:
            for name, child in module.children.items():
                inputs = self.apply(child, _join(path, name), inputs)
            return _Result(inputs)
        frame = _Frame(module, path, dict(zip(cls.inputs, inputs, strict=True)))
        result = self.statements(cls.forward, frame)
        assert result is not None, f"{cls.name} returns nothing"
        self.let_go(frame.tensors.values())
        return result

    def let_go(self, tensors: Iterable[Tensor]) -> None:
        """Something that held on to tensors up to the last step does so no more."""
        self.held.update(dict.fromkeys(tensors, len(self.steps) - 1))

    def apply(self, module: Module, path: str, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        if module.call is None:
            results = self.forward(module, path, inputs).values
            self.let_go(inputs)  # a caller's arguments
            return results
        return self.step(path, module.call, inputs)

    def step(self, path: str | None, call: Call, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        self.steps.append(Step(path, call, inputs))
        # How many results a layer gives only the graph knows; a caller unpacks as many as it names.
        return ((len(self.steps) - 1, 0),)

    def statements(self, statements: Sequence[Forward], frame: _Frame) -> _Result | None:
        for statement in statements:
            match statement:
                case Assign(targets, value):
                    results = self.value(value, frame)
                    if len(results) == 1 and len(targets) > 1:
                        results = tuple((results[0][0], n) for n in range(len(targets)))
                    self.let_go(frame.tensors[name] for name in targets if name in frame.tensors)
                    frame.tensors.update(zip(targets, results, strict=True))
                case When(kind, name, body):
                    holds = kind == "training" or (
                        frame.module.attributes[name] if kind == "attribute" else name in frame.module.children
                    )
                    if holds and (result := self.statements(body, frame)):
                        return result
                case ForChildren(variable, name, body):
                    for number, child in _descend(frame.module, name).children.items():
                        frame.children[variable] = (child, _join(frame.path, f"{name}.{number}"))
                        self.statements(body, frame)
                case ForCount(index, count, body):
                    for round_number in range(frame.module.attributes[count]):
                        frame.indices[index] = round_number
                        self.statements(body, frame)
                case Return(values, names):
                    return _Result(tuple(frame.tensors[v] for v in values), names)
        return None

    def value(self, value: Operation, frame: _Frame) -> tuple[Tensor, ...]:
        match value:
            case str():
                return (frame.tensors[value],)
            case CallModule(child, arguments):
                module, path = self.child(child, frame)
                return self.apply(module, path, tuple(frame.tensors[a] for a in arguments))
            case CallFunction(function, arguments):
                inputs = tuple(self.value(a, frame)[0] for a in arguments)
                kept = SimpleNamespace(**frame.module.attributes)
                return self.step(None, self.call(function, {"self": kept}), inputs)
            case Expand(name):
                return self.step(_join(frame.path, name), frame.module.parameters[name], ())
            case Join(name, _, variable):
                inputs = (frame.tensors[variable],)
                return self.step(_join(frame.path, name), frame.module.parameters[name], inputs)

    def child(self, child: Child, frame: _Frame) -> tuple[Module, str]:
        if child.variable:
            return frame.children[str(child.name)]
        name = child.name if isinstance(child.name, str) else evaluate(child.name, frame.indices)
        if child.index is not None:
            name = f"{name}.{child.index}"
        return _descend(frame.module, name), _join(frame.path, name)


def _refuse_taken(module: Module, name: str) -> None:
    if name in module.children or name in module.attributes:
        raise ValueError(f"the program gives two things the name {name}")


@dataclass(slots=True)
class _Result:
    values: tuple[Tensor, ...]
    names: tuple[str, ...] = ()


@dataclass(slots=True)
class _Frame:
    module: Module
    path: str
    tensors: dict[str, Tensor]
    children: dict[str, tuple[Module, str]] = field(default_factory=dict)
    indices: dict[str, int] = field(default_factory=dict)


def _descend(module: Module, name: str) -> Module:
    for part in name.split("."):
        module = module.children[part]
    return module


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _paths(module: Module, path: str) -> Iterator[tuple[str, Call]]:
    pending = [(module, path)]
    while pending:
        here, at = pending.pop()
        if here.call is not None:
            yield at, here.call
        for name, call in here.parameters.items():
            yield _join(at, name), call
        pending.extend((child, _join(at, name)) for name, child in reversed(here.children.items()))
