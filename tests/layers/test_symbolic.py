"""The rules give the same with symbolic values as with plain ones, and their expressions evaluate to it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given, settings
from pydantic import ValidationError

from netspec.expr import Literal, Name, evaluate
from netspec.expr.symbols import concrete, expr_of, symbol
from netspec.layers import registry
from netspec.layers.base import Example, Refusal
from tests.layers.strategies import uses
from tests.layers.test_contract import COMMON, EXAMPLES, LAYERS


def evaluated(value: Any, variables: dict[str, Any]) -> Any:
    """A value computed anew from its expression; tuples and mappings element by element."""
    if isinstance(value, dict):
        return {name: evaluated(item, variables) for name, item in value.items()}
    if isinstance(value, (tuple, list)):
        return type(value)(evaluated(item, variables) for item in value)
    expr = expr_of(value)
    return value if isinstance(expr, Literal) else concrete(evaluate(expr, variables))


@pytest.mark.parametrize("op", LAYERS)
def test_symbolic_is_plain(op: str) -> None:
    cls = registry()[op]

    @settings(COMMON, max_examples=max(EXAMPLES // 5, 5))
    @given(uses(cls))
    def check(use: Example) -> None:
        try:
            plain = cls(**use.options)
            outputs = plain.infer(use.inputs)
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

        found = layer.infer(inputs)
        assert concrete(found) == outputs
        assert evaluated(found, variables) == outputs
        weights = {k: (concrete(w.shape), w.buffer) for k, w in layer.weights(inputs).items()}
        assert weights == {k: (w.shape, w.buffer) for k, w in plain.weights(use.inputs).items()}
        assert layer.macs(inputs, found) == plain.macs(use.inputs, outputs)
        assert layer.fan_in(inputs) == plain.fan_in(use.inputs)
        if use.inputs:
            assert layer.receptive_field(inputs) == plain.receptive_field(use.inputs)

        call, wanted = layer.emit(inputs), plain.emit(use.inputs)
        assert call.target == wanted.target
        assert evaluated(call.args, variables) == wanted.args
        assert evaluated(dict(call.kwargs), variables) == wanted.kwargs
        assert call.defaults == wanted.defaults
        assert concrete(call.args) == wanted.args

    check()


def test_counts_keep_their_origin() -> None:
    width, channels = symbol(16, Name("width")), symbol(3, Name("channels"))
    conv = registry()["conv"].model_construct(out=4 * width, kernel=3, padding=1)
    call = conv.emit(((channels, 8, 8),))
    assert [evaluate(expr_of(arg), {"width": 5, "channels": 7}) for arg in call.args] == [7, 20]
    flat = registry()["flatten"]().infer(((channels, 4, 4),))[0][0]
    assert evaluate(expr_of(flat), {"channels": 7}) == 112
