"""Calls: a layer, a block, or a module that was made before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from netspec.diagnostics import Code, Related, did_you_mean
from netspec.frontend.context import Bound, Context, Failed, Flow, Level, Names, Origin
from netspec.frontend.entries import Entry
from netspec.frontend.initialise import BadInitialiser, read_initialiser
from netspec.frontend.problems import form_errors, kind_of
from netspec.frontend.source import Path_
from netspec.graph import Initialiser, Node, Scope, Value
from netspec.layers import registry
from netspec.layers.base import Layer, Refusal
from netspec.program import Function
from netspec.shape import Shape

if TYPE_CHECKING:
    from netspec.frontend.elaborate import Elaborator


class LayerCache:
    """Checked layers by their options: the rounds of a repeat share one."""

    def __init__(self) -> None:
        self.layers: dict[Any, Layer] = {}

    def make(self, cls: type[Layer], options: Mapping[str, Any]) -> Layer:
        """The layer with these options. Raises pydantic's ValidationError."""
        try:
            key = (cls, tuple((k, v, type(v)) for k, v in options.items()))
            found = self.layers.get(key)
        except TypeError:  # an option that is a mapping
            return cls.model_validate(dict(options))
        if found is None:
            found = self.layers[key] = cls.model_validate(dict(options))
        return found


def layer(
    el: Elaborator, entry: Entry, operation: str, context: Context, flow: Flow, name: str | None
) -> tuple[Scope, Flow]:
    """An entry that calls a layer."""
    cls = registry()[operation]
    path = module_path(el, entry, operation, context, name)
    made = options_of(el, entry, operation, cls, context, flow)
    activation = None
    if entry.common.activation is not None:
        activation = activation_of(el, entry, context, flow)
    scope = Scope("layer", path, False, operation, source=Origin(entry, context.variables, flow))
    if cls.arity == (0, 0):
        flow = ()
    if flow is None:
        return scope, None
    node = call(el, entry, context, path, made, activation, flow)
    scope.children.append(node.key)
    return scope, node.outputs


def module_path(el: Elaborator, entry: Entry, operation: str, context: Context, name: str | None) -> str:
    """The path of a new module in the context's level."""
    if name is None:
        name = context.level.next_name(operation)
    else:
        context.level.named()
    return context.level.join(name)


def options_of(
    el: Elaborator, entry: Entry, operation: str, cls: type[Layer], context: Context, flow: Flow
) -> Layer:
    """The layer that an entry's values make."""
    values: dict[str, Any] = {}
    failed = False
    written = dict(entry.options)
    places: dict[str, Path_] = {key: (*entry.path, key) for key in written}
    if entry.main is not None and cls.main is not None:
        written = {cls.main: entry.main, **written}
        places[cls.main] = (*entry.path, entry.operation)
    for key, raw in written.items():
        try:
            value = el.value(raw, places[key], context.variables, flow, context.inputs)
            values[key] = tuple(value) if isinstance(value, list) else value
        except Failed:
            failed = True
    if failed:
        raise Failed
    try:
        return el.layers.make(cls, values)
    except ValidationError as error:
        for problem in form_errors(error, cls, entry.path, option=True):
            where = problem.location
            option = where[len(entry.path)] if len(where) > len(entry.path) else None
            el.report.extend([replace(problem, location=places.get(str(option), where))])
        raise Failed from None
    except Refusal as refusal:
        refused(el, entry, refusal, cls, (), context)
        raise Failed from None


def activation_of(el: Elaborator, entry: Entry, context: Context, flow: Flow) -> Layer | None:
    """The layer of an `activation`, or None where an expression gives null."""
    written = el.value(
        entry.common.activation, (*entry.path, "activation"), context.variables, flow, context.inputs
    )
    if written is None:
        return None
    path = (*entry.path, "activation")
    options: dict[str, Any] = {}
    operation, main = written, None
    if isinstance(written, dict) and written:
        operation, main = next(iter(written.items()))
        options = {k: v for k, v in written.items() if k != operation}
    cls = registry().get(operation) if isinstance(operation, str) else None
    if cls is None or cls.function is None:
        known = [op for op, each in registry().items() if each.function is not None]
        el.report.add(
            Code.BAD_OPTION,
            "`activation` names a layer without weights that computes on each element",
            path,
            found=kind_of(operation),
            help=did_you_mean(str(operation), known),
        )
        raise Failed
    if main is not None and cls.main is not None:
        options[cls.main] = main
    try:
        return el.layers.make(cls, options)
    except ValidationError as error:
        el.report.extend([replace(p, location=path) for p in form_errors(error, cls, path, option=True)])
        raise Failed from None


