"""The modules that a program makes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from typing import Any

from netspec.expr import Apply, Expr, ExpressionError, Items, evaluate
from netspec.expr.symbols import concrete, items_of
from netspec.expr.tracing import after_rounds, computed, round_of
from netspec.objects.immutable import mutable
from netspec.program import Call, building
from netspec.program.classes import ClassDef, Program
from netspec.program.rewrite import changed


class Refused(Exception):
    """A class refuses the arguments of its call."""


@mutable
class Module:
    """A module that the program makes: a torch module (`call`), a container, or an instance of a class.

    `construct` is the part of the program that made it; the network's own has none.
    """

    call: Call | None = None
    cls: ClassDef | None = None
    children: dict[str, Module] = field(default_factory=dict)
    attributes: dict[str, Any] = field(default_factory=dict)
    parameters: dict[str, Call] = field(default_factory=dict)
    construct: building.Construct | None = None

    def descend(self, name: str) -> Module:
        """The module at a dotted path below it."""
        module = self
        for part in name.split("."):
            module = module.children[part]
        return module

    def calls(self) -> Iterator[tuple[str, Call]]:
        """Torch modules and learned tensors at and below it, by path, in creation order."""
        pending = [(self, "")]
        while pending:
            here, at = pending.pop()
            if here.call is not None:
                yield at, here.call
            for name, call in here.parameters.items():
                yield below(at, name), call
            pending.extend((child, below(at, name)) for name, child in reversed(here.children.items()))

    def refuse_taken(self, name: str) -> None:
        """Raise if the name is taken."""
        if name in self.children or name in self.attributes:
            raise ValueError(f"the program gives two things the name {name}")


class Builder:
    """Makes the modules of a program.

    Attributes:
        settings: Freezes, ties and initialisations so far, in order.
        rounds: Numbers of rounds, and whether there must be at least one.
        names: Computed names.
    """

    def __init__(self, program: Program) -> None:
        self.classes = {cls.name: cls for cls in program.classes}
        self.settings: list[building.Freeze | building.Tie | building.Initialise] = []
        self.rounds: list[tuple[int, bool]] = []
        self.names: list[str] = []

    def instance(self, cls: ClassDef, arguments: Mapping[str, Any]) -> Module:
        """An instance of a class, with its contents."""
        variables: dict[str, Any] = {f.name: computed(f.default, {}) for f in cls.formals if f.default is not None}
        variables.update(arguments)
        module = Module(cls=cls)
        self._build(module, cls.build, variables)
        if cls.chain is not None:
            module.children = self._numbered(cls.chain, variables)
        return module

    def _build(self, module: Module, statements: Sequence[building.Build], variables: dict[str, Any]) -> None:
        for statement in statements:
            match statement:
                case building.Let(name, value):
                    variables[name] = computed(value, variables)
                case building.Attach(name, construct):
                    key = name if isinstance(name, str) else self._name(name, variables)
                    self._attach(module, key, self._construct(construct, variables))
                case building.AttachParameter(name, call):
                    module.parameters[name] = evaluated(call, variables)
                case building.Keep(name, value):
                    module.refuse_taken(name)
                    module.attributes[name] = computed(value, variables)
                case building.Declare():
                    pass
                case building.Require(few, message):
                    if _holds(few, variables):
                        raise Refused(message)
                case building.If(test, body):
                    if computed(test, variables):
                        self._build(module, body, variables)
                case building.For(loop, body):
                    for _ in self._rounds(loop, variables):
                        self._build(module, body, variables)
                case building.Freeze() | building.Tie() | building.Initialise():
                    self.settings.append(statement)

    def _name(self, name: Expr, variables: Mapping[str, Any]) -> str:
        """The value of a computed name."""
        made = computed(name, variables)
        self.names.append(made)
        return str(concrete(made))

    def _attach(self, module: Module, name: str, child: Module) -> None:
        *containers, last = name.split(".")
        for each in containers:
            module = module.children.setdefault(each, Module())
        module.refuse_taken(last)
        module.children[last] = child

    def _construct(self, construct: building.Construct, variables: dict[str, Any]) -> Module:
        module = self._constructed(construct, variables)
        module.construct = construct
        return module

    def _constructed(self, construct: building.Construct, variables: dict[str, Any]) -> Module:
        match construct:
            case building.Make(call):
                return Module(call=evaluated(call, variables))
            case building.Instance(cls, arguments):
                return self.instance(self.classes[cls], {n: computed(e, variables) for n, e in arguments})
            case building.Chain(_, items, names):
                if names:
                    return Module(children=self._named(zip(names, items, strict=True), variables))
                return Module(children=self._numbered(items, variables))

    def _numbered(self, items: Sequence[building.Item], variables: dict[str, Any]) -> dict[str, Module]:
        return {str(n): m for n, m in enumerate(self._items(items, variables))}

    def _named(self, items: Iterable[tuple[str | Expr, building.Item]], variables: dict[str, Any]) -> dict[str, Module]:
        made: dict[str, Module] = {}
        for name, item in items:
            for _ in self._rounds(item.loop, variables) if isinstance(item, building.Rounds) else (None,):
                key = name if isinstance(name, str) else self._name(name, variables)
                [made[key]] = self._items(item.items if isinstance(item, building.Rounds) else (item,), variables)
        return made

    def _items(self, items: Sequence[building.Item], variables: dict[str, Any]) -> Iterator[Module]:
        for item in items:
            match item:
                case building.Choice(test, inner):
                    if computed(test, variables):
                        yield from self._items(inner, variables)
                case building.Rounds(loop, inner):
                    for _ in self._rounds(loop, variables):
                        yield from list(self._items(inner, variables))
                case _:
                    yield self._construct(item, variables)

    def _rounds(self, loop: building.Loop, variables: dict[str, Any]) -> Iterator[None]:
        """Run a loop's rounds; the variables that it binds are set in `variables`."""
        for name, before, _ in loop.carried:
            variables[name] = computed(before, variables)
        values = computed(loop.values, variables) if loop.values else ()
        number = computed(loop.count or Apply("len", (loop.values or Items(()),)), variables)
        self.rounds.append((number, loop.some))
        for index, value in enumerate(values if loop.values else range(int(number))):
            if loop.index:
                variables[loop.index] = round_of(index, number)
            if len(loop.targets) == 1:
                variables[loop.targets[0]] = value
            elif loop.targets:
                variables.update(zip(loop.targets, items_of(value), strict=True))
            for name, local in loop.lets:
                variables[name] = computed(local, variables)
            yield
            after = [(name, computed(update, variables)) for name, _, update in loop.carried]
            variables.update(after)
        for name, _, _ in loop.carried:
            variables[name] = after_rounds(variables[name], number)


def _holds(few: Expr, variables: Mapping[str, Any]) -> bool:
    """Whether a requirement is violated; a value without a least item violates it too."""
    try:
        return bool(evaluate(few, concrete(variables)))
    except ExpressionError:
        return True


def evaluated(call: Call, variables: Mapping[str, Any]) -> Call:
    """A call with its arguments evaluated."""
    args, kwargs = changed((call.args, dict(call.kwargs)), lambda expr: computed(expr, variables))
    return replace(call, args=args, kwargs=kwargs, defaults={})


def below(path: str, name: str) -> str:
    """The path of the child `name` of the module at `path`."""
    return f"{path}.{name}" if path else name
