"""The text of the classes of `netspec.nn`, which generated source carries along."""

import ast
from functools import cache
from pathlib import Path


@cache
def carried_classes() -> dict[str, str]:
    """The text of each class by its name; read and not imported, since that would import torch."""
    text = (Path(__file__).parent / "nn.py").read_text(encoding="utf-8")
    return {
        node.name: ast.get_source_segment(text, node) or ""
        for node in ast.parse(text).body
        if isinstance(node, ast.ClassDef)
    }
