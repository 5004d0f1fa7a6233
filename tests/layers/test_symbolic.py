"""The rules give the same with symbolic values as with plain ones, and their expressions evaluate to it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from netspec.contract.uses import uses
from netspec.contract.word import evaluated, hold_symbols
from netspec.expr import ExpressionError, Name, evaluate, kind_of
from netspec.expr.guards import Answers
from netspec.expr.symbols import concrete, expr_of, symbol
from netspec.layers import registry
from netspec.layers.base import Example, Refusal
from tests.layers.test_contract import COMMON, EXAMPLES, LAYERS


@pytest.mark.parametrize("op", LAYERS)
def test_symbolic_is_plain(op: str) -> None:
    cls = registry()[op]

    @settings(COMMON, max_examples=max(EXAMPLES // 5, 5))
    @given(uses(cls))
    def check(use: Example) -> None:
        try:
            plain = cls(**use.options)
            plain.infer(use.inputs)
        except (Refusal, ValidationError):
            assume(False)
        variables: dict[str, Any] = {f"s{i}_{j}": n for i, shape in enumerate(use.inputs) for j, n in enumerate(shape)}
        inputs = tuple(
            tuple(symbol(n, Name(f"s{i}_{j}")) for j, n in enumerate(shape)) for i, shape in enumerate(use.inputs)
        )
        # A mapping of a spec has no expression.
        given_options = {k: getattr(plain, cls.option_fields()[k]) for k in use.options}
        variables |= {k: v for k, v in given_options.items() if not isinstance(v, dict)}
        layer = cls.model_construct(
            **{k: symbol(v, Name(k)) if k in variables else v for k, v in given_options.items()}
        )

        hold_symbols(cls, use)
        if use.inputs:
            assert layer.receptive_field(inputs) == plain.receptive_field(use.inputs)

        call, wanted = layer.emit(inputs), plain.emit(use.inputs)
        assert call.target == wanted.target
        assert evaluated(call.args, variables) == wanted.args
        assert evaluated(dict(call.kwargs), variables) == wanted.kwargs
        assert call.defaults == wanted.defaults
        assert concrete(call.args) == wanted.args

    check()


def other(value: Any, draw: Any) -> Any:
    """A value like another."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + draw(st.sampled_from([-2, -1, 1, 2, 3]))
    if isinstance(value, float):
        return draw(st.sampled_from([0.0, value / 2, 2 * value]))
    if isinstance(value, tuple) and value:
        at = draw(st.integers(0, len(value) - 1))
        return (*value[:at], other(value[at], draw), *value[at + 1 :])
    return value


@pytest.mark.parametrize("op", LAYERS)
def test_what_symbols_decide_is_recorded(op: str) -> None:
    """With another size or option for which all guards come to the same, the expressions give what the rules give."""
    cls = registry()[op]

    @settings(COMMON, max_examples=max(EXAMPLES // 5, 5))
    @given(uses(cls), st.data())
    def check(use: Example, data: st.DataObject) -> None:
        try:
            plain = cls(**use.options)
            plain.infer(use.inputs)
        except (Refusal, ValidationError):
            assume(False)
        sizes = {f"s{i}_{j}": n for i, shape in enumerate(use.inputs) for j, n in enumerate(shape)}
        options = {
            k: v for k in use.options if not isinstance(v := getattr(plain, cls.option_fields()[k]), dict | None)
        }
        inputs = tuple(tuple(symbol(n, Name(f"s{i}_{j}")) for j, n in enumerate(s)) for i, s in enumerate(use.inputs))
        update = {cls.option_fields()[k]: symbol(v, Name(k, kind_of([v]))) for k, v in options.items()}
        with Answers().recording() as guards:
            layer = plain.model_copy(update=update)
            outputs, call = layer.infer(inputs), layer.emit(inputs)
        values = {**sizes, **options}
        assume(values)
        changed = data.draw(st.sampled_from(sorted(values)))
        values[changed] = other(values[changed], data.draw)
        shapes = tuple(tuple(values[f"s{i}_{j}"] for j, _ in enumerate(shape)) for i, shape in enumerate(use.inputs))
        assume(all(size > 0 for shape in shapes for size in shape))
        try:
            again = cls(**{**use.options, **{k: values[k] for k in options}})
            wanted = again.infer(shapes), again.emit(shapes)
        except (Refusal, ValidationError):
            return
        try:
            if any(evaluate(guard.expr, values) != guard.outcome for guard in guards.found):
                return
        except ExpressionError:
            return
        assert evaluated(outputs, values) == wanted[0]
        assert call.target == wanted[1].target
        assert evaluated(call.args, values) == wanted[1].args
        assert evaluated(dict(call.kwargs), values) == wanted[1].kwargs

    check()


def test_counts_keep_their_origin() -> None:
    width, channels = symbol(16, Name("width")), symbol(3, Name("channels"))
    conv = registry()["conv"].model_construct(out=4 * width, kernel=3, padding=1)
    call = conv.emit(((channels, 8, 8),))
    assert [evaluate(expr_of(arg), {"width": 5, "channels": 7}) for arg in call.args] == [7, 20]
    flat = registry()["flatten"]().infer(((channels, 4, 4),))[0][0]
    assert evaluate(expr_of(flat), {"channels": 7}) == 112
