"""Expressions: their values, their bounds, and that simplifying them keeps the value."""

from __future__ import annotations

import functools
import math
import os
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from netspec import expr as e
from netspec.expr import ExpressionError, evaluate, fold, is_whole, literal, substitute, transform
from tests.expr.exprs import INTEGERS, VARIABLES, expression, expressions, integers

A, B, N = e.Name("a"), e.Name("b"), e.Name("n", "whole")


def number(value: Any) -> e.Expr:
    return e.Literal(value)


def value_of(expr: e.Expr, variables: Any = VARIABLES) -> Any:
    try:
        return evaluate(expr, variables)
    except ExpressionError:
        return ExpressionError


# -- values ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expr", "value"),
    [
        (e.Binary("+", number(2), number(3)), 5),
        (e.Binary("/", number(4), number(2)), 2.0),
        (e.Binary("//", number(7), number(2)), 3),
        (e.Binary("**", number(2), number(10)), 1024),
        (e.Compare(number(1), (("<", number(2)), ("<", number(2)))), False),
        (e.Compare(number(2), (("in", literal([1, 2])),)), True),
        (e.Logic("and", (number(0), number(2))), 0),
        (e.Logic("or", (number(0), number(2), number(3))), 2),
        (e.Conditional(number(False), number(1), number(2)), 2),
        (literal([1, [2, 3]]), (1, (2, 3))),
        (e.Index(literal([5, 6]), number(-1)), 6),
        (e.Slice(literal([1, 2, 3, 4]), None, number(3), number(2)), (1, 3)),
        (e.Comprehension(A, ("a",), literal([1, 2, 3]), e.Compare(A, ((">", number(1)),))), (2, 3)),
        (e.Comprehension(e.Binary("*", A, B), ("a", "b"), literal([[1, 2], [3, 4]]), None), (2, 12)),
        (e.Apply("make_divisible", (number(33),)), 32),
        (e.Apply("make_divisible", (number(9), number(8))), 16),
        (e.Apply("ceil", (number(2.1),)), 3),
        (e.Format(("layer", number(3), ".", number(0))), "layer3.0"),
    ],
)
def test_values(expr: e.Expr, value: Any) -> None:
    assert evaluate(expr, {}) == value
    assert type(evaluate(expr, {})) is type(value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("$(8 + 'a')", "`8 + 'a'`: `+` does not take a number and text"),
        ("$([1, 2] * [3])", "`[1, 2] * [3]`: `*` does not take a list"),
        ("$(8 < [1])", "`8 < [1]`: `<` does not take a number and a list"),
        ("$(1 in 8)", "`1 in 8`: `in` does not take a number"),
        ("$(-[1, 2])", "`-[1, 2]`: `-` does not take a list"),
        ("$(len(8))", "`len(8)`: `len` does not take a number"),
        ("$(int('a'))", "`int('a')`: `int` does not take text"),
        ("$(max([1, 2][2:]))", "`max` of an empty list"),
        ("$([1, 2][9])", "`[1, 2]` has 2 items, counted from 0, and none at 9"),
        ("$([1, 2]['a'])", "an item is chosen by a whole number, not by `'a'`"),
        ("$([1, 2]['a':])", "`[1, 2]` is cut by whole numbers"),
        ("$(mapping['b'])", "a mapping of 'a' has nothing at `'b'`"),
        ("$([i for i in 8])", "`8` is a number, which has no items"),
        ("$([a for a, b in [1]])", "2 names for 1 value"),
        ("$(1 // 0)", "division by zero"),
    ],
)
def test_a_failure_is_told_in_the_words_of_the_language(text: str, message: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        evaluate(expression(text), {"mapping": {"a": 1}})
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("expr", "message"),
    [
        (e.Binary("/", number(1), number(0)), "division by zero"),
        (e.Binary("+", number(1), number("x")), "does not take"),
        (e.Index(literal([1]), number(3)), "none at"),
        (e.Binary("**", number(-8), number(0.5)), "not real"),
        (e.Binary("%", number("%s" * 9), number(1)), "cannot be formatted"),
        (e.Comprehension(A, ("a", "b"), literal([[1, 2, 3]]), None), "2 names for 3 values"),
        (e.Comprehension(A, ("a",), number(3), None), "has no items"),
        (e.Unknown(), "origin is unknown"),
    ],
)
def test_what_has_no_value(expr: e.Expr, message: str) -> None:
    with pytest.raises(ExpressionError, match=message):
        evaluate(expr, {})


def test_a_missing_variable_is_named() -> None:
    with pytest.raises(ExpressionError) as caught:
        evaluate(e.Binary("+", A, B), {"a": 1})
    assert caught.value.unknown == "b"


# -- bounds ----------------------------------------------------------------------------------------


def nested(levels: int) -> e.Expr:
    expr: e.Expr = number(1)
    for _ in range(levels):
        expr = e.Negative(expr)
    return expr


