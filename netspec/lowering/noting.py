"""What decides at an entry: noted where its text is made."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from netspec import expr as e
from netspec.frontend.entries import Entry, walk
from netspec.frontend.written import Written

if TYPE_CHECKING:
    from netspec.lowering.class_builder import Klass
    from netspec.lowering.instances import Tensor
    from netspec.lowering.placed_entry import Site


def note(klass: Klass, site: Site, flow: Tensor | None) -> None:
    """Note what an entry that is there decides by: what it is called, what it comes to, what is done to its weights.

    Of a repeat, the name and what it takes are the repeat's own, all else is each round's.
    """
    entry = site.entry
    if entry is None:
        return
    common = entry.common
    if not _is_round(klass, site):
        decide(klass, [common.name], flow, but=klass.loops)  # a name that counts rounds is computed
        decide(klass, [common.from_], flow)
    if site.kind != "repeat" or site.reuses:
        decide(klass, [entry.computed, common.activation, common.freeze, common.init], flow)
    if site.reuses:
        decide(klass, [entry.main], flow)


def note_present(klass: Klass, site: Site, flow: Tensor | None) -> None:
    """Note the condition of an entry that is there everywhere."""
    if site.entry is not None and not _is_round(klass, site):
        decide(klass, [site.entry.common.when], flow)


def note_absent(klass: Klass, site: Site, flow: Tensor | None) -> None:
    """Note what an entry that is there nowhere is left out by, and what counts in the names of those after it."""
    entry = site.entry
    if entry is not None:
        decide(klass, [entry.common.when, entry.computed], flow)
        note_counts(klass, (entry,), flow)


def note_counts(klass: Klass, entries: tuple[Entry, ...], flow: Tensor | None) -> None:
    """Note the numbers of rounds of entries that are left out: they count in the names of those after them."""
    decide(klass, [each.common.repeat for each in walk(entries)], flow)


def decide(klass: Klass, written: Iterable[Any], flow: Tensor | None, but: Collection[str] = ()) -> None:
    """Note that what is written was computed once, and acted on."""
    for raw in _expressions(written):
        try:
            klass.decisions.by(klass.lift(raw, flow), but=but)
        except e.ExpressionError:
            klass.decisions.blind = True


def _expressions(written: Any) -> Iterator[Written]:
    if isinstance(written, Written):
        yield written
    elif isinstance(written, Iterable) and not isinstance(written, str):
        for each in written.values() if isinstance(written, Mapping) else written:
            yield from _expressions(each)


def _is_round(klass: Klass, site: Site) -> bool:
    """Whether a site is what one round of its entry's repeat makes."""
    parent = klass.program.survey.parents.get(id(site.items[0]))
    return parent is not None and parent.kind == "round"
