"""LANGUAGE.md, "Text": YAML 1.2 with a place for every value."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from netspec.diagnostics import Code, NetspecError
from netspec.frontend import reader, source
from netspec.frontend.scalars import flow


def data(text: str) -> object:
    found = source.parse(text)
    assert not found.diagnostics
    return found.data


def fault(text: str) -> tuple[str, str]:
    """Code and place of the one thing that is wrong."""
    try:
        found = source.parse(text).diagnostics
    except NetspecError as error:
        found = tuple(error.diagnostics)
    [one] = found
    return one.code.name, f"{one.span.line}:{one.span.column}" if one.span else "-"


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("1e-3", 0.001), ("1E3", 1000.0), (".5", 0.5), ("5.", 5.0), ("-2", -2), ("+2", 2), ("0o17", 15), ("0x1F", 31),
        ("007", 7), ("010", 10), ("no", "no"), ("on", "on"), ("y", "y"), ("Yes", "Yes"), ("true", True),
        ("FALSE", False),
        ("null", None), ("~", None), ("", None), ("1_000", "1_000"), ("1:30", "1:30"), ("2020-01-01", "2020-01-01"),
        (".inf", math.inf), ("-.inf", -math.inf), ("'1'", "1"), ('"true"', "true"), ("!!str 1", "1"),
        ("!!float 1", 1.0),
        ("=", "="), ("1e", "1e"), ("<= 26M", "<= 26M"),
    ],
)  # fmt: skip
def test_core_schema(written: str, value: object) -> None:
    found = data(f"a: {written}")
    assert found == {"a": value}
    assert type(found["a"]) is type(value)  # type: ignore[index]


def test_not_a_number() -> None:
    assert math.isnan(data("a: .nan")["a"])  # type: ignore[index]


def test_keys_are_texts() -> None:
    assert data("1: a\ntrue: b\nnull: c\n1.5: d") == {"1": "a", "true": "b", "null": "c", "1.5": "d"}


def test_places() -> None:
    found = source.parse("a: 1\nb:\n  - {c: 2, d: [x, y]}\n")
    assert str(found.span(("b", 0, "d", 1))) == "<text>:3:19"
    assert str(found.key_span(("b", 0, "d"))) == "<text>:3:12"
    assert str(found.span(("b", 0, "nothing"))) == "<text>:3:5"


def test_aliases_copy() -> None:
    found = data("a: &x [1, {b: 2}]\nc: *x")
    assert found == {"a": [1, {"b": 2}], "c": [1, {"b": 2}]}
    assert found["a"] is not found["c"]  # type: ignore[index]
    assert found["a"][1] is not found["c"][1]  # type: ignore[index]


def test_merged_keys_come_last_and_give_way() -> None:
    text = "base: &b {kernel: 3, stride: 2}\nentry: {<<: *b, conv: 8, stride: 1}"
    found = source.parse(text)
    assert list(found.data["entry"].items()) == [("conv", 8), ("stride", 1), ("kernel", 3)]
    assert str(found.span(("entry", "stride"))) == "<text>:2:34"
    assert str(found.span(("entry", "kernel"))) == "<text>:1:19"


def test_several_merges() -> None:
    text = "a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc: {<<: [*a, *b], w: 0}\nd: {<<: *a, <<: *b}"
    found = data(text)
    assert found["c"] == {"w": 0, "x": 1, "y": 1, "z": 2}  # type: ignore[index]
    assert found["d"] == {"x": 1, "y": 1, "z": 2}  # type: ignore[index]


@pytest.mark.parametrize(
    ("text", "fault_and_place"),
    [
        ("a: 1\na: 2", ("DUPLICATE_KEY", "2:1")),
        ("a: {b: 1, b: 2}", ("DUPLICATE_KEY", "1:11")),
        ("a: [1", ("YAML_SYNTAX", "2:1")),
        ("a: b: c", ("YAML_SYNTAX", "1:5")),
        ("a:\n\t- b", ("YAML_SYNTAX", "2:1")),
        ("a: *b", ("YAML_SYNTAX", "1:4")),
        ("a: 1\n---\nb: 2", ("YAML_SYNTAX", "2:1")),
        ("a: !!python/name:os.system x", ("YAML_SYNTAX", "1:4")),
        ("a: !!set {b, c}", ("YAML_SYNTAX", "1:4")),
        ("a: !!int x", ("YAML_SYNTAX", "1:4")),
        ("a: {<<: 3}", ("YAML_SYNTAX", "1:9")),
        ("? [a]\n: b", ("BAD_KEY", "1:3")),
        ("a: &x [*x]", ("EXPANSION_TOO_LARGE", "1:8")),
        ("a: 99999999999999999999", ("WRONG_TYPE", "1:4")),
        ("a: " + "9" * 5000, ("WRONG_TYPE", "1:4")),
        ("a: 1e999", ("WRONG_TYPE", "1:4")),
        ("", ("NOT_A_MAPPING", "1:1")),
        ("# nothing", ("NOT_A_MAPPING", "1:1")),
        ("- a", ("NOT_A_MAPPING", "1:1")),
        ("word", ("NOT_A_MAPPING", "1:1")),
        ("a: \0", ("YAML_SYNTAX", "1:1")),
        ("a: 1\nb: \x07", ("YAML_SYNTAX", "2:1")),
        ("a: \ud800", ("YAML_SYNTAX", "1:1")),
        ("a: {conv: $(max(8, 4)), stride: 2}", ("BROKEN_EXPRESSION_TEXT", "1:11")),
        ("a: {conv: $(depths[0]), stride: 2}", ("BROKEN_EXPRESSION_TEXT", "1:11")),
        ("a: [$(max(1, 2)), 3]", ("BROKEN_EXPRESSION_TEXT", "1:5")),
        ("a: $(b # c)", ("BROKEN_EXPRESSION_TEXT", "1:4")),
        ("a: {$(b, c): d}", ("BROKEN_EXPRESSION_TEXT", "1:5")),
    ],
)
def test_faults(text: str, fault_and_place: tuple[str, str]) -> None:
    assert fault(text) == fault_and_place


def test_what_stands_after_a_broken_expression_is_read() -> None:
    assert source.parse("a: {conv: $(max(8, 4)), stride: 2}").data == {"a": {"conv": None, "stride": 2}}
    assert source.parse("a: [$(max(1, 2)), 3]").data == {"a": [None, 3]}
    assert source.parse("a: $(b # c)\nd: 1").data == {"a": None, "d": 1}


def test_quoted_and_block_expressions_are_whole() -> None:
    assert data('a: {b: "$(max(1, 2))"}') == {"a": {"b": "$(max(1, 2))"}}
    assert data("a: [$('('), $(\"((\")]") == {"a": ["$('(')", '$("((")']}
    assert data("a:\n  b: $(max(1, d[0]))") == {"a": {"b": "$(max(1, d[0]))"}}


@pytest.mark.parametrize("text", ["[" * 3000 + "]" * 3000, "{a: " * 3000 + "}" * 3000, "- " * 3000 + "x", "? " * 3000])
def test_deep_nesting(text: str) -> None:
    assert fault(f"a:\n {text}")[0] in ("YAML_SYNTAX", "BAD_KEY")


def test_many_brackets_in_a_text_are_not_nesting() -> None:
    assert data("a: '" + "[" * 300 + "'\n# " + "{" * 300) == {"a": "[" * 300}


def test_alias_bomb() -> None:
    text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 30)
    )
    assert fault(text)[0] == "EXPANSION_TOO_LARGE"


def test_files(tmp_path: Path) -> None:
    def code(path: Path) -> Code:
        with pytest.raises(NetspecError) as caught:
            source.read(path)
        return caught.value.diagnostics[0].code

    (tmp_path / "latin").write_bytes(b"a: caf\xe9")
    (tmp_path / "bom").write_bytes(b"\xef\xbb\xbfa: 1")
    assert code(tmp_path / "nothing") is Code.FILE_NOT_FOUND
    assert code(tmp_path) is Code.FILE_UNREADABLE
    assert code(tmp_path / "latin") is Code.FILE_UNREADABLE
    assert source.read(tmp_path / "bom").data == {"a": 1}


def test_reading_is_without_the_parser() -> None:
    assert not hasattr(reader, "yaml")


@pytest.mark.parametrize(
    "value",
    [
        *("", " ", "a ", " a", "- a", "-a", "--- a", "...", "1", "-1", "0x1f", "1e-3", ".5", "true", "null", "~"),
        *("a\n", "a\x85b", "\ufeff", "\u2028", "$width", "$(a + b)", "$(max(1, 2))", "costs $(x", "(1", "a: b"),
        *("a #b", "[a", "{", "*a", "&a", "!a", "'", '"', "a/b.c", "<<", "=", "@a", "`a`", "%a", "?", "? a", "|", ">"),
        {"a b": [1.5, None, -math.inf], "7": {"x": []}},
    ],
    ids=repr,
)  # fmt: skip
def test_a_value_in_flow_style_is_read_as_the_same_value(value: object) -> None:
    read = source.parse(f"a: {flow(value)}\nb: [{flow(value)}, 1]\nc: {{d: {flow(value)}, e: 1}}\n")
    assert not read.diagnostics
    assert repr(read.data) == repr({"a": value, "b": [value, 1], "c": {"d": value, "e": 1}})
