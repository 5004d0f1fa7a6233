"""Constructors of modules: layers, block instances and chains, with arguments that hold in every lane."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from netspec import expr as e
from netspec.expr import Expr
from netspec.expr.symbols import SymValue, concrete, expr_of, is_symbol, symbol
from netspec.frontend.written import Written
from netspec.graph import Node, Value
from netspec.layers.base import Layer
from netspec.lowering.arguments import has_expression, literal_of
from netspec.lowering.class_builder import ClassBuilder, FormalInfo
from netspec.lowering.instances import Lane, Local, MustUnroll, Result, Site, agrees, differ
from netspec.lowering.leaves import common, spelled
from netspec.program import Call, Constant, Function
from netspec.program.building import Construct, Instance, Make
from netspec.program.names import Annotation
from netspec.program.naming import source_name
from netspec.program.rewrite import names_in


def layer_call(
    klass: ClassBuilder, site: Site, inputs: Sequence[Local], flow: Local | None
) -> tuple[Call, Function | None, list[Result]]:
    """The call that makes a layer, the function of its `activation`, and its results."""
    lanes, entry = site.lanes, site.entry
    nodes = [klass.program.survey.node(item) for item in site.items]
    written: dict[str, Any] = {}
    if entry is not None:
        written = dict(entry.options)
        if entry.main is not None and nodes[0].layer.main is not None:
            written = {nodes[0].layer.main: entry.main, **written}
    exprs = {key: klass.lift(raw, flow) for key, raw in written.items() if has_expression(raw)}
    calls: list[Call] = []
    shapes: list[tuple[tuple[int, ...], ...]] = []
    made: dict[Any, tuple[Call, tuple[tuple[int, ...], ...]]] = {}
    for lane, node in zip(lanes, nodes, strict=True):
        key = (id(node.layer), node.input_shapes)
        if key not in made:
            layer = overlaid(node.layer, exprs)
            given = tuple(tensor.symbolic(lane) for tensor in inputs)
            emitted = layer.emit(given)
            made[key] = replace(emitted, op=layer.op, options=spelled(layer, emitted)), layer.infer(given)
        calls.append(made[key][0])
        shapes.append(made[key][1])
    call = merge_calls(klass, lanes, calls)
    differ(lanes, [len(shape) for shape in shapes])
    results = []
    for position in range(len(shapes[0])):
        values = dict(zip(lanes, (node.outputs[position] for node in nodes), strict=True))
        results.append(Result(values, merge_shapes(lanes, list(values.values()), [s[position] for s in shapes])))
    return call, _activation(klass, lanes, nodes), results


def _activation(klass: ClassBuilder, lanes: Sequence[Lane], nodes: Sequence[Node]) -> Function | None:
    kinds: list[Hashable] = [node.activation and node.activation.op for node in nodes]
    differ(lanes, kinds)
    functions = [activation_call(node.activation) for node in nodes if node.activation is not None]
    if not functions:
        return None
    merged = merge_calls(klass, lanes, functions)
    assert isinstance(merged, Function)
    return merged


def activation_call(activation: Layer) -> Function:
    """The function of an `activation`, with its options."""
    call = activation.emit_function()
    return replace(call, op=activation.op, options=spelled(activation, call))


def overlaid(layer: Layer, exprs: Mapping[str, Expr]) -> Layer:
    """A layer whose options carry their expressions; expressions with a wrong value are left out."""
    update = {}
    for key, expr in exprs.items():
        key = layer.option_fields().get(key, key)
        value = getattr(layer, key, None)
        if isinstance(expr, e.Items) and isinstance(value, (tuple, list)) and len(value) == len(expr.items):
            update[key] = type(value)(symbol(v, x) for v, x in zip(value, expr.items, strict=True))
        else:
            update[key] = symbol(value, expr)
    return layer.model_copy(update=update) if update else layer


def merge_calls(klass: ClassBuilder, lanes: Sequence[Lane], calls: Sequence[Call]) -> Call:
    """One call that is equal to each lane's call."""
    first = calls[0]
    differ(
        lanes, [(type(c), c.target, len(c.args), tuple(c.kwargs), isinstance(c, Constant) and c.saved) for c in calls]
    )
    hint = "size"
    args = tuple(
        merge_values(klass, lanes, [c.args[position] for c in calls], hint) for position in range(len(first.args))
    )
    kwargs = {key: merge_values(klass, lanes, [c.kwargs[key] for c in calls], key) for key in first.kwargs}
    if any(each.op != first.op for each in calls):
        return replace(first, args=args, kwargs=kwargs, op="", options={})
    return replace(first, args=args, kwargs=kwargs, options=common([each.options for each in calls]))


def merge_values(klass: ClassBuilder, lanes: Sequence[Lane], values: Sequence[Any], hint: str) -> Any:
    """One expression, or tuple, list or dict of expressions, for a value that may differ between lanes."""
    plain = [concrete(v) for v in values]
    if any(isinstance(each, list) for each in plain):
        # Expressions give only tuples, so a list becomes a list of the program with expressions in it.
        differ(lanes, [(type(each), len(each) if isinstance(each, list) else -1) for each in plain])
        values = [each if isinstance(each, list) else plain[n] for n, each in enumerate(values)]
    values = [value if _has_length(klass, value) else plain[n] for n, value in enumerate(values)]
    first = values[0]
    if isinstance(first, dict):
        differ(lanes, [tuple(each) if isinstance(each, dict) else None for each in values])
        return {key: merge_values(klass, lanes, [v[key] for v in values], hint) for key in first}
    if isinstance(first, (tuple, list)):
        lengths = {len(v) if isinstance(v, (tuple, list)) else -1 for v in values}
        if len(lengths) == 1:
            return type(first)(
                merge_values(klass, lanes, [v[position] for v in values], hint) for position in range(len(first))
            )
    symbolic = any(map(is_symbol, values))
    if not symbolic and all(p is plain[0] or (type(p) is type(plain[0]) and p == plain[0]) for p in plain):
        return e.literal(plain[0])  # the common case
    return klass.settle([expr_of(v) for v in _distinct(values)], lanes, plain, hint)


