"""`defaults`: values of the options that entries leave out, set once for everything that a part of the spec holds."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from netspec.frontend.context import Context, Flow
from netspec.frontend.source import Path_
from netspec.objects.immutable import immutable

if TYPE_CHECKING:
    from netspec.frontend.elaborate import Elaborator


@immutable
class Default:
    """The value of an option of a layer, or of a parameter of a block, and its place in the document."""

    value: Any
    path: Path_


Defaults = Mapping[str, Mapping[str, Default]]
"""Defaults by layer or block, and by option."""


def within(
    el: Elaborator, written: Mapping[str, Mapping[str, Any]], path: Path_, context: Context, flow: Flow
) -> Defaults:
    """The defaults inside a part of the spec: those around it, and its own, which come first.

    Args:
        el: The elaboration.
        written: Its own, as written.
        path: Their place.
        context: The context of the part.
        flow: The tensors of `x`.
    """
    el.pay(len(context.defaults) + sum(map(len, written.values())), path)
    found = dict(context.defaults)
    for name, options in written.items():
        own = {}
        for option, raw in options.items():
            place = (*path, name, option)
            own[option] = Default(el.passed_on(raw, place, context.variables, flow, context.inputs), place)
            el.defaults_taken.setdefault(place, False)
        found[name] = {**found.get(name, {}), **own}
    return found


def left_out(el: Elaborator, name: str, given: Collection[str], context: Context) -> dict[str, Default]:
    """The defaults of the options that a call of a layer or a block leaves out; they count as taken."""
    found = {option: each for option, each in context.defaults.get(name, {}).items() if option not in given}
    for each in found.values():
        el.defaults_taken[each.path] = True
    return found


def declared_defaults(data: Any) -> Iterator[tuple[str, str]]:
    """The layers and blocks, each with an option, for which a document's data set defaults anywhere."""
    pending = [data]
    while pending:
        here = pending.pop()
        if isinstance(here, dict):
            own = here.get("defaults")
            if isinstance(own, dict):
                yield from ((name, option) for name, each in own.items() if isinstance(each, dict) for option in each)
            pending.extend(here.values())
        elif isinstance(here, list):
            pending.extend(here)
