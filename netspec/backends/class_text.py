"""A class of a program as Python text."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from netspec.backends.constructs import Writer, call_arguments, carry
from netspec.backends.expressions import document, literal_text
from netspec.backends.forward_text import child_text, forward_lines
from netspec.backends.layout import WIDTH, Doc, Group, Text, layout, prefixed
from netspec.backends.settings_text import settings_lines, train_lines
from netspec.lowering.loops import names_in
from netspec.program import (
    Attach,
    AttachParameter,
    Build,
    ClassDef,
    Declare,
    For,
    Freeze,
    If,
    Initialise,
    Keep,
    Let,
    Program,
    Tie,
)

BODY = 8


def class_text(cls: ClassDef, program: Program) -> str:
    """The text of a class, without a final newline."""
    base = "nn.Module" if cls.chain is None else "nn.Sequential"
    lines = [f"class {cls.name}({base}):", *_docstring(cls.doc), ""]
    signature = Group(
        "def __init__(", (Text("self"), *(_parameter(f.name, f.type, f.default) for f in cls.formals)), ")"
    )
    lines.extend(layout("", signature, " -> None:", 4))
    writer = Writer({f.name for f in cls.formals} | names_in(cls.build) | names_in(cls.chain or ()) | {"self", "nn"})
    if cls.chain is None:
        lines.append(" " * BODY + "super().__init__()")
        _build(cls.build, writer, lines, BODY, set())
        settings = [s for s in cls.build if isinstance(s, (Freeze, Tie, Initialise))]
        lines.extend(settings_lines(settings, program, BODY))
        inputs = (Text("self"), *(Text(f"{name}: Tensor") for name in cls.inputs))
        lines.append("")
        lines.extend(layout("", Group("def forward(", inputs, ")"), f" -> {cls.returns}:", 4))
        lines.extend(forward_lines(cls, containers(cls.build)))
        lines.extend(train_lines([s for s in settings if isinstance(s, Freeze)], cls.name, program))
    else:
        _build(cls.build, writer, lines, BODY, set())
        doc = writer.chain("super().__init__", False, cls.chain, lines, BODY)
        lines.extend(layout("", doc, "", BODY))
    return "\n".join(lines)


def _parameter(name: str, type: str, default: object) -> Doc:
    if default is None:
        return Text(f"{name}: {type}")
    return prefixed(f"{name}: {type} = ", document(default))


def _docstring(doc: Sequence[str]) -> list[str]:
    """A docstring whose text is inert, laid out as ruff leaves it."""
    paragraphs = textwrap.dedent("\n".join(doc)).strip().splitlines()
    lines = [part for line in paragraphs for part in _folded(_inert(line))]
    lines[0] = lines[0].lstrip()
    if lines[0].startswith('"'):
        lines[0] = "\\" + lines[0]
    if lines[-1].endswith('"'):
        lines[-1] = lines[-1][:-1] + '\\"'
    if len(lines) == 1:
        return [f'    """{lines[0]}"""']
    return [f'    """{lines[0]}', *(f"    {line}" if line else "" for line in lines[1:]), '    """']


def _folded(line: str) -> list[str]:
    """A line in pieces that fit, where it has spaces to break at."""
    return textwrap.wrap(line, WIDTH - 10, break_long_words=False, break_on_hyphens=False) or [""]


def _inert(line: str) -> str:
    plain = "".join(c if c.isprintable() else " " if c == "\t" else c.encode("unicode_escape").decode() for c in line)
    return plain.replace("\\", "\\\\").replace('"""', '\\"\\"\\"').rstrip()


def containers(build: Sequence[Build]) -> set[str]:
    """Attributes that are `nn.ModuleDict`s, since a dotted name puts a child into them."""
    found: set[str] = set()
    for statement in build:
        if isinstance(statement, Attach) and isinstance(statement.name, str) and "." in statement.name:
            found.add(statement.name.split(".")[0])
        elif isinstance(statement, (If, For)):
            found |= containers(statement.body)
    return found


def _build(build: Sequence[Build], writer: Writer, lines: list[str], indent: int, open_containers: set[str]) -> None:
    pad = " " * indent
    for statement in build:
        match statement:
            case Let(name, value):
                lines.extend(layout(f"{name} = ", document(value), "", indent))
            case Keep(name, value):
                lines.extend(layout(f"self.{name} = ", document(value), "", indent))
            case Declare(name, type):
                lines.append(f"{pad}self.{name}: {type} | None = None")
            case Attach(name, construct):
                doc = writer.construct(construct, lines, indent)
                _attach(name, doc, lines, indent, open_containers)
            case AttachParameter(name, call):
                value = Group("nn.Parameter(", (Group(f"{call.target}(", call_arguments(call), ")"),), ")")
                target = f"self.{name} = " if "." not in name else ""
                if target:
                    lines.extend(layout(target, value, "", indent))
                else:
                    head, _, last = name.rpartition(".")
                    _container(head, lines, indent, open_containers)
                    doc = Group(f"{child_text(head, {head})}.register_parameter(", (Text(literal_text(last)), value), ")")
                    lines.extend(layout("", doc, "", indent))
            case If(test, body):
                lines.extend(layout("if ", document(test), ":", indent))
                _build(body, writer, lines, indent + 4, open_containers)
            case For(loop, body):
                writer.loop(loop, lines, indent)
                _build(body, writer, lines, indent + 4, open_containers)
                carry(loop, lines, indent + 4)


def _container(name: str, lines: list[str], indent: int, opened: set[str]) -> None:
    """Make the `nn.ModuleDict`s that a dotted name goes through."""
    parts = name.split(".")
    for depth in range(1, len(parts) + 1):
        here = ".".join(parts[:depth])
        if here in opened:
            continue
        opened.add(here)
        if depth == 1:
            lines.append(f"{' ' * indent}self.{here} = nn.ModuleDict()")
        else:
            parent = child_text(".".join(parts[: depth - 1]), {parts[0]})
            lines.append(f"{' ' * indent}{parent}.add_module({literal_text(parts[depth - 1])}, nn.ModuleDict())")


def _attach(name: object, doc: Doc, lines: list[str], indent: int, opened: set[str]) -> None:
    if not isinstance(name, str):
        lines.extend(layout("", Group("self.add_module(", (document(name), doc), ")"), "", indent))
        return
    head, _, last = name.rpartition(".")
    if not head:
        if name.isidentifier():
            lines.extend(layout(f"self.{name} = ", doc, "", indent))
        else:
            lines.extend(layout("", Group("self.add_module(", (Text(literal_text(name)), doc), ")"), "", indent))
        return
    _container(head, lines, indent, opened)
    if "." in head:
        text = Group(f"{child_text(head, {head.split('.')[0]})}.add_module(", (Text(literal_text(last)), doc), ")")
        lines.extend(layout("", text, "", indent))
    else:
        lines.extend(layout(f"self.{head}[{literal_text(last)}] = ", doc, "", indent))
