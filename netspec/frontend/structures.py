"""Structures: groups, sequences, residuals and parallels."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from netspec.diagnostics import Code
from netspec.diagnostics.number_of import number_of
from netspec.frontend import calls, repeats
from netspec.frontend.context import Bound, Context, Flow, Names, Origin, enter
from netspec.frontend.entries import Branch, Entry
from netspec.frontend.flow import module_name
from netspec.frontend.problems import Failed
from netspec.graph import Scope, Value

if TYPE_CHECKING:
    from netspec.frontend.elaborate import Elaborator


def group(el: Elaborator, entry: Entry, context: Context, flow: Flow, name: str | None) -> tuple[Scope, Flow]:
    """`layers: [...]`: a group; a level only if it has a name or is the round of a named repeat."""
    level = name is not None or context.level.kind == "rounds"
    scope, inside = enter(el, entry, context, flow, name, "group", level=level)
    return scope, el.list(entry.body, inside, flow, scope)


def sequence(el: Elaborator, entry: Entry, context: Context, flow: Flow, name: str | None) -> tuple[Scope, Flow]:
    """`sequence: [...]`: a numbered chain, always a level."""
    scope, inside = enter(el, entry, context, flow, name, "sequence", level=True)
    return scope, el.list(entry.body, inside, flow, scope)


def residual(el: Elaborator, entry: Entry, context: Context, flow: Flow, name: str | None) -> tuple[Scope, Flow]:
    """`residual: [...]`: the body merged with a shortcut; an empty or wholly absent shortcut is the identity."""
    level = name is not None or context.level.kind != "layers"
    scope, inside = enter(el, entry, context, flow, name, "residual", level=level)
    skip = el.condition(entry.form.skip, (*entry.path, "skip"), context, flow)
    if skip and not entry.shortcut and flow is not None and len(flow) > 1:
        raise _no_identity(el, entry, flow, context)
    body, inner = _list_branch(el, entry.body, inside, flow, scope, "body")
    if not skip:
        for each in entry.shortcut:
            count_absent(el, each, inside)
        inside.level.counts[entry.form.merge] += 1
        return scope, body
    shortcut, _ = _list_branch(el, entry.shortcut, inside, flow, scope, "shortcut")
    if body is None or shortcut is None:
        return scope, None
    if shortcut is flow and len(shortcut) > 1:
        _no_identity(el, entry, shortcut, context)
        return scope, None
    if not (_is_single(el, entry, body, context) and _is_single(el, entry, shortcut, context)):
        return scope, None
    if level:
        scope.source.inner = inner.own
    return scope, _merged(el, entry, inside, (shortcut[0], body[0]), {}, scope)


def parallel(el: Elaborator, entry: Entry, context: Context, flow: Flow, name: str | None) -> tuple[Scope, Flow]:
    """`parallel`: branches side by side, then merged; with `merge: none` all their results flow out."""
    level = name is not None or context.level.kind != "layers"
    scope, inside = enter(el, entry, context, flow, name, "parallel", level=level)
    inside = replace(inside, branching=True)
    results: list[Value] = []
    failed = False
    for branch in entry.branches:
        for result in _results(el, entry, branch, inside, flow, scope):
            if result is not None and _is_single(el, entry, result, context):
                results.append(result[0])
            else:
                failed = True
    if failed:
        return scope, None
    if not results:
        raise el.report.failure(
            Code.BAD_ENTRY, "`parallel` has no branches", entry.path, help="write at least one", related=context.calls
        )
    if entry.form.merge == "none":
        return scope, tuple(results)
    if len(results) == 1:
        return scope, (results[0],)
    options: dict[str, Any] = {}
    if entry.form.merge == "concat":
        place = (*entry.path, "axis")
        options["axis"] = el.value(entry.form.axis, place, context.variables, flow, context.inputs)
    return scope, _merged(el, entry, inside, tuple(results), options, scope)


def _merged(
    el: Elaborator, entry: Entry, inside: Context, results: tuple[Value, ...], options: Mapping[str, Any], scope: Scope
) -> Flow:
    """The result of the merged branches; unknown if they do not fit, though the branches stay."""
    try:
        merged, joined = calls.merge(el, entry, inside, entry.form.merge, results, options)
    except Failed:
        return None
    scope.children.append(merged)
    return joined


def _results(el: Elaborator, entry: Entry, branch: Branch, inside: Context, flow: Flow, scope: Scope) -> Iterator[Flow]:
    """The outputs of one written branch: one result, or one for each round of a listed repeat."""
    entries = branch.entries
    if branch.name is None:
        [only] = entries
        inner = replace(inside, names=Names(inside.names))
        if only.common.repeat is not None and not only.bad:
            yield from repeats.fan(el, only, inner, flow, scope)
            return
        part = Scope("branch", scope.path, False, "branch", source=Origin(None, inside.variables, flow))
        scope.children.append(part)
        result = el.list(entries, inner, flow, part)
        part.source.outputs = result
        child = part.children[0]
        if only.bad or not (isinstance(child, Scope) and child.kind == "absent") or result is None:
            yield result
        return
    part = Scope("branch", scope.path, False, branch.name, source=Origin(None, inside.variables, flow))
    scope.children.append(part)
    if len(entries) == 1 and entries[0].common.name is None and not entries[0].bad:
        # A single entry takes the branch's name.
        result = el.list((entries[0].named(branch.name),), inside, flow, part)
    elif entries:
        group = Entry((*entry.path, entry.operation, branch.name), "layers", body=entries)
        result = el.list((group.named(branch.name),), inside, flow, part)
    else:
        result = flow
        name = module_name(
            el, Entry((*entry.path, entry.operation, branch.name), "layers").named(branch.name), inside, flow
        )
        inside.names.bind(name, Bound(flow))
    part.source.outputs = result
    yield result


def _list_branch(
    el: Elaborator, entries: tuple[Entry, ...], inside: Context, flow: Flow, scope: Scope, label: str
) -> tuple[Flow, Names]:
    """The output of a residual's body or shortcut, and the names in it."""
    names = Names(inside.names)
    part = Scope("branch", scope.path, False, label, source=Origin(None, inside.variables, flow))
    scope.children.append(part)
    part.source.outputs = el.list(entries, replace(inside, names=names, branching=True), flow, part)
    return part.source.outputs, names


