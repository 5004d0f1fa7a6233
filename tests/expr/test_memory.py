"""What is remembered of expressions: of identical ones alone, and of a bounded number."""

from __future__ import annotations

import pytest

from netspec.expr import Binary, Expr, Identifier, Items, Literal, Name, fold
from netspec.expr.memory import MOST_NODES, Memory, is_small
from netspec.expr.normal import key

X = Name(Identifier("x"))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Literal(1), Literal(True)),
        (Literal(1), Literal(1.0)),
        (Items((Literal(0),)), Items((Literal(False),))),
        (Name(Identifier("x"), "whole"), Name(Identifier("x"), "truth")),
    ],
)
def test_equal_expressions_are_not_confused(one: Expr, other: Expr) -> None:
    memory: Memory[str] = Memory()
    memory.keep(one, "one")
    assert one == other
    assert memory.recall(one) == "one"
    assert memory.recall(other) is None


def test_folding_and_keys_tell_literals_apart() -> None:
    whole = Name(Identifier("x"), "whole")
    for first, second in ((1, True), (True, 1)):
        folded = [fold(Binary("*", whole, Literal(value))) for value in (first, second)]
        by_value = {type(value): each for value, each in zip((first, second), folded, strict=True)}
        assert by_value[int] == whole
        assert by_value[bool] == Binary("*", whole, Literal(True))
        assert key(Literal(first)) != key(Literal(second))


def test_its_size_is_bounded() -> None:
    memory: Memory[int] = Memory()
    for number in range(3 * Memory.MOST):
        memory.keep(Literal(number), number)
    held = sum(memory.recall(Literal(number)) is not None for number in range(3 * Memory.MOST))
    assert 0 < held <= Memory.MOST


def test_a_literal_without_a_hash_is_not_kept() -> None:
    memory: Memory[int] = Memory()
    expr = Literal({})
    assert memory.keep(expr, 1) == 1
    assert memory.recall(expr) is None


def test_shared_nodes_count_each_time() -> None:
    expr: Expr = X
    for _ in range(7):
        expr = Binary("*", expr, expr)
    assert is_small(expr)  # 255 nodes
    assert MOST_NODES == 256
    assert not is_small(Binary("*", expr, expr))


def test_a_checked_name_is_never_replaced_by_an_unchecked_one():
    memory: Memory[int] = Memory()
    memory.keep(Binary("+", Name("width"), Literal(1)), 1)
    assert memory.recall(Binary("+", Name("width"), Literal(1))) == 1
    assert memory.recall(Binary("+", Name(Identifier("width")), Literal(1))) is None
