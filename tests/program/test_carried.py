"""What generated source carries along is all of `netspec.nn`, word for word."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import netspec.program.carried
from netspec.program.carried import carried_classes, carried_functions, carried_text, needed_by

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


@pytest.mark.parametrize(
    ("text", "needed"),
    [
        ("def gate(x):\n    return mish(x)", ["mish", "gate"]),
        ("def gate(x: 'mish'):\n    return x", ["mish", "gate"]),
        ("class gate:\n    def forward(self, x):\n        return [mish(each) for each in x]", ["mish", "gate"]),
        ("class gate:\n    mish = staticmethod(mish)", ["mish", "gate"]),
        ("def gate(x):\n    mish = 2 * x\n    return mish", ["gate"]),
        ("def gate(mish):\n    return mish", ["gate"]),
        ("def gate(x):\n    return [mish for mish in x]", ["gate"]),
        ("def gate(x):\n    def mish(y):\n        return y\n    return mish(x)", ["gate"]),
    ],
)
def test_a_variable_of_its_own_is_no_use_of_a_function(
    text: str, needed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    homes = {("def", "mish"): "def mish(x):\n    return x", (text.partition(" ")[0], "gate"): text}
    monkeypatch.setattr(netspec.program.carried, "_homes", lambda: homes)
    assert needed_by(["gate"]) == needed
