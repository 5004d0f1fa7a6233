"""Structures: groups, sequences, residuals, parallels and repeats."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from netspec.diagnostics import Code
from netspec.frontend import calls
from netspec.frontend.context import Bound, Context, Failed, Flow, Level, Names, Origin
from netspec.frontend.entries import Branch, Entry
from netspec.frontend.problems import kind_of
from netspec.graph import Scope, ScopeKind, Value

if TYPE_CHECKING:
    from netspec.frontend.elaborate import Elaborator

MAX_ROUNDS = 1_000_000


def enter(
    el: Elaborator, entry: Entry, context: Context, flow: Flow, name: str | None, kind: ScopeKind, *, level: bool
) -> tuple[Scope, Context]:
    """The scope of a structure and the context inside it; a new module where it is a level."""
    outer = context.level
    if not level:
        scope = Scope(kind, outer.path, False, entry.operation, source=Origin(entry, context.variables, flow))
        return scope, context
    if name is None:
        name = outer.next_name(entry.operation)
    else:
        outer.named()
    path = outer.join(name)
    el.module(path, entry, context)
    scope = Scope(kind, path, True, entry.operation, source=Origin(entry, context.variables, flow))
    inside = Level(path, "sequence" if kind == "sequence" else "rounds" if kind == "repeat" else "layers")
    names = Names(context.names)
    scope.source.inner = names.own
    el.levels[path] = (entry, context)
    return scope, replace(context, level=inside, names=names)


def group(el: Elaborator, entry: Entry, context: Context, flow: Flow, name: str | None) -> tuple[Scope, Flow]:
    """`layers: [...]`: a group; a level only where it has a name or is the round of a named repeat."""
    level = name is not None or context.level.kind == "rounds"
    scope, inside = enter(el, entry, context, flow, name, "group", level=level)
    return scope, el.list(entry.body, inside, flow, scope)


def sequence(el: Elaborator, entry: Entry, context: Context, flow: Flow, name: str | None) -> tuple[Scope, Flow]:
    """`sequence: [...]`: a numbered chain, always a level."""
    scope, inside = enter(el, entry, context, flow, name, "sequence", level=True)
    return scope, el.list(entry.body, inside, flow, scope)


def residual(el: Elaborator, entry: Entry, context: Context, flow: Flow, name: str | None) -> tuple[Scope, Flow]:
    """`residual: [...]`: the body merged with a shortcut, which is the identity if empty or wholly absent."""
    level = name is not None or context.level.kind != "layers"
    scope, inside = enter(el, entry, context, flow, name, "residual", level=level)
    skip = el.condition(entry.form.skip, (*entry.path, "skip"), context, flow)
    body, inner = _branch(el, entry.body, inside, flow, scope, "body")
    if not skip:
        return scope, body
    shortcut, _ = _branch(el, entry.shortcut, inside, flow, scope, "shortcut")
    if body is None or shortcut is None:
        return scope, None
    single = _single(el, entry, body) and _single(el, entry, shortcut)
    if not single:
        raise Failed
    if level:
        scope.source.inner = inner.own
    merged = calls.merge(el, entry, inside, entry.form.merge, (shortcut[0], body[0]), {})
    scope.children.append(merged[0])
    return scope, merged[1]


def parallel(el: Elaborator, entry: Entry, context: Context, flow: Flow, name: str | None) -> tuple[Scope, Flow]:
    """`parallel`: branches side by side, then merged; with `merge: none` all their results flow out."""
    level = name is not None or context.level.kind != "layers"
    scope, inside = enter(el, entry, context, flow, name, "parallel", level=level)
    results: list[Value] = []
    failed = False
    for branch in entry.branches:
        for result in _results(el, entry, branch, inside, flow, scope):
            if result is None:
                failed = True
            elif _single(el, entry, result):
                results.append(result[0])
            else:
                failed = True
    if failed:
        return scope, None
    if not results:
        el.report.add(Code.BAD_ENTRY, "`parallel` has no branches", entry.path)
        raise Failed
    if entry.form.merge == "none":
        return scope, tuple(results)
    if len(results) == 1:
        return scope, (results[0],)
    options = {}
    if entry.form.merge == "concat":
        options["axis"] = el.value(
            entry.form.axis, (*entry.path, "axis"), context.variables, flow, context.inputs
        )
    merged = calls.merge(el, entry, inside, entry.form.merge, tuple(results), options)
    scope.children.append(merged[0])
    return scope, merged[1]


def _results(
    el: Elaborator, entry: Entry, branch: Branch, inside: Context, flow: Flow, scope: Scope
) -> Iterator[Flow]:
    """What flows out of one written branch: one result, or one for each round of a listed repeat."""
    if branch.name is None:
        [only] = branch.entries
        inner = replace(inside, names=Names(inside.names))
        if only.common.repeat is not None and not only.bad:
            yield from _fan(el, only, inner, flow, scope)
            return
        part = Scope("branch", scope.path, False, "branch", source=Origin(None, inside.variables, flow))
        scope.children.append(part)
        result = el.list((only,), inner, flow, part)
        part.source.outputs = result
        if part.children[0].kind != "absent" or only.bad:  # type: ignore[union-attr]
            yield result
        return
    entries = branch.entries
    part = Scope("branch", scope.path, False, branch.name, source=Origin(None, inside.variables, flow))
    scope.children.append(part)
    if len(entries) == 1 and entries[0].common.name is None and not entries[0].bad:
        # A single entry takes the branch's name.
        named = replace(entries[0], common=entries[0].common.model_copy(update={"name": branch.name}))
        result = el.list((named,), inside, flow, part)
    elif entries:
        path = (*entry.path, entry.operation, branch.name)
        common = Entry(path, "layers").common.model_copy(update={"name": branch.name})
        result = el.list((Entry(path, "layers", body=entries, common=common),), inside, flow, part)
    else:
        result = flow
        inside.names.bind(branch.name, Bound(flow))
    part.source.outputs = result
    yield result


def _fan(el: Elaborator, entry: Entry, inside: Context, flow: Flow, scope: Scope) -> Iterator[Flow]:
    """A branch for each round of a repeat."""
    results: list[Flow] = []
    part = Scope("branch", scope.path, False, "branches", source=Origin(None, inside.variables, flow))
    scope.children.append(part)
    plain = replace(entry, common=entry.common.model_copy(update={"repeat": None}))
    if not el.condition(entry.common.when, (*entry.path, "when"), inside, flow):
        part.children.append(Scope("absent", scope.path, False, entry.operation, source=Origin(entry, {}, flow)))
        return
    name = el.name(entry, inside, flow) if entry.common.name is not None else None
    repeated, at = _repeat_scope(el, entry, inside, flow, name)
    part.children.append(repeated)
    if name is not None:
        plain = replace(plain, common=plain.common.model_copy(update={"name": None}))
    rounds = []
    for _, bound in _rounds(el, entry, at, flow):
        rounds.append(bound)
        context = replace(at, variables={**at.variables, **bound})
        inner, result = el.entry(plain, context, flow)
        one = Scope("round", inner.path, False, entry.operation, [inner], Origin(entry, context.variables, flow, result))
        repeated.children.append(one)
        results.append(result)
    repeated.source.rounds = tuple(rounds)
    yield from results


def _branch(
    el: Elaborator, entries: tuple[Entry, ...], inside: Context, flow: Flow, scope: Scope, label: str
) -> tuple[Flow, Names]:
    names = Names(inside.names)
    part = Scope("branch", scope.path, False, label, source=Origin(None, inside.variables, flow))
    scope.children.append(part)
    part.source.outputs = el.list(entries, replace(inside, names=names), flow, part)
    return part.source.outputs, names


def _single(el: Elaborator, entry: Entry, flow: tuple[Value, ...]) -> bool:
    if len(flow) == 1:
        return True
    el.report.add(
        Code.AMBIGUOUS_FLOW,
        f"a branch of `{entry.operation}` gives {len(flow)} values",
        entry.path,
        expected="one value from each branch",
    )
    return False


def repeat(el: Elaborator, entry: Entry, context: Context, flow: Flow, name: str | None) -> tuple[Scope, Flow]:
    """The rounds of an entry's `repeat`, each fed by the one before."""
    scope, at = _repeat_scope(el, entry, context, flow, name)
    rounds = []
    inner: dict[str, Bound] = {}
    for index, bound in _rounds(el, entry, at, flow):
        variables = {**at.variables, **bound}
        if entry.common.let:
            variables = el.let(entry.common.let, variables, (*entry.path, "let"), flow, context.inputs)
        rounds.append(variables)
        incoming = flow
        made, result = el.once(entry, replace(at, variables=variables), flow, None)
        if made.kind != "absent":
            flow = result
        one = Scope("round", made.path, False, entry.operation, [made], Origin(entry, variables, incoming, flow))
        scope.children.append(one)
        if name is not None:
            inner[str(index)] = Bound(flow[:1] if flow else None, made.source.inner)
        if flow is not None and entry.operation != "parallel":
            flow = flow[:1]
    scope.source.rounds = tuple(rounds)
    scope.source.inner = inner
    return scope, flow


