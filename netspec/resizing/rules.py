"""What layers give for shapes, worked out once for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from netspec.frontend.calls import LayerCache
from netspec.layers.base import Layer, Refusal, Shapes, Weight
from netspec.objects.immutable import immutable
from netspec.resizing.outcome import Applied
from netspec.resizing.readings import DerivedInt, DerivedTuple, plain


@immutable
class Options:
    """The options of a layer some of which came of shapes: those are in slots."""

    cls: type[Layer]
    values: Mapping[str, Any]
    slots: Mapping[str, int]

    @property
    def own(self) -> tuple[Any, ...]:
        """The values of the slots as they were recorded."""
        return tuple([self.values[name] for name in self.slots])

    @staticmethod
    def key(values: tuple[Any, ...]) -> str:
        """What tells values apart: a text, since 1, 1.0 and true are equal and yet not the same."""
        return repr(values)


class NotingCache(LayerCache):
    """Checked layers; of those with options that came of shapes it is noted which.

    Attributes:
        varying: Such layers by identity, with their options; the layer is held, so that its identity stays its own.
    """

    def __init__(self) -> None:
        super().__init__()
        self.varying: dict[int, tuple[Layer, Options]] = {}

    def make(self, cls: type[Layer], options: Mapping[str, Any]) -> Layer:
        """The layer with these options.

        Raises:
            ValidationError: They are not the layer's.
        """
        slots = {name: each.slot for name, each in options.items() if isinstance(each, (DerivedInt, DerivedTuple))}
        if not slots:
            return super().make(cls, options)
        values = {name: plain(each) for name, each in options.items()}
        made = cls.model_validate(values)  # not shared: another layer with equal options may vary otherwise
        self.varying[id(made)] = made, Options(cls, values, slots)
        return made


class Rule:
    """A layer and its activation, with what they give for the shapes that they were asked for."""

    def __init__(self, rules: Rules, layer: Layer, activation: Layer | None) -> None:
        self.rules = rules
        self.layer = layer
        self.activation = activation
        self.known: dict[Shapes, Applied | None] = {}

    def apply(self, inputs: Shapes) -> Applied | None:
        """What they give for these inputs; None where one refuses them."""
        try:
            return self.known[inputs]
        except KeyError:
            found = self.known[inputs] = self._applied(inputs)
            return found

    def _applied(self, inputs: Shapes) -> Applied | None:
        try:
            outputs = self.layer.infer(inputs)
            weights = self.layer.weights(inputs)
            if self.activation is not None:
                outputs = tuple(self.activation.infer((shape,))[0] for shape in outputs)
            emitted = type(self.layer.emit(inputs))
        except Refusal:
            return None
        return self.rules.applied(self.layer, inputs, outputs, weights, emitted)


@dataclass(frozen=True, slots=True, eq=False)
class Written:
    """A layer as it was written.

    Attributes:
        rule: What it is for the size that was recorded.
        options: Its options where they came of shapes.
        variants: What it is for other values of theirs; None where the layer refuses them.
    """

    rule: Rule
    options: Options | None = None
    variants: dict[str, Rule | None] = field(default_factory=dict)

    def rule_for(self, slots: Sequence[Any]) -> Rule | None:
        """What it is for these values of the slots."""
        if self.options is None:
            return self.rule
        values = tuple([slots[slot] for slot in self.options.slots.values()])
        key = self.options.key(values)
        if key not in self.variants:
            self.variants[key] = self.rule.rules.made(self, values)
        return self.variants[key]


class Rules:
    """The rules of one recording, each there once."""

    def __init__(self, layers: NotingCache) -> None:
        self.layers = layers
        self._rules: dict[tuple[int, int], Rule] = {}
        self._written: dict[tuple[int, int], Written] = {}
        self._forms: dict[Any, int] = {}
        self._weights: dict[Any, Mapping[str, Weight]] = {}

    def written(self, layer: Layer, activation: Layer | None) -> Written:
        """A call's layer and activation."""
        key = (id(layer), id(activation))
        if key not in self._written:
            _, options = self.layers.varying.get(id(layer), (layer, None))
            rule = self.rule(layer, activation)
            self._written[key] = Written(rule, options, {options.key(options.own): rule} if options else {})
        return self._written[key]

    def rule(self, layer: Layer, activation: Layer | None) -> Rule:
        """The rule of a layer and its activation."""
        key = (id(layer), id(activation))
        if key not in self._rules:
            self._rules[key] = Rule(self, layer, activation)
        return self._rules[key]

    def made(self, written: Written, values: Sequence[Any]) -> Rule | None:
        """The rule of a layer with other values of those options that came of shapes; None where it refuses them."""
        assert written.options is not None
        changed = dict(zip(written.options.slots, values, strict=True))
        try:
            layer = self.layers.make(written.options.cls, {**written.options.values, **changed})
        except (ValidationError, Refusal):
            return None
        return self.rule(layer, written.rule.activation)

    def applied(
        self, layer: Layer, inputs: Shapes, outputs: Shapes, weights: Mapping[str, Weight], emitted: type
    ) -> Applied:
        """What a layer gives, equal weights being one object."""
        names = tuple([(name, len(weight.shape), weight.buffer, weight.fans) for name, weight in weights.items()])
        form = self._forms.setdefault((len(outputs), emitted, names), len(self._forms))
        return Applied(layer, inputs, outputs, self._weights.setdefault(tuple(weights.items()), weights), form)
