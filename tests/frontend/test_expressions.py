"""LANGUAGE.md, "Expressions"."""

from __future__ import annotations

from typing import Any

import pytest

from netspec import api
from netspec.expr import ExpressionError
from netspec.frontend.expressions import parse
from netspec.frontend.written import BadExpression, ShapeView, evaluate
from tests.frontend.writing import code, graph, only, out, spec
from tests.steps import steps

VARIABLES: dict[str, Any] = {
    "n": 3,
    "depths": (3, 4, 6),
    "rows": ((1, 2), (3, 4)),
    "flag": True,
    "x": ShapeView((4, 8, 9)),
    "input": ShapeView((5, 7)),
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("$n", 3), ("$depths.0", 3), ("$rows.1.0", 3), ("$(depths.2 + 1)", 7), ("$(rows[1].0)", 3), ("$(n * 2)", 6),
        ("$(7 / 2)", 3.5), ("$(6 / 2)", 3.0), ("$(7 // 2)", 3), ("$(-7 % 4)", 1), ("$(2 ** 3 ** 2)", 512),
        ("$(-n)", -3), ("$(+n)", 3), ("$(1 < n <= 3)", True), ("$(n == 3 and not flag)", False), ("$(0 or n)", 3),
        ("$(1 if flag else 2)", 1), ("$(depths[-1])", 6), ("$(depths[1:])", (4, 6)), ("$(depths[::-1])", (6, 4, 3)),
        ("$([d * 2 for d in depths])", (6, 8, 12)), ("$([a + b for a, b in rows if a > 1])", (7,)),
        ("$(true)", True), ("$(false or null)", None), ("$('a' + 'b')", "ab"), ("$(3 in depths)", True),
        ("$(3 not in depths)", False), ("$([1, n])", (1, 3)), ("$((1, n))", (1, 3)), ("$(.5 * 2)", 1.0),
        ("$(min(1, 2))", 1), ("$(max(depths))", 6), ("$(abs(-1))", 1), ("$(round(2.5))", 2),
        ("$(round(2.55, 1))", 2.5), ("$(floor(2.7))", 2),
        ("$(ceil(2.1))", 3), ("$(int(2.9))", 2), ("$(len(depths))", 3), ("$(sum(depths))", 13),
        ("$(make_divisible(33, 8))", 32), ("$(make_divisible(10))", 16), ("$(make_divisible(3, 8, 4))", 4),
        ("$x.channels", 4), ("$x.height", 8), ("$x.width", 9), ("$x.features", 9), ("$x.shape", (4, 8, 9)),
        ("$x.shape.1", 8), ("$(x.shape[0])", 4), ("$input.channels", 5), ("$input.features", 7), ("$input.width", 7),
        ("a$n", "a3"), ("a$(n + 1)b$n", "a4b3"), ("$n.n", "3.n"), ("$$", "$"), ("a$$b", "a$b"), ("$n$n", "33"),
        ("plain", "plain"), ("$(')')", ")"), ("$(  n  )", 3),
    ],
)  # fmt: skip
def test_values(text: str, value: object) -> None:
    found = evaluate(parse(text), VARIABLES)
    assert found == value
    assert type(found) is type(value)


