"""Program to standalone Python source; torch is its only import, apart from those of plugins."""

from __future__ import annotations

from netspec.backends.class_text import class_text
from netspec.backends.imports import import_lines
from netspec.backends.needs import carried, imports, needs_text
from netspec.backends.proof import Source, proven
from netspec.backends.templates import fill
from netspec.graph import Graph
from netspec.program.carried import carried_text
from netspec.program.classes import Program
from netspec.version import __version__

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
    used, helper = carried(program)
    helpers = [MAKE_DIVISIBLE.rstrip()] if helper else []
    helpers += [carried_text(name) for name in sorted(used)]
    definitions = sorted({made for each in program.foreign for made in each.definitions})
    carried_along = [*helpers, *(made.text for made in definitions)]
    text = fill(
        "module.py.j2",
        version=__version__,
        name=graph.name,
        digest=digest,
        needs=needs_text(program),
        imports=import_lines(imports(program, helpers)),
        definitions=carried_along,
        classes=[class_text(cls, program) for cls in program.classes],
    )
    return proven(text, program, carried_along)
