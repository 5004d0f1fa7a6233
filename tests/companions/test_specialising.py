"""Sources without what their settings rule out."""

from __future__ import annotations

import ast
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from netspec import api
from netspec.companions.aim import aim_of
from netspec.companions.called import Called
from netspec.companions.carrying import Carried, Name
from netspec.companions.docstrings import shortened
from netspec.companions.names import REQUIREMENTS
from netspec.companions.settings import settings_of
from netspec.companions.specialising import specialised
from netspec.companions.unused import without_unused
from netspec.driver.recipes import recipe_of
from netspec.frontend.problems import NOWHERE
from netspec.training.spec import network_of
from tests.companions.recipes import digits

HOME = Path(__file__).parents[2] / "netspec" / "functional"

SOURCE = """\
def f(x):
    # Kept.
    if A is not None:
        x += A  # what A is for
    if B:
        return x
    elif A == 2 and x > 3:
        x = 1
    else:
        x = 2
    y = 1 if B else x
    return x, y
"""


OPEN = """\
def f(x):
    # Kept.
    x += A  # what A is for
    if x > 3:
        x = 1
    else:
        x = 2
    y = x
    return x, y
"""


@pytest.mark.parametrize(
    ("settings", "wanted"),
    [
        ({}, SOURCE),
        ({"A": None, "B": True}, "def f(x):\n    return x\n"),  # a remark goes with the statement behind it
        ({"A": 2, "B": False}, OPEN),
        ({"A": 3, "B": False}, OPEN.replace("    if x > 3:\n        x = 1\n    else:\n        x = 2\n", "    x = 2\n")),
    ],
)
def test_branches_are_decided(settings: dict[str, Any], wanted: str) -> None:
    assert specialised(SOURCE, settings) == wanted


KINDS = [folder for folder in (HOME / "script").iterdir() if (folder / "__init__.py").is_file()]
"""Folders of files that take the place of those above them."""


@pytest.mark.parametrize("kind", [None, *KINDS], ids=lambda kind: getattr(kind, "name", "plain"))
def test_no_two_files_of_a_script_define_the_same_name(kind: Path | None) -> None:
    own = [] if kind is None else list(kind.glob("*.py"))
    shared = [each for each in HOME.rglob("*.py") if each.parent not in KINDS]
    defined = Counter(
        name
        for file in [*own, *(each for each in shared if each.name not in {one.name for one in own})]
        for node in ast.parse(file.read_text()).body
        for name in (
            [node.name]
            if isinstance(node, (ast.FunctionDef, ast.ClassDef))
            else [each.id for each in ast.walk(node) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)]
            if isinstance(node, (ast.Assign, ast.AnnAssign))
            else []
        )
    )
    assert [name for name, count in defined.items() if count > 1] == []


def test_files_import_libraries_and_each_other_alone() -> None:
    allowed = {"torch", "netspec", *REQUIREMENTS, *sys.stdlib_module_names}
    for file in HOME.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            module = node.module or "" if isinstance(node, ast.ImportFrom) else ""
            names = [each.name for each in node.names] if isinstance(node, ast.Import) else [module] * bool(module)
            assert {name.partition(".")[0] for name in names} <= allowed, file
            assert not module.startswith("netspec") or module.startswith("netspec.functional."), file


def test_what_a_recipe_says_are_the_settings_of_the_file() -> None:
    spec = digits()
    recipe = recipe_of(spec)
    network = network_of(spec, recipe)
    said = settings_of(recipe, aim_of(recipe, network, NOWHERE), api.elaborate(spec), network)
    tree = ast.parse((HOME / "script" / "settings.py").read_text())
    typed = [node.target for node in tree.body if isinstance(node, ast.AnnAssign)]
    assert {*said, "Network", "REFUSES"} == {each.id for each in typed if isinstance(each, ast.Name)}


USED = """\
@dataclass
class Kept:
    \"\"\"What is kept.

    Attributes:
        first: It has
            no default.
        second: It is read.
        third: It is given by its place.
        fourth: It is given by its name.
    \"\"\"

    first: int
    second: int = 1
    third: int = 2
    fourth: int = 3
    last: str = ""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.told = what
        self.what, self.more = what, None


def use() -> str:
    kept = Kept(1, 2, 3, fourth=4)
    return f"{kept.second} {kept.told}"
"""


def test_fields_and_attributes_that_nothing_uses_are_left_out() -> None:
    cls, function = USED.split("\n\n\n")
    called = Called([cls, function])
    left = without_unused(cls, called)
    assert left == cls.replace('    last: str = ""\n', "").replace("\n        self.what, self.more = what, None", "")
    left = without_unused(cls, Called([cls, function.replace("1, 2, 3, fourth=4", "1, 2")]))
    assert "third" not in left
    assert "fourth" not in left
    assert '        second: It is read.\n    """' in left
    for more in ("Kept(**found)", "partial(make, last=3)", "print(x.last)", "replace(x, last='')"):
        assert 'last: str = ""' in without_unused(cls, Called([cls, function], [more]))
    assert "self.more" in without_unused(cls, Called([cls, function], ["print(x.more)"]))


def test_docstrings_are_without_sections_that_names_and_types_tell() -> None:
    made = shortened(
        'def f(x: int) -> int:\n    """One more.\n\n    Always.\n\n    Args:\n        x: A number.\n\n    Raises:\n'
        '        ValueError: It is none.\n    """\n    return x + 1\n'
    )
    assert made == 'def f(x: int) -> int:\n    """One more.\n\n    Always.\n    """\n    return x + 1'
    assert (
        shortened('def f() -> int:\n    """1.\n\n    Returns:\n        1.\n    """') == 'def f() -> int:\n    """1."""'
    )


def test_methods_that_nothing_calls_are_left_out() -> None:
    carried = Carried({})
    carried.add(Name("netspec.functional.examples", "Images"))
    carried.prune()
    (text,) = carried.texts(of_script=False)
    assert "def __len__" in text
    assert "def take" not in text
