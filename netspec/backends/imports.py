"""The imports of a source: what its program needs, and their statements in isort's order."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from netspec.backends.assembly_text import assembly_classes, assembly_imports
from netspec.backends.layout import Several, Text, layout
from netspec.program.building import Chain
from netspec.program.carried import OWN, Carried, carried
from netspec.program.classes import Program
from netspec.program.foreign import Import
from netspec.program.naming import source_name
from netspec.program.rewrite import calls_in, parts

TORCH, NN, FUNCTIONAL = Import("torch"), Import("torch", "nn"), Import("torch.nn.functional", "", "F")
TENSOR = Import("torch", "Tensor")
ORDERED, SEQUENCE = Import("collections", "OrderedDict"), Import("collections.abc", "Sequence")


UNTYPED = frozenset({"torchvision"})
"""Packages of a detector's source without types, which strict mypy is told."""


def import_lines(imports: Iterable[Import]) -> list[str]:
    """Lines of import statements: those of Python itself first, separated by an empty line.

    Imports with the same meaning, such as ``from torch.nn import functional as F``, are merged.
    """
    once = {(each.binds, each.dotted, "" if each.name or each.alias else each.module): each for each in sorted(imports)}
    sections: dict[int, list[Import]] = {}
    for each in once.values():
        sections.setdefault(_section(each), []).append(each)
    lines: list[str] = []
    for section in sorted(sections):
        lines += ["", *_statements(sections[section])] if lines else _statements(sections[section])
    return lines


def _section(each: Import) -> int:
    if each.module == "__future__":
        return 0
    return 1 if each.module.partition(".")[0] in sys.stdlib_module_names else 2


def _statements(imports: Iterable[Import]) -> list[str]:
    lines: list[str] = []
    members: dict[tuple[str, str], list[str]] = {}
    for each in sorted(imports, key=lambda each: (bool(each.name), each.module, _by_type(each.name))):
        renamed = f" as {each.alias}" if each.alias else ""
        if each.name:  # a renamed import has a separate statement
            members.setdefault((each.module, renamed and each.name), []).append(each.name + renamed)
        else:
            lines.append(f"import {each.module}{renamed}")
    for (module, _), names in members.items():
        made = layout(f"from {module} import ", Several(tuple(map(Text, names))), "", 0)
        if module.partition(".")[0] in UNTYPED:
            made[0] += "  # type: ignore[import-untyped]"
        lines += made
    return lines


def _by_type(name: str) -> tuple[int, str]:
    """Constants come first, then classes, then the rest."""
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2
    return kind, name


def carried_by(program: Program) -> Carried:
    """What its source carries of `netspec.nn`."""
    used = {call.target.removeprefix(OWN) for call in calls_in(program.classes) if call.target.startswith(OWN)}
    if program.main.assembly is not None:
        used |= assembly_classes(program.main.assembly)
    return carried(used)


def imports(program: Program) -> set[Import]:
    """The imports of a program's source: its own, and those of the statements that it carries."""
    needed = {NN, *carried_by(program).imports, *(each for foreign in program.foreign for each in foreign.imports)}
    names = {source_name(call.target) for call in calls_in(program.classes)}
    needed |= {made for made in (TORCH, FUNCTIONAL) if any(name.startswith(f"{made.binds}.") for name in names)}
    if any(cls.chain is None and cls.assembly is None for cls in program.classes):
        needed.add(TENSOR)
    if program.main.assembly is not None:
        needed |= assembly_imports(program.main.assembly)
    if any(isinstance(part, Chain) and part.names for part in parts(program.classes)):
        needed.add(ORDERED)
    if any("Sequence[" in formal.type for cls in program.classes for formal in cls.formals):
        needed.add(SEQUENCE)
    return needed


def packages(program: Program) -> tuple[str, ...]:
    """The top-level packages besides torch that a program's source imports."""
    found = {each.module.partition(".")[0] for each in imports(program)}
    return tuple(sorted(found - sys.stdlib_module_names - {"torch"}))


def needs_text(program: Program) -> str:
    """The dependencies of a program's source as the end of a sentence: ``torch alone``, ``torch, acme and timm``."""
    *first, last = ("torch", *packages(program))
    return f"{', '.join(first)} and {last}" if first else f"{last} alone"
