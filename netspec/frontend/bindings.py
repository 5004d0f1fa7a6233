"""Results of entries: the names that they are bound to, and those that flow on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netspec.diagnostics import Code
from netspec.diagnostics.number_of import number_of
from netspec.expr import spelt
from netspec.frontend.context import Bound, Context, Flow
from netspec.frontend.entries import Entry
from netspec.frontend.parameters import wrong_result
from netspec.frontend.problems import Failed
from netspec.frontend.written import Written
from netspec.graph import Scope, Value

if TYPE_CHECKING:
    from netspec.frontend.elaborate import Elaborator


def bind_results(el: Elaborator, entry: Entry, context: Context, name: str | None, scope: Scope, result: Flow) -> Flow:
    """Bind an entry's names to its results; returns the flow to the next entry."""
    if result is None:
        bind_failed(entry, context, name)
        return None
    onward = result
    if entry.common.to is not None:
        try:
            to = scope.source.to = result_names(el, entry, context, scope.source.inputs)
        except Failed:
            bind_failed(entry, context, name)
            return None
        if len(to) != len(result):
            el.report.add(
                Code.BAD_TARGETS,
                f"`to` names {number_of(len(to), 'result')}, but `{entry.operation}` gives {len(result)}",
                (*entry.path, "to"),
                help="without `to` the first of several flows on" if len(result) > 1 else "leave `to` out",
                related=context.calls,
            )
            bind_failed(entry, context, name)
            return None
        for target, value in zip(to, result, strict=True):
            context.names.bind(target, Bound((value,)))
    elif len(result) > 1 and entry.operation != "parallel":
        onward = result[:1]
        set_aside(el, result)
    if name is not None:
        context.names.bind(name, Bound(onward, scope.source.inner))
    return onward


def result_names(el: Elaborator, entry: Entry, context: Context, flow: Flow) -> tuple[str, ...]:
    """The names in an entry's `to`, computed.

    Raises:
        Failed: One is no name.
    """
    found = []
    for index, written in enumerate(entry.common.to or ()):
        path = (*entry.path, "to", index)
        place = path if el.report.places.has(path) else path[:-1]
        name = el.value(written, place, context.variables, flow, context.inputs)
        if isinstance(written, Written):
            el.report.refuse_all(wrong_result(name if isinstance(name, str) else spelt(name), place), context.calls)
        found.append(str(name))
    return tuple(found)


def set_aside(el: Elaborator, results: tuple[Value, ...]) -> None:
    """Allow the results after the first to go unused: by the language's rule, only the first flows on."""
    el.used.update(value.key for value in results[1:] if value.key != results[0].key)


def bind_failed(entry: Entry, context: Context, name: str | None = None) -> None:
    """Bind the names of an entry that failed, so that entries which refer to it are not reported too."""
    for each in (name, entry.common.name, *(entry.common.to or ()), *(entry.common.collect or ())):
        if isinstance(each, str):
            context.names.bind(each, Bound(None))


def side_output(el: Elaborator, entry: Entry, context: Context, name: str | None, scope: Scope, result: Flow) -> None:
    """Make the result of a side branch an output of the network in training mode."""
    if context.level.path or context.branching:
        el.report.add(
            Code.BAD_SIDE_BRANCH,
            "a side branch can stand in the network's own list only",
            (*entry.path, "only"),
            help="move the entry out of the block, branch or named group, and feed it with `from`",
            related=context.calls,
        )
        return
    if result is None:
        return
    shown = (name or scope.path.rpartition(".")[2] or entry.operation).replace(".", "_")
    if shown in el.side_outputs:
        el.report.add(
            Code.BAD_SIDE_BRANCH,
            f"two side branches give an output called `{shown}`",
            (*entry.path, "name") if entry.common.name is not None else entry.path,
            help="give each a `name` of its own",
        )
        return
    el.side_outputs[shown] = result[0]