def squares(levels: int) -> e.Expr:
    expr: e.Expr = literal(list(range(100)))
    for _ in range(levels):
        expr = e.Comprehension(e.Apply("sum", (expr,)), ("a",), literal(list(range(100))), None)
    return expr


@pytest.mark.parametrize(
    "expr",
    [
        e.Binary("**", number(10), number(10**6)),
        e.Binary("**", e.Binary("**", number(10), number(60)), number(60)),
        e.Binary("**", number(2), number(64)),
        e.Binary("*", number(2.0), number(10.0**308)),
        e.Binary("*", literal([0]), number(10**9)),
        e.Binary("*", number(10**9), number("x")),
        e.Apply("int", (number("9" * 30),)),
        squares(4),
        nested(100_000),
    ],
    ids=["power", "tower", "magnitude", "infinity", "list", "text", "digits", "steps", "nesting"],
)
def test_evaluation_is_bounded(expr: e.Expr) -> None:
    with pytest.raises(ExpressionError) as caught:
        evaluate(expr, {})
    assert caught.value.bound


@settings(max_examples=300, deadline=None)
@given(expressions())
def test_evaluation_gives_a_value_or_an_expression_error(expr: e.Expr) -> None:
    value = value_of(expr)
    assert value is ExpressionError or isinstance(value, (int, float, str, tuple, type(None)))


# -- simplifying -----------------------------------------------------------------------------------


def refolded(expr: e.Expr) -> e.Expr:
    return transform(expr, lambda _: None)


@settings(max_examples=500, deadline=None)
@given(expressions())
def test_folding_keeps_the_value(expr: e.Expr) -> None:
    value = value_of(expr)
    assume(value is not ExpressionError)
    assert value_of(refolded(expr)) == value


@settings(max_examples=500, deadline=None)
@given(integers(), st.lists(st.integers(-50, 500), min_size=3, max_size=3))
def test_folding_integers_keeps_the_value(expr: e.Expr, values: list[int]) -> None:
    variables = dict(zip(INTEGERS, values, strict=True))
    value = value_of(expr, variables)
    assume(value is not ExpressionError)
    folded = refolded(expr)
    assert value_of(folded, variables) == value
    assert is_whole(folded)
    assert e.names(folded) <= e.names(expr)


@settings(max_examples=200, deadline=None)
@given(expressions(), st.sampled_from(sorted(VARIABLES)), expressions())
def test_substituting_is_evaluating_first(expr: e.Expr, name: str, replacement: e.Expr) -> None:
    inner = value_of(replacement)
    assume(inner is not ExpressionError)
    value = value_of(expr, {**VARIABLES, name: inner})
    assume(value is not ExpressionError)
    assert value_of(substitute(expr, {name: replacement})) == value


@pytest.mark.parametrize(
    ("expr", "simpler"),
    [
        (e.Binary("*", A, number(1)), A),
        (e.Binary("*", number(1), A), A),
        (e.Binary("+", A, number(0)), A),
        (e.Binary("//", N, number(1)), N),
        (e.Binary("//", A, number(1)), None),
        (e.Binary("*", A, number(1.0)), None),
        (e.Binary("*", A, number(True)), None),
        (e.Binary("-", e.Binary("+", N, number(3)), number(1)), e.Binary("+", N, number(2))),
        (e.Binary("-", e.Binary("+", N, number(1)), number(3)), e.Binary("-", N, number(2))),
        (e.Binary("-", e.Binary("+", N, number(3)), number(3)), N),
        (e.Binary("-", e.Binary("+", A, number(3)), number(3)), None),
        (e.Logic("and", (number(True), A)), A),
        (e.Logic("and", (A, number(True))), None),
        (e.Logic("and", (A, number(False), B)), e.Logic("and", (A, number(False)))),
        (e.Logic("or", (number(0), number(False), A)), A),
        (e.Conditional(number(1), A, B), A),
        (e.Binary("+", e.Unknown(), A), e.Unknown()),
        (e.Binary("/", number(1), number(0)), None),
        (e.Apply("sum", (literal([1, 2]),)), number(3)),
    ],
)
def test_folding(expr: e.Expr, simpler: e.Expr | None) -> None:
    assert fold(expr) == (expr if simpler is None else simpler)


W, T = e.Name("w", "whole"), e.Name("t", "truth")


def plus(*terms: e.Expr) -> e.Expr:
    return functools.reduce(lambda left, right: e.Binary("+", left, right), terms)


def times(*factors: e.Expr) -> e.Expr:
    return functools.reduce(lambda left, right: e.Binary("*", left, right), factors)


