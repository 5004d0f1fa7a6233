"""Statements are laid out as ruff lays them out."""

from __future__ import annotations

import subprocess
import sys
from random import Random

import pytest

from netspec import expr as e
from netspec.backends.expressions import document, text
from netspec.backends.layout import WIDTH, Doc, Group, Several, Text, layout, prefixed

NAMES = ("in_channels", "in_height", "width", "stride", "groups", "x", "depths")
INDENTS = (8, 12, 16)


class Statements:
    """Random statements: a prefix, a document, a suffix, and what must follow."""

    def __init__(self, seed: int) -> None:
        self.rng = Random(seed)

    def number(self, depth: int) -> e.Expr:
        rng = self.rng
        if depth == 0 or rng.random() < 0.2:
            return e.Name(rng.choice(NAMES)) if rng.random() < 0.6 else e.Literal(rng.choice([1, 2, 64, 128, 0.5]))
        if rng.random() < 0.1:
            return e.Apply(rng.choice(["min", "max"]), (self.number(depth - 1), self.number(depth - 1)))
        return e.Binary(
            rng.choice("+-*/%") if rng.random() < 0.8 else "//", self.number(depth - 1), self.number(depth - 1)
        )

    def condition(self, depth: int) -> e.Expr:
        rng = self.rng
        if depth == 0 or rng.random() < 0.4:
            return e.Compare(self.number(1), ((rng.choice(["==", "!=", "<"]), self.number(1)),))
        parts = tuple(self.condition(depth - 1) for _ in range(rng.randint(2, 3)))
        return rng.choice([e.Logic("and", parts), e.Logic("or", parts)])

    def value(self, depth: int) -> e.Expr:
        if self.rng.random() < 0.2:
            return e.Conditional(self.condition(0), self.number(depth), self.number(depth))
        return self.number(depth)

    def argument(self, depth: int) -> Doc:
        rng = self.rng
        if depth and rng.random() < 0.35:
            return self.call(depth - 1)
        if rng.random() < 0.1:
            return document(tuple(self.value(2) for _ in range(rng.randint(1, 4))))
        return document(self.value(rng.randint(0, 3)))

    def call(self, depth: int) -> Doc:
        rng = self.rng
        if rng.random() < 0.15:
            loop = Text(f"for i in range({text(self.number(1))})")
            return Group("nn.Sequential(", (Group("*(", (self.call(max(depth - 1, 0)), loop), ")", "bare"),), ")")
        if rng.random() < 0.1:
            return Group("nn.ModuleList(", (self.call(0), Text("for i in range(depth)")), ")", "generator")
        arguments = [self.argument(depth) for _ in range(rng.choice([0, 1, 1, 2, 3, 5]))]
        named = [prefixed(f"{rng.choice(['kernel_size', 'out'])}{n}=", a) for n, a in enumerate(arguments[2:])]
        return Group(rng.choice(["nn.Conv2d(", "Bottleneck(", "f("]), (*arguments[:2], *named), ")")

    def statement(self) -> tuple[str, Doc | Several, str, bool]:
        rng = self.rng
        match rng.randint(0, 6):
            case 0:
                return "layers.append(", *self.appended()
            case 1:
                return "hidden = ", document(self.value(rng.randint(1, 4))), "", False
            case 2:
                return "if ", document(self.condition(rng.randint(0, 2))), ":", True
            case 3:
                return "return ", Several(tuple(Text(f"tensor{n}" * 3) for n in range(rng.randint(1, 5)))), "", False
            case 4:
                pairs = tuple(Text(f'"output{n}": tensor{n}') for n in range(rng.randint(2, 6)))
                return "return ", Group("{", pairs, "}", "list"), "", False
            case 5:
                return "layers += ", Group("[", tuple(self.call(1) for _ in range(3)), "]", "list"), "", False
        return "self.conv1 = ", self.call(rng.randint(0, 3)), "", False

    def appended(self) -> tuple[Doc, str, bool]:
        return self.call(2), "", False


def function(number: int, indent: int, lines: list[str]) -> list[str]:
    """A function whose body stands at an indentation."""
    heads = [" " * (4 * level) + "if True:" for level in range(1, indent // 4)]
    return ["", "", f"def f{number}():", *heads, *lines]


@pytest.mark.parametrize("seed", range(3))
def test_layout_is_ruffs(seed: int) -> None:
    statements = Statements(seed)
    ours: list[str] = []
    flat: list[str] = []
    for number in range(700):
        prefix, doc, suffix, body = statements.statement()
        if prefix.endswith("append("):
            assert not isinstance(doc, Several)
            prefix, doc = "", Group(prefix, (doc,), ")")
        indent = INDENTS[number % len(INDENTS)]
        follows = [" " * (indent + 4) + "pass"] if body else []
        ours += function(number, indent, [*layout(prefix, doc, suffix, indent), *follows])
        flat += function(number, indent, [f"{' ' * indent}{prefix}{doc.flat()}{suffix}", *follows])
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "-"]
    done = subprocess.run(command, input="\n".join(flat), capture_output=True, text=True, check=True)
    assert "\n".join(ours).strip().splitlines() == done.stdout.strip().splitlines()


def test_what_cannot_be_broken_is_left_long() -> None:
    name = "n" * WIDTH
    assert layout("x = ", Text(name), "", 8) == [f"        x = {name}"]
    assert layout("", Group("f(", (), ")"), "", 8) == ["        f()"]


def test_a_tuple_keeps_its_only_comma() -> None:
    assert document((1,)).flat() == "(1,)"
    assert layout("x = ", document(("a" * 80,)), "", 8) == ["        x = (", f'            "{"a" * 80}",', "        )"]
