"""What generated source carries along is all of `netspec.nn`, word for word."""

from __future__ import annotations

import ast
from pathlib import Path

import netspec.program.carried
from netspec.program.carried import carried_classes, carried_functions, carried_text

FILES = sorted((Path(netspec.__file__).parent / "nn").rglob("*.py"))


def test_every_definition_is_found_with_its_text() -> None:
    texts = {
        node.name: (type(node), ast.get_source_segment(file.read_text(encoding="utf-8"), node))
        for file in FILES
        for node in ast.parse(file.read_text(encoding="utf-8")).body
        if isinstance(node, (ast.ClassDef, ast.FunctionDef))
    }
    assert carried_classes() == tuple(name for name, (kind, _) in texts.items() if kind is ast.ClassDef)
    assert carried_functions() == tuple(name for name, (kind, _) in texts.items() if kind is ast.FunctionDef)
    assert {name: carried_text(name) for name in texts} == {name: text for name, (_, text) in texts.items()}
