"""The text of the classes and functions of `netspec.nn`, which generated source carries along."""

import ast
from functools import cache
from pathlib import Path


@cache
def carried_classes() -> dict[str, str]:
    """The text of each class by its name; read and not imported, since that would import torch."""
    return _definitions(ast.ClassDef)


@cache
def carried_functions() -> dict[str, str]:
    """The text of each function by its name: activations that torch has no function for."""
    return _definitions(ast.FunctionDef)


def _definitions(kind: type[ast.ClassDef] | type[ast.FunctionDef]) -> dict[str, str]:
    return {
        node.name: ast.get_source_segment(text, node) or ""
        for text in _texts()
        for node in ast.parse(text).body
        if isinstance(node, kind)
    }


def _texts() -> list[str]:
    return [file.read_text(encoding="utf-8") for file in sorted((Path(__file__).parent / "nn").glob("*.py"))]
