"""Symbolic numbers: the values of plain ones, and expressions that give these values."""

from __future__ import annotations

import copy
import operator
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netspec import expr as e
from netspec.expr import evaluate
from netspec.expr.symbols import SymFloat, SymInt, SymStr, SymValue, concrete, expr_of, symbol, unknown

OPERATORS = (operator.add, operator.sub, operator.mul, operator.floordiv, operator.mod)


@given(
    st.lists(st.tuples(st.sampled_from(OPERATORS), st.integers(1, 9), st.booleans()), max_size=8), st.integers(1, 500)
)
def test_arithmetic_is_that_of_integers(steps: list[tuple[Any, int, bool]], start: int) -> None:
    plain: int = start
    made: Any = symbol(start, e.Name("n"))
    for apply, other, reflected in steps:
        if reflected and plain != 0:
            plain, made = apply(other, plain), apply(other, made)
        elif not reflected:
            plain, made = apply(plain, other), apply(made, other)
    assert made == plain
    assert evaluate(expr_of(made), {"n": start}) == plain
    assert type(concrete(made)) is int


@given(st.integers(2, 500), st.integers(1, 7), st.integers(1, 4), st.integers(0, 3))
def test_a_windows_size_reads_well(size: int, kernel: int, stride: int, padding: int) -> None:
    made = (symbol(size, e.Name("n")) + 2 * padding - kernel) // stride + 1
    assert made == (size + 2 * padding - kernel) // stride + 1
    assert evaluate(expr_of(made), {"n": size}) == made
    assert e.depth(expr_of(made)) <= 4


def test_kinds() -> None:
    name = e.Name("x")
    assert type(symbol(3, name)) is SymInt
    assert type(symbol(0.5, name)) is SymFloat
    assert type(symbol("relu", name)) is SymStr
    for value in (True, None, (1, 2)):
        assert type(symbol(value, name)) is SymValue
    assert type(symbol(3, e.Literal(3))) is int, "a literal stays plain"
    assert expr_of(symbol(0.5, name)) == expr_of(symbol(True, name)) == name
    assert expr_of(4) == e.Literal(4)


def test_values_compare_as_plain_ones() -> None:
    flag, sizes, nothing = (symbol(value, e.Name("x")) for value in (True, (1, 2), None))
    assert flag
    assert not nothing
    assert sizes == (1, 2)
    assert hash(sizes) == hash((1, 2))
    assert [*sizes] == [1, 2]
    assert len(sizes) == 2
    assert sizes[1] == 2


def test_concrete_reaches_into_sequences() -> None:
    made = concrete(
        [symbol(3, e.Name("x")), (symbol(0.5, e.Name("y")), symbol((symbol(1, e.Name("z")),), e.Name("w")))]
    )
    assert made == [3, (0.5, (1,))], "a list stays a list"
    assert [type(made[0]), type(made[1][0]), type(made[1][1][0])] == [int, float, int]
    assert concrete(True) is True
    assert type(concrete(symbol("a", e.Name("s")))) is str


def test_arithmetic_with_other_kinds_is_plain() -> None:
    half = symbol(3, e.Name("n")) * 0.5
    assert type(half) is float
    assert half == 1.5
    assert symbol(3, e.Name("n")) / 2 == 1.5


def test_what_comes_of_the_unknown_is_unknown() -> None:
    assert e.is_unknown(expr_of(2 * unknown(3) + 1))
    assert 2 * unknown(3) + 1 == 7


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))])
def test_copies(again: Any) -> None:
    for value in (3, 0.5, "relu", (1, 2)):
        made = symbol(value, e.Name("x"))
        assert again(made) == value
        assert expr_of(again(made)) == e.Name("x")
