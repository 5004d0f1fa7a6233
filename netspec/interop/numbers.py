"""Differences of tensors, and the tensors in a network's return value."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import permutations
from typing import Any

import torch
from torch import Tensor

from netspec.interop.result import Check, Status

_MOST_ORDERS = 4
"""The most outputs for which every order is tried."""

Difference = tuple[float, float]
"""The largest difference of two elements, and ``|a - b| / |b|``; infinite where the shapes differ."""


def difference(ours: Tensor | None, theirs: Tensor | None) -> Difference:
    """The distance of two tensors; None stands for zeros. Axes of size 1 do not count."""
    if ours is None or theirs is None:
        there = ours if theirs is None else theirs
        return (0.0, 0.0) if there is None or not there.count_nonzero() else (float(there.abs().max()), math.inf)
    if ours.squeeze().shape != theirs.squeeze().shape:
        return math.inf, math.inf
    a, b = ours.detach().squeeze(), theirs.detach().squeeze()
    if (a.dtype == b.dtype and torch.equal(a, b)) or not b.numel():
        return 0.0, 0.0
    wide = torch.complex128 if a.is_complex() or b.is_complex() else torch.float64
    wide_b = b.to(wide)
    apart = a.to(wide) - wide_b
    norm, size = float(torch.linalg.vector_norm(apart)), float(torch.linalg.vector_norm(wide_b))
    relative = norm / size if size else math.inf
    return float(apart.abs().max()), math.inf if math.isnan(relative) else relative


def compare(name: str, pairs: Iterable[tuple[str, Tensor | None, Tensor | None]], tolerance: float) -> Check:
    """Compare tensors by name, ours and theirs.

    A tensor of the reference that is not finite cannot be compared: the result is `unknown`, unless another differs.
    """
    worst: tuple[float, str | None] = (0.0, None)
    largest, first = 0.0, None
    infinite: str | None = None
    for where, ours, theirs in pairs:
        theirs = theirs if theirs is None else theirs.to_dense()  # gradients of embeddings may be sparse
        if theirs is not None and not _is_finite(theirs):
            infinite = infinite or where
            continue
        absolute, relative = difference(ours, theirs)
        largest = max(largest, absolute)
        if relative > worst[0]:
            worst = relative, where
        if relative > tolerance and first is None:
            first = where
    status: Status = "different" if first is not None else "close" if largest else "equal"
    if infinite is not None and first is None:
        return Check(name, "unknown", where=infinite, remark=f"the reference's `{infinite}` is not finite")
    return Check(name, status, absolute=largest, relative=worst[0], where=first or worst[1])


def _is_finite(tensor: Tensor) -> bool:
    """Whether all numbers are finite: if their sum is, they are, and it takes one pass and no memory."""
    return bool(tensor.sum().isfinite()) or bool(tensor.isfinite().all())


def flatten(result: Any, name: str = "") -> Iterator[tuple[str, Tensor]]:
    """The tensors in a network's return value, each with its name: its key, its field or its position."""
    if isinstance(result, Tensor):
        yield name or "output", result
        return
    if isinstance(result, Mapping):
        parts = list(result.items())
    elif isinstance(result, tuple) and hasattr(result, "_fields"):
        parts = list(zip(result._fields, result, strict=True))
    elif isinstance(result, (tuple, list)):
        parts = [(str(index), each) for index, each in enumerate(result)]
    else:
        return
    for key, each in parts:
        yield from flatten(each, f"{name}.{key}" if name else str(key))


Pair = tuple[str, Tensor, Tensor]
"""An output's name, and its tensor from both networks."""


def pair_outputs(ours: Any, theirs: Any, tolerance: float) -> list[Pair] | None:
    """Pairs of outputs: by name, else in order, else in the order that agrees; None if some are left over."""
    here, there = dict(flatten(ours)), dict(flatten(theirs))
    if len(here) != len(there):
        return None
    if set(here) == set(there):
        return [(name, here[name], there[name]) for name in here]
    orders = permutations(there.values()) if len(there) <= _MOST_ORDERS else iter([tuple(there.values())])
    joined = [[(name, here[name], b) for name, b in zip(here, order, strict=True)] for order in orders]
    return next((each for each in joined if compare("", each, tolerance).status != "different"), joined[0])


def compare_outputs(name: str, ours: Any, theirs: Any, tolerance: float) -> Check:
    """Compare the return values of two networks."""
    here, there = (", ".join(key for key, _ in flatten(result)) for result in (ours, theirs))
    pairs = pair_outputs(ours, theirs, tolerance)
    if pairs is None:
        remark = f"{here or 'nothing'} here, {there or 'nothing'} in the reference"
        return Check(name, "different", here, there, where=here.partition(", ")[0] or None, remark=remark)
    typed = next((pair for pair in pairs if pair[1].dtype != pair[2].dtype), None)
    if typed is not None:
        mine, theirs_type = (str(tensor.dtype).removeprefix("torch.") for tensor in typed[1:])
        remark = f"{mine} here, {theirs_type} in the reference"
        return Check(name, "different", here, there, where=typed[0], remark=remark)
    found = compare(name, pairs, tolerance)
    return replace(found, ours=here, theirs=there) if len(pairs) > 1 else found