def _has_length(klass: ClassBuilder, value: Any) -> bool:
    """Whether the type of a sequence expression shows its length, for a call that takes a tuple of that length."""

    def known(expr: Expr) -> bool:
        match expr:
            case e.Name(id):
                return id not in klass.locals or known(klass.locals[id])
            case e.Index(inner):
                return known(inner)
            case e.Conditional(_, then, otherwise):
                return known(then) and known(otherwise)
        return isinstance(expr, e.Items)

    return not isinstance(value, SymValue) or not isinstance(value.value, tuple) or known(value.expr)


def _distinct(values: Sequence[Any]) -> list[Any]:
    seen: dict[int, Any] = {id(v): v for v in values}
    return list(seen.values())


def merge_shapes(lanes: Sequence[Lane], values: Sequence[Value], shapes: Sequence[Sequence[int]]) -> tuple[Expr, ...]:
    """One symbolic shape for a result; an axis without a common origin in all lanes is unknown."""
    differ(lanes, [len(shape) for shape in shapes])
    merged: list[Expr] = []
    for axis in range(len(shapes[0])):
        wanted = [value.shape[axis] for value in values]
        candidates = dict.fromkeys(expr_of(shape[axis]) for shape in _distinct(list(shapes)))
        found = next((c for c in candidates if _shallow(c) and agrees(c, lanes, wanted)), None)
        merged.append(e.Unknown() if found is None else found)
    return tuple(merged)


def _shallow(expr: Expr) -> bool:
    # A size from long arithmetic is harder to read than a parameter, and deep trees are slow.
    return e.depth(expr) <= 24


def instance(
    klass: ClassBuilder, site: Site, inputs: Sequence[Local], flow: Local | None
) -> tuple[Construct, list[Result]]:
    """The instance of a block's or structure's class, with its arguments at this place."""
    lanes, items = site.lanes, site.items
    infos = [klass.program.info(item) for item in items]
    differ(lanes, [id(info) for info in infos])
    info = infos[0]
    actual: dict[str, Expr] = {}
    used, mentioned = {formal.name for formal in info.formals}, names_in(info.results)
    for formal in info.every_formal:
        wanted = [formal.values[info.lane_of[id(item)]] for item in items]
        try:
            candidate = _argument(klass, formal, site, inputs, flow, actual, info.parameters)
            if formal.name in used:
                actual[formal.name] = klass.settle([candidate], lanes, wanted, formal.name)
            elif formal.name in mentioned:
                actual[formal.name] = _or_unknown(candidate, lanes, wanted)
        except MustUnroll:
            if formal.name in used:
                raise
    given = tuple((f.name, actual[f.name]) for f in info.formals if f.default is None or actual[f.name] != f.default)
    main = next(iter(info.parameters.values()), None)
    leading = [
        formal.name == name and (formal.kind in ("axis", "input") or name == main)
        for formal, (name, _) in zip(info.formals, given, strict=False)
    ]
    results = []
    for position, shape in enumerate(info.results):
        values = dict(zip(lanes, (info.result(item, position) for item in items), strict=True))
        moved = tuple(
            _or_unknown(_moved(x, actual), lanes, [v.shape[a] for v in values.values()]) for a, x in enumerate(shape)
        )
        results.append(Result(values, moved))
    return Instance(info.definition.name, given, (*leading, False).index(False)), results


def _moved(expr: Expr, actual: Mapping[str, Expr]) -> Expr:
    if e.names(expr) <= set(actual):
        return e.substitute(expr, actual)
    return e.Unknown()


def _or_unknown(expr: Expr, lanes: Sequence[Lane], wanted: Sequence[Any]) -> Expr:
    return expr if _shallow(expr) and agrees(expr, lanes, wanted) else e.Unknown()


def _argument(
    klass: ClassBuilder,
    formal: FormalInfo,
    site: Site,
    inputs: Sequence[Local],
    flow: Local | None,
    actual: Mapping[str, Expr],
    parameters: Mapping[str, str],
) -> Expr:
    """The argument for a parameter of a class at a call, as far as it can be determined."""
    if formal.kind == "axis":
        position, axis = formal.key
        size: Expr = inputs[position].shape[axis]
        return size
    if formal.kind == "outer":
        if isinstance(formal.key, tuple):
            name, axis = formal.key
            of_input: Expr = klass.shape_of(name)[axis]
            return of_input
        return klass.known(formal.key) or e.Unknown()
    if formal.kind == "input":
        around: Expr = klass.around()[formal.key]
        return around
    if formal.kind == "parameter":
        entry, block = site.written, site.items[0].source.block
        raw = entry.options.get(formal.key)
        given = formal.key in entry.options
        if not given and entry.main is not None and next(iter(block.params)) == formal.key:
            raw, given = entry.main, True
        if given:
            return klass.lift(raw, flow)
        default = block.params[formal.key].default
        if not has_expression(default):
            return literal_of(default)
        named = {key: actual[name] for key, name in parameters.items() if name in actual}
        whole = default.whole if isinstance(default, Written) else None
        return e.Unknown() if whole is None else e.substitute(whole, named)
    return e.Unknown()


def torch_name(construct: Construct) -> Annotation:
    """The type of a child of this construct, for an annotation."""
    match construct:
        case Make(call):
            return Annotation(source_name(call.target))
        case Instance(cls):
            return Annotation(cls)
        case _:
            return Annotation(f"nn.{construct.kind}")
