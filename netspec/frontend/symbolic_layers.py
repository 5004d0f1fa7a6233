"""Layers whose options and inputs may be symbols, with the results and guards of their rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache, partial
from typing import Any

from netspec.expr.guards import Answers, Guard, Guards
from netspec.expr.symbols import concrete, expression, is_symbolic
from netspec.expr.tracing import decide
from netspec.frontend.calls import WEIGHTS, LayerCache, Rules, rules_of
from netspec.frontend.counting import Work
from netspec.layers.base import Layer, Refusal, Shapes


class SymbolicLayers(LayerCache):
    """Cache of checked layers whose options may be symbols, and of the results of their rules for symbols.

    Attributes:
        made: Layers with symbolic options, by identity: the layer itself, and its options as given.
    """

    price = 12

    def __init__(self, guards: Guards, work: Work | None = None) -> None:
        super().__init__(work)
        self.guards = guards
        self.made: dict[int, tuple[Layer, Mapping[str, Any]]] = {}
        self._overlaid: dict[tuple[int, str], Layer] = {}
        self._found: dict[Any, tuple[Rules, list[Guard]]] = {}

    def make(self, cls: type[Layer], options: Mapping[str, Any]) -> Layer:
        """The layer with these options; a symbolic option stays a symbol, unless validation changes its value.

        Raises:
            ValidationError: They are not the layer's.
        """
        layer = super().make(cls, {name: concrete(each) for name, each in options.items()})
        symbols = {name: each for name, each in options.items() if is_symbolic(each)}
        if not symbols:
            return layer
        key = id(layer), repr({name: expressions(each) for name, each in symbols.items()})
        if key not in self._overlaid:
            update = {}
            for name, each in symbols.items():
                field = cls.option_fields().get(name, name)
                if _same(getattr(layer, field), concrete(each)):
                    update[field] = each
                else:
                    decide(each)
            self._overlaid[key] = made = layer.model_copy(update=update)
            self.made[id(made)] = made, options
        return self._overlaid[key]

    def rules(self, made: Layer, activation: Layer | None, inputs: Shapes) -> Rules:
        """The results of the rules of a layer and its activation; records guards of their comparisons."""
        if id(made) not in self.made and id(activation) not in self.made and not is_symbolic(inputs):
            return super().rules(made, activation, inputs)
        key = id(made), id(activation), tuple([expression(shape) for shape in inputs])
        if key not in self._found:
            self.pay()
            with Answers().recording() as guards:
                found = rules_of(made, activation, inputs)
            self._found[key] = (
                found,
                [
                    replace(guard, opposite=cache(partial(_is_refused, made, activation, inputs, number)))
                    for number, guard in enumerate(guards.found)
                ],
            )
        found, noted = self._found[key]
        here = self.guards.place
        self.guards.found += [replace(guard, place=replace(here, weights=guard.place == WEIGHTS)) for guard in noted]
        return found


def _is_refused(made: Layer, activation: Layer | None, inputs: Shapes, flipped: int) -> bool:
    """Whether a layer's rules refuse if one of their decisions comes out the other way."""
    try:
        with Answers(flipped).recording():
            rules_of(made, activation, inputs)
    except Refusal:
        return True
    except Exception:  # the result of impossible sizes
        return False
    return False


def expressions(value: Any) -> Any:
    """The expression of a value, or the expressions of its items."""
    if isinstance(value, Mapping):
        return {name: expressions(each) for name, each in value.items()}
    return expression(value) if is_symbolic(value) else value


def _same(one: Any, other: Any) -> bool:
    return repr(one) == repr(other)  # texts, since 1, 1.0 and true are equal but not the same
