"""Elaboration of a document to a graph: unrolls blocks, repeats and conditions, and infers shapes.

The walk goes entry by entry, in the order of the data flow. An error at an entry is noted and leaves its
result unknown; entries that depend on it are skipped, all others are still checked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from netspec.diagnostics import Code
from netspec.expr import Meter
from netspec.frontend import bindings, blocks, callees, calls, defaults, flow, initialise, repeats, structures
from netspec.frontend.check import Check
from netspec.frontend.context import Bound, Context, Flow, Level, Names, Origin, shapes_of, without_index
from netspec.frontend.counting import Counts, Work, refuse_count
from netspec.frontend.document import Document
from netspec.frontend.entries import Entry
from netspec.frontend.finish import finish
from netspec.frontend.module_paths import ModulePaths
from netspec.frontend.problems import Failed, Report
from netspec.frontend.source import Path_
from netspec.frontend.values import Values
from netspec.graph import Graph, Input, Node, Scan, Scope, Value
from netspec.shape import Shape

MAX_ENTRIES = 10_000
"""The default limit of unrolled entries and rounds: a higher number suggests a repeat too many."""

STEPS_EACH = 25
"""Steps of expression evaluation per allowed entry."""

MAX_NESTING = 64
"""The largest nesting depth of structures and block calls."""

Handler = Callable[..., tuple[Scope, Flow]]


class Elaborator(Values):
    """One elaboration: the graph as it grows, and its errors.

    Args:
        document: The document.
        report: Takes the errors.
        work: The allowance from which entries and rules of layers are paid; None if they need not be.

    Attributes:
        nodes: The calls so far, by key.
        entries: The entry of each call.
        calls: The number of further calls of each module.
        modules: The paths that modules have.
        levels: The entry and context of each module with children, for `reuse`. made: The scope of its first call.
        bound: Layers and blocks with bound options that are known, by place and names.
        defaults_taken: The place of each default, and whether an entry took it up.
        used: Keys of nodes and inputs whose output some entry takes.
        scans: The scans, by the key of the call that takes their steps.
    """

    def __init__(self, document: Document, report: Report, work: Work | None = None) -> None:
        self.most = document.max_entries or MAX_ENTRIES
        super().__init__(report, Meter(STEPS_EACH * self.most))
        self.document = document
        self.check = Check({n: each.params for n, each in document.blocks.items()}, report, broken=document.broken)
        self.work = work
        self.layers = calls.LayerCache(work)
        self.rules = self.layers.rules
        self.nodes: dict[str, Node] = {}
        self.entries: dict[str, Entry] = {}
        self.calls: Counter[str] = Counter()
        self.modules = ModulePaths(report)
        self.levels: dict[str, tuple[Entry, Context]] = {}
        self.made: dict[str, Scope] = {}
        self.bound: set[tuple[Any, ...]] = set()
        self.defaults_taken: dict[Path_, bool] = {}
        self.side_outputs: dict[str, Value] = {}
        self.used: set[str] = set()
        self.scans: dict[str, Scan] = {}
        self.counts = Counts(document.blocks, document.broken)
        self.unrolled = 0
        self.nesting = 0
        self.handlers: dict[str, Handler] = {
            **structures.HANDLERS,
            "reuse": blocks.reuse,
            **dict.fromkeys(document.blocks, blocks.block),
        }

    def network(self, overrides: Mapping[str, Shape] | None = None) -> Graph:
        """The graph of the whole document.

        Raises:
            NetspecError: There are errors; its `partial` is the graph up to the failures.
            Failed: The parameters are wrong, so there is no graph at all.
        """
        document = self.document
        variables = self.parameters(document.params, {}, {})
        variables = self.let(document.let, variables, ("let",), None, None)
        inputs = self.inputs(variables, overrides or {})
        names = Names()
        values = {name: Value(name, 0, each.shape, each.dtype) for name, each in inputs.items()}
        declared = dict.fromkeys((*document.inputs, *document.unread))
        fed = tuple(values.values()) if values and len(values) == len(declared) else None
        for name in declared:
            names.bind(name, Bound((values[name],) if name in values else None))
        variables = {**shapes_of(declared, fed), **variables}
        level = Level("", "sequence" if document.body.sequence else "layers")
        root = Scope("network", "", True, document.name)
        root.source = Origin(None, variables, fed, arguments=variables)
        context = Context(level, variables, names, inputs=fed)
        context = replace(context, defaults=defaults.within(self, document.defaults, ("defaults",), context, fed))
        result = self.list(document.body.entries, context, fed, root)
        outputs = flow.network_outputs(self, result, names)
        root.source.outputs = result
        root.source.idle = tuple(path for path, taken in self.defaults_taken.items() if not taken)
        graph = finish(self, root, inputs, outputs)
        self.report.check(partial=graph)
        return graph

    def inputs(self, variables: Mapping[str, Any], overrides: Mapping[str, Shape]) -> dict[str, Input]:
        """The inputs of the network, without invalid ones."""
        return flow.network_inputs(self, variables, overrides)

    def list(self, entries: tuple[Entry, ...], context: Context, incoming: Flow, scope: Scope) -> Flow:
        """Elaborate a list of entries into `scope`; returns the output of the last."""
        for entry in entries:
            inner, incoming = self.entry(entry, context, incoming)
            scope.children.append(inner)
        return incoming

    def entry(self, entry: Entry, context: Context, above: Flow) -> tuple[Scope, Flow]:
        """Elaborate one entry with all its common options.

        Args:
            entry: The entry.
            context: Its context.
            above: The output of the entry above.

        Returns:
            Its scope, and the flow to the next entry.
        """
        common = entry.common
        self.count(entry.path)
        if self.nesting == 0 and (least := self.counts.least(entry)) > self.most:
            place = (*entry.path, "repeat") if common.repeat is not None else entry.path
            refuse_count(self.report, place, self.most, least)
        if entry.bad or entry.operation in self.document.broken:
            bindings.bind_failed(entry, context)
            return absent(entry, context, above), above if common.only is not None else None
        try:
            if common.repeat is not None and "i" in context.variables:
                context = without_index(context)
            if common.when is not True and not self.condition(common.when, (*entry.path, "when"), context, above):
                structures.count_absent(self, entry, context)
                return absent(entry, context, above), above
            incoming = flow.incoming(self, entry, context, above)
            if common.only is not None and self.document.inference:
                bindings.bind_failed(entry, context)
                structures.count_absent(self, entry, context)
                return absent(entry, context, above), above
            if common.only is not None:
                context = replace(context, training_only=True)
            name = None
            if common.name is not None:
                name = flow.module_name(self, entry, context, incoming)
            if common.repeat is not None:
                scope, result = repeats.repeat(self, entry, context, incoming, name)
            elif common.scan is not None:
                from netspec.frontend.scans import scan  # few networks have one

                scope, result = scan(self, entry, context, incoming, name)
            else:
                scope, result = self.once(entry, self.inside(entry, context, incoming), incoming, name)
        except Failed:
            bindings.bind_failed(entry, context)
            return absent(entry, context, above), above if common.only is not None else None
        if scope.kind == "absent":
            return scope, above
        origin: Origin = scope.source
        origin.taken = common.from_
        result = bindings.bind_results(self, entry, context, name, scope, result)
        origin.outputs = result
        if common.only is not None:
            bindings.side_output(self, entry, context, name, scope, result)
            return scope, above
        return scope, result

    def inside(self, entry: Entry, context: Context, incoming: Flow) -> Context:
        """The context with an entry's own `let`, `init` and `freeze`; in a repeat, those of one round."""
        common = entry.common
        if common.let:
            variables = self.let(common.let, context.variables, (*entry.path, "let"), incoming, context.inputs)
            context = replace(context, variables=variables)
        if common.defaults:
            place = (*entry.path, "defaults")
            context = replace(context, defaults=defaults.within(self, common.defaults, place, context, incoming))
        if common.init:
            context = replace(context, initialisers=initialise.for_group(self, entry, context, incoming))
        if common.freeze is not None:
            frozen = self.condition(common.freeze, (*entry.path, "freeze"), context, incoming)
            context = replace(context, frozen=frozen)
        return context

    def once(self, entry: Entry, context: Context, incoming: Flow, name: str | None) -> tuple[Scope, Flow]:
        """Elaborate an entry without its repeat and its common options."""
        operation = entry.operation
        if entry.computed is not None:
            given = callees.chosen(self, entry, context, incoming)
            if given is None:
                return absent(entry, context, incoming), incoming
            entry, context = callees.call_of(self, entry, given, context)
            operation = str(given)
        handler = self.handlers.get(operation)
        if handler is None:
            scope, result = calls.layer(self, entry, operation, context, incoming, name)
        else:
            scope, result = self.nested(handler, entry, context, incoming, name)
        scope.source.results = result
        if scope.level:
            self.made.setdefault(scope.path, scope)
        own = scope.level or (scope.kind == "layer" and not scope.source.again)
        if name is None and own and context.level.kind != "layers":
            # A position in a sequence can be taken from, too.
            bound = Bound(result[:1] if result else result, scope.source.inner)
            context.names.bind(scope.path.rpartition(".")[2], bound)
        return scope, result

    def nested(
        self, handler: Handler, entry: Entry, context: Context, incoming: Flow, name: str | None
    ) -> tuple[Scope, Flow]:
        """Elaborate a structure, a block call or a reuse, one level further in."""
        if self.nesting >= MAX_NESTING:
            raise self.report.failure(
                Code.BAD_ENTRY,
                f"structures and blocks are nested more than {MAX_NESTING} deep",
                entry.path,
                help="a `repeat` stacks entries without nesting them",
            )
        self.nesting += 1
        try:
            return handler(self, entry, context, incoming, name)
        finally:
            self.nesting -= 1

    def callee(self, value: Any, path: Path_) -> Any:
        """The value of a parameter that takes layers, with its layer or block checked."""
        return callees.callee(self, value, path) if isinstance(value, (str, dict)) else value

    def count(self, path: Path_, expected: int = 0, met: int = 1) -> None:
        """Count an entry or a round.

        Args:
            path: Its place.
            expected: The number of entries that certainly follow.
            met: The amount by which it raises the count.

        Raises:
            NetspecError: There are too many.
            Exhausted: No work is left.
        """
        self.unrolled += met
        if self.work is not None:
            self.work.pay(met)
        if self.unrolled + expected > self.most:
            refuse_count(self.report, path, self.most)


def absent(entry: Entry, context: Context, incoming: Flow) -> Scope:
    """The scope of an entry that makes nothing."""
    return Scope("absent", context.level.path, False, entry.operation, source=Origin(entry, {}, incoming))
