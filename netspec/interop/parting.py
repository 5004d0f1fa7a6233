"""The first module with different outputs in two networks: both are run again and watched."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from netspec.diagnostics import Span
from netspec.interop.calls import watched
from netspec.interop.modules import spell
from netspec.interop.numbers import difference, flatten
from netspec.interop.result import Parting
from netspec.objects.immutable import immutable


@immutable
class _Seen:
    """One call of a module: its inputs and outputs."""

    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]


def find_parting(
    pairs: Mapping[str, str],
    ours: nn.Module,
    theirs: nn.Module,
    run: Callable[[nn.Module], Any],
    spans: Mapping[str, Span | None],
    threshold: float,
) -> Parting | None:
    """The first module, in the reference's order, whose outputs differ by more than `threshold`."""
    here, there = dict(ours.named_modules()), dict(theirs.named_modules())
    seen = _watch(ours, {path: here[path] for path in pairs}, run)
    back = {other: path for path, other in pairs.items()}
    calls = _watch(theirs, {other: there[other] for other in back}, run)
    before = None
    for (other, round_), call in calls.items():
        path = back[other]
        own = seen.get((path, round_))
        if own is None or len(own.outputs) != len(call.outputs):
            continue
        apart = max((difference(a, b)[1] for a, b in zip(own.outputs, call.outputs, strict=True)), default=0.0)
        if apart > threshold:
            alike = len(own.inputs) == len(call.inputs) and all(
                difference(a, b)[1] <= threshold for a, b in zip(own.inputs, call.inputs, strict=True)
            )
            return Parting(path, alike, before, spell(here[path]), spell(there[other]), apart, spans.get(path))
        before = path
    return None


def _watch(
    network: nn.Module, modules: Mapping[str, nn.Module], run: Callable[[nn.Module], Any]
) -> dict[tuple[str, int], _Seen]:
    """Every call of the modules, by path and round, in order. Copies: later modules may work in place."""
    seen: dict[tuple[str, int], _Seen] = {}
    rounds = Counter[str]()
    given: dict[str, tuple[Tensor, ...]] = {}

    def copies(values: Any) -> tuple[Tensor, ...]:
        return tuple(tensor.detach().clone() for _, tensor in flatten(values))

    def before(path: str, inputs: Any) -> None:
        given[path] = copies(inputs)

    def after(path: str, outputs: Any) -> None:
        seen[path, rounds[path]] = _Seen(given[path], copies(outputs))
        rounds[path] += 1

    with watched(modules, before, after), torch.no_grad():
        run(network)
    return seen
