"""Calls of blocks, and further calls of modules that exist already."""

from __future__ import annotations

from dataclasses import replace
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from netspec.diagnostics import Code, Related, unknown
from netspec.diagnostics.facts import NotReusable
from netspec.frontend import defaults, repeats
from netspec.frontend.context import Bound, Context, Flow, Level, Names, Origin, module_path, shapes_of
from netspec.frontend.document import Block
from netspec.frontend.entries import Entry
from netspec.frontend.flow import block_outputs
from netspec.frontend.invoke import call
from netspec.frontend.source import Path_
from netspec.graph import Node, Scope
from netspec.program import Function, Parameter

if TYPE_CHECKING:
    from netspec.frontend.elaborate import Elaborator


def block(el: Elaborator, entry: Entry, context: Context, flow: Flow, name: str | None) -> tuple[Scope, Flow]:
    """An entry that calls a block."""
    called = el.document.blocks[entry.operation]
    if called.name in context.within:
        message = f"the block `{called.name}` is called within itself: the layers given to it lead back to it"
        help = "write out what it repeats in another block"
        raise el.report.failure(Code.RECURSIVE_BLOCK, message, entry.path, help=help, related=context.calls)
    if flow is not None and len(flow) != len(called.inputs):
        _refuse_inputs(el, entry, called, len(flow), context)
    arguments = _arguments(el, entry, called, context, flow)
    path = module_path(called.name, context, name)
    el.modules.take(path, entry, context)
    el.levels[path] = (entry, context)
    names = Names()
    for position, each in enumerate(called.inputs):
        names.bind(each, Bound((flow[position],) if flow else None))
    if len(called.inputs) == 1:
        names.bind("input", Bound(flow))
    here = Related(el.report.span(entry.path), f"in the block `{called.name}`, called here")
    inside = replace(
        context,
        level=Level(path, "sequence" if called.body.sequence else "layers"),
        variables=arguments,
        names=names,
        block=path,
        within=context.within | {called.name},
        inputs=flow,
        branching=True,
        calls=(*context.calls[-3:], here),
    )
    if called.defaults:
        own = defaults.within(el, called.defaults, (*called.path, "defaults"), inside, flow)
        inside = replace(inside, defaults=own)
    scope = Scope("block", path, True, called.name)
    scope.arguments = {each: arguments[each] for each in called.params}
    given = {*entry.options, *(list(called.params)[:1] if entry.main is not None else ())}
    scope.usual = frozenset(called.params) - given  # not by comparing values, which may stand for others
    scope.source = Origin(entry, context.variables, flow, block=called, arguments=arguments)
    result = el.list(called.body.entries, inside, flow, scope)
    if called.outputs is not None:
        found = block_outputs(el, called.outputs, names, (*called.path, "outputs"), inside.calls)
        known = [f[0] for f in found.values() if f]
        result = tuple(known) if len(known) == len(found) else None
    return scope, result


def _refuse_inputs(el: Elaborator, entry: Entry, called: Block, count: int, context: Context) -> None:
    """Report that the number of inputs is not the block's."""
    wanted = len(called.inputs)
    raise el.report.failure(
        Code.AMBIGUOUS_FLOW if entry.common.from_ is None and count > 1 else Code.WRONG_INPUT_COUNT,
        f"the block `{called.name}` takes {wanted} input{'s' if wanted > 1 else ''}, but {count} flow"
        f"{'s' if count == 1 else ''} in",
        entry.path,
        expected=f"[{', '.join(called.inputs)}]",
        help=f"feed it with `from: [{', '.join(called.inputs)}]`, the names being those of entries here",
        related=context.calls,
    )


def _arguments(el: Elaborator, entry: Entry, called: Block, context: Context, flow: Flow) -> dict[str, Any]:
    """The values of a call's parameters and of the block's `let`."""
    written = dict(entry.options)
    places: dict[str, Path_] = {key: (*entry.path, key) for key in written}
    first = next(iter(called.params), None)
    if first is not None and entry.main is not None:
        written = {first: entry.main, **written}
        places[first] = (*entry.path, entry.operation)
    given = el.each(written, places.__getitem__, context, flow)
    for name, each in defaults.left_out(el, called.name, given, context).items():
        given[name], places[name] = each.value, each.path
    arguments = {**shapes_of(called.inputs, flow), **el.parameters(called.params, given, places)}
    return el.let(called.let, arguments, (*called.path, "let"), flow, flow)