NO_EXPRESSIONS = {
    "EXPRESSION_SYNTAX": [
        "$(", "$()", "$(1 +)", "$", "$-", "$(n", "$(n = 3)", "$(1 2)", "$('a)",
        "$(0x)", "$(\\)", "$(#)", "$(n := 3)",
        "$(" + "(" * 300 + "1" + ")" * 300 + ")",
    ],
    "EXPRESSION_FORBIDDEN": [
        "$(n.real)", "$(x.__class__)", "$(open('f'))", "$(lambda: 1)", "$({1: 2})", "$({1})", "$(f'{n}')",
        "$((n := 3))",
        "$(n & 1)", "$(n << 1)", "$(~n)", "$(n is 3)", "$(min(a=1))", "$(min(*depths))", "$(b'a')", "$(1j)", "$(...)",
        "$([a for a in b for b in n])", "$([*depths])", "$(1 + (yield))", "$(await n)", "$(x.channels())",
        "$([b async for b in depths])", "$(__import__('os'))", "$(depths.append(1))",
        "$(round(5, -99))", "$(round(5, n))", "$(sum(rows, []))", "$(int('11', 2))", "$(len())",
    ],
    "EXPRESSION_BOUND": [
        "$(" + "1 + " * 3000 + "1)", "$(" + "-" * 900 + "1)", "$(" + "not " * 400 + "1)", "$(" + "1 + " * 400 + "1)",
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("code_name", "text"), [(name, text) for name, texts in NO_EXPRESSIONS.items() for text in texts]
)
def test_texts_that_are_no_expressions(code_name: str, text: str) -> None:
    with pytest.raises(BadExpression) as caught:
        evaluate(parse(text), VARIABLES)
    assert caught.value.code.name == code_name
    assert len(caught.value.message) < 300


@pytest.mark.parametrize(
    "text",
    [
        "$missing", "$(1 / 0)", "$(depths[9])", "$(n[0])", "$(n + 'a')", "$('%s' % n)", "$(len(n))", "$x", "$(x + 1)",
        "$(int('a'))", "$([a for a, b in depths])", "$(max([]))", "$(sum('a'))", "a$(1.5)", "a$(true)", "$(2 ** 65)",
        "$(10 ** 64 * 10 ** 64)", "$('a' * 10 ** 9)", "$([0] * 10 ** 9)", "$(1e300 * 1e300)", "$((-8) ** 0.5)",
        "$([[a for a in [0] * 1000] for b in [0] * 100000])", "$(int('9' * 100000))",
        "$(make_divisible(n, 0))", "$(make_divisible('a'))",
    ],
)  # fmt: skip
def test_expressions_without_a_value_end_soon(text: str) -> None:
    with steps(5_000_000), pytest.raises(ExpressionError):
        evaluate(parse(text), VARIABLES)


def test_a_shape_without_the_axis() -> None:
    with pytest.raises(ExpressionError, match="has no height"):
        evaluate(parse("$x.height"), {"x": ShapeView((4,))})


def test_where_expressions_stand() -> None:
    head = "params: {k: 3, list: [8, 6]}\nlet: {double: $(2 * k), again: $(double + 1)}"
    assert out(graph("- {conv: $again, kernel: [$k, $(k - 2)], stride: $(1)}", head)) == (7, 6, 8)
    assert out(graph("- {conv: $list.1, kernel: 1}", head)) == (6, 8, 8)
    assert code("- relu", "let: {a: $b, b: 1}") == "UNKNOWN_VARIABLE"
    assert code("- relu", "params: {a: $x.channels}") == "UNKNOWN_VARIABLE"


def test_a_float_for_an_integer_option_is_an_error() -> None:
    assert code("- {conv: $(6 / 2), kernel: 1}") == "WRONG_TYPE"


def test_an_unknown_name_lists_those_that_are_known() -> None:
    found = only(spec("- {conv: $widht, kernel: 1}", "params: {width: 3, depth: 2}"))
    assert found.help == "did you mean `width`?"
    assert found.expected == "one of depth, width"


def test_x_in_an_entrys_let_and_branches() -> None:
    layers = """
    - {conv: 6, kernel: 3}
    - let: {c: $x.channels}
      residual: [{conv: 9, kernel: 1}, {conv: $c, kernel: 1}]
    """
    assert out(graph(layers)) == (6, 6, 6)


def test_remarks_hold_no_expressions():
    head = "netspec: 1\nname: n\ndoc: it costs $5 (\ninput: [3, 8, 8]\nparams: {doc: 4}\n"
    entry = '{conv: $doc, kernel: 1, doc: "a $)"}'
    block = f'blocks: {{b: {{doc: "$(", params: {{out: int}}, let: {{doc: $(2 * out)}}, layers: [{entry}]}}}}\n'
    spec = api.loads(f"{head}{block}layers: [{entry}, {{b: 3}}]\n")
    assert [node.output_shapes[0][0] for node in api.elaborate(spec).nodes.values()] == [4, 6]
