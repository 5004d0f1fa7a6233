"""Program to standalone Python source; torch is its only import."""

from __future__ import annotations

import re

from netspec.backends.class_text import class_text
from netspec.backends.needs import carried, uses_functional, uses_named_chains, uses_sequences, uses_tensor_functions
from netspec.backends.templates import fill
from netspec.carried import carried_text
from netspec.graph import Graph
from netspec.program.classes import Program
from netspec.version import __version__

MAKE_DIVISIBLE = '''def make_divisible(value: float, divisor: int = 8, minimum: int | None = None) -> int:
    """Round to the nearest multiple of `divisor`, never below 90 % of `value`."""
    lowest = divisor if minimum is None else minimum
    rounded = max(lowest, int(value + divisor / 2) // divisor * divisor)
    return rounded + divisor if rounded < 0.9 * value else rounded
'''


def render(program: Program, graph: Graph, digest: str) -> str:
    """The source of a program: classes, callees first, the network last.

    It is formatted as ruff formats at its default of 88 columns, passes strict mypy, and depends on nothing
    but the program; `digest` stands in its header, that of the spec it was made from.
    """
    used, helper = carried(program)
    helpers = [MAKE_DIVISIBLE.rstrip()] if helper else []
    helpers += [carried_text(name) for name in sorted(used)]
    return fill(
        "module.py.j2",
        version=__version__,
        name=graph.name,
        digest=digest,
        sequence=uses_sequences(program) or any("Sequence[" in text for text in helpers),
        ordered=uses_named_chains(program),
        functional=uses_functional(program) or any(re.search(r"\bF\b", text) for text in helpers),
        torch=uses_tensor_functions(program) or any("torch." in text for text in helpers),
        tensor=any(cls.chain is None for cls in program.classes) or any("Tensor" in text for text in helpers),
        helpers=helpers,
        classes=[class_text(cls, program) for cls in program.classes],
    )
