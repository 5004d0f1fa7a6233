"""Facts: what diagnostics say as data, and that nobody reads their words back."""

from __future__ import annotations

import ast
import json
import re
from dataclasses import fields
from pathlib import Path

import pytest

from netspec.diagnostics import Code, Diagnostic, facts, unknown
from netspec.diagnostics.facts import Fact, Kind
from netspec.diagnostics.tensor_facts import Mend, Unequal

ROOT = Path(__file__).parents[2]
TEXTS = {"message", "help", "found", "expected"}
MODULES = sorted((ROOT / "netspec").rglob("*.py"))


def kind(fact: type[Fact]) -> str:
    return re.sub("(?<!^)(?=[A-Z])", "_", fact.__name__).lower()


def test_the_page_tells_every_fact_and_its_members() -> None:
    page = (ROOT / "docs" / "diagnostics.md").read_text(encoding="utf-8").partition("## Facts")[2]
    told = dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", page, re.MULTILINE))
    assert set(told) == {kind(fact) for fact in Fact.__subclasses__()}
    for fact in Fact.__subclasses__():
        members = {field.name for field in fields(fact)}  # type: ignore[arg-type]
        assert members <= set(re.findall(r"`(\w+)`", told[kind(fact)])), fact


SAID = [
    (facts.Unknown("kernal", "conv", ("kernel", "out"), "kernel", True), "did you mean `kernel`?"),
    (facts.Missing("kernel", "conv"), "add `kernel: ...`"),
    (facts.Missing("out", "conv", True), "write `conv: ...`"),
    (facts.GivenTwice("out", "conv", "8"), "`conv: 8` gives it already"),
    (facts.Needless("inplace", "idle"), "`inplace` changes nothing that is computed: leave it out"),
    (facts.Fits("groups", (4, 6), 12), "`groups: 4` or `groups: 6` divide 12"),
    (facts.Fits("padding", (1,)), "`padding: 1` fits"),
    (
        Unequal(((3,), (4,)), mend=Mend(1, "`{linear: 3}` makes", "[3]")),
        "`{linear: 3}` makes the second input [3]",
    ),
    (
        Unequal(((3,), (4,)), ("the shortcut", "the body"), Mend(0, "`{linear: 4}` makes", "[4]")),
        "`{linear: 4}` makes the shortcut [4]",
    ),
]


@pytest.mark.parametrize(("fact", "help"), SAID, ids=lambda value: type(value).__name__)
def test_help_is_made_of_the_fact(fact: Fact, help: str) -> None:
    assert Diagnostic(Code.BAD_OPTION, "", fact=fact).help == help


def test_words_that_are_given_come_before_the_facts_own() -> None:
    found = Diagnostic(Code.UNKNOWN_OPTION, fact=unknown("kernal", ["kernel"], owner="conv", listed=["kernel"]))
    assert (found.message, found.expected) == ("`conv` has no option `kernal`", "one of kernel")
    given = Diagnostic(Code.UNKNOWN_OPTION, "no", expected="yes", help="so", fact=found.fact)
    assert (given.message, given.expected, given.help) == ("no", "yes", "so")


def test_types_in_words_and_as_data() -> None:
    wanted = Kind("integer"), Kind("list", (Kind("integer"),)), Kind("choice", word="same"), Kind("null")
    found = Diagnostic(Code.WRONG_TYPE, fact=facts.WrongType("padding", wanted)).as_dict()
    assert found["message"] == "`padding` has the wrong type"
    assert found["expected"] == "an integer, a list of integers, `same` or null"
    assert json.loads(json.dumps(found["fact"])) == {
        "kind": "wrong_type",
        "name": "padding",
        "wanted": [
            {"type": "integer"},
            {"type": "list", "of": [{"type": "integer"}]},
            {"type": "choice", "word": "same"},
            {"type": "null"},
        ],
    }


def test_a_range_in_words() -> None:
    assert (
        Diagnostic(Code.BAD_OPTION, fact=facts.OutOfRange("p", least=0, below=1)).expected
        == "at least 0 and less than 1"
    )


def read_back(module: Path) -> list[str]:
    """The places at which a module looks for something in the words of a diagnostic."""
    searching = {"find", "index", "startswith", "endswith", "partition", "rpartition", "split", "replace", "count"}
    patterns = {"match", "search", "fullmatch", "findall", "finditer", "sub"}

    def is_text(node: ast.AST) -> bool:
        parts = node.values if isinstance(node, ast.BoolOp) else [node]  # `help or ""`
        return any(isinstance(each, ast.Attribute) and each.attr in TEXTS for each in parts)

    found = []
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        match node:
            case ast.Compare(left=left, comparators=others):
                read = any(isinstance(each, (ast.In, ast.NotIn)) for each in node.ops) and any(
                    map(is_text, [left, *others])
                )
            case ast.Call(func=ast.Attribute(value=value, attr=attr), args=args):
                read = (attr in searching and is_text(value)) or (attr in patterns and any(map(is_text, args)))
            case ast.Subscript(value=value):
                read = is_text(value)
            case _:
                read = False
        if read:
            found.append(f"{module.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}")
    return found


def test_nobody_reads_words_back(tmp_path: Path) -> None:
    assert [place for module in MODULES if "diagnostics" not in module.parts for place in read_back(module)] == []


def test_fixes_do_not_look_at_words() -> None:
    for module in (each for each in MODULES if "fixes" in each.parts):
        read = {
            node.attr
            for node in ast.walk(ast.parse(module.read_text(encoding="utf-8")))
            if isinstance(node, ast.Attribute) and node.attr in TEXTS
        }
        assert not read, module