def _is_single(el: Elaborator, entry: Entry, flow: tuple[Value, ...], context: Context) -> bool:
    if len(flow) == 1:
        return True
    el.report.add(
        Code.AMBIGUOUS_FLOW,
        f"a branch of `{entry.operation}` gives {number_of(len(flow), 'value')}",
        entry.path,
        expected="one value from each branch",
        help="end the branch with an entry that takes them all, such as `{concat: [A, B]}`",
        related=context.calls,
    )
    return False


def _no_identity(el: Elaborator, entry: Entry, flow: tuple[Value, ...], context: Context) -> Failed:
    """The failure of a residual whose shortcut hands on several tensors as they are, reported."""
    taken = entry.common.from_ is not None
    return el.report.failure(
        Code.WRONG_INPUT_COUNT if taken else Code.AMBIGUOUS_FLOW,
        f"{len(flow)} values flow into `residual`, whose shortcut hands on one",
        entry.path,
        found=", ".join(f"{list(value.shape)}" for value in flow[:8]),
        expected="one value",
        help="leave one in `from`" if taken else "say with `from` which it takes",
        related=context.calls,
    )


def count_absent(el: Elaborator, entry: Entry, context: Context, times: int = 1) -> None:
    """Count an absent entry in the automatic names, so that a condition never renames its neighbours.

    Args:
        el: The elaboration.
        entry: The entry.
        context: Its context.
        times: The number of times it would be elaborated there.
    """
    level = context.level
    rounds = times * _rounds_of(el, entry, context) if level.kind == "layers" else 0
    if not rounds:
        return
    el.count(entry.path)
    if entry.common.name is not None or entry.operation not in ("layers", "residual", "parallel"):
        if entry.computed is None and entry.operation != "reuse":
            # One level holds the rounds of a named repeat.
            one_level = entry.common.name is not None and entry.common.repeat is not None
            level.counts[entry.operation] += times if one_level else rounds
        return
    for each in (*entry.body, *entry.shortcut, *(e for b in entry.branches if b.name is None for e in b.entries)):
        count_absent(el, each, context, rounds)
    for branch in entry.branches:
        if branch.name is not None and branch.entries:
            level.counts[branch.entries[0].operation if len(branch.entries) == 1 else "layers"] += rounds
    if entry.operation != "layers" and entry.form is not None and entry.form.merge != "none":
        level.counts[entry.form.merge] += rounds


def _rounds_of(el: Elaborator, entry: Entry, context: Context) -> int:
    """The number of rounds that an absent entry would have; 1 if it cannot be determined."""
    written = entry.common.repeat
    count = el.silent(list(written) if isinstance(written, tuple) else written, context.variables)
    if isinstance(count, (tuple, list)):
        return len(count)
    return count if isinstance(count, int) and 0 <= count <= 100_000 else 1


HANDLERS: Mapping[str, Callable[[Elaborator, Entry, Context, Flow, str | None], tuple[Scope, Flow]]] = {
    "layers": group,
    "sequence": sequence,
    "residual": residual,
    "parallel": parallel,
}
