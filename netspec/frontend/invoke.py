"""Addition of one layer call to the graph: checks its inputs, infers its outputs and weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NoReturn

from netspec.diagnostics import Code, Related, Span
from netspec.diagnostics.facts import Fact, NotReusable
from netspec.diagnostics.tensor_facts import Unequal, WrongDtype
from netspec.frontend import initialise
from netspec.frontend.context import Context
from netspec.frontend.counting import MANY
from netspec.frontend.entries import Entry
from netspec.frontend.problems import Failed
from netspec.frontend.schema import ResidualForm
from netspec.frontend.source import Path_
from netspec.graph import Node, Value
from netspec.layers import joins
from netspec.layers.base import Layer, Refusal
from netspec.layers.types import is_taken
from netspec.program import Call, Function

if TYPE_CHECKING:
    from netspec.frontend.elaborate import Elaborator


def call(
    el: Elaborator,
    entry: Entry,
    context: Context,
    path: str,
    made: Layer,
    activation: Layer | None,
    inputs: tuple[Value, ...],
) -> Node:
    """Add the call of a layer to the graph: its inputs checked, its outputs inferred.

    Args:
        el: The elaboration.
        entry: The entry that calls it.
        context: The context of the entry.
        path: The module's path.
        made: The layer.
        activation: The activation on the result.
        inputs: The inputs of the call.

    Raises:
        Failed: The layer does not take these inputs.
    """
    cls = type(made)
    least, most = cls.arity
    taken = len(inputs)
    if not (least <= taken and (most is None or taken <= most)):
        refuse_count(el, entry, cls, inputs, context)
    _check_dtype(el, entry, made, inputs, context)
    shapes = tuple([value.shape for value in inputs])
    try:
        outputs, weights, emitted = el.rules(made, activation, shapes)
        types = made.result_types(tuple([value.dtype for value in inputs]))
    except Refusal as refusal:
        raise refused(el, entry, refusal, cls, inputs, context) from None
    tensors = taken + len(outputs) + len(weights)
    if tensors >= MANY:
        el.count(entry.path, met=tensors // MANY)
    if activation is not None and len(outputs) > 1:
        _refuse_activation(el, entry, cls, activation, len(outputs))
    reuses = context.reusing and path in el.nodes
    if reuses:
        _check_same_module(el, entry, path, made, weights, emitted, shapes)
    elif isinstance(emitted, Function) and (entry.common.name is None or context.reusing):
        while path in el.nodes or path in el.modules:  # a function has a path only for tables
            path = context.level.join(context.level.numbered(cls.op))
    else:
        el.modules.take(path, entry, context)
    key = path
    if path in el.nodes:
        el.calls[path] += 1
        key = f"{path}#{el.calls[path] + 1}"
    node = Node(
        key=key,
        path=path,
        layer=made,
        inputs=inputs,
        outputs=tuple(
            [Value(key, index, shape, types[min(index, len(types) - 1)]) for index, shape in enumerate(outputs)]
        ),
        weights=weights,
        call=emitted,
        activation=activation,
        frozen=context.frozen,
        reuses=reuses,
        training_only=context.training_only,
        scans=context.scans,
        initialisers=initialise.for_layer(el, entry, context, cls.op, weights, inputs),
        ties=entry.common.tie,
        span=el.report.span(entry.path),
    )
    el.nodes[key] = node
    el.entries[key] = entry
    el.used.update([value.key for value in inputs])
    return node


def _refuse_activation(el: Elaborator, entry: Entry, cls: type[Layer], activation: Layer, count: int) -> NoReturn:
    """Report an activation on several results."""
    name = (entry.common.to or ("NAME",))[0]
    raise el.report.failure(
        Code.BAD_OPTION,
        f"`{cls.op}` gives {count} results, and an `activation` takes one",
        (*entry.path, "activation"),
        found=f"`activation: {activation.op}`",
        expected="no `activation`",
        help=f"`{{{activation.op}, from: {name}}}` applies it to one of them",
    )


def refuse_count(el: Elaborator, entry: Entry, cls: type[Layer], inputs: tuple[Value, ...], context: Context) -> None:
    """Report that the number of inputs is not the layer's."""
    least, most = cls.arity
    wanted = _inputs(least, most)
    ambiguous = len(inputs) > 1 and entry.common.from_ is None
    help = "join them before it, with `concat` or `add`"
    if ambiguous:
        help = "say with `from` which it takes"
    elif least > len(inputs):
        names = ", ".join("ABCDEFGH"[:least])
        written = f"{{{cls.op}: [{names}]}}" if joins(cls.op) else f"{{{cls.op}: ..., from: [{names}]}}"
        help = f"name what it takes: `{written}`" if least > 1 else "an entry before it must give one"
    elif most == 0:
        help = "leave `from` out"
    elif most is not None and most > 1:
        help = f"keep {most} of the names in `from`; `netspec layers {cls.op}` says what each is"
    raise el.report.failure(
        Code.AMBIGUOUS_FLOW if ambiguous else Code.WRONG_INPUT_COUNT,
        f"`{cls.op}` takes {wanted}, but {len(inputs) or 'none'} flow{'s' if len(inputs) == 1 else ''} in",
        entry.path,
        found=", ".join(f"{_where(el, v)} {list(v.shape)}" for v in inputs[:4]) or None,
        help=help,
        related=context.calls,
    )


