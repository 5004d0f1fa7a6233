"""Entries whose expression gives one layer here and another there: a condition for each, in one class."""

from __future__ import annotations

from collections.abc import Sequence

from netspec import expr as e
from netspec.expr import Expr
from netspec.lowering.class_builder import ClassBuilder
from netspec.lowering.instances import Local, Site, agrees

Choices = Sequence[tuple[Expr, Sequence[bool]]]
"""A test and its outcome in each lane, for each layer."""


def choices(klass: ClassBuilder, site: Site, flow: Local | None) -> Choices:
    """The tests for the layers that an entry's expression gives.

    There are none where it gives one layer in all lanes, where it gives a block, or where the constructor cannot tell.
    """
    written = next((item.source.entry for item in site.items if item.kind != "absent"), None)
    if flow is None or written is None or written.computed is None or written.common.when is not True:
        return ()
    given = ["" if item.kind == "absent" else item.label for item in site.items]
    if len(set(given)) == 1 or any(item.kind not in ("absent", "layer") for item in site.items):
        return ()
    value = klass.lift(written.computed, flow)
    found = []
    for name in filter(None, dict.fromkeys(given)):
        outcomes = [each == name for each in given]
        test = e.Compare(value, (("==", e.Literal(name)),))
        if isinstance(value, e.Literal) or not agrees(test, site.lanes, outcomes):
            return ()
        found.append((test, outcomes))
    return found
