"""What every built source must pass."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

CACHE = Path(__file__).parents[2] / ".mypy_cache" / "built"
"""What mypy finds out about torch takes long, and is the same for every source."""


def tool(*command: str, folder: Path) -> None:
    done = subprocess.run([sys.executable, "-m", *command], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]


def clean(sources: Mapping[str, str], folder: Path) -> None:
    """Ruff and strict mypy find nothing in sources, and they are formatted as ruff formats."""
    for name, text in sources.items():
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    tool("ruff", "check", "--isolated", "--no-cache", ".", folder=folder)
    tool("ruff", "check", "--isolated", "--no-cache", "--select", "E4,E7,E9,F", ".", folder=folder)  # defaults of old
    tool("ruff", "format", "--check", "--diff", "--isolated", "--no-cache", ".", folder=folder)
    tool("mypy", "--strict", "--config-file=", f"--cache-dir={CACHE}", ".", folder=folder)


def imported(text: str) -> set[str]:
    """Top-level packages that a source imports, those of Python itself left out."""
    nodes = list(ast.walk(ast.parse(text)))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    froms = {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    return {name.partition(".")[0] for name in plain | froms} - sys.stdlib_module_names


class _BareGenerators(ast.NodeTransformer):
    """Takes the parentheses, which `ast.unparse` writes and ruff would keep, off a generator that is all of a call.

    And off several values that are returned.
    """

    def visit_Return(self, node: ast.Return) -> ast.Return:
        self.generic_visit(node)
        if isinstance(node.value, ast.Tuple) and len(node.value.elts) > 1:
            node.value = ast.Name(", ".join(ast.unparse(each) for each in node.value.elts))
        return node

    def visit_Call(self, node: ast.Call) -> ast.Call:
        self.generic_visit(node)
        if len(node.args) == 1 and not node.keywords and isinstance(node.args[0], ast.GeneratorExp):
            node.args = [ast.Name(ast.unparse(node.args[0])[1:-1])]
        return node


def canonical(text: str) -> str:
    """A source as ruff lays it out from nothing: without its line breaks, comments and docstrings."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    unparsed = ast.unparse(_BareGenerators().visit(tree))
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "format", "--isolated", "-"], input=unparsed, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
