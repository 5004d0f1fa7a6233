"""Documents to graph: blocks, repeats and conditions are unrolled while shapes are inferred.

The walk goes entry by entry, as data flow. An error at an entry is noted and leaves its result
unknown; what depends on it is passed over, everything else is still checked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from netspec.diagnostics import Code, NetspecError, Related, did_you_mean
from netspec.expr import ExpressionError
from netspec.frontend import calls, structures
from netspec.frontend.context import Bound, Context, Failed, Flow, Level, Names, Origin, bad_part, with_views
from netspec.frontend.document import REQUIRED, Document, Parameter
from netspec.frontend.entries import Entry
from netspec.frontend.expressions import BadExpression, evaluate
from netspec.frontend.finish import finish
from netspec.frontend.problems import Report, kind_of
from netspec.frontend.source import Path_
from netspec.graph import Graph, Input, Node, Scope, Value
from netspec.shape import Shape

class Elaborator:
    """One elaboration: the graph as it grows, and what is wrong."""

    def __init__(self, document: Document, report: Report) -> None:
        self.document = document
        self.report = report
        self.nodes: dict[str, Node] = {}
        self.entries: dict[str, Entry] = {}
        self.modules: dict[str, Path_] = {}
        self.levels: dict[str, tuple[Entry, Context]] = {}
        self.side_outputs: dict[str, Value] = {}
        self.used: set[tuple[str, int]] = set()
        self.ties: list[tuple[str, str, str, Path_]] = []
        self.layers = calls.LayerCache()

    # -- the network ---------------------------------------------------------------------------

    def network(self, overrides: Mapping[str, Shape] | None = None) -> Graph:
        """The graph of the whole document.

        Raises:
            NetspecError: Anything is wrong; its `partial` is the graph up to the failures.
        """
        document = self.document
        variables = self.parameters(document.params, {}, (), {})
        variables = self.let(document.let, variables, ("let",), None, None)
        inputs = self.inputs(variables, overrides or {})
        names = Names()
        for name, given in inputs.items():
            names.bind(name, Bound((Value(name, 0, given.shape, given.dtype),)))
        flow = tuple(Value(name, 0, i.shape, i.dtype) for name, i in inputs.items()) or None
        level = Level("", "sequence" if document.body.sequence else "layers")
        root = Scope("network", "", True, document.name)
        root.source = Origin(None, variables, flow, arguments=variables)
        context = Context(level, variables, names, inputs=flow)
        result = self.list(document.body.entries, context, flow, root)
        outputs = self.outputs(result, names)
        root.source.outputs = result
        graph = finish(self, root, inputs, outputs)
        self.report.check(partial=graph)
        return graph

    def inputs(self, variables: Mapping[str, Any], overrides: Mapping[str, Shape]) -> dict[str, Input]:
        form = self.document.inputs
        found = {}
        for name in overrides:
            if name not in form:
                self.report.add(
                    Code.UNKNOWN_SETTING, f"the network has no input `{name}`", (), help=did_you_mean(name, form)
                )
        for name, each in form.items():
            path: Path_ = ("inputs", name) if name != "input" or len(form) > 1 else ("input",)
            try:
                shape = overrides.get(name) or self.value(list(each.shape), path, variables)
            except Failed:
                continue
            if not all(isinstance(s, int) and not isinstance(s, bool) and s > 0 for s in shape):
                self.report.add(
                    Code.WRONG_TYPE, "a shape is a list of positive integers", path, found=kind_of(tuple(shape))
                )
                continue
            axes = tuple(a + len(shape) if a < 0 else a for a in each.dynamic)
            if any(not 0 <= a < len(shape) for a in axes):
                self.report.add(Code.BAD_AXIS, "`dynamic` names an axis that the shape does not have", path)
                continue
            found[name] = Input(name, tuple(shape), each.dtype, axes, self.report.span(path))
        return found

    def outputs(self, result: Flow, names: Names) -> dict[str, Value]:
        declared = self.document.outputs
        if declared is None:
            if result is None:
                return {}
            if len(result) != 1:
                self.report.add(
                    Code.AMBIGUOUS_FLOW,
                    f"{len(result)} values flow out of the network",
                    self.document.body.path,
                    help="name them with `outputs: {name: entry, ...}`",
                )
                return {}
            if not self.nodes:
                self.report.add(Code.EMPTY_NETWORK, "the network has no layers", self.document.body.path)
            return {"output": result[0]}
        found = {}
        for name, reference in declared.items():
            bound = self.reference(reference, names, ("outputs", name))
            if bound is not None:
                found[name] = bound[0]
        return found

    # -- values --------------------------------------------------------------------------------

    def value(
        self, raw: Any, path: Path_, variables: Mapping[str, Any], flow: Flow = None, inputs: Flow = None
    ) -> Any:
        """The value of something written in the spec. Raises `Failed` where it has none."""
        if isinstance(raw, (int, float)) or raw is None or (isinstance(raw, str) and "$" not in raw):
            return raw
        try:
            return evaluate(raw, with_views(variables, flow, inputs))
        except BadExpression as error:
            self.report.add(error.code, error.message, path, help=error.help)
        except ExpressionError as error:
            if error.unknown in ("x", "input"):
                raise Failed from None  # an error upstream left the shape unknown
            known = [*variables, "x", "input"]
            code = (
                Code.UNKNOWN_VARIABLE if error.unknown else Code.EXPRESSION_BOUND if error.bound else Code.EXPRESSION_FAILED
            )
            self.report.add(
                code,
                str(error),
                path,
                found=kind_of(raw),
                expected=f"one of {', '.join(sorted(known))}" if error.unknown else None,
                help=did_you_mean(error.unknown, known) if error.unknown else None,
            )
        raise Failed

    def let(
        self, written: Mapping[str, Any], variables: Mapping[str, Any], path: Path_, flow: Flow, inputs: Flow
    ) -> dict[str, Any]:
        """Variables with those of a `let` added, evaluated in order."""
        result = dict(variables)
        for name, raw in written.items():
            result[name] = self.value(raw, (*path, name), result, flow, inputs)
        return result

    def parameters(
        self, declared: Mapping[str, Parameter], given: Mapping[str, Any], call: Path_, places: Mapping[str, Path_]
    ) -> dict[str, Any]:
        """Checked values of parameters: those given, else their defaults, which may use earlier ones."""
        values: dict[str, Any] = {}
        failed = False
        for name, parameter in declared.items():
            path = places.get(name, parameter.path)
            try:
                if name in given:
                    value = given[name]
                elif parameter.default is REQUIRED:
                    self.report.add(
                        Code.MISSING_OPTION, f"`{name}` must be given", path, help=f"give it with `--set {name}=...`"
                    )
                    raise Failed
                else:
                    value = self.value(parameter.default, path, values)
                values[name] = value
                if not fits(value, parameter):
                    self.report.add(
                        Code.WRONG_TYPE,
                        f"`{name}` has the wrong type",
                        path,
                        found=kind_of(value),
                        expected=f"{PARAMETER_WORDS[parameter.type]}{' or null' if parameter.nullable else ''}",
                    )
                    raise Failed
            except Failed:
                failed = True
        if failed:
            raise Failed
        return values

    # -- lists and entries ---------------------------------------------------------------------

    def list(self, entries: tuple[Entry, ...], context: Context, flow: Flow, scope: Scope) -> Flow:
        """Elaborate a list of entries into `scope`; gives what flows out of the last."""
        for entry in entries:
            inner, flow = self.entry(entry, context, flow)
            scope.children.append(inner)
        return flow

    def entry(self, entry: Entry, context: Context, flow: Flow) -> tuple[Scope, Flow]:
        """Elaborate one entry with all its common options; gives its scope and what flows on."""
        absent = Scope("absent", context.level.path, False, entry.operation, source=Origin(entry, {}, flow))
        if entry.bad:
            self.failed(entry, context)
            return absent, None
        common = entry.common
        try:
            present = True if common.when is True else self.condition(common.when, (*entry.path, "when"), context, flow)
            if not present:
                if common.name is None and context.level.kind == "layers":
                    structures.count_absent(self, entry, context)
                return absent, flow
            incoming = self.incoming(entry, context, flow)
            if common.only is not None:
                context = replace(context, training_only=True)
            if common.init:
                context = replace(context, initialisers=calls.initialisers(self, entry, context))
            if common.freeze is not None:
                frozen = self.condition(common.freeze, (*entry.path, "freeze"), context, incoming)
                context = replace(context, frozen=frozen)
            name = None
            if common.name is not None:
                name = self.name(entry, context, incoming)
            if common.repeat is not None:
                scope, result = structures.repeat(self, entry, context, incoming, name)
            else:
                if common.let:
                    variables = self.let(
                        common.let, context.variables, (*entry.path, "let"), incoming, context.inputs
                    )
                    context = replace(context, variables=variables)
                scope, result = self.once(entry, context, incoming, name)
        except Failed:
            self.failed(entry, context)
            return absent, None if common.only is None else flow
        if scope.kind == "absent":
            return scope, flow
        origin: Origin = scope.source
        origin.taken = common.from_
        if result is not None:
            result = self.targets(entry, context, name, scope, result)
            origin.outputs = result
        elif name is not None:
            context.names.bind(name, Bound(None))
        if common.only is not None:
            self.side_output(entry, context, name, scope, result)
            return scope, flow
        return scope, result

    def failed(self, entry: Entry, context: Context) -> None:
        """Bind the names of an entry that failed, so that who takes from it is not reported as well."""
        bound = [entry.common.name, *(entry.common.to or ())]
        for name in bound:
            if name is not None:
                context.names.bind(name, Bound(None))

    def condition(self, raw: bool | str, path: Path_, context: Context, flow: Flow) -> bool:
        value = self.value(raw, path, context.variables, flow, context.inputs)
        if not isinstance(value, bool):
            self.report.add(
                Code.WRONG_TYPE, f"`{path[-1]}` must be true or false", path, found=kind_of(value), expected="a condition"
            )
            raise Failed
        return value

    def name(self, entry: Entry, context: Context, flow: Flow) -> str:
        path = (*entry.path, "name")
        name = self.value(entry.common.name, path, context.variables, flow, context.inputs)
        bad = bad_part(name) if isinstance(name, str) and name else str(name)
        if bad is not None:
            self.report.add(
                Code.BAD_NAME,
                f"`{bad}` cannot name a module",
                path,
                help="torch.nn.Module has an attribute of that name" if bad.isidentifier() else None,
                expected="letters, digits and `_`; parts joined by dots open levels",
            )
            raise Failed
        return str(name)

    def incoming(self, entry: Entry, context: Context, flow: Flow) -> Flow:
        """What flows into an entry: what it takes `from`, or what flowed out of the one before."""
        if entry.common.from_ is None:
            return flow
        found: list[Value] = []
        failed = unknown = False
        for reference in entry.common.from_:
            place = "from" if self.report.places.span((*entry.path, "from")) else entry.operation
            try:
                values = self.reference(reference, context.names, (*entry.path, place), context)
            except Failed:
                failed = True
                continue
            if values is None:
                unknown = True
            else:
                found.extend(values)
        if failed:
            raise Failed
        return None if unknown else tuple(found)

    def reference(self, reference: str, names: Names, path: Path_, context: Context | None = None) -> Flow:
        """What a reference stands for."""
        if context is not None and "$" in reference:
            reference = str(self.value(reference, path, context.variables, None, context.inputs))
        bound = names.find(reference)
        if bound is None:
            visible = list(dict.fromkeys(names.visible()))
            self.report.add(
                Code.UNKNOWN_REFERENCE,
                f"no entry called `{reference}` stands before this one",
                path,
                expected=f"one of {', '.join(visible[:12])}" if visible else "an entry with a `name`",
                help=did_you_mean(reference, visible)
                or "only entries given a `name`, earlier in this or an enclosing list, can be taken from",
            )
            if context is None:
                return None
            raise Failed
        return bound.flow

    def targets(self, entry: Entry, context: Context, name: str | None, scope: Scope, result: Flow) -> Flow:
        """Bind the entry's names to its results; gives what flows on."""
        assert result is not None
        to = entry.common.to
        inner = scope.source.inner
        if to is not None:
            if len(to) != len(result):
                self.report.add(
                    Code.BAD_TARGETS,
                    f"`to` names {len(to)} results, but the entry gives {len(result)}",
                    (*entry.path, "to"),
                )
                self.failed(entry, context)
                return None
            for target, value in zip(to, result, strict=True):
                context.names.bind(target, Bound((value,)))
        onward = result
        if to is None and not (entry.operation == "parallel" and len(result) > 1):
            onward = result[:1]
        if name is not None:
            context.names.bind(name, Bound(onward, inner))
        return onward

    def side_output(self, entry: Entry, context: Context, name: str | None, scope: Scope, result: Flow) -> None:
        if context.level.path:
            self.report.add(
                Code.BAD_SIDE_BRANCH,
                "a side branch can stand in the network's own list only",
                (*entry.path, "only"),
                help="move the entry out of the block or named group and feed it with `from`",
            )
            return
        if result is None:
            return
        shown = (name or scope.path.rpartition(".")[2] or entry.operation).replace(".", "_")
        self.side_outputs[shown] = result[0]

    def once(self, entry: Entry, context: Context, flow: Flow, name: str | None) -> tuple[Scope, Flow]:
        """Elaborate an entry without its repeat."""
        operation = entry.operation
        if "$" in operation:
            path = (*entry.path, operation) if self.report.places.span((*entry.path, operation)) else entry.path
            chosen = self.value(operation, path, context.variables, flow, context.inputs)
            if chosen is None:
                return Scope("absent", context.level.path, False, operation, source=Origin(entry, {}, flow)), flow
            if not isinstance(chosen, str) or chosen not in calls.registry():
                self.report.add(
                    Code.UNKNOWN_LAYER,
                    f"`{operation}` gives {kind_of(chosen)}, which is no layer",
                    path,
                    help=did_you_mean(str(chosen), calls.registry()),
                )
                raise Failed
            operation = chosen
        handler: Callable[..., tuple[Scope, Flow]]
        if operation in structures.HANDLERS:
            handler = structures.HANDLERS[operation]
        elif operation == "reuse":
            handler = calls.reuse
        elif operation in self.document.blocks:
            handler = calls.block
        else:
            scope, result = calls.layer(self, entry, operation, context, flow, name)
            scope.source.results = result
            return scope, result
        scope, result = handler(self, entry, context, flow, name)
        scope.source.results = result
        return scope, result

    # -- modules -------------------------------------------------------------------------------

    def module(self, path: str, entry: Entry, context: Context) -> None:
        """Note that a module stands at `path`; an error where one does already."""
        if context.reusing:
            return
        if path in self.modules:
            self.report.add(
                Code.DUPLICATE_PATH,
                f"there already is a module `{path}`",
                (*entry.path, "name") if entry.common.name else entry.path,
                help="give one of the two another `name`",
                related=(Related(self.report.span(self.modules[path]), f"`{path}` is made here"), *context.calls),
            )
            raise Failed
        self.modules[path] = entry.path


PARAMETER_WORDS = {
    "int": "an integer",
    "float": "a number",
    "bool": "true or false",
    "str": "text",
    "list": "a list",
    "any": "any value",
}
_PARAMETER_TYPES: dict[str, tuple[type, ...]] = {
    "int": (int,),
    "float": (int, float),
    "bool": (bool,),
    "str": (str,),
    "list": (tuple, list),
    "any": (object,),
}


def fits(value: Any, parameter: Parameter) -> bool:
    """Whether a value has a parameter's type."""
    if value is None:
        return parameter.nullable
    if isinstance(value, bool):
        return parameter.type in ("bool", "any")
    return isinstance(value, _PARAMETER_TYPES[parameter.type])


def elaborate(document: Document, report: Report, inputs: Mapping[str, Shape] | None = None) -> Graph:
    """The graph of a document; `inputs` replaces the shapes of its inputs.

    Raises:
        NetspecError: Anything is wrong.
    """
    try:
        return Elaborator(document, report).network(inputs)
    except Failed:
        raise NetspecError(report.diagnostics) from None
