"""Sequences to `nn.Sequential`: where every child takes one tensor and gives one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from netspec import expr as e
from netspec.graph import Scope
from netspec.lowering import loops
from netspec.lowering.lanes import Lane, Tensor, agrees, differ
from netspec.lowering.modules import Result, instance, layer_call
from netspec.program import Call, Chain, Choice, Construct, Function, Item, Make, Parameter

if TYPE_CHECKING:
    from netspec.lowering.klass import Klass


def is_chain(klass: Klass, items: Sequence[Scope]) -> bool:
    """Whether a level's children are, in every lane, modules numbered from 0 that each pass on one tensor."""
    return all(_is_chain(klass, item) for item in items)


def _is_chain(klass: Klass, item: Scope) -> bool:
    program = klass.program
    known = program.chains.get(id(item))
    if known is None:
        children = list(links(item))
        known = program.chains[id(item)] = (
            not program.crosses(item)
            and all(_is_link(klass, child) for child in children)
            and [child.path for child in children] == [f"{item.path}.{n}" for n in range(len(children))]
        )
    return known


def links(item: Scope) -> Iterator[Scope]:
    """The children of a level: groups and repeats that are no levels are looked through."""
    for child in item.children:
        if not isinstance(child, Scope) or child.kind == "absent":
            continue
        if child.kind in ("round", "repeat", "group", "branch") and not (child.level and child.kind != "round"):
            yield from links(child)
        else:
            yield child


def _is_link(klass: Klass, child: Scope) -> bool:
    source = child.source
    entry = source.entry
    if child.label == "reuse" or entry is None or entry.common.only is not None:
        return False
    if source.inputs is None or len(source.inputs) != 1 or source.results is None or len(source.results) != 1:
        return False
    if child.kind == "layer":
        node = klass.program.node(child)
        call = node.layer.emit(node.input_shapes)
        return node.activation is None and not isinstance(call, (Function, Parameter))
    if child.kind == "sequence" or (child.kind == "repeat" and child.level):
        if _is_chain(klass, child):
            return True
        if child.kind == "repeat":
            return False
    info = klass.program.info(child)
    return not info.captured and len(info.results) == 1


def chain(klass: Klass, lanes: Sequence[Lane], items: Sequence[Scope], flow: Tensor) -> tuple[Construct, Result]:
    """The `nn.Sequential` of a sequence."""
    made, flow = chain_items(klass, lanes, items, flow)
    return Chain("Sequential", tuple(made)), Result(flow.values, flow.shape)


def chain_items(klass: Klass, lanes: Sequence[Lane], parents: Sequence[Scope], flow: Tensor) -> tuple[list[Item], Tensor]:
    """Items for the entries of a list, and the tensor that flows out."""
    differ(lanes, [len(parent.children) for parent in parents])
    made: list[Item] = []
    for position in range(len(parents[0].children)):
        children = [parent.children[position] for parent in parents]
        each, flow = chain_entry(klass, lanes, children, flow)  # type: ignore[arg-type]
        made.extend(each)
    return made, flow


def chain_entry(klass: Klass, lanes: Sequence[Lane], items: Sequence[Scope], flow: Tensor) -> tuple[list[Item], Tensor]:
    """Items for one entry."""
    there = [item.kind != "absent" for item in items]
    if not any(there):
        return [], flow
    if all(there):
        return _present(klass, lanes, items, flow)
    first = items[there.index(True)].source.entry
    test = e.Literal(True) if first.common.when is True else klass.lift(first.common.when, flow)
    if isinstance(test, e.Literal) or not agrees(test, lanes, there):
        differ(lanes, there)
    some = [lane for lane, each in zip(lanes, there, strict=True) if each]
    made, inside = _present(klass, some, [item for item in items if item.kind != "absent"], flow)
    values = {lane: inside.at(lane) if each else flow.at(lane) for lane, each in zip(lanes, there, strict=True)}
    differ(lanes, [len(value.shape) for value in values.values()])
    shape = []
    for axis, (new, old) in enumerate(zip(inside.shape, flow.shape, strict=True)):
        wanted = [values[lane].shape[axis] for lane in lanes]
        candidates = [new, old, e.Conditional(test, new, old)]
        shape.append(next((c for c in candidates if agrees(c, lanes, wanted)), e.Unknown()))
    return [Choice(test, tuple(made))], Tensor("", values, tuple(shape))


def _present(klass: Klass, lanes: Sequence[Lane], items: Sequence[Scope], flow: Tensor) -> tuple[list[Item], Tensor]:
    differ(lanes, [(item.kind, item.level) for item in items])
    kind = items[0].kind
    if kind == "repeat" and not items[0].level:
        return loops.chain_rounds(klass, lanes, items, flow)
    if kind == "group" and not items[0].level:
        return chain_items(klass, lanes, items, flow)
    construct, result = link(klass, lanes, items, flow)
    return [construct], result.named("")


def link(klass: Klass, lanes: Sequence[Lane], items: Sequence[Scope], flow: Tensor) -> tuple[Construct, Result]:
    """The module of one child of a chain."""
    kind = items[0].kind
    if kind == "layer":
        call, _, [result] = layer_call(klass, lanes, items, [flow], flow)
        return Make(Call(call.target, call.args, call.kwargs, call.defaults)), result
    if kind in ("sequence", "repeat") and is_chain(klass, items):
        if kind == "sequence":
            return chain(klass, lanes, items, flow)
        made, after = loops.chain_rounds(klass, lanes, items, flow)
        return Chain("Sequential", tuple(made)), Result(after.values, after.shape)
    construct, results = instance(klass, lanes, items, [flow], flow)
    return construct, results[0]