def refused(
    el: Elaborator, entry: Entry, refusal: Refusal, cls: type[Layer], inputs: tuple[Value, ...], context: Context
) -> None:
    """Report a layer's refusal with the shapes that flowed in and where from."""
    path: Path_ = entry.path
    if refusal.option is not None:
        if refusal.option in entry.options:
            path = (*entry.path, refusal.option)
        elif refusal.option == cls.main and entry.main is not None:
            path = (*entry.path, entry.operation)
    flowed = tuple(Related(_place(el, value), f"{_where(el, value)} gives {list(value.shape)}") for value in inputs)
    el.report.add(
        refusal.code,
        refusal.message,
        path,
        found=refusal.found,
        expected=refusal.expected,
        help=refusal.help,
        related=(*flowed, *context.calls),
    )


def _where(el: Elaborator, value: Value) -> str:
    return f"`{value.key}`" if value.key in el.nodes else f"the input `{value.key}`"


def _place(el: Elaborator, value: Value) -> Any:
    node = el.nodes.get(value.key)
    return node.span if node else el.report.span(("input",))


def call(
    el: Elaborator,
    entry: Entry,
    context: Context,
    path: str,
    made: Layer,
    activation: Layer | None,
    inputs: tuple[Value, ...],
) -> Node:
    """Add the call of a layer to the graph: its inputs checked, its outputs inferred."""
    cls = type(made)
    least, most = cls.arity
    if not (least <= len(inputs) and (most is None or len(inputs) <= most)):
        wanted = "two or more" if most is None else "one" if least == 1 else str(least)
        several = len(inputs) > 1 and entry.common.from_ is None
        el.report.add(
            Code.AMBIGUOUS_FLOW if several else Code.WRONG_INPUT_COUNT,
            f"`{cls.op}` takes {wanted} input{'' if wanted == 'one' else 's'}, but {len(inputs)} flow in",
            entry.path,
            help="say with `from` which it takes" if several or least > len(inputs) else None,
            related=context.calls,
        )
        raise Failed
    for value in inputs:
        integral = value.dtype.startswith(("int", "uint")) or value.dtype == "bool"
        if cls.dtype != "any" and integral != (cls.dtype == "int"):
            wanted = "integers" if cls.dtype == "int" else "floating-point numbers"
            help = "write the input as `{shape: [...], dtype: int64}`" if cls.dtype == "int" else None
            el.report.add(
                Code.WRONG_DTYPE,
                f"`{cls.op}` takes {wanted}",
                entry.path,
                found=f"{value.dtype} from {_where(el, value)}",
                help=help or "put an `embedding` before it, or give the input a float dtype",
                related=context.calls,
            )
            raise Failed
    shapes = tuple(value.shape for value in inputs)
    try:
        outputs = made.infer(shapes)
        weights = made.weights(shapes)
        if activation is not None:
            outputs = tuple(activation.infer((shape,))[0] for shape in outputs)
    except Refusal as refusal:
        refused(el, entry, refusal, cls, inputs, context)
        raise Failed from None
    key, reuses = path, False
    if context.reusing and path in el.nodes:
        reuses = True
        known = el.nodes[path].weights
        if known != weights:
            el.report.add(
                Code.BAD_REUSE,
                f"`{path}` cannot be called again: its weights would have another shape",
                entry.path,
                found=f"an input of {list(shapes[0])}",
                expected=f"an input of {list(el.nodes[path].input_shapes[0])}",
            )
            raise Failed
    elif isinstance(made.emit(shapes), Function):
        while key in el.nodes or key in el.modules:  # a function bears a path for tables alone
            key = path = context.level.join(context.level.numbered(cls.op))
    else:
        el.module(path, entry, context)
    count = 2
    while key in el.nodes:
        key, count = f"{path}#{count}", count + 1
    dtype = cls.out_dtype if cls.out_dtype != "same" else inputs[0].dtype if inputs else "float32"
    dtype = {"float": "float32", "int": "int64"}.get(dtype, dtype)
    node = Node(
        key=key,
        path=path,
        layer=made,
        inputs=inputs,
        outputs=tuple(Value(key, index, shape, dtype) for index, shape in enumerate(outputs)),
        weights=weights,
        activation=activation,
        frozen=context.frozen,
        reuses=reuses,
        training_only=context.training_only,
        initialisers=_own_initialisers(el, entry, context, cls.op, weights),
        ties=dict(entry.common.tie),
        span=el.report.span(entry.path),
    )
    el.nodes[key] = node
    el.entries[key] = entry
    el.used.update((value.key, value.index) for value in inputs)
    return node


