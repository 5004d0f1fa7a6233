"""Finished classes, with the facts that their calls need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from netspec.expr import Expr, Identifier
from netspec.graph import Scope, Value
from netspec.lowering.class_builder import ClassBuilder, FormalInfo
from netspec.lowering.describe import python_type
from netspec.lowering.instances import Lane, Local
from netspec.lowering.usage import passed_whole, without_unread
from netspec.program.building import Build, Item, Let
from netspec.program.classes import ClassDef, Formal
from netspec.program.names import Annotation
from netspec.program.rewrite import names_in


@dataclass(slots=True, eq=False)
class ClassInfo:
    """A finished class, with the facts that its calls need.

    Attributes:
        formals: The parameters that its text reads. every_formal: All parameters, unread ones included.
        mentioned: Names in the shapes of its results.
        parameters: The block's parameters by their names in the class. main: The name of the main argument.
        results: Shapes of the results as expressions over its parameters.
        extras: For each instance, values that it returns besides its results, because outer entries take them.
    """

    definition: ClassDef
    formals: tuple[FormalInfo, ...]
    every_formal: tuple[FormalInfo, ...]
    mentioned: set[str]
    parameters: Mapping[str, str]
    main: str | None
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
    build = _without_unread(klass.build, names_in(chain) if chain else set())
    read = names_in(build) | (names_in(chain) if chain else set())
    used = [info for info in klass.formals.values() if info.name in read]
    ordered = [i for i in used if i.default is None] + [i for i in used if i.default is not None]
    order = {"axis": 0, "parameter": 1, "outer": 2, "input": 3, "fresh": 4}
    ordered.sort(key=lambda i: (i.default is not None, order[i.kind]))
    whole = passed_whole([build, chain], klass.program.classes)
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
        name, doc, formals, tuple(build), tuple(klass.inputs), without_unread(klass.forward), returns, chain
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