def _repeat_scope(
    el: Elaborator, entry: Entry, context: Context, flow: Flow, name: str | None
) -> tuple[Scope, Context]:
    return enter(el, entry, context, flow, name, "repeat", level=name is not None)


def _rounds(el: Elaborator, entry: Entry, context: Context, flow: Flow) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Each round's index and what it binds: `i`, and the names of `as`."""
    path = (*entry.path, "repeat")
    count = el.value(
        list(entry.common.repeat) if isinstance(entry.common.repeat, tuple) else entry.common.repeat,
        path,
        context.variables,
        flow,
        context.inputs,
    )
    if isinstance(count, int) and not isinstance(count, bool) and 0 <= count <= MAX_ROUNDS:
        items: Any = range(count)
    elif isinstance(count, (tuple, list)):
        items = count
    else:
        el.report.add(
            Code.BAD_REPEAT,
            "a repeat takes a count or a list",
            path,
            found=kind_of(count),
            expected=f"an integer from 0 to {MAX_ROUNDS:,}, or a list with a value for each round",
        )
        raise Failed
    targets = entry.common.as_
    for index, item in enumerate(items):
        bound: dict[str, Any] = {"i": index}
        if targets is not None and len(targets) == 1:
            bound[targets[0]] = item
        elif targets is not None:
            if not isinstance(item, (tuple, list)) or len(item) != len(targets):
                el.report.add(
                    Code.BAD_REPEAT,
                    f"round {index} cannot be unpacked into {len(targets)} names",
                    (*entry.path, "as"),
                    found=kind_of(item),
                    expected=f"{len(targets)} values for [{', '.join(targets)}]",
                )
                raise Failed
            bound.update(zip(targets, item, strict=True))
        yield index, bound


def count_absent(el: Elaborator, entry: Entry, context: Context) -> None:
    """Let an absent unnamed entry count, so that a condition never renames its neighbours."""
    level = context.level
    if entry.operation in ("layers", "residual", "parallel"):
        inner = [*entry.body, *entry.shortcut, *(e for b in entry.branches if b.name is None for e in b.entries)]
        for each in inner:
            if each.common.name is None:
                count_absent(el, each, context)
    elif "$" not in entry.operation and entry.operation != "reuse":
        level.numbered(entry.operation)


HANDLERS: Mapping[str, Callable[[Elaborator, Entry, Context, Flow, str | None], tuple[Scope, Flow]]] = {
    "layers": group,
    "sequence": sequence,
    "residual": residual,
    "parallel": parallel,
}
