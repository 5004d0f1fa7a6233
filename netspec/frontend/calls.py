"""Calls of layers: options checked, inputs checked, outputs inferred."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from netspec.diagnostics import Code, NetspecError
from netspec.diagnostics.facts import WrongType
from netspec.files.python_file import place
from netspec.frontend.activations import activation_class, unknown_activation
from netspec.frontend.context import Context, Failed, Flow, Origin
from netspec.frontend.entries import Entry
from netspec.frontend.invoke import call, refuse_count, refused
from netspec.frontend.levels import module_path
from netspec.frontend.problems import form_errors, kind_of
from netspec.frontend.source import Path_
from netspec.graph import Scope, Value
from netspec.layers import is_builtin, registry
from netspec.layers.base import Layer, Refusal, Shapes, Weight
from netspec.layers.checks import within_reach
from netspec.program import Call, Function

if TYPE_CHECKING:
    from netspec.frontend.elaborate import Elaborator


class LayerCache:
    """Checked layers by their options, and what their rules give: the rounds of a repeat share both."""

    def __init__(self) -> None:
        self.layers: dict[tuple[type[Layer], str], Layer] = {}
        self.results: dict[tuple[int, int, Shapes], tuple[Shapes, Mapping[str, Weight], bool]] = {}

    def make(self, cls: type[Layer], options: Mapping[str, Any]) -> Layer:
        """The layer with these options.

        Raises:
            ValidationError: They are not the layer's.
        """
        key = (cls, repr(options))  # a text, since 1, 1.0 and true are equal and yet not the same
        found = self.layers.get(key)
        if found is None:
            found = self.layers[key] = _validated(cls, dict(options))
        return found

    def rules(self, made: Layer, activation: Layer | None, inputs: Shapes) -> tuple[Shapes, Mapping[str, Weight], bool]:
        """Output shapes, weights, and whether it is a function rather than a module.

        Args:
            made: A layer of `make`, which keeps it alive.
            activation: What is applied to its result, of `make` too.
            inputs: The shapes that flow in.

        Raises:
            Refusal: The layer or the activation does not take these inputs.
            NetspecError: NS0906: a plugin's rule fails.
        """
        key = (id(made), id(activation), inputs)
        found = self.results.get(key)
        if found is None:
            outputs, weights, emitted = _rules(made, inputs)
            if activation is not None:
                outputs = tuple(activation.infer((shape,))[0] for shape in outputs)
            within_reach(outputs, [weight.shape for weight in weights.values()])
            found = self.results[key] = outputs, weights, isinstance(emitted, Function)
        return found


def _rules(made: Layer, inputs: Shapes) -> tuple[Shapes, Mapping[str, Weight], Call]:
    """What the rules of a layer give that every network asks for."""
    try:
        found = made.infer(inputs), made.weights(inputs), made.emit(inputs)
        if not isinstance(found[2], Call):
            raise TypeError(f"`emit` gives {found[2]!r}, which is no `Call`")
    except (Refusal, NetspecError):
        raise
    except Exception as error:
        module = sys.modules.get(type(made).__module__)
        if is_builtin(type(made)) or module is None:
            raise
        span = place(Path(module.__file__ or ""), error)
        message = f"the layer `{made.op}` of a plugin fails: {type(error).__name__}: {error}"
        raise NetspecError.of(Code.PLUGIN_FAILED, message, span=span) from error
    return found


def _validated(cls: type[Layer], options: dict[str, Any]) -> Layer:
    """The layer with these options, whose sequences are tuples; where a field is a list, a list is given."""
    try:
        return cls.model_validate(options)
    except ValidationError as error:
        listed = _with_lists(options, [each["loc"] for each in error.errors() if each["type"] == "list_type"])
        if listed == options:
            raise
        try:
            return _validated(cls, listed)
        except ValidationError:
            raise error from None


def _with_lists(value: Any, places: Sequence[tuple[int | str, ...]]) -> Any:
    """A value with lists for its tuples at some places; of a union, a place names the kind too, which is passed by."""
    if isinstance(value, dict):
        return {k: _with_lists(v, [place[1:] for place in places if place[:1] == (k,)]) for k, v in value.items()}
    if not isinstance(value, (tuple, list)) or not places:
        return value
    starts = [next((n for n, part in enumerate(place) if isinstance(part, int)), len(place)) for place in places]
    below = [place[start:] for place, start in zip(places, starts, strict=True)]
    inner = [_with_lists(v, [place[1:] for place in below if place[:1] == (n,)]) for n, v in enumerate(value)]
    return inner if () in below else type(value)(inner)


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
    """The layer that an entry's values make."""
    written = entry.options
    if entry.main is not None and cls.main is not None:
        written = {cls.main: entry.main, **written}
    values: dict[str, Any] = {}
    failed = False
    for key, raw in written.items():
        if isinstance(raw, (int, float)):
            values[key] = raw
            continue
        try:
            value = el.passed_on(raw, _place_of(key, entry, cls), context.variables, flow, context.inputs)
            values[key] = tuple(value) if isinstance(value, list) else value
        except Failed:
            failed = True
    if failed:
        raise Failed
    try:
        return el.layers.make(cls, values)
    except ValidationError as error:
        report_options(el, error, cls, entry, {key: _place_of(key, entry, cls) for key in written}, context)
        raise Failed from None
    except Refusal as refusal:
        refused(el, entry, refusal, cls, (), context)
        raise Failed from None


