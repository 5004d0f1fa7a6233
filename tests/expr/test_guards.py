"""Guards: what symbols decide is recorded, unless it is the same for all their values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netspec.expr import Compare, Literal, Name, evaluate, names
from netspec.expr.evaluation import ARITHMETIC
from netspec.expr.guards import Answers, Guards
from netspec.expr.normal import is_settled, key
from netspec.expr.symbols import expr_of, symbol

n: Any = symbol(8, Name("n"))
p: Any = symbol(0.5, Name("p"))
mode: Any = symbol("same", Name("mode"))
flag: Any = symbol(True, Name("flag", "truth"))
sizes: Any = symbol((3, 5), Name("sizes", "sequence"))

DECIDES: dict[str, Callable[[], object]] = {
    "a comparison": lambda: n > 3,
    "equality": lambda: n == 8,
    "membership": lambda: n in (1, 8),
    "the larger of two": lambda: max(n, 3),
    "truth": lambda: 1 if n else 2,
    "a condition": lambda: 1 if flag else 2,
    "a conversion": lambda: int(n),
    "a look-up": lambda: {8: 1}.get(n),
    "a quotient with fractions": lambda: n / 2,
    "as many items": lambda: (1,) * n,
    "a float's arithmetic": lambda: 1 - p,
    "a text": lambda: mode == "same",
    "a text's part": lambda: mode.startswith("s"),
    "how many items there are": lambda: len(sizes),
    "each item": lambda: [*sizes],
    "one of several": lambda: sizes[0] > 2,
}
PASSES: dict[str, Callable[[], object]] = {
    "arithmetic": lambda: (n + 2) // 3 * 2 - n % 5,
    "an item": lambda: sizes[1] * n,
    "a comparison with itself": lambda: n == n + 1 - 1,
    "a multiple": lambda: 4 * n % 4 == 0,
    "quotients that are one": lambda: n // 2 // 2 == n // 4,
    "quotients of one sum": lambda: (n - 1) // 2 + 1 == (n + 1) // 2,
}


@pytest.mark.parametrize("what", DECIDES)
def test_what_decides_is_recorded(what: str) -> None:
    with Guards().recording() as guards:
        DECIDES[what]()
    assert guards.found
    read = {name for guard in guards.found for name in names(guard.expr)}
    assert len(read) == 1
    values = {"n": 8, "p": 0.5, "mode": "same", "flag": True, "sizes": (3, 5)}
    assert all(evaluate(guard.expr, values) == guard.outcome for guard in guards.found)


@pytest.mark.parametrize("what", PASSES)
def test_what_only_passes_a_value_on_is_none(what: str) -> None:
    with Guards().recording() as guards:
        PASSES[what]()
    assert not guards.found


def test_nothing_is_recorded_where_nobody_asks() -> None:
    with Guards().recording() as guards:
        pass
    assert n > 3
    assert not guards.found


def test_a_decision_can_be_told_the_other_way() -> None:
    with Answers(flipped=1).recording():
        first, second, again = n > 3, n > 5, n > 5
    assert (first, second, again) == (True, False, False)


OPERATIONS = st.sampled_from(["+", "-", "*", "//", "%"])


@given(
    st.lists(st.tuples(OPERATIONS, st.integers(1, 6)), max_size=6),
    st.sampled_from(["<", "==", ">="]),
    st.integers(-2, 20),
    st.integers(4, 60),
)
def test_what_is_settled_holds_for_every_value(
    steps: list[tuple[str, int]], compared: str, bound: int, value: int
) -> None:
    made: Any = symbol(9, Name("s"))
    for op, other in steps:
        made = ARITHMETIC[op](made, other)
    asked = Compare(expr_of(made), ((compared, Literal(bound)),))
    if is_settled(asked, {"s": 4}):
        assert evaluate(asked, {"s": value}) == evaluate(asked, {"s": 9})
    assert key(expr_of(made + 7 - 7)) == key(expr_of(made))