def reuse(el: Elaborator, entry: Entry, context: Context, flow: Flow, name: str | None) -> tuple[Scope, Flow]:
    """`reuse: PATH`: call a module again; the path starts at the enclosing block's module."""
    place = (*entry.path, "reuse")
    target = str(el.value(entry.main, place, context.variables, flow, context.inputs))
    path = f"{context.block}.{target}" if context.block else target
    if f"{context.level.path}.".startswith(f"{path}."):
        message, fact = f"`{target}` would call itself: this entry stands inside it", NotReusable(path, "inside")
        raise el.report.failure(Code.BAD_REUSE, message, place, fact=fact)
    if path in el.levels:
        scope, result = _again(el, path, context, flow, place)
    elif path in el.nodes:
        node = el.nodes[path]
        emitted = node.call
        if isinstance(emitted, (Function, Parameter)):
            help = "write the entry again" if isinstance(emitted, Function) else f"take it with `from: {target}`"
            if isinstance(emitted, Parameter) and emitted.sign:
                help = "a block that holds it can be called again"
            message = f"`{target}` is no module: there is nothing in it to share"
            fact = NotReusable(path, "function" if isinstance(emitted, Function) else "parameter")
            raise el.report.failure(Code.BAD_REUSE, message, place, help=help, fact=fact)
        scope, result = Scope("layer", path, False, node.layer.op), None
        if flow is not None:
            second = call(el, entry, replace(context, reusing=True), path, node.layer, node.activation, flow)
            scope.children.append(second.key)
            result = second.outputs
    else:
        _unknown_module(el, target, place, context)
    scope.source = Origin(entry, context.variables, flow, result, again=True)
    scope.label = "reuse"
    return scope, result


def _again(el: Elaborator, path: str, context: Context, flow: Flow, place: Path_) -> tuple[Scope, Flow]:
    """Call a block, structure or named repeat again, with the arguments of its first call."""
    entry, outer = el.levels[path]
    parent, _, last = path.rpartition(".")
    again = replace(
        outer,
        level=Level(parent, "layers"),
        names=Names(),
        reusing=True,
        branching=True,
        training_only=context.training_only,
        calls=context.calls,
    )
    first = el.made.get(path)
    if entry.common.repeat is not None and not last.isdecimal():
        scope, result = repeats.repeat(el, entry, again, flow, last)
    else:
        scope, result = el.once(entry, again, flow, last)
    if first is not None and result is not None:
        _check_same_calls(el, path, first, scope, place, context)
    return scope, result


def _check_same_calls(el: Elaborator, path: str, first: Scope, second: Scope, place: Path_, context: Context) -> None:
    """Refuse to call a module again if an input shape makes its entries do something else.

    A module has one forward pass: its conditions, counts and options must have the same values in every call.
    """
    before, after = ([el.nodes[key] for key in scope.node_keys()] for scope in (first, second))
    for one, other in zip_longest(before, after):
        if one is None or other is None or not _does_the_same(one, other):
            raise el.report.failure(
                Code.BAD_REUSE,
                f"`{path}` cannot be called again: of this input it would do something else",
                place,
                found=_told(other),
                expected=f"{_told(one)}, as at first",
                help="a condition or an option in it asks for the shape that flows in",
                related=(Related((other or one).span, "differs here"), *context.calls),
                fact=NotReusable(path, "entries"),
            )


def _told(node: Node | None) -> str:
    return f"`{node.layer.op}` of {list(node.input_shapes[0])}" if node and node.inputs else "nothing more"


def _does_the_same(one: Node, other: Node) -> bool:
    """Whether two calls are of the same module, or of the same function with the same arguments."""
    made, again = one.call, other.call
    alike = made == again and one.activation == other.activation and len(one.outputs) == len(other.outputs)
    return alike and (isinstance(made, Function) or one.path == other.path)


def _unknown_module(el: Elaborator, target: str, place: Path_, context: Context) -> None:
    """Report a `reuse` of a module that does not exist."""
    start = f"{context.block}." if context.block else ""
    known = [p.removeprefix(start) for p in (*el.levels, *el.nodes) if p.startswith(start)]
    shown = ", ".join(known[:8]) + (", ..." if len(known) > 8 else "")
    raise el.report.failure(
        Code.BAD_REUSE,
        f"there is no module `{target}` before this entry",
        place,
        expected=f"the path of a module made earlier{' in this block' if start else ''}: {shown}" if known else None,
        fact=unknown(target, known),
        related=context.calls,
    )
