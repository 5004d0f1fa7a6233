"""A class of a program as Python text."""

from __future__ import annotations

from netspec.backends.build_text import BuildText, containers
from netspec.backends.constructs import Writer
from netspec.backends.docstring import docstring
from netspec.backends.expressions import document
from netspec.backends.forward_text import forward_lines
from netspec.backends.layout import Doc, Group, Text, layout, prefixed
from netspec.backends.settings_text import settings_lines, train_lines
from netspec.program.building import Freeze, Initialise, Tie
from netspec.program.classes import ClassDef, Formal, Program
from netspec.program.rewrite import names_in

MEMBER, BODY = 4, 8
"""The indentation, in columns, of members of a class and of their statements."""


def class_text(cls: ClassDef, program: Program) -> str:
    """The text of a class, without a final newline."""
    base = "nn.Module" if cls.chain is None else "nn.Sequential"
    formals = (Text("self"), *(_formal(formal) for formal in cls.formals))
    lines = [f"class {cls.name}({base}):"]
    if doc := docstring(cls.doc):
        lines += [*doc, ""]
    lines += layout("", Group("def __init__(", formals, ")"), " -> None:", MEMBER)
    used = {f.name for f in cls.formals} | names_in(cls.build) | names_in(cls.chain or ()) | {"self", "nn"}
    writer = Writer(used)
    if cls.chain is not None:
        lines += BuildText(writer).lines(cls.build, BODY)
        made = writer.chain("super().__init__", False, cls.chain, lines, BODY)
        return "\n".join([*lines, *layout("", made, "", BODY)])
    settings = [s for s in cls.build if isinstance(s, (Freeze, Tie, Initialise))]
    lines += [" " * BODY + "super().__init__()", *BuildText(writer).lines(cls.build, BODY)]
    lines += settings_lines(settings, program, BODY)
    inputs = (Text("self"), *(Text(f"{name}: Tensor") for name in cls.inputs))
    lines += ["", *layout("", Group("def forward(", inputs, ")"), f" -> {cls.returns}:", MEMBER)]
    lines += forward_lines(cls, containers(cls.build))
    lines += train_lines([s for s in settings if isinstance(s, Freeze)], cls.name)
    return "\n".join(lines)


def _formal(formal: Formal) -> Doc:
    if formal.default is None:
        return Text(f"{formal.name}: {formal.type}")
    return prefixed(f"{formal.name}: {formal.type} = ", document(formal.default))
