"""Program to standalone Python source; torch is its only import, apart from those of plugins and of detectors."""

from __future__ import annotations

from netspec.backends.assembly_text import UNTYPED, assembly_lines, base_text
from netspec.backends.build_text import BuildText, containers
from netspec.backends.constructs import Writer
from netspec.backends.docstring import docstring
from netspec.backends.expressions import document
from netspec.backends.forward_text import forward_lines
from netspec.backends.imports import carried_by, import_lines, imports, needs_text
from netspec.backends.layout import Doc, Group, Text, layout, prefixed
from netspec.backends.proof import Source, proven
from netspec.backends.settings_text import settings_lines, train_lines
from netspec.backends.templates import fill
from netspec.expr import Apply
from netspec.graph import Graph
from netspec.program.building import Freeze, Initialise, Let, Tie
from netspec.program.classes import ClassDef, Formal, Program
from netspec.program.rewrite import names_in, parts
from netspec.version import __version__

MEMBER, BODY = 4, 8
"""The indentation, in columns, of members of a class and of their statements."""

MAKE_DIVISIBLE = '''def make_divisible(value: float, divisor: int = 8, minimum: int | None = None) -> int:
    """Round to the nearest multiple of `divisor`, never below 90 % of `value`."""
    lowest = divisor if minimum is None else minimum
    rounded = max(lowest, int(value + divisor / 2) // divisor * divisor)
    return rounded + divisor if rounded < 0.9 * value else rounded
'''


def render(program: Program, graph: Graph, digest: str) -> Source:
    """The source of a program: classes, callees first, the network last.

    It has ruff's format at the default of 88 columns, passes strict mypy, and depends only on the program;
    its header holds `digest`, that of its spec. Definitions of a plugin's file are carried along as their author
    wrote them.

    Raises:
        NetspecError: NS0912: the text differs from the program, which is a fault of netspec.
    """
    rounds = any(isinstance(part, Apply) and part.function == "make_divisible" for part in parts(program.classes))
    definitions = sorted({made for each in program.foreign for made in each.definitions})
    carried = [*carried_by(program).texts, *(made.text for made in definitions)]
    carried = [MAKE_DIVISIBLE.rstrip(), *carried] if rounds else carried
    text = fill(
        "module.py.j2",
        version=__version__,
        name=graph.name,
        digest=digest,
        needs=needs_text(program),
        imports=import_lines(imports(program)),
        definitions=carried,
        classes=[_class_text(cls, program) for cls in program.classes],
    )
    return proven(text, program, carried)


def _class_text(cls: ClassDef, program: Program) -> str:
    """The text of a class, without a final newline."""
    base = "nn.Module" if cls.chain is None else "nn.Sequential"
    formals = (Text("self"), *(_formal(formal) for formal in cls.formals))
    lines = [f"class {cls.name}({base}):"]
    if cls.assembly is not None:
        lines = [f"class {cls.name}({base_text(cls.assembly)}):{UNTYPED}"]
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
    freezes = [s for s in settings if isinstance(s, Freeze)]
    if cls.assembly is not None:
        lines += BuildText(writer).lines([each for each in cls.build if isinstance(each, Let)], BODY)
        lines += assembly_lines(cls, writer, BODY)
        lines += settings_lines(settings, program, BODY)
        return "\n".join([*lines, *train_lines(freezes, cls.name)])
    lines += [" " * BODY + "super().__init__()", *BuildText(writer).lines(cls.build, BODY)]
    lines += settings_lines(settings, program, BODY)
    inputs = (Text("self"), *(Text(f"{name}: Tensor") for name in cls.inputs))
    lines += ["", *layout("", Group("def forward(", inputs, ")"), f" -> {cls.returns}:", MEMBER)]
    lines += forward_lines(cls, containers(cls.build))
    lines += train_lines(freezes, cls.name)
    return "\n".join(lines)


def _formal(formal: Formal) -> Doc:
    if formal.default is None:
        return Text(f"{formal.name}: {formal.type}")
    return prefixed(f"{formal.name}: {formal.type} = ", document(formal.default))
