"""Places of a network's layers in its generated source: the lines that make each module, and the line that calls it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence

from netspec.backends.constructs import is_simple
from netspec.backends.proof import Source
from netspec.graph import Graph
from netspec.objects.immutable import immutable
from netspec.program import Constant, building, forward
from netspec.program.classes import ClassDef, Program
from netspec.program.naming import source_name
from netspec.resolve.modules import Builder, Module
from netspec.resolve.steps import Run


@immutable
class TextPlace:
    """Lines of a source, counted from 1; None where there is no such line.

    Attributes:
        head: The line of the class whose text has the layer.
        made: The first and the last line that make the module; None for a function, which is not made.
        called: The line of the forward pass that calls it; None in a plain chain, where no line says so.
    """

    head: int | None
    made: tuple[int, int] | None
    called: int | None


def text_places(source: Source, program: Program, graph: Graph) -> Mapping[str, TextPlace]:
    """The place of each layer call by its key. The program must be that of the source, and equal to the graph."""
    heads = {node.name: node for node in ast.parse(source).body if isinstance(node, ast.ClassDef)}
    made = {cls.name: _made(cls, heads[cls.name]) for cls in program.classes}
    called = {cls.name: dict(_called(cls.forward, _method(heads[cls.name], "forward"))) for cls in program.classes}
    root = Builder(program).instance(program.main, {})
    run = Run(root, len(program.main.inputs))
    places: dict[str, TextPlace] = {}
    step = 0
    for key, node in graph.nodes.items():
        owner, part = _owner(root, node.path)
        place = run.places[step]
        places[key] = TextPlace(
            heads[owner.name if part is not None or place is None else place[0].name].lineno,
            None if part is None else made[owner.name].get(id(part)),
            None if place is None else called[place[0].name].get(id(place[1])),
        )
        step += 1 if node.activation is None else 2
    return places


def _owner(root: Module, path: str) -> tuple[ClassDef, object]:
    """The class whose constructor makes the module at a path, and the part of the program that does; None if none."""
    module, owner = root, root.cls
    assert owner is not None
    below = path
    names = path.split(".")
    for at, name in enumerate(names, 1):
        child = module.children.get(name)
        if child is None:  # a tensor, whose container is a child only where modules stand in it too
            attached = (each for each in _statements(owner.build) if isinstance(each, building.AttachParameter))
            return owner, next((each for each in attached if each.name == below), None)
        module = child
        if child.cls is not None:
            owner, below = child.cls, ".".join(names[at:])
    return owner, module.construct


def _made(cls: ClassDef, head: ast.ClassDef) -> dict[int, tuple[int, int]]:
    """The lines of each construct of a class; those that cannot be told apart are left out."""
    parts = [*_parts(_statements(cls.build)), *_items(cls.chain or ())]
    names = [_name(part) for part in parts]
    known = set(names)
    calls = [node for node in ast.walk(_method(head, "__init__") or head) if isinstance(node, ast.Call)]
    calls.sort(key=lambda node: (node.lineno, node.col_offset))
    found = [(node, name) for node in calls if (name := _callee(node)) in known]
    if [name for _, name in found] != names or len({id(part) for part in parts}) < len(parts):
        return {}
    return {
        id(part): (node.lineno, node.end_lineno or node.lineno) for part, (node, _) in zip(parts, found, strict=True)
    }


def _name(part: building.Make | building.Instance | building.AttachParameter) -> str:
    match part:
        case building.Make(call):
            return source_name(call.target)
        case building.Instance(cls):
            return str(cls)
        case building.AttachParameter(_, call):
            return "nn.Buffer" if isinstance(call, Constant) else "nn.Parameter"


def _callee(node: ast.Call) -> str:
    """The name of what is called; a buffer's, too, where a method registers it under a name that is no identifier."""
    name = ast.unparse(node.func)
    return "nn.Buffer" if name.endswith(".register_buffer") else name


def _statements(build: Sequence[building.Build]) -> Iterator[building.Build]:
    """The statements of a constructor, with those in conditions and loops."""
    for statement in build:
        yield statement
        if isinstance(statement, building.If | building.For):
            yield from _statements(statement.body)


def _parts(
    build: Iterator[building.Build],
) -> Iterator[building.Make | building.Instance | building.AttachParameter]:
    """What the statements make, in the order of the text."""
    for statement in build:
        if isinstance(statement, building.Attach):
            yield from _items((statement.module,))
        elif isinstance(statement, building.AttachParameter):
            yield statement


def _items(items: Sequence[building.Item]) -> Iterator[building.Make | building.Instance]:
    """The constructs of items, in the order in which `constructs.Writer` writes them."""
    for item in items:
        match item:
            case building.Make() | building.Instance():
                yield item
            case building.Chain(_, inner, names) if names:  # what needs statements of its own is written before
                yield from _items([each for each in inner if not is_simple(each)])
                yield from _items([each for each in inner if is_simple(each)])
            case building.Chain(_, inner) | building.Choice(_, inner) | building.Rounds(_, inner):
                yield from _items(inner)


def _called(
    statements: Sequence[forward.Forward], body: ast.FunctionDef | ast.If | ast.For | None
) -> Iterator[tuple[int, int]]:
    """The line of each assignment of a forward pass; the proof of the source has held both side by side."""
    if body is None:
        return
    told = iter([node for node in body.body if not (isinstance(node, ast.AnnAssign) and node.value is None)])
    for statement in statements:
        if isinstance(statement, forward.ForSteps):
            loop = next(each for each in told if isinstance(each, ast.For))  # after the lists that it fills
            yield id(statement), loop.lineno
            yield from _called(statement.body, loop)
            for gather, joined in zip(statement.gathered, told, strict=False):
                yield id(gather), joined.lineno
            continue
        node = next(told)
        if isinstance(statement, forward.Assign):
            yield id(statement), node.lineno
        elif isinstance(statement, forward.When | forward.ForChildren | forward.ForCount):
            assert isinstance(node, ast.If | ast.For)
            yield from _called(statement.body, node)


def _method(head: ast.ClassDef, name: str) -> ast.FunctionDef | None:
    return next((each for each in head.body if isinstance(each, ast.FunctionDef) and each.name == name), None)
