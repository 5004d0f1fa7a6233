"""The import statements of a source, in isort's order."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from netspec.backends.layout import Several, Text, layout
from netspec.program.foreign import Import


def import_lines(imports: Iterable[Import]) -> list[str]:
    """Lines of import statements: those of Python itself first, separated by an empty line.

    Imports with the same meaning, such as ``from torch.nn import functional as F``, are merged.
    """
    once = {(each.binds, each.dotted, "" if each.name or each.alias else each.module): each for each in imports}
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
        lines += layout(f"from {module} import ", Several(tuple(map(Text, names))), "", 0)
    return lines


def _by_type(name: str) -> tuple[int, str]:
    """Constants come first, then classes, then the rest."""
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2
    return kind, name