def merge(
    el: Elaborator,
    entry: Entry,
    context: Context,
    operation: str,
    inputs: tuple[Value, ...],
    options: Mapping[str, Any],
) -> tuple[Scope, Flow]:
    """The merge at the end of a structure."""
    made = el.layers.make(registry()[operation], options)
    path = context.level.join(context.level.numbered(operation))
    plain = Entry(entry.path, operation)
    node = call(el, plain, context, path, made, None, inputs)
    scope = Scope("layer", path, False, operation, [node.key], Origin(None, context.variables, inputs, node.outputs))
    return scope, node.outputs


def block(el: Elaborator, entry: Entry, context: Context, flow: Flow, name: str | None) -> tuple[Scope, Flow]:
    """An entry that calls a block."""
    called = el.document.blocks[entry.operation]
    _no_activation(el, entry)
    if flow is not None and len(flow) != len(called.inputs):
        ambiguous = entry.common.from_ is None and len(flow) > 1
        el.report.add(
            Code.AMBIGUOUS_FLOW if ambiguous else Code.WRONG_INPUT_COUNT,
            f"the block `{called.name}` takes {len(called.inputs)} inputs, but {len(flow)} flow in",
            entry.path,
            expected=f"[{', '.join(called.inputs)}]",
            help="feed them with `from: [...]`",
        )
        raise Failed
    given: dict[str, Any] = {}
    places: dict[str, Path_] = {}
    failed = False
    written = dict(entry.options)
    if entry.main is not None:
        first = next(iter(called.params))
        written = {first: entry.main, **written}
        places[first] = (*entry.path, entry.operation)
    for key, raw in written.items():
        places.setdefault(key, (*entry.path, key))
        try:
            given[key] = el.value(raw, places[key], context.variables, flow, context.inputs)
        except Failed:
            failed = True
    if failed:
        raise Failed
    arguments = el.parameters(called.params, given, entry.path, places)
    arguments = el.let(called.let, arguments, (*called.path, "let"), flow, flow)
    path = module_path(el, entry, called.name, context, name)
    el.module(path, entry, context)
    el.levels[path] = (entry, context)
    names = Names()
    for position, each in enumerate(called.inputs):
        names.bind(each, Bound((flow[position],) if flow else None))
    if flow:
        names.bind("input", Bound(flow[:1]))
    inside = replace(
        context,
        level=Level(path, "sequence" if called.body.sequence else "layers"),
        variables=arguments,
        names=names,
        block=path,
        inputs=flow,
        calls=(*context.calls[-3:], Related(el.report.span(entry.path), f"in the block `{called.name}`, called here")),
    )
    scope = Scope("block", path, True, called.name)
    scope.source = Origin(entry, context.variables, flow, block=called, arguments=arguments)
    result = el.list(called.body.entries, inside, flow, scope)
    if called.outputs is not None:
        found = [
            el.reference(each, names, (*called.path, "outputs", key if key in called.outputs else index), inside)
            for index, (key, each) in enumerate(called.outputs.items())
        ]
        result = None if any(f is None for f in found) else tuple(v for f in found if f for v in f)
    return scope, result


