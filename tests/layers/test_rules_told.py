"""docs/plugins.md tells of every rule of a layer, with the signature it has, and of every attribute.

Run with ``NETSPEC_OVERWRITE=1`` to write the signatures anew.
"""

from __future__ import annotations

import ast
import dataclasses
import inspect
import os
import re
from types import FunctionType

from netspec.layers.base import Example, Layer, Weight, Window
from netspec.program import Call, Function, Parameter
from tests.docs import ROOT, blocks

PAGE = ROOT / "docs" / "plugins.md"


GROUPS = [cls for cls in Layer.__mro__ if cls.__module__.startswith("netspec.")]
"""`Layer`, and what it is made of."""


def members() -> list[ast.stmt]:
    """What the texts of these hold."""
    found: list[ast.stmt] = []
    for cls in GROUPS:
        [tree] = ast.parse(inspect.getsource(cls)).body
        assert isinstance(tree, ast.ClassDef)
        found += tree.body
    return found


def signatures() -> dict[str, str]:
    """Every rule as it is written, without `self`."""
    found = {}
    for node in members():
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            node.args.args = [*node.args.posonlyargs, *node.args.args][1:]
            node.args.posonlyargs = []
            marks = {ast.unparse(mark) for mark in node.decorator_list}
            given = "" if "property" in marks else f"({ast.unparse(node.args)})"
            found[node.name] = f"{node.name}{given} -> {ast.unparse(node.returns)}"  # type: ignore[arg-type]
    return found


def attributes() -> dict[str, str]:
    """Every attribute of the class with its type and what it is where it is left out."""
    found = {}
    for node in members():
        if isinstance(node, ast.AnnAssign) and "ClassVar" in ast.unparse(node.annotation):
            name = ast.unparse(node.target)
            found[name] = ast.unparse(node)
    return found


def made() -> dict[str, str]:
    """What a plugin makes: classes with the fields they take."""
    return {
        cls.__name__: f"{cls.__name__}{_fields(cls)}" for cls in (Call, Function, Parameter, Weight, Window, Example)
    }


def _fields(cls: type) -> str:
    """The fields of a dataclass, without their types."""
    given = inspect.signature(cls).parameters.values()
    defaults = {field.name: field for field in dataclasses.fields(cls)}
    return f"({', '.join(_field(each.name, defaults[each.name]) for each in given)})"


def _field(name: str, field: dataclasses.Field[object]) -> str:
    if field.default_factory is not dataclasses.MISSING:
        return f"{name}={field.default_factory()!r}"
    return name if field.default is dataclasses.MISSING else f"{name}={field.default!r}"


def test_every_rule_is_told_of_with_its_signature() -> None:
    wanted = [signatures(), attributes(), made()]
    told = [block for block in blocks(PAGE) if block.language == "text"]
    if os.environ.get("NETSPEC_OVERWRITE"):
        text = PAGE.read_text()
        for block, each in zip(told, wanted, strict=True):
            lines = "".join(f"{line}\n" for line in each.values())
            text = text.replace(f"```text\n{block.text}```", f"```text\n{lines}```")
        PAGE.write_text(text)
        told = [block for block in blocks(PAGE) if block.language == "text"]
    assert [block.text.splitlines() for block in told] == [list(each.values()) for each in wanted]
    rows = re.findall(r"^\| `(\w+)` \|", PAGE.read_text(), re.MULTILINE)
    assert sorted(rows) == sorted([*wanted[0], *wanted[1]])


def test_rules_are_what_inspect_finds_on_a_layer() -> None:
    rules = (property, classmethod, FunctionType)
    found = {name for cls in GROUPS for name, each in vars(cls).items() if isinstance(each, rules)}
    assert {name for name in found if not name.startswith(("_", "model_"))} == set(signatures())
