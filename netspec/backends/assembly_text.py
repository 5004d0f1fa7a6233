"""The construction of a detector as Python text: the call of the constructor of torchvision's class."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from netspec.backends.constructs import Writer
from netspec.backends.expressions import document, literal_text
from netspec.backends.layout import Doc, Group, Text, layout, prefixed
from netspec.backends.syntax import Untrue
from netspec.expr import evaluate
from netspec.program.assembly import Argument, Assembly, Made, Standing
from netspec.program.assembly import source_name as assembly_name
from netspec.program.building import Attach, Construct, Instance, Make
from netspec.program.classes import ClassDef
from netspec.program.foreign import Import
from netspec.program.naming import source_name
from netspec.program.rewrite import names_in

DETECTION, OPS = Import("torchvision.models", "detection"), Import("torchvision", "ops")

UNTYPED = "  # type: ignore[misc]"
"""The remark of a class whose base has no types, as torchvision's have none."""


def base_text(assembly: Assembly) -> str:
    """The base class of a detector."""
    return assembly_name(assembly.base)


def assembly_imports(assembly: Assembly) -> set[Import]:
    """The imports of an assembly's classes."""
    names = {assembly_name(assembly.base)}
    names |= {assembly_name(each.target) for each in assembly.made() if isinstance(each, Made)}
    return {each for each in (DETECTION, OPS) if any(name.startswith(f"{each.name}.") for name in names)}


def assembly_classes(assembly: Assembly) -> set[str]:
    """The classes of `netspec.nn.detection` that an assembly uses."""
    made = assembly.made()
    adapters = {str(each.adapter) for each in made if isinstance(each, Standing) and each.adapter}
    own = {each.target.rpartition(".")[2] for each in made if isinstance(each, Made) and _is_own(each)}
    return adapters | own


def _is_own(made: Made) -> bool:
    return made.target.startswith("netspec.nn.")


def parts_of(cls: ClassDef) -> Mapping[str, Construct]:
    """The children that a detector's class is made of, by their paths."""
    return {str(each.name): each.module for each in cls.build if isinstance(each, Attach)}


def assembly_lines(cls: ClassDef, writer: Writer, indent: int) -> list[str]:
    """The lines of a detector's constructor: statements that make its parts, and the call of the base's."""
    assert cls.assembly is not None
    parts, lines = parts_of(cls), list[str]()

    def argument(value: Argument) -> Doc:
        match value:
            case Standing(path, adapter):
                made = writer.construct(parts[path], lines, indent)
                return made if adapter is None else Group(f"{adapter}(", (made,), ")")
            case Made(target, options):
                inner = tuple(prefixed(f"{name}=", argument(each)) for name, each in options)
                return Group(f"{assembly_name(target)}(", inner, ")")
            case tuple():
                return Group("(", tuple(argument(each) for each in value), ")", "tuple")
            case str():
                return Text(literal_text(value))
        return document(value)

    given = tuple(prefixed(f"{name}=", argument(each)) for name, each in cls.assembly.options)
    made = layout("", Group("super().__init__(", given, ")"), "", indent)
    return [*lines, *made]


def check_assembly(node: ast.FunctionDef, cls: ClassDef) -> None:
    """Make sure that a constructor's call of the base's is the program's.

    Raises:
        Untrue: It is not.
    """
    assert cls.assembly is not None
    calls = [each for each in ast.walk(node) if isinstance(each, ast.Call) and _is_super(each)]
    if len(calls) != 1 or calls[0].args:
        raise Untrue("another construction of a detector", node)
    parts = parts_of(cls)
    _check_options(calls[0], cls.assembly.options, parts)


def _is_super(node: ast.Call) -> bool:
    return ast.unparse(node.func) == "super().__init__"


def _check_options(node: ast.Call, options: tuple[tuple[str, Argument], ...], parts: Mapping[str, Construct]) -> None:
    if [each.arg for each in node.keywords] != [str(name) for name, _ in options]:
        raise Untrue("other keywords than a detector's", node)
    for keyword, (_, value) in zip(node.keywords, options, strict=True):
        _check_argument(keyword.value, value, parts)


def _check_argument(node: ast.expr, value: Argument, parts: Mapping[str, Construct]) -> None:
    match value, node:
        case Standing(path, adapter), ast.Call():
            inner: ast.expr = node
            if adapter is not None:
                if ast.unparse(node.func) != adapter or node.keywords or len(node.args) != 1:
                    raise Untrue("another adapter of a part", node)
                inner = node.args[0]
            if not isinstance(inner, ast.Call) or ast.unparse(inner.func) != _callee(parts[path]):
                raise Untrue(f"another module for the part `{path}`", inner)
            return _check_module(inner, parts[path])
        case Made(target, options), ast.Call():
            if ast.unparse(node.func) != assembly_name(target) or node.args:
                raise Untrue(f"another call than of `{target}`", node)
            return _check_options(node, options, parts)
        case tuple(), ast.Tuple() if len(node.elts) == len(value):
            for each, part in zip(node.elts, value, strict=True):
                _check_argument(each, part, parts)
            return None
        case ((int() | float() | str()), _):
            found = ast.literal_eval(node)
            if type(found) is type(value) and found == value:
                return None
    raise Untrue("another argument of a detector", node)


def _check_module(node: ast.Call, construct: Construct) -> None:
    """Make sure that a part's module is made with the program's values: parts may be instances of one class."""
    if not isinstance(construct, Instance) or names_in(construct):
        return
    wanted = [evaluate(value, {}) for _, value in construct.arguments]
    keywords = [str(name) for name, _ in construct.arguments[construct.positional :]]
    found = [ast.literal_eval(each) for each in (*node.args, *(keyword.value for keyword in node.keywords))]
    if repr(found) != repr(wanted) or [each.arg for each in node.keywords] != keywords:
        raise Untrue("other values of a part's module", node)


def _callee(construct: Construct) -> str:
    match construct:
        case Instance(cls):
            return str(cls)
        case Make(call):
            return source_name(call.target)
    return f"nn.{construct.kind}"
