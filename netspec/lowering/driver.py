"""Lowering of a whole spec: the scopes that become classes, their order, and the results of the network's class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from netspec.expr import Identifier
from netspec.frontend.document import Document
from netspec.graph import Graph, Scope, Value
from netspec.lowering import body, chains, structures
from netspec.lowering.arguments import lets, parameters_of
from netspec.lowering.class_builder import ClassBuilder
from netspec.lowering.class_info import ClassInfo, definition
from netspec.lowering.describe import class_doc, network_doc
from netspec.lowering.foreign import bound_names, foreign_targets
from netspec.lowering.instances import Local, LoweringError, MustSplit, MustUnroll, Site
from netspec.lowering.scope_index import ScopeIndex
from netspec.lowering.settings import settings
from netspec.lowering.tensors import lookup, referenced
from netspec.program.building import Item
from netspec.program.carried import carried_classes
from netspec.program.classes import ClassDef, Program
from netspec.program.forward import Return, When
from netspec.program.naming import IMPORTED, class_name, network_class


class Lowering:
    """One lowering; `fixed` holds params that are not arguments of the network's class.

    Attributes:
        bare: Whether the network has no settings (initialisation, ties, freezing) after its construction.
        params: The params that are arguments of the network's class, by their names there.
    """

    def __init__(self, document: Document, graph: Graph, fixed: frozenset[str] = frozenset()) -> None:
        self.fixed = fixed
        self.document = document
        self.graph = graph
        self.classes: list[ClassDef] = []
        self.infos: dict[int, ClassInfo] = {}
        self.survey = ScopeIndex(document, graph)
        self.handlers = structures.HANDLERS
        self.chains: dict[int, bool] = {}
        self.named_chains: dict[int, bool] = {}
        self.side: list[Local] = []
        self.bare = not settings(graph)
        self.params: dict[str, str] = {}
        self.foreign = foreign_targets(graph)
        self.bound = bound_names(self.foreign, graph)
        self.wanted = {class_name(name) for name in document.blocks} | {network_class(document.name)}
        self.names: set[str] = {*IMPORTED, *carried_classes(), *self.bound}

    def program(self) -> Program:
        """The whole program."""
        self.names.add(network := network_class(self.document.name))
        self._network(network)
        return Program(tuple(self.classes), self.foreign)

    def info(self, scope: Scope) -> ClassInfo:
        """The class of a scope; it is lowered now if it was not yet."""
        if id(scope) not in self.infos:
            pending = [self.survey.instances(scope)]
            while pending:
                group = pending.pop(0)
                try:
                    self._class(group)
                except MustSplit as split:
                    parts: dict[Any, list[Scope]] = {}
                    by_path = {lane.path: key for lane, key in split.keys.items()}
                    for each in group:
                        parts.setdefault(by_path.get(each.path), []).append(each)
                    if len(parts) < 2:
                        raise LoweringError(f"the instances of {scope.label} cannot be told apart") from None
                    pending = [*parts.values(), *pending]
                except MustUnroll:
                    if len(group) == 1:
                        raise LoweringError(f"no program was found for {scope.path}") from None
                    pending = [*([each] for each in group), *pending]
        return self.infos[id(scope)]

    def _class(self, scopes: Sequence[Scope]) -> None:
        first = scopes[0]
        block = first.source.block if first.kind == "block" else None
        klass = ClassBuilder(self, scopes, "block" if block else "level")
        names = block.inputs if block else ("input",)
        sources = [scope.source.inputs for scope in scopes]
        inputs = []
        for position in range(len(sources[0])):
            name = names[position] if position < len(names) else f"input{position + 1}"
            variable = klass.variable("x" if len(sources[0]) == 1 else name)
            inputs.append(
                klass.define_input(position, variable, [s[position] for s in sources], "" if position == 0 else name)
            )
        if block:
            klass.block_input = inputs[0].shape if inputs else ()
            klass.shapes |= {name: each.shape for name, each in zip(names, inputs, strict=True)}
            given = [scope.source.arguments for scope in scopes]
            parameters = parameters_of(klass, block.params, given)
            lets(klass, block.let, given, inputs[0])
        else:
            parameters = {}
        flow = inputs[0] if inputs else None
        chain: tuple[Item, ...] | None = None
        outputs: list[Local]
        if block and block.body.sequence and flow and chains.is_chain(klass, scopes):
            items, out = chains.chain_items(klass, Site(klass.lanes, scopes), flow)
            chain, outputs = tuple(items), [out]
        else:
            outputs = self._forward(klass, scopes, flow)
        extras = {id(scope): self.survey.leaks(scope) for scope in scopes}
        outputs = [*outputs, *self._extra_outputs(klass, scopes, extras)]
        if chain is None:
            klass.forward.append(Return(tuple(o.variable for o in outputs)))
        base = class_name(block.name if block else self._label(first))
        made, formals = definition(klass, self._fresh(base), class_doc(block, scopes, self.graph), outputs, chain)
        info = ClassInfo(
            made,
            formals,
            tuple(klass.formals.values()),
            parameters,
            tuple(o.shape for o in outputs),
            {id(scope): lane for scope, lane in zip(scopes, klass.lanes, strict=True)},
            klass.captured,
            extras,
        )
        self.classes.append(made)
        self.infos.update((id(scope), info) for scope in scopes)

    def _label(self, scope: Scope) -> str:
        last = scope.path.rpartition(".")[2]
        if not last.isdecimal():
            return last
        parent = [part for part in scope.path.split(".") if not part.isdecimal()]
        return f"{parent[-1]}_{scope.label}" if parent else scope.label

    def _forward(self, klass: ClassBuilder, scopes: Sequence[Scope], flow: Local | None) -> list[Local]:
        first = scopes[0]
        target = _target(klass, flow)
        site = Site(klass.lanes, scopes)
        if first.kind in ("residual", "parallel"):
            out = self.handlers[first.kind](klass, site, flow, target)
        else:
            out = body.entries(klass, site, flow, target)
        results = [scope.source.results for scope in scopes]
        found = []
        for position in range(len(results[0])):
            found.append(lookup(klass, klass.lanes, [r[position] for r in results], out))
        return found

    def _extra_outputs(
        self, klass: ClassBuilder, scopes: Sequence[Scope], extras: Mapping[int, tuple[Value, ...]]
    ) -> list[Local]:
        counts = {len(extras[id(scope)]) for scope in scopes}
        if len(counts) > 1:
            raise MustSplit({lane: len(extras[id(scope)]) for lane, scope in zip(klass.lanes, scopes, strict=True)})
        return [
            lookup(klass, klass.lanes, [extras[id(scope)][n] for scope in scopes], None) for n in range(counts.pop())
        ]

    def _network(self, name: Identifier) -> None:
        graph, document = self.graph, self.document
        klass = ClassBuilder(self, [graph.root], "network")
        values = graph.root.source.arguments
        only = len(graph.inputs) == 1
        inputs = []
        for position, each in enumerate(graph.inputs.values()):
            variable = klass.variable("x" if only else each.name)
            inputs.append(klass.define_input(position, variable, [Value(each.name, 0, each.shape, each.dtype)]))
        klass.block_input = inputs[0].shape if inputs else ()
        klass.shapes |= {name: each.shape for name, each in zip(graph.inputs, inputs, strict=True)}
        parameters_of(klass, document.params, [values], self.fixed)
        lets(klass, document.let, [values], inputs[0] if inputs else None)
        flow = inputs[0] if only else None
        body.entries(klass, Site(klass.lanes, [graph.root]), flow, _target(klass, flow))
        outputs = {n: lookup(klass, klass.lanes, [v], None) for n, v in graph.outputs.items()}
        main = [o.variable for o in outputs.values()]
        if self.side:
            side = {
                n: next(t.variable for t in self.side if v in t.values.values()) for n, v in graph.side_outputs.items()
            }
            full = Return((*main, *side.values()), (*outputs, *side))
            klass.forward.append(When("training", None, (full,)))
        klass.forward.append(Return(tuple(main), tuple(outputs) if len(outputs) > 1 else ()))
        klass.build.extend(settings(graph))
        made, formals = definition(klass, name, (), list(outputs.values()), has_side=bool(self.side))
        self.params = {str(each.name): each.key for each in formals}
        fixed = {name: values[name] for name in document.params if name not in self.params.values()}
        assembly = graph.detection.assembly if graph.detection is not None else None
        self.classes.append(replace(made, doc=network_doc(document, graph, fixed), assembly=assembly))

    def _fresh(self, base: Identifier) -> Identifier:
        name, count = base, 2
        while name in self.names:
            name, count = Identifier(f"{base}{count}" if not base[-1].isdigit() else f"{base}V{count}"), count + 1
        self.names.add(name)
        return name


def _target(klass: ClassBuilder, flow: Local | None) -> Identifier:
    """The variable that the results of a class's entries go to: that of its only input, unless it is read later."""
    if flow is not None and len(klass.inputs) == 1 and not referenced(klass, flow.values):
        return flow.variable
    return klass.variable("x" if "x" not in klass.inputs else "y")
