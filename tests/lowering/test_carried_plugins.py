"""What is carried of a plugin's file computes what the file computes, whatever statements made its constants."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from netspec.lowering.foreign import PluginFile

STATEMENTS = (
    "TABLE['a'] = {n}",
    "TABLE['b'] = len(NAMES) + SIZE",
    "NAMES.append({n})",
    "NAMES.extend([SIZE, {n}])",
    "NAMES.sort(reverse=True)",
    "SIZE = NAMES.pop() if NAMES else {n}",
    "SIZE += {n}",
    "SIZE, OTHER = OTHER, SIZE",
    "OTHER = TABLE.setdefault('c', {n})",
    "for key in range({n}):\n    TABLE[key] = key * SIZE",
    "if SIZE > {n}:\n    NAMES.append(SIZE)\nelse:\n    OTHER = {n}",
    "while len(NAMES) < {n}:\n    NAMES.append(OTHER)",
    "try:\n    OTHER = TABLE['missing']\nexcept KeyError:\n    TABLE['found'] = {n}",
    "with suppress(KeyError):\n    del TABLE['a']",
    "def grown(x, by={n}):\n    return x * by + SIZE",
    "def grown(x):\n    return made(x) + len(TABLE)",
    "made = maker({n})",
    "made = partial(pow, {n})",
    "noted({n})",
    "register(NAMES, {n})",
    "Kept.size = {n}",
    "ALIAS = NAMES",
    "ALIAS.append({n})",
    "Kept.names = NAMES",
    "Kept.own = ALIAS\nKept.own.append({n})",
    "BOTH = [NAMES, TABLE]\nBOTH[0].append({n})",
    "for each in (NAMES, ALIAS):\n    each.append({n})",
    "ALIAS = register(NAMES, {n})",
    "NAMES = [SIZE, *NAMES]",
    "ALIAS = list(reversed(NAMES))",
    "setattr(Kept, 'more', SIZE)",
    "Kept.names.append({n})",
    "@counted\ndef made(x):\n    return x - {n}",
    "class Kept(Kept):\n    size = Kept.size + {n}",
    "assert SIZE is not None",
    "'a text that nobody reads'",
    "unused = [{n}]\nunused.append(nowhere if False else 1)",
    "if __name__ == '__main__':\n    SIZE = 1_000_000",
)
"""Statements of a plugin's file, with a number each."""

HEAD = """from __future__ import annotations
from contextlib import suppress
from functools import partial
SIZE, OTHER = 2, 3
TABLE = {}
NAMES = [1]
ALIAS = [4]
class Kept:
    size = 1
    more = 0
    names = [0]
def maker(by):
    def made(x):
        return x + by + SIZE
    return made
made = maker(5)
def counted(function):
    NAMES.append(7)
    return function
def noted(number):
    TABLE[number] = NAMES[-1] if NAMES else 0
def register(names, number):
    names.append(number)
    return names
def grown(x):
    return x
"""

TAIL = """
class Gate:
    start = len(NAMES)

    def told(self):
        kept = (Kept.size, Kept.more, list(Kept.names))
        lists = (list(NAMES), list(ALIAS), self.start)
        return (grown(2), made(3), SIZE, OTHER, sorted(TABLE.items(), key=str), lists, kept)
"""


def told(text: str) -> Any:
    """What a file's gate tells."""
    space: dict[str, Any] = {"__name__": "plugin"}
    exec(compile(text, "plugin", "exec"), space)
    return space["Gate"]().told()


def carried(path: Path, text: str) -> str:
    """What built source has of a file's gate."""
    path.write_text(text)
    imports, definitions = PluginFile(str(path)).closure("Gate")
    lines = [f"from {each.module} import {each.name}" for each in sorted(imports)]
    return "\n".join([*lines, *(each.text for each in definitions)])


@settings(max_examples=150, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(STATEMENTS), st.integers(0, 4)), max_size=8))
def test_what_is_carried_tells_what_the_file_does(tmp_path: Path, made: list[tuple[str, int]]) -> None:
    text = HEAD + "\n".join(line.replace("{n}", str(number)) for line, number in made) + TAIL
    try:
        wanted = told(text)
    except Exception:  # a file that fails is none to carry
        return
    assert told(carried(tmp_path / "own.py", text)) == wanted, text


@pytest.mark.parametrize(
    "loose", ["TABLE['a'] = 1", "unused = []\nunused.append(4)", "if __name__ == '__main__':\n    TABLE.clear()"]
)
def test_statements_of_no_carried_name_stay_behind(tmp_path: Path, loose: str) -> None:
    text = f"TABLE = {{}}\n{loose}\nclass Gate:\n    def told(self):\n        return 3\n"
    assert carried(tmp_path / "own.py", text) == "class Gate:\n    def told(self):\n        return 3"
