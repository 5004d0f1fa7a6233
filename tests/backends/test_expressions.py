"""The text of an expression has its value, and is what ruff would leave."""

from __future__ import annotations

import ast
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from netspec import expr as e
from netspec.backends.expressions import document, literal_text, text
from netspec.expr import ExpressionError, evaluate
from tests.expr.exprs import VARIABLES, expressions


def run(source: str, variables: dict[str, Any]) -> Any:
    return eval(source, {"make_divisible": e.make_divisible, **variables})


def tupled(value: Any) -> Any:
    return tuple(tupled(v) for v in value) if isinstance(value, (list, tuple)) else value


@pytest.mark.filterwarnings("ignore::SyntaxWarning")
@settings(max_examples=800, deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(expressions())
def test_text_has_the_value(expr: e.Expr) -> None:
    try:
        value = evaluate(expr, VARIABLES)
    except ExpressionError:
        assume(False)
    written = text(expr)
    assert "\n" not in written
    try:
        got = run(written, VARIABLES)
    except TypeError:
        assume("tuple(" not in written)  # a number compared with a sequence: an error there, never equal here
        raise
    assert tupled(got) == value
    assert type(got) is type(value)


def test_ruff_leaves_short_texts() -> None:
    lines: list[str] = []

    @settings(max_examples=800, deadline=None, database=None, phases=[Phase.generate])
    @given(expressions())
    def collect(expr: e.Expr) -> None:
        lines.append(f"x = {text(expr)}")

    collect()
    lines = [line for line in lines if len(line) <= 88]
    assert len(set(lines)) > 300
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "-"]
    done = subprocess.run(command, input="\n".join(lines), capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == lines


A, B, C = e.Name("a"), e.Name("b"), e.Name("c")


@pytest.mark.parametrize(
    ("expr", "written"),
    [
        (e.Binary("*", e.Literal(4), A), "4 * a"),
        (e.Binary("*", e.Binary("+", A, B), C), "(a + b) * c"),
        (e.Binary("-", A, e.Binary("-", B, C)), "a - (b - c)"),
        (e.Binary("-", e.Binary("-", A, B), C), "a - b - c"),
        (e.Binary("*", A, e.Binary("//", B, C)), "a * (b // c)"),
        (e.Binary("**", A, e.Literal(2)), "a**2"),
        (e.Binary("**", e.Negative(A), e.Literal(2)), "(-a) ** 2"),
        (e.Negative(e.Binary("**", A, e.Literal(2))), "-(a**2)"),
        (e.Negative(e.Binary("+", A, B)), "-(a + b)"),
        (e.Not(e.Logic("and", (A, B))), "not (a and b)"),
        (e.Logic("or", (e.Logic("and", (A, B)), C)), "a and b or c"),
        (e.Logic("and", (e.Logic("or", (A, B)), C)), "(a or b) and c"),
        (e.Compare(e.Compare(A, (("==", B),)), (("==", C),)), "(a == b) == c"),
        (e.Compare(A, (("!=", e.Literal(1)),)), "a != 1"),
        (e.Conditional(e.Compare(A, (("==", e.Literal(0)),)), B, C), "b if a == 0 else c"),
        (e.Binary("+", e.Conditional(A, B, C), e.Literal(1)), "(b if a else c) + 1"),
        (e.Apply("floor", (e.Binary("/", A, B),)), "int(a / b // 1)"),
        (e.Apply("ceil", (e.Binary("+", A, B),)), "-int(-(a + b) // 1)"),
        (e.literal([1]), "(1,)"),
        (e.Index(A, e.Binary("+", B, e.Literal(1))), "a[b + 1]"),
        (e.Slice(A, B, None, None), "a[b:]"),
        (e.Slice(A, None, e.Negative(B), None), "a[:-b]"),
        (e.Slice(A, e.Binary("+", B, e.Literal(1)), None, None), "a[b + 1 :]"),
        (e.Slice(A, None, None, e.Binary("+", B, C)), "a[:: b + c]"),
        (e.Slice(A, B, e.Binary("+", B, C), e.Literal(2)), "a[b : b + c : 2]"),
        (e.Binary("+", A, e.literal([64])), "(*a, 64)"),
        (e.Binary("*", e.literal([64]), A), "(64,) * a"),
        (e.Compare(A, (("==", e.literal([3, 4])),)), "tuple(a) == (3, 4)"),
        (e.Comprehension(e.Binary("*", e.Literal(2), B), ("b",), A, None), "tuple(2 * b for b in a)"),
        (e.Format(("conv", e.Binary("+", A, e.Literal(1)))), 'f"conv{a + 1}"'),
        (e.Format(("{}", e.Index(A, e.Literal("k")))), "f\"{{}}{a['k']}\""),
    ],
)
def test_texts(expr: e.Expr, written: str) -> None:
    assert text(expr) == written


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("relu", '"relu"'),
        ("it's", '"it\'s"'),
        ('a"b', "'a\"b'"),
        ("a\"b'c", '"a\\"b\'c"'),
        ("\\", '"\\\\"'),
        ("\n\t\x00\u202e", '"\\n\\t\\x00\\u202e"'),
        ("ünï", '"ünï"'),
        (1e-5, "1e-05"),
        (float("inf"), 'float("inf")'),
        (float("-inf"), 'float("-inf")'),
        (float("nan"), 'float("nan")'),
        (True, "True"),
        (None, "None"),
        (-1, "-1"),
    ],
)
def test_literals(value: Any, written: str) -> None:
    assert literal_text(value) == written
    got = eval(written)
    assert got == value or got != got


@given(st.text(max_size=30))
def test_text_literals_are_inert(value: str) -> None:
    written = literal_text(value)
    assert ast.literal_eval(written) == value
    assert written.isprintable()


def test_sequences_take_lists_too() -> None:
    joined = e.Binary("+", A, e.literal([64]))
    for given_ in ((1, 2), [1, 2]):
        assert run(text(joined), {"a": given_}) == (1, 2, 64)
        assert run(text(e.Compare(A, (("==", e.literal([1, 2])),))), {"a": given_}) is True


def test_sums_of_variables_that_are_sequences_take_lists_too() -> None:
    left, right = e.Name("a", "sequence"), e.Name("b", "sequence")
    assert text(e.Binary("+", left, right)) == "(*a, *b)"
    assert run(text(e.Compare(left, (("==", right),))), {"a": [1], "b": (1,)}) is True


def test_the_unknown_cannot_be_written() -> None:
    with pytest.raises(TypeError, match="cannot be written"):
        document(e.Unknown())
