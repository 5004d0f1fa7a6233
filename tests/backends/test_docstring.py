"""Texts of a spec are inert in its source."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import textwrap

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netspec import api
from netspec.backends.docstring import docstring
from netspec.backends.layout import WIDTH
from netspec.diagnostics import NetspecError

HOSTILE = [
    '"""',
    '""" + __import__("os").system("true") + """',
    '"',
    'ends with a "quote"',
    '"begins with one',
    "\\",
    "ends with a backslash \\",
    "\\\\\\",
    "{{ 7 * 7 }} {% for x in y %} {# no #}",
    "a\nb\n\n    indented\nc",
    "tab\there",
    "\x00\x07\x1b[31m",
    "bidi \u202e evil \u2066",
    "line\u2028separator\u2029and\x85next\x0bpage\x0c",
    "\N{GREEK SMALL LETTER ALPHA} ünïcode \N{SNOWMAN}",
    "\\N{SNOWMAN} \\x41 \\u0041 %s {0} $width",
    "'''",
    "# noqa: F401",
    "# fmt: off",
    "x" * 200,
]


def value_of(lines: list[str]) -> str:
    tree = ast.parse("\n".join(["class C:", *(lines or ["    pass"])]))
    [cls] = tree.body
    assert isinstance(cls, ast.ClassDef)
    assert len(cls.body) == 1
    return ast.get_docstring(cls) or ""


def escaped(text: str) -> str:
    """The text that a docstring shows: with escapes for what cannot be printed, its spaces as one."""
    shown = "".join(c if c.isprintable() or c == "\t" else c.encode("unicode_escape").decode() for c in text)
    return " ".join(shown.split())


@given(st.text(st.one_of(st.characters(codec="utf-8"), st.sampled_from('"\\{}% \n')), max_size=120))
@settings(max_examples=300, deadline=None)
def test_docstring_is_the_text(text: str) -> None:
    lines = docstring(text.splitlines())
    shown = value_of(lines)
    assert " ".join(shown.split()) == escaped(" ".join(text.splitlines()))
    assert all(line == line.rstrip() for line in lines)


def test_docstrings_are_folded() -> None:
    lines = docstring(["word " * 60])
    assert len(lines) > 3
    assert max(map(len, lines)) <= WIDTH
    assert docstring(["", "  "]) == []


@pytest.mark.parametrize("text", HOSTILE)
def test_docs_and_names_are_inert(text: str) -> None:
    spec = f"""
netspec: 1
name: net
doc: {json.dumps(text)}
references: [{json.dumps(text)}]
params: {{note: {json.dumps(text.replace("$", "$$"))}}}
input: [4]
blocks:
  part:
    doc: {json.dumps(text)}
    layers: [{{linear: 2, name: fc}}]
layers: [part, {{linear: 3, when: "$(note != 'x')"}}]
"""
    source = api.generate(api.loads(spec))
    plain = api.generate(api.loads(spec.replace(json.dumps(text), '"plain"')))
    assert skeleton(source) == skeleton(plain)
    tree = ast.parse(source)
    classes = {node.name: ast.get_docstring(node) or "" for node in tree.body if isinstance(node, ast.ClassDef)}
    for doc in classes.values():
        assert escaped(" ".join(text.splitlines())) in " ".join(doc.split())
    formatted = subprocess.run(
        [sys.executable, "-m", "ruff", "format", "--isolated", "-"], input=source, capture_output=True, text=True
    )
    assert formatted.stdout == source, formatted.stderr


def skeleton(source: str) -> str:
    """A source without its texts."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = ""
    return ast.unparse(tree)


@pytest.mark.parametrize("name", ['a"b', "a\nimport os", "a; import os", "{{ 1 }}", "a b"])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    text = textwrap.dedent(f"""
        netspec: 1
        name: {json.dumps(name)}
        input: [4]
        layers: [relu]
    """)
    with pytest.raises(NetspecError):
        api.generate(api.loads(text))
