"""Build statements, the body of a constructor, as Python text."""

from __future__ import annotations

from collections.abc import Sequence

from netspec.backends.constructs import Writer, call_arguments, carry
from netspec.backends.expressions import document, literal_text
from netspec.backends.forward_text import child_text
from netspec.backends.layout import Doc, Group, Text, layout
from netspec.expr import Expr
from netspec.program import Call, Constant
from netspec.program.building import Attach, AttachParameter, Build, Declare, For, If, Keep, Let, Require
from netspec.program.naming import source_name


def containers(build: Sequence[Build]) -> set[str]:
    """Attributes that are `nn.ModuleDict`s, because a dotted name puts a child into them."""
    found: set[str] = set()
    for statement in build:
        if isinstance(statement, (Attach, AttachParameter)) and isinstance(statement.name, str):
            head, dot, _ = statement.name.partition(".")
            found |= {head} if dot else set()
        elif isinstance(statement, (If, For)):
            found |= containers(statement.body)
    return found


class BuildText:
    """Writes the statements of one constructor, and records the containers that it made."""

    def __init__(self, writer: Writer) -> None:
        self.writer = writer
        self.made: set[str] = set()

    def lines(self, build: Sequence[Build], indent: int) -> list[str]:
        """The lines of statements, without those after all building (ties, freezes, ...)."""
        lines: list[str] = []
        for statement in build:
            self.statement(statement, lines, indent)
        return lines

    def statement(self, statement: Build, lines: list[str], indent: int) -> None:
        """Add the lines of one statement."""
        match statement:
            case Let(name, value):
                lines += layout(f"{name} = ", document(value), "", indent)
            case Keep(name, value):
                lines += layout(f"self.{name} = ", document(value), "", indent)
            case Declare(name, type):
                lines.append(f"{' ' * indent}self.{name}: {type} | None = None")
            case Attach(name, construct):
                self.attach(name, self.writer.construct(construct, lines, indent), lines, indent)
            case AttachParameter(name, call):
                self.parameter(name, call, lines, indent)
            case Require(few, message):
                lines += layout("if ", document(few), ":", indent)
                lines += layout("raise ", Group("ValueError(", (Text(literal_text(message)),), ")"), "", indent + 4)
            case If(test, body):
                lines += layout("if ", document(test), ":", indent)
                lines += self.lines(body, indent + 4)
            case For(loop, body):
                self.writer.loop(loop, lines, indent)
                lines += self.lines(body, indent + 4)
                carry(loop, lines, indent + 4)

    def attach(self, name: str | Expr, made: Doc, lines: list[str], indent: int) -> None:
        """Add the lines that attach a child."""
        if isinstance(name, Expr):
            lines += layout("", Group("self.add_module(", (document(name), made), ")"), "", indent)
            return
        head, _, last = name.rpartition(".")
        owner = self.container(head, lines, indent)
        if not head and name.isidentifier():
            lines += layout(f"self.{name} = ", made, "", indent)
        elif head.isidentifier():
            lines += layout(f"{owner}[{literal_text(last)}] = ", made, "", indent)
        else:
            call = Group(f"{owner}.add_module(", (Text(literal_text(last)), made), ")")
            lines += layout("", call, "", indent)

    def parameter(self, name: str, call: Call, lines: list[str], indent: int) -> None:
        """Add the lines that make a learned tensor or a constant."""
        made: Doc = Group(f"{source_name(call.target)}(", call_arguments(call), ")")
        kind, options = "parameter", [made]
        if isinstance(call, Constant):
            kind, options = "buffer", [made] if call.saved else [made, Text("persistent=False")]
        value = Group(f"nn.{kind.capitalize()}(", tuple(options), ")")
        head, _, last = name.rpartition(".")
        owner = self.container(head, lines, indent)
        if head or not last.isidentifier():
            given = options if kind == "buffer" else (value,)
            register = Group(f"{owner}.register_{kind}(", (Text(literal_text(last)), *given), ")")
            lines += layout("", register, "", indent)
        else:
            lines += layout(f"self.{name} = ", value, "", indent)

    def container(self, name: str, lines: list[str], indent: int) -> str:
        """The text of the `nn.ModuleDict` on the path of a dotted name; it is made at its first use."""
        parts = name.split(".") if name else []
        owner = "self"
        for depth, part in enumerate(parts, 1):
            here = ".".join(parts[:depth])
            before, owner = owner, child_text(here, {parts[0]})
            if here in self.made:
                continue
            self.made.add(here)
            if depth == 1 and part.isidentifier():
                lines.append(f"{' ' * indent}{owner} = nn.ModuleDict()")
            else:
                made = Group(f"{before}.add_module(", (Text(literal_text(part)), Text("nn.ModuleDict()")), ")")
                lines += layout("", made, "", indent)
        return owner
