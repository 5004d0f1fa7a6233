"""Random specs that are valid, for tests of what is made of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random

from netspec import api
from netspec.diagnostics import NetspecError


def valid_specs(make: Callable[[Random], str], count: int) -> Iterator[api.Spec]:
    """Those of `count` random specs that netspec does not refuse: more than half, or the test has nothing to try."""
    given = 0
    for seed in range(count):
        try:
            spec = api.loads(make(Random(seed)))
            api.elaborate(spec)
        except NetspecError:
            continue
        yield spec
        given += 1
    assert given > count / 2
