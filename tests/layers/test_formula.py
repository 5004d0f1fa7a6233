"""Formulas: one text, and from it what is written and its value."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from pydantic import ValidationError

from netspec.contract.uses import uses
from netspec.layers import registry
from netspec.layers.base import Example, Refusal
from netspec.layers.formula import Formula, Symbols
from netspec.layers.layer_formulas import LayerFormulas
from netspec.shape import conv_output
from tests.layers.test_contract import COMMON, EXAMPLES, LAYERS


def test_a_formula_is_written_as_one_writes_it() -> None:
    made = Symbols()
    n, p, k, s = (made.symbol(name, number) for name, number in {"H": 28, "p": 2, "k": 5, "s": 1}.items())
    formula = made.formula("height", conv_output(n, k, s, p, p, 1))
    assert formula.symbols == "floor((H + 2*p - k)/s) + 1"
    assert formula.numbers == "floor((28 + 2*2 - 5)/1) + 1"
    assert formula.value == 28
    assert formula.latex == (
        r"\left\lfloor \frac{H + 2 \, p - k}{s} \right\rfloor + 1"
        r" = \left\lfloor \frac{28 + 2 \times 2 - 5}{1} \right\rfloor + 1 = 28"
    )


@pytest.mark.parametrize(
    ("rule", "numbers", "symbols", "written"),
    [
        (lambda o, k, c: k * k * c * o + o, (6, 5, 1), "a x (b x b x c + 1)", "6 x (5 x 5 x 1 + 1) = 156"),
        (lambda e, f: 3 * e * f + 3 * e + e * f + e, (8, 2), "4 x a x (b + 1)", "4 x 8 x (2 + 1) = 96"),
        (lambda a, p, j: a - p * j, (-2, 1, 4), "a - b x c", "-2 - 1 x 4 = -6"),
        (lambda a, p: a + p, (2, -1), "a + b", "2 + (-1) = 1"),
        (lambda n, k, s: (n - k + s - 1) // s + 1, (6, 3, 2), "ceil((a - b)/c) + 1", "ceil((6 - 3)/2) + 1 = 3"),
        (lambda n, k: (n - k) // k + 1, (6, 3), "floor((a - b)/b) + 1", "floor((6 - 3)/3) + 1 = 2"),
        (lambda c, g, h: c * (g // h), (2, 6, 3), "a x b/c", "2 x 6/3 = 4"),
        (lambda g, h: g // h, (7, 2), "floor(a/b)", "floor(7/2) = 3"),
        (lambda n, k: -(-n // k) * k, (7, 2), "ceil(a/b) x b", "ceil(7/2) x 2 = 8"),
        (lambda n, k: -(-n // k) * k, (6, 2), "a/b x b", "6/2 x 2 = 6"),
        (lambda n, m: n - n % m, (7, 2), "a - a mod b", "7 - 7 mod 2 = 6"),
        (lambda a, b: -a - b, (1, 2), "-a - b", "-1 - 2 = -3"),
        (lambda a, b: 2 - a * b, (1, 2), "2 - a x b", "2 - 1 x 2 = 0"),
    ],
)
def test_rules_are_arranged_as_in_textbooks(
    rule: Callable[..., int], numbers: tuple[int, ...], symbols: str, written: str
) -> None:
    made = Symbols()
    given = [made.symbol(name, number) for name, number in zip("abc", numbers, strict=False)]
    formula = made.formula("it", rule(*given))
    assert (formula.symbols, f"{formula.numbers} = {formula.value}") == (symbols, written)


def test_what_no_formula_states_is_a_number() -> None:
    made = Symbols()
    formula = made.formula("it", max(made.symbol("a", 3), 4))
    assert (formula.symbols, formula.numbers, formula.value, formula.latex) == (None, None, 4, "4")


def test_numbers_without_symbols_are_multiplied_by_a_cross() -> None:
    formula = Formula.sum_of("bytes", [(2, 3), (2**62, 8)])
    assert formula.numbers == "2 x 3 + 4,611,686,018,427,387,904 x 8"
    assert (
        formula.latex
        == r"2 \times 3 + 4{,}611{,}686{,}018{,}427{,}387{,}904 \times 8 = 36{,}893{,}488{,}147{,}419{,}103{,}238"
    )


def test_numbers_too_large_to_divide_are_rounded() -> None:
    made = Symbols()
    formula = made.formula("it", made.symbol("a", 2**62) * made.symbol("b", 2**62) // 4)
    assert (formula.symbols, formula.value) == ("floor(a*b/4)", 2**122)


def worth(written: str) -> int:
    """The value of a formula that is written in numbers, computed by itself."""
    arithmetic = re.sub(
        r"/(\d+)", r"/Fraction(\1)", written.replace(",", "").replace(" x ", " * ").replace(" mod ", " % ")
    )
    return int(eval(arithmetic, {"floor": math.floor, "ceil": math.ceil, "Fraction": Fraction}))


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
            "connections": layer.count_connections(use.inputs, outputs),
        }
        axes = {"length": -1, "width": -1, "height": -2, "depth": -3, "channels": 0, "features": -1}
        for formula in LayerFormulas(layer, use.inputs):
            assert formula.latex
            assert formula.numbers is None or worth(formula.numbers) == formula.value, formula
            if formula.name in counts:
                assert formula.value == counts[formula.name], formula
                continue
            for name in formula.name.split(", "):
                axis = axes[name] if name in axes else int(name.removeprefix("axis "))
                if name == "length" and outputs[0][axis] != formula.value:
                    axis = 0  # of a sequence, whose features come last
                assert formula.value == outputs[0][axis], formula

    check()
