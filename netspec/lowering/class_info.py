"""Finished classes, with the facts that their calls need."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from netspec import expr as e
from netspec.expr import Expr, Identifier
from netspec.graph import Scope, Value
from netspec.lowering.class_builder import ClassBuilder, FormalInfo
from netspec.lowering.describe import python_type
from netspec.lowering.instances import NOWHERE, Lane, Local
from netspec.objects.immutable import mutable
from netspec.program import Call, forward
from netspec.program.building import Build, Instance, Item, Keep, Let, Loop
from netspec.program.classes import ClassDef, Formal
from netspec.program.names import Annotation
from netspec.program.rewrite import names_in, parts

Use = tuple[str, int]
"""A variable, and the depth of the used item in it: ``("ks", 1)`` for ``ks[0]``."""


@mutable
class ClassInfo:
    """A finished class, with the facts that its calls need.

    Attributes:
        formals: The parameters that its text reads. every_formal: All parameters, unread ones included.
        parameters: The block's parameters by their names in the class; the first is the main argument.
        results: Shapes of the results as expressions over its parameters.
        extras: For each instance, values that it returns besides its results, because outer entries take them.
    """

    definition: ClassDef
    formals: tuple[FormalInfo, ...]
    every_formal: tuple[FormalInfo, ...]
    parameters: Mapping[str, str]
    results: tuple[tuple[Expr, ...], ...]
    lane_of: Mapping[int, Lane]
    captured: list[tuple[str, dict[Lane, Value]]]
    extras: Mapping[int, tuple[Value, ...]]

    def captured_value(self, item: Scope, position: int) -> Value:
        """A value that an instance takes from around itself."""
        return self.captured[position][1][self.lane_of[id(item)]]

    def result(self, item: Scope, position: int) -> Value:
        """A result of an instance."""
        return [*item.source.results, *self.extras[id(item)]][position]  # type: ignore[no-any-return]


def definition(
    klass: ClassBuilder,
    name: Identifier,
    doc: tuple[str, ...],
    outputs: Sequence[Local],
    chain: tuple[Item, ...] | None = None,
    *,
    has_side: bool = False,
) -> tuple[ClassDef, tuple[FormalInfo, ...]]:
    """The finished definition of a class, and the parameters that its text reads.

    Args:
        klass: The lowered class.
        name: The class's name.
        doc: Lines of its docstring.
        outputs: The results of its call.
        chain: Its items, if it is a chain.
        has_side: Whether it returns more in training.
    """
    build = _without_unread(klass.build, names_in(chain))
    read = names_in([build, chain])
    used = (info for info in klass.formals.values() if info.name in read)
    order = ("axis", "parameter", "outer", "input", "fresh")
    ordered = sorted(used, key=lambda each: (each.default is not None, order.index(each.kind)))
    whole = _passed_whole([build, chain], klass.program.classes)
    formals = tuple(
        Formal(i.name, python_type(i, klass, {depth for name, depth in whole if name == i.name}), i.default)
        for i in ordered
    )
    returns = Annotation("Tensor")
    if klass.kind == "network":
        if len(outputs) > 1:
            returns = Annotation("dict[str, Tensor]")
        elif has_side:
            returns = Annotation("Tensor | dict[str, Tensor]")
    elif len(outputs) > 1:
        returns = Annotation(f"tuple[{', '.join(['Tensor'] * len(outputs))}]")
    made = ClassDef(
        name, doc, formals, tuple(build), tuple(klass.inputs), _without_unread_results(klass.forward), returns, chain
    )
    return made, tuple(ordered)


def _without_unread(build: Sequence[Build], read: set[str]) -> list[Build]:
    """Statements without unread local variables."""
    kept: list[Build] = []
    for statement in reversed(build):
        if isinstance(statement, Let) and statement.name not in read:
            continue
        read = read | names_in(statement)
        kept.append(statement)
    return kept[::-1]


def _passed_whole(tree: Any, classes: Iterable[ClassDef]) -> set[Use]:
    """Sequences that statements pass on whole to a call, which takes tuples of a fixed length."""
    takes = {(each.name, formal.name): formal.type for each in classes for formal in each.formals}
    found: set[Use] = set()
    loops: list[Loop] = []
    for part in parts(tree, whole=Expr):
        match part:
            case Call(args=args, kwargs=kwargs):
                found.update(use for value in (*args, *kwargs.values()) for use in _uses(value))
            case Instance(cls, arguments):
                whole = (value for name, value in arguments if takes[cls, name].startswith("tuple["))
                found.update(use for value in whole for use in _uses(value))
            case Keep(value=value):
                found.update(_uses(value))
            case Loop():
                loops.append(part)
    for loop in reversed(loops):  # innermost first
        around = [(name, depth + 1) for name, depth in _uses(loop.values)]
        if len(loop.targets) == 1:
            below = [depth for name, depth in found if name == loop.targets[0]]
            found.update((name, depth + more) for name, depth in around for more in below)
    return found


def _uses(value: Any) -> Iterator[Use]:
    """The variables whose values, or whose items' values, form a value."""
    match value:
        case e.Name(id):
            yield id, 0
        case e.Index(inner, _):
            yield from ((name, depth + 1) for name, depth in _uses(inner))
        case e.Conditional(_, then, otherwise):
            yield from _uses(then)
            yield from _uses(otherwise)
        case tuple() | list():
            yield from (use for each in value for use in _uses(each))


def _without_unread_results(statements: Sequence[forward.Forward]) -> tuple[forward.Forward, ...]:
    """A forward pass in which unread ones among several results go to no variable."""
    return _pruned(statements, set())[0]


def _pruned(statements: Sequence[forward.Forward], live: set[str]) -> tuple[tuple[forward.Forward, ...], set[str]]:
    """Statements without unread results, and the earlier variables that they read; `live` is read after them."""
    kept: list[forward.Forward] = []
    for statement in reversed(statements):
        match statement:
            case forward.Assign(targets, value):
                if len(targets) > 1:
                    statement = replace(statement, targets=tuple(t if t in live else NOWHERE for t in targets))
                live = (live - set(targets)) | set(_reads(value))
            case forward.When(body=body):
                body, before = _pruned(body, live)
                statement, live = replace(statement, body=body), live | before
            case forward.ForChildren(body=body) | forward.ForCount(body=body):
                # A round may read variables that the round before it made.
                body, before = _pruned(body, live | _pruned(body, live)[1])
                statement, live = replace(statement, body=body), live | before
            case forward.ForSteps(variable, sequence, _, carried, body, gathered):
                live = (live - {each.target for each in gathered}) | {*carried, *(each.item for each in gathered)}
                body, before = _pruned(body, live)
                statement = replace(statement, body=body)
                live = (live | before | {sequence, *carried}) - {variable}
            case forward.Return(values):
                live = set(values)
        kept.append(statement)
    return tuple(reversed(kept)), live


def _reads(value: forward.Operation) -> Iterator[str]:
    match value:
        case str():
            yield value
        case forward.CallModule(_, arguments):
            yield from arguments
        case forward.CallFunction(_, arguments):
            for each in arguments:
                yield from _reads(each)
        case forward.Only(call):
            yield from _reads(call)
        case forward.Expand(like=like):
            yield like
        case forward.Join(variable=variable):
            yield variable