def _inputs(least: int, most: int | None) -> str:
    """A number of inputs in words."""
    low = _NUMBERS[least] if least < len(_NUMBERS) else f"{least}"
    if most is None:
        return f"{low} or more inputs"
    high = _NUMBERS[most] if most < len(_NUMBERS) else f"{most}"
    several = "input" if most == 1 else "inputs"
    return f"{high} {several}" if least == most else f"{low} {'or' if most == least + 1 else 'to'} {high} {several}"


_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight")


_KINDS = {
    "float": "floating-point numbers",
    "int": "integers",
    "bool": "truth values",
    "number": "numbers",
    "mask": "a mask of truth values or of floating-point numbers",
}
"""Kinds of elements in words."""


def _check_dtype(el: Elaborator, entry: Entry, made: Layer, inputs: tuple[Value, ...], context: Context) -> None:
    """Refuse elements of another kind than the layer computes with, such as integers in the place of floats."""
    for at, value in enumerate(inputs):
        kind = made.kind_at(at)
        if is_taken(kind, value.dtype):
            continue
        wanted = {"int": "int64", "bool": "bool"}.get(kind, "float32")
        help = f"write the input as `{{shape: [...], dtype: {wanted}}}`"
        if kind == "bool":
            help = "`compare` gives truth values"
        elif value.dtype == "bool":
            help = "`{where: [mask, x], other: 0.0}` chooses by truth values, `logical_not` turns them round"
        elif kind != "int":
            help = "put an `embedding` before it, or give the input a float dtype"
        fact = WrongDtype("" if value.key in el.nodes else value.key, wanted)
        if (turned := _order_that_fits(made, inputs, at)) is not None:
            names = ", ".join(_where(el, each).removeprefix("the input ").strip("`") for each in turned)
            help, fact = f"in another order they fit: `[{names}]`", WrongDtype("", wanted)
        several = isinstance(made.dtype, tuple) or kind != made.kind_at(0)
        place = f" as its input {at + 1}" if several else ""
        raise el.report.failure(
            Code.WRONG_DTYPE,
            f"`{made.op}` takes {_KINDS[kind]}{place}",
            entry.path,
            found=f"{value.dtype} from {_where(el, value)}",
            help=help,
            fact=fact,
            related=context.calls,
        )


def _order_that_fits(made: Layer, inputs: tuple[Value, ...], wrong: int) -> tuple[Value, ...] | None:
    """The inputs with two of them swapped, if the layer takes them so; the fault then is their order."""
    for other in range(len(inputs)):
        turned = list(inputs)
        turned[wrong], turned[other] = turned[other], turned[wrong]
        if other != wrong and all(is_taken(made.kind_at(at), value.dtype) for at, value in enumerate(turned)):
            try:
                made.infer(tuple([value.shape for value in turned]))
            except Refusal:
                continue
            return tuple(turned)
    return None


def _check_same_module(
    el: Elaborator,
    entry: Entry,
    path: str,
    made: Layer,
    weights: Mapping[str, Any],
    emitted: Call,
    shapes: tuple[tuple[int, ...], ...],
) -> None:
    """Refuse to call a module again as a different one: with weights of other shapes, or of another class."""
    first = el.nodes[path]
    if first.weights == weights and first.call == emitted:
        return
    other_weights = first.weights != weights
    why = "its weights would have another shape" if other_weights else "of this input it would be another module"
    raise el.report.failure(
        Code.BAD_REUSE,
        f"`{path}` cannot be called again: {why}",
        entry.path,
        found=f"{'an input' if other_weights else made.type_name(shapes)} of {list(shapes[0])}",
        expected=f"an input like the first, {list(first.input_shapes[0])}",
        related=(Related(first.span, "called first here"),),
        fact=NotReusable(path, "weights" if other_weights else "options"),
    )


def refused(
    el: Elaborator, entry: Entry, refusal: Refusal, cls: type[Layer], inputs: tuple[Value, ...], context: Context
) -> Failed:
    """The failure of a refused layer, reported with the input shapes and their sources."""
    path: Path_ = entry.path
    if refusal.option is not None:
        if refusal.option in entry.options:
            path = (*entry.path, refusal.option)
        elif refusal.option == cls.main and entry.main is not None:
            path = (*entry.path, entry.operation)
    flowed = tuple(Related(_place(el, value), f"{_where(el, value)} gives {list(value.shape)}") for value in inputs)
    return el.report.failure(
        refusal.code,
        refusal.message,
        path,
        found=refusal.found,
        expected=refusal.expected,
        help=refusal.help,
        related=(*flowed, *context.calls),
        shapes=tuple([value.shape for value in inputs]),
        fact=_in_a_residual(refusal.fact) if isinstance(entry.form, ResidualForm) else refusal.fact,
    )


def _where(el: Elaborator, value: Value) -> str:
    return f"`{value.key}`" if value.key in el.nodes else f"the input `{value.key}`"


def _place(el: Elaborator, value: Value) -> Span | None:
    node = el.nodes.get(value.key)
    if node is not None:
        return node.span
    named = ("inputs", value.key)
    return el.report.span(named if el.report.places.has(named) else ("input",))


def _in_a_residual(fact: Fact | None) -> Fact | None:
    """The fact of a wrong merge in the words of a residual, whose inputs are the shortcut and the body."""
    return replace(fact, names=("the shortcut", "the body")) if isinstance(fact, Unequal) else fact
