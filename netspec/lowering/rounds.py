"""The rounds of a repeat that are written out one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from netspec.lowering.instances import Tensor
from netspec.lowering.placed_entry import Site

if TYPE_CHECKING:
    from netspec.lowering.class_builder import Klass


def rounds_of(klass: Klass, site: Site, flow: Tensor) -> Iterator[Site]:
    """The sites of the rounds in order; the loop's variables are bound to their values in each."""
    rounds = site.parts()
    env = dict(klass.env)
    names = [*(site.written.common.as_ or ()), "i", *site.written.common.let]
    try:
        for number, part in enumerate(rounds):
            for name in names:
                wanted = [item.source.rounds[number][name] for item in site.items]
                klass.env[name] = klass.settle([], site.lanes, wanted, name)
            yield part
    finally:
        klass.env = env