def _place_of(key: str, entry: Entry, cls: type[Layer]) -> Path_:
    """Where an option of a layer is written; its main argument stands at its name."""
    return (*entry.path, entry.operation if key == cls.main and key not in entry.options else key)


def report_options(
    el: Elaborator,
    error: ValidationError,
    cls: type[Layer],
    entry: Entry,
    places: Mapping[str, Path_],
    context: Context,
) -> None:
    """Report what pydantic says of a layer's options, each at its place.

    Args:
        el: The elaboration.
        error: What pydantic says.
        cls: The layer.
        entry: Its entry.
        places: Where each option is written.
        context: What the entry sees.
    """
    depth = len(entry.path)
    for problem in form_errors(error, cls, entry.path, option=True):
        where = problem.location
        place = places.get(str(where[depth]), where) if len(where) > depth else where
        # A caret inside a list stays there; an expression's value has no parts of its own.
        raw = entry.main if place[depth:] == (entry.operation,) else entry.options.get(str(place[-1]))
        if isinstance(raw, str) and isinstance(fact := problem.fact, WrongType):
            if re.search(r"[^/]/[^/]", raw) and fact.takes("integer") and not fact.takes("number"):
                problem = replace(problem, help="`/` gives a float; `//` divides to an integer")
            elif raw.startswith("(") and fact.takes("list", "pair"):
                problem = replace(problem, help=f"a list is written in brackets: [{raw.strip('() ')}]")
        whole = len(where) <= depth + 1 or not el.report.places.has((*place, *where[depth + 1 :]))
        el.report.extend([replace(problem, location=place if whole else (*place, *where[depth + 1 :]))], context.calls)


def _activation_of(el: Elaborator, entry: Entry, context: Context, flow: Flow) -> Layer | None:
    """The layer of an `activation`, or None where an expression gives null."""
    path = (*entry.path, "activation")
    written = el.value(entry.common.activation, path, context.variables, flow, context.inputs)
    if written is None:
        return None
    operation, main, options = written, None, {}
    if isinstance(written, dict) and written:
        operation, main = next(iter(written.items()))
        options = {k: v for k, v in written.items() if k != operation}
    cls = activation_class(operation)
    if cls is None:
        unknown_activation(el.report, operation, path)
        raise Failed
    if main is not None and cls.main is None:
        el.report.add(
            Code.BAD_ENTRY,
            f"`{operation}` takes no main argument",
            path,
            found=kind_of(main),
            help=f"write `activation: {operation}`",
        )
        raise Failed
    if main is not None:
        options = {str(cls.main): main, **options}
    try:
        return el.layers.make(cls, options)
    except ValidationError as error:
        el.report.extend([replace(p, location=path) for p in form_errors(error, cls, path, option=True)])
        raise Failed from None


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
    try:
        made = el.layers.make(cls, options)
    except ValidationError as error:
        report_options(el, error, cls, plain, {key: (*entry.path, key) for key in options}, context)
        raise Failed from None
    node = call(el, plain, context, path, made, None, inputs)
    scope = Scope("layer", path, False, operation, [node.key], Origin(None, context.variables, inputs, node.outputs))
    return scope, node.outputs