@pytest.mark.parametrize(
    ("expr", "simpler"),
    [
        (plus(N, N, N, N, N), times(number(5), N)),
        (plus(N, N), times(number(2), N)),
        (times(number(2), times(number(2), times(number(2), N))), times(number(8), N)),
        (times(times(number(2), N), number(3)), times(number(6), N)),
        (e.Binary("-", plus(N, W), N), W),
        (e.Binary("-", N, N), number(0)),
        (plus(times(N, W), times(W, N)), times(number(2), N, W)),
        (e.Negative(e.Binary("-", N, W)), e.Binary("-", W, N)),
        (e.Negative(e.Negative(N)), N),
        (e.Binary("//", times(number(4), N), number(2)), times(number(2), N)),
        (e.Binary("%", times(number(4), N), number(2)), number(0)),
        (e.Binary("//", plus(times(number(4), N), number(1)), number(2)), times(number(2), N)),
        (e.Binary("//", plus(times(number(4), N), number(3)), number(4)), N),
        (e.Binary("//", plus(times(number(4), N), number(-1)), number(4)), e.Binary("-", N, number(1))),
        (e.Binary("%", plus(times(number(4), N), number(7)), number(4)), number(3)),
        (e.Binary("//", plus(times(number(4), N), W, number(1)), number(4)), None),
        (times(number(2), plus(N, W)), None),
        (times(times(number(2), N), W), None),
        (plus(number(1), N), None),
        (plus(A, A, A), None),
        (times(number(2), times(number(2), A)), None),
        (e.Index(e.Items((A, B, N)), number(0)), A),
        (e.Index(e.Items((A, B, N), tuple=True), number(-1)), N),
        (e.Index(e.Items((A,)), number(1)), None),
        (e.Index(e.Items((A, B)), number(True)), None),
        (e.Apply("round", (N,)), N),
        (e.Apply("round", (A,)), None),
        (e.Apply("max", (A, A)), A),
        (e.Conditional(T, A, A), A),
        (e.Conditional(T, number(True), number(False)), T),
        (e.Conditional(A, number(True), number(False)), None),
        (e.Compare(T, (("==", number(True)),)), T),
        (e.Compare(A, (("==", number(True)),)), e.Compare(A, (("==", number(1)),))),
        (e.Compare(A, (("==", A),)), number(True)),
        (e.Not(e.Not(T)), T),
        (e.Not(e.Compare(A, (("in", B),))), e.Compare(A, (("not in", B),))),
        (e.Logic("or", (T, number(True))), number(True)),
        (e.Logic("or", (A, number(True))), None),
        (e.Format(("conv", number(3), "x", A)), e.Format(("conv3x", A))),
    ],
)
def test_folding_of_integers_and_conditions(expr: e.Expr, simpler: e.Expr | None) -> None:
    assert refolded(expr) == (expr if simpler is None else simpler)


@settings(max_examples=int(os.environ.get("NETSPEC_EXAMPLES", "400")), deadline=None)
@given(expressions(), st.data())
def test_folding_keeps_value_and_type_whatever_variables_are(expr: e.Expr, data: st.DataObject) -> None:
    """Names that are known to be integers, truths or sequences are such; all others may be anything."""
    anything = st.one_of(
        st.integers(-9, 9), st.floats(-4, 4), st.booleans(), st.none(), st.sampled_from(["relu", ""]),
        st.tuples(st.integers(0, 3), st.floats(0, 1)),
    )  # fmt: skip
    kinds = {name: e.kind_of([value]) for name, value in VARIABLES.items()}
    given_ = {
        "whole": st.integers(-9, 99),
        "truth": st.booleans(),
        "sequence": st.lists(anything, max_size=3).map(tuple),
    }
    variables = {name: data.draw(given_.get(kind, anything), name) for name, kind in kinds.items()}
    value = value_of(expr, variables)
    assume(value is not ExpressionError)
    made = value_of(refolded(expr), variables)
    assert repr(made) == repr(value)


def test_a_comprehensions_variable_hides_an_outer_one() -> None:
    expr = e.Comprehension(e.Binary("*", A, B), ("a",), e.Items((A, number(2))), None)
    moved = substitute(expr, {"a": number(5), "b": number(3)})
    assert evaluate(moved, {}) == (15, 6)
    assert e.names(expr) == {"a", "b"}


def test_a_comprehensions_variable_makes_way() -> None:
    expr = e.Comprehension(e.Binary("*", A, B), ("a",), literal([1, 2]), e.Compare(A, (("<", B),)))
    moved = substitute(expr, {"b": e.Binary("+", A, number(1))})
    assert evaluate(moved, {"a": 9}) == evaluate(expr, {"b": 10}) == (10, 20)


def test_make_divisible_never_goes_far_below() -> None:
    for value in range(1, 2000):
        made = e.make_divisible(value)
        assert made % 8 == 0
        assert made >= 0.9 * value
        assert math.isclose(made, value, abs_tol=8)


def test_kinds() -> None:
    assert e.kind_of([3, 4]) == "whole"
    assert e.kind_of([True]) == "truth"
    assert e.kind_of([3, 4.0]) == e.kind_of([]) == "any"
    assert e.kind_of([(1,), [2]]) == "sequence"
    assert e.Name("n", "whole") == e.Name("n"), "a kind is knowledge of a variable, no part of its identity"
