"""Dependencies of a program's source besides its own classes."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Sequence

from netspec.expr import Apply
from netspec.program import Call
from netspec.program.building import Chain
from netspec.program.classes import Program
from netspec.program.foreign import Import
from netspec.program.naming import source_name
from netspec.program.rewrite import parts

OWN = "netspec.nn."
TORCH, NN, FUNCTIONAL = Import("torch"), Import("torch", "nn"), Import("torch.nn.functional", "", "F")
TENSOR = Import("torch", "Tensor")
ORDERED, SEQUENCE = Import("collections", "OrderedDict"), Import("collections.abc", "Sequence")


def calls(program: Program) -> Iterator[Call]:
    """Every call of a class or function that it writes."""
    return (part for part in parts(program.classes) if isinstance(part, Call))


def carried(program: Program) -> tuple[set[str], bool]:
    """The classes and functions of `netspec.nn` that it uses, and whether it uses `make_divisible`."""
    used = {call.target.removeprefix(OWN) for call in calls(program) if call.target.startswith(OWN)}
    helper = any(isinstance(p, Apply) and p.function == "make_divisible" for p in parts(program.classes))
    return used, helper


def imports(program: Program, helpers: Sequence[str]) -> set[Import]:
    """The imports of a program's source; `helpers` are netspec's own texts that it carries."""
    needed = {NN, *(each for foreign in program.foreign for each in foreign.imports)}
    targets = {call.target for call in calls(program)}
    words = {node.id for text in helpers for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)}
    if "torch" in words or any(source_name(target).startswith("torch.") for target in targets):
        needed.add(TORCH)
    if "F" in words or any(source_name(target).startswith("F.") for target in targets):
        needed.add(FUNCTIONAL)
    if "Tensor" in words or any(cls.chain is None for cls in program.classes):
        needed.add(TENSOR)
    if any(isinstance(part, Chain) and part.names for part in parts(program.classes)):
        needed.add(ORDERED)
    if "Sequence" in words or any("Sequence[" in formal.type for cls in program.classes for formal in cls.formals):
        needed.add(SEQUENCE)
    return needed


def packages(program: Program) -> tuple[str, ...]:
    """The top-level packages besides torch that a program's source imports."""
    found = {each.module.partition(".")[0] for foreign in program.foreign for each in foreign.imports}
    return tuple(sorted(found - sys.stdlib_module_names - {"torch"}))


def needs_text(program: Program) -> str:
    """The dependencies of a program's source as the end of a sentence: ``torch alone``, ``torch, acme and timm``."""
    *first, last = ("torch", *packages(program))
    return f"{', '.join(first)} and {last}" if first else f"{last} alone"
