"""Levels: entries become torch modules, each with a name in its parent module."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from netspec.frontend.context import Context, Flow, Level, Names, Origin
from netspec.frontend.entries import Entry
from netspec.graph import Scope, ScopeKind

if TYPE_CHECKING:
    from netspec.frontend.elaborate import Elaborator


def module_path(kind: str, context: Context, name: str | None) -> str:
    """The path of a new module in the context's level.

    Args:
        kind: Its layer, block or structure; automatic names are counted by kind.
        context: Its context.
        name: Its given name, or None.
    """
    if name is None:
        name = context.level.next_name(kind)
    else:
        context.level.named(kind)
    return context.level.join(name)


def enter(
    el: Elaborator, entry: Entry, context: Context, flow: Flow, name: str | None, kind: ScopeKind, *, level: bool
) -> tuple[Scope, Context]:
    """The scope of a structure and the context inside it; a level makes a new module."""
    outer = context.level
    if not level:
        scope = Scope(kind, outer.path, False, entry.operation, source=Origin(entry, context.variables, flow))
        return scope, context
    path = module_path(entry.operation, context, name)
    el.module(path, entry, context)
    scope = Scope(kind, path, True, entry.operation, source=Origin(entry, context.variables, flow))
    inside = Level(path, "sequence" if kind == "sequence" else "rounds" if kind == "repeat" else "layers")
    names = Names(context.names)
    scope.source.inner = names.own
    el.levels[path] = (entry, context)
    return scope, replace(context, level=inside, names=names)
