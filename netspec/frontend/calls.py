"""Calls of layers: options checked, inputs checked, outputs inferred."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import ValidationError

from netspec.diagnostics import Code, NetspecError
from netspec.expr.callees import Callee
from netspec.expr.guards import deciding_at
from netspec.files.python_file import place
from netspec.frontend.context import Context, Flow, Origin, module_path
from netspec.frontend.counting import Work
from netspec.frontend.defaults import left_out
from netspec.frontend.entries import Entry
from netspec.frontend.invoke import call, refuse_count, refused
from netspec.frontend.options import activation_layer, given, place_of, problems_of, validated, wrong_main
from netspec.frontend.problems import Failed
from netspec.graph import Scope, Value
from netspec.layers import is_builtin, registry
from netspec.layers.base import Layer, Refusal, Shapes, Weight
from netspec.layers.checks import within_reach
from netspec.program import Call

if TYPE_CHECKING:
    from netspec.frontend.elaborate import Elaborator


WEIGHTS = "weights"
"""The place of guards that only a layer's weights depend on."""


class Rules(NamedTuple):
    """The results of a layer's rules: output shapes, weights, and the torch call that makes it."""

    outputs: Shapes
    weights: Mapping[str, Weight]
    emitted: Call


class LayerCache:
    """Cache of checked layers and of the results of their rules: the rounds of a repeat share both.

    Args:
        work: The allowance from which each evaluation of a layer's rules is paid; None if it need not be.
    """

    price = 4
    """Entries that cost as much as the evaluation of a layer's rules."""

    def __init__(self, work: Work | None = None) -> None:
        self.work = work
        self.layers: dict[tuple[type[Layer], str], Layer] = {}
        self.results: dict[tuple[int, int, Shapes], Rules] = {}

    def make(self, cls: type[Layer], options: Mapping[str, Any]) -> Layer:
        """The layer with these options.

        Raises:
            ValidationError: They are not the layer's.
        """
        key = (cls, repr(options))  # a text, since 1, 1.0 and true are equal and yet not the same
        found = self.layers.get(key)
        if found is None:
            found = self.layers[key] = validated(cls, dict(options))
        return found

    def rules(self, made: Layer, activation: Layer | None, inputs: Shapes) -> Rules:
        """The results of the rules of a layer and its activation.

        Args:
            made: A layer from `make`, which keeps it alive.
            activation: The activation on its result, also from `make`.
            inputs: The input shapes.

        Raises:
            Refusal: The layer or the activation does not take these inputs.
            NetspecError: NS0906: a plugin's rule fails.
            Exhausted: No work is left.
        """
        key = (id(made), id(activation), inputs)
        found = self.results.get(key)
        if found is None:
            self.pay()
            found = self.results[key] = rules_of(made, activation, inputs)
            within_reach(found.outputs, [weight.shape for weight in found.weights.values()])
        return found

    def pay(self) -> None:
        """Count an evaluation of rules."""
        if self.work is not None:
            self.work.pay(self.price)


def rules_of(made: Layer, activation: Layer | None, inputs: Shapes) -> Rules:
    """The results of the rules of a layer and its activation, without the cache."""
    outputs, weights, emitted = _rules(made, inputs)
    if activation is not None:
        outputs = tuple(activation.infer((shape,))[0] for shape in outputs)
    return Rules(outputs, weights, emitted)


def _rules(made: Layer, inputs: Shapes) -> tuple[Shapes, Mapping[str, Weight], Call]:
    """Output shapes, weights and call of a layer, which every network needs."""
    try:
        outputs, emitted = made.infer(inputs), made.emit(inputs)
        with deciding_at(WEIGHTS):
            weights = made.weights(inputs)
        if not isinstance(emitted, Call):
            raise TypeError(f"`emit` gives {emitted!r}, which is no `Call`")
    except (Refusal, NetspecError):
        raise
    except Exception as error:
        module = sys.modules.get(type(made).__module__)
        if is_builtin(type(made)) or module is None:
            raise
        span = place(Path(module.__file__ or ""), error)
        message = f"the layer `{made.op}` of a plugin fails: {type(error).__name__}: {error}"
        raise NetspecError.of(Code.PLUGIN_FAILED, message, span=span) from error
    return outputs, weights, emitted


def layer(
    el: Elaborator, entry: Entry, operation: str, context: Context, flow: Flow, name: str | None
) -> tuple[Scope, Flow]:
    """An entry that calls a layer."""
    cls = registry()[operation]
    path = module_path(operation, context, name)
    made = _layer_of(el, entry, cls, context, flow)
    activation = _activation_of(el, entry, context, flow) if entry.common.activation is not None else None
    scope = Scope("layer", path, False, operation, source=Origin(entry, context.variables, flow))
    if cls.arity == (0, 0):
        if entry.common.from_ is not None:
            refuse_count(el, entry, cls, flow or (), context)
        flow = ()
    if flow is None:
        return scope, None
    node = call(el, entry, context, path, made, activation, flow)
    scope.children.append(node.key)
    return scope, node.outputs


def _layer_of(el: Elaborator, entry: Entry, cls: type[Layer], context: Context, flow: Flow) -> Layer:
    """The layer of an entry, made from its values."""
    if entry.computed is not None:
        el.report.refuse_all(wrong_main(entry, cls.main, cls.op), context.calls)
    values = el.each(given(entry, cls), lambda key: place_of(key, entry, cls), context, flow)
    return _made(el, entry, cls, {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}, context)


def _made(el: Elaborator, entry: Entry, cls: type[Layer], options: Mapping[str, Any], context: Context) -> Layer:
    """The layer with these options, and with the defaults of those that are left out."""
    others = left_out(el, cls.op, options, context)
    try:
        return el.layers.make(cls, {**{name: each.value for name, each in others.items()}, **options})
    except ValidationError as error:
        places = {(*entry.path, name): each.path for name, each in others.items()}
        problems = problems_of(error, cls, entry, el.report.places)
        el.report.extend((replace(p, location=places.get(p.location, p.location)) for p in problems), context.calls)
        raise Failed from None
    except Refusal as refusal:
        raise refused(el, entry, refusal, cls, (), context) from None


def _activation_of(el: Elaborator, entry: Entry, context: Context, flow: Flow) -> Layer | None:
    """The layer of an `activation`; None if an expression gives null."""
    path = (*entry.path, "activation")
    written = el.value(entry.common.activation, path, context.variables, flow, context.inputs)
    if written is None:
        return None
    if isinstance(written, Callee):
        written = written.written

    def make(cls: type[Layer], options: dict[str, Any]) -> Layer:
        others = left_out(el, cls.op, options, context)
        return el.layers.make(cls, {**{name: each.value for name, each in others.items()}, **options})

    made = activation_layer(el.report, written, path, make)
    if made is None:
        raise Failed
    return made


def merge(
    el: Elaborator,
    entry: Entry,
    context: Context,
    operation: str,
    inputs: tuple[Value, ...],
    options: Mapping[str, Any],
) -> tuple[Scope, Flow]:
    """The merge at the end of a structure."""
    cls = registry()[operation]
    path = context.level.join(context.level.numbered(operation))
    plain = Entry(entry.path, operation, form=entry.form)
    made = _made(el, plain, cls, options, context)
    node = call(el, plain, context, path, made, None, inputs)
    scope = Scope("layer", path, False, operation, [node.key], Origin(None, context.variables, inputs, node.outputs))
    return scope, node.outputs