def reuse(el: Elaborator, entry: Entry, context: Context, flow: Flow, name: str | None) -> tuple[Scope, Flow]:
    """`reuse: PATH`: call a module again; the path starts at the enclosing block's module."""
    _no_activation(el, entry)
    place = (*entry.path, "reuse")
    target = str(el.value(entry.main, place, context.variables, flow, context.inputs))
    path = f"{context.block}.{target}" if context.block else target
    if path in el.levels:
        made_by, outer = el.levels[path]
        parent, _, last = path.rpartition(".")
        again = replace(
            outer, level=Level(parent, "layers"), names=Names(), reusing=True, calls=context.calls, frozen=outer.frozen
        )
        plain = made_by
        if made_by.common.repeat is not None and not path.rpartition(".")[2].isdecimal():
            scope, result = _repeat_again(el, made_by, again, flow, last)
        else:
            scope, result = el.once(plain, again, flow, last)
    elif path in el.nodes:
        node = el.nodes[path]
        if flow is None:
            return Scope("layer", path, False, "reuse", source=Origin(entry, context.variables, flow)), None
        again = replace(context, reusing=True)
        second = call(el, entry, again, path, node.layer, node.activation, flow)
        scope = Scope("layer", path, False, node.layer.op, [second.key])
        result = second.outputs
    else:
        known = [p.removeprefix(f"{context.block}.") for p in (*el.levels, *el.nodes) if p.startswith(context.block)]
        el.report.add(
            Code.BAD_REUSE,
            f"there is no module `{target}` before this entry",
            place,
            help=did_you_mean(target, known),
            expected="the path of a module made earlier in this block or network",
        )
        raise Failed
    scope.source = Origin(entry, context.variables, flow, result)
    scope.label = "reuse"
    return scope, result


def _repeat_again(el: Elaborator, entry: Entry, context: Context, flow: Flow, name: str) -> tuple[Scope, Flow]:
    from netspec.frontend.structures import repeat

    return repeat(el, entry, context, flow, name)


def _no_activation(el: Elaborator, entry: Entry) -> None:
    if entry.common.activation is not None:
        el.report.add(
            Code.BAD_OPTION,
            f"`{entry.operation}` takes no `activation`: only a layer does",
            (*entry.path, "activation"),
            key=True,
            help="put the activation after it, as an entry of its own",
        )
        raise Failed


def initialisers(el: Elaborator, entry: Entry, context: Context) -> dict[str, Mapping[str, Initialiser]]:
    """The initialisers that hold inside an entry whose `init` goes by layer names."""
    found = dict(context.initialisers)
    if entry.operation in registry():
        return found
    for op, weights in entry.common.init.items():
        place = (*entry.path, "init", op)
        if op not in registry() or not isinstance(weights, dict):
            el.report.add(
                Code.BAD_INIT,
                "on a group, `init` maps a layer's name to its weights' initialisers",
                place,
                found=f"`{op}`",
                help=did_you_mean(op, registry()) or "such as `init: {linear: {weight: {normal: [0, 0.02]}}}`",
            )
            raise Failed
        found[op] = {**found.get(op, {}), **_read_initialisers(el, weights, place, context)}
    return found


def _read_initialisers(el: Elaborator, written: Mapping[str, Any], place: Path_, context: Context) -> dict[str, Initialiser]:
    found = {}
    for weight, raw in written.items():
        try:
            found[weight] = read_initialiser(el.value(raw, (*place, weight), context.variables))
        except BadInitialiser as error:
            el.report.add(Code.BAD_INIT, error.message, (*place, weight), expected=error.expected)
            raise Failed from None
    return found


def _own_initialisers(
    el: Elaborator, entry: Entry, context: Context, op: str, weights: Mapping[str, Any]
) -> Mapping[str, Initialiser]:
    inherited = {w: i for w, i in context.initialisers.get(op, {}).items() if w in weights}
    own = entry.common.init
    if not own or entry.operation not in registry():
        return inherited
    if "" in weights and "weight" in own:  # a parameter's one tensor has no name of its own
        own = {"" if key == "weight" else key: value for key, value in own.items()}
    for weight in own:
        if weight not in weights:
            el.report.add(
                Code.BAD_INIT,
                f"`{op}` has no weight `{weight}`",
                (*entry.path, "init", weight),
                key=True,
                expected=", ".join(weights) or "a layer with weights",
                help=did_you_mean(weight, weights),
            )
            raise Failed
    return {**inherited, **_read_initialisers(el, own, (*entry.path, "init"), context)}


