"""Formulas: one text, and from it what is written and its value."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from pydantic import ValidationError

from netspec.layers import registry
from netspec.layers.base import Example, Formula, Refusal
from tests.layers.strategies import uses
from tests.layers.test_contract import COMMON, EXAMPLES, LAYERS


def test_a_formula_is_written_as_one_writes_it() -> None:
    formula = Formula("height", "floor((H + 2*p - k) / s) + 1", {"H": 28, "p": 2, "k": 5, "s": 1})
    assert formula.symbols == "floor((H + 2*p - k)/s) + 1"
    assert formula.numbers == "floor((28 + 2*2 - 5)/1) + 1"
    assert formula.value == 28
    assert formula.latex == (
        r"\left\lfloor \frac{H + 2 \, p - k}{s} \right\rfloor + 1"
        r" = \left\lfloor \frac{28 + 2 \times 2 - 5}{1} \right\rfloor + 1 = 28"
    )


@pytest.mark.parametrize(
    ("arithmetic", "values", "numbers", "value"),
    [
        ("C_out * (k * k * C_in + 1)", {"C_out": 6, "k": 5, "C_in": 1}, "6 x (5 x 5 x 1 + 1)", 156),
        ("a - (b - c)", {"a": 5, "b": 3, "c": 1}, "5 - (3 - 1)", 3),
        ("a - p * j", {"a": -2, "p": 1, "j": 4}, "-2 - 1 x 4", -6),
        ("a + p", {"a": 2, "p": -1}, "2 + (-1)", 1),
        ("ceil((n - k) / s) + 1 - 1", {"n": 6, "k": 3, "s": 2}, "ceil((6 - 3)/2) + 1 - 1", 2),
        ("C * (g / h)", {"C": 2, "g": 6, "h": 3}, "2 x 6/3", 4),
    ],
)
def test_numbers_are_put_in(arithmetic: str, values: dict[str, int], numbers: str, value: int) -> None:
    formula = Formula("it", arithmetic, values)
    assert (formula.numbers, formula.value) == (numbers, value)


def test_a_quotient_is_whole() -> None:
    with pytest.raises(ValueError, match="whole"):
        _ = Formula("it", "7 / 2").value


@pytest.mark.parametrize("op", LAYERS)
def test_formulas_give_what_the_rules_give(op: str) -> None:
    cls = registry()[op]

    @settings(COMMON, max_examples=max(EXAMPLES // 5, 5))
    @given(uses(cls))
    def check(use: Example) -> None:
        try:
            layer = cls(**use.options)
            outputs = layer.infer(use.inputs)
        except (Refusal, ValidationError):
            assume(False)
        counts = {
            "params": sum(w.numel for w in layer.weights(use.inputs).values() if not w.buffer),
            "macs": layer.macs(use.inputs, outputs),
        }
        axes = {"length": -1, "width": -1, "height": -2, "depth": -3, "channels": 0, "features": -1}
        for formula in layer.explain(use.inputs, outputs):
            assert formula.latex
            if formula.name in counts:
                assert formula.value == counts[formula.name], formula
                continue
            for name in formula.name.split(", "):
                axis = axes[name] if name in axes else int(name.removeprefix("axis "))
                assert formula.value == outputs[0][axis], formula

    check()
