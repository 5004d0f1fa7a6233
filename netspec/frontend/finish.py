"""The end of an elaboration: checks that need the whole graph."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

from netspec.diagnostics import Code, unknown
from netspec.frontend.scans import leave_out_unread
from netspec.graph import Graph, Input, Scope, Value, state_key

if TYPE_CHECKING:
    from netspec.frontend.elaborate import Elaborator


def finish(el: Elaborator, root: Scope, inputs: Mapping[str, Input], outputs: Mapping[str, Value]) -> Graph:
    """The graph of a finished walk; errors of the graph as a whole go to the report."""
    if el.scans and not el.report.diagnostics:
        leave_out_unread(el, root, outputs)
    graph = Graph(
        name=el.document.name,
        doc=el.document.doc,
        inputs=inputs,
        nodes=el.nodes,
        order=tuple(_registration_order(el)),
        outputs=outputs,
        side_outputs=el.side_outputs,
        root=root,
        scans=el.scans,
    )
    _refuse_names_of_inputs(el, graph)
    if not el.report.diagnostics:
        if not el.document.inference:  # entries that only a side branch uses are needed in training
            _refuse_unused(el, graph)
        _check_ties(el, graph)
    return graph


def _registration_order(el: Elaborator) -> list[str]:
    """Node keys in the order of torch's state_dict: a module's own tensors, then its children in creation order."""
    created: dict[str, int] = {}

    def place(key: str) -> list[int]:
        node, path, found = el.nodes[key], "", []
        for part in node.path.split("."):
            path = f"{path}.{part}"
            found.append(created.setdefault(path, len(created)))
        if "" in node.weights:  # a weight without a name of its own is a tensor of the module around it
            found[-1] -= sys.maxsize
        return found

    return sorted((key for key, node in el.nodes.items() if not node.reuses), key=place)


def _refuse_names_of_inputs(el: Elaborator, graph: Graph) -> None:
    """Refuse an input and a layer with the same key: both use one kind of key."""
    for name in filter(graph.nodes.__contains__, graph.inputs):
        entry = el.entries[name]
        el.report.add(
            Code.DUPLICATE_PATH,
            f"there already is an input `{name}`",
            (*entry.path, "name") if entry.common.name else entry.path,
            help="give the layer or the input another name",
        )


def _refuse_unused(el: Elaborator, graph: Graph) -> None:
    used = el.used | {v.key for v in (*graph.outputs.values(), *graph.side_outputs.values())}
    for key, node in graph.nodes.items():
        if key not in used:
            entry = el.entries[key]
            maker = node.path if node.layer.listed else entry.operation
            el.report.add(
                Code.UNUSED_OUTPUT,
                f"nobody uses what `{maker}` gives",
                entry.path,
                help="take it with `from`, name it in `outputs`, or leave the entry out",
            )
    for name, each in graph.inputs.items():
        if name not in used:
            path = ("input",) if name == "input" else ("inputs", name)
            el.report.add(Code.UNUSED_OUTPUT, f"nobody uses the input `{each.name}`", path)


def _check_ties(el: Elaborator, graph: Graph) -> None:
    shared: dict[str, str] = {}
    for node in graph.nodes.values():
        if not node.reuses:
            shared.update({state_key(node.path, own): target for own, target in node.ties.items()})
    if not any(node.ties for node in graph.nodes.values()):
        return
    tensors = graph.state_dict
    circle = False
    for key, node in graph.nodes.items():
        if node.reuses:
            continue
        for own, target in node.ties.items():
            place = (*el.entries[key].path, "tie", own)
            here = node.weights.get(own)
            there = tensors.get(target)
            if here is None or here.buffer:
                el.report.add(
                    Code.BAD_TIE,
                    f"`{own}` of `{node.layer.op}` is no parameter"
                    if here
                    else f"`{node.layer.op}` has no weight `{own}`",
                    place,
                    key=True,
                    expected=f"one of {', '.join(n for n, w in node.weights.items() if not w.buffer) or 'none'}",
                    fact=unknown(own, node.weights),
                )
            elif there is None or there.buffer or target == state_key(node.path, own):
                known = [name for name, weight in tensors.items() if weight.shape == here.shape and not weight.buffer]
                el.report.add(
                    Code.BAD_TIE,
                    f"there is no other parameter `{target}`",
                    place,
                    expected="the whole path of a parameter, such as `encoder.embedding.weight`",
                    fact=unknown(target, [name for name in known if name != state_key(node.path, own)]),
                )
            elif there.shape != here.shape:
                el.report.add(
                    Code.BAD_TIE,
                    "tied weights must have one shape",
                    place,
                    found=f"{list(here.shape)} here, {list(there.shape)} there",
                )
            elif _returns(state_key(node.path, own), shared):
                if not circle:
                    el.report.add(Code.BAD_TIE, "ties go in a circle", place, help="leave one out: it holds the tensor")
                circle = True


def _returns(key: str, shared: Mapping[str, str]) -> bool:
    """Whether the ties from `key` form a cycle."""
    met = {key}
    while key in shared:
        key = shared[key]
        if key in met:
            return True
        met.add(key)
    return False
