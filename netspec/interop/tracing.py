"""Torch operations of a running network, each with its numbers, from any class or function."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from netspec.objects.immutable import immutable

_SHAPELESS = frozenset({"keepdim", "memory_format", "implicit", "generator", "out", "non_blocking", "pin_memory"})
"""Arguments without effect on the result's numbers: they set its layout, or keep axes of size 1."""

_AXES = frozenset({"dim", "dims"})

_COPIES = ("aten::clone", "aten::copy", "aten::contiguous", "aten::_unsafe_view", "aten::empty", "aten::new_empty")
"""Operations that move numbers or make room for them and compute none, as views do, and those without tensors."""

_INTEGERS = {1: torch.int8, 2: torch.int16, 4: torch.int32, 8: torch.int64}
"""Integers as wide as an element, by its bytes."""


@immutable
class Operation:
    """One operation of torch.

    Attributes:
        name: Torch's name, the same for the in-place form: `hardtanh`.
        settings: Its arguments beside tensors that are not the default, in words.
        result: A sum over the bits of the result, which identifies equal results; None where there is none.
        draws: The shape of its random draws, None where it draws nothing.
    """

    name: str
    settings: tuple[tuple[str, str], ...]
    result: int | None
    draws: tuple[int, ...] | None = None

    def __str__(self) -> str:
        return f"{self.name}({', '.join(f'{name}={value}' for name, value in self.settings)})"


class Trace(TorchDispatchMode):
    """Records the operations that run in its context, in order.

    Args:
        by_content: Whether draws follow from the values computed just before, not from the number of earlier draws:
            two networks that compute the same in another order then draw the same.
    """

    def __init__(self, by_content: bool = False) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.operations: list[Operation] = []
        self._by_content = by_content
        self._drawn: Counter[tuple[Any, ...]] = Counter()

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Runs an operation, and records it unless it computes nothing."""
        given = kwargs or {}
        may_draw = torch.Tag.nondeterministic_seeded in func.tags
        before = self._seeded(func, args) if may_draw else None
        result = func(*args, **given)
        drew = before is not None and not torch.equal(before, torch.get_rng_state())
        name = str(func._schema.name)
        tensors = any(isinstance(each, Tensor) for each in _leaves((args, given)))
        if func.is_view or name.startswith(_COPIES) or not (tensors or drew):
            return result
        first = next((each for each in _leaves(result) if isinstance(each, Tensor)), None)
        shape = tuple(first.shape) if drew and first is not None else None
        plain = name.removeprefix("aten::").removesuffix("_")
        self.operations.append(Operation(plain, tuple(_settings(func, args, given)), _checksum(first), shape))
        return result

    def _seeded(self, func: Any, args: tuple[Any, ...]) -> Tensor:
        """The state of the generator before an operation that may draw."""
        if self._by_content:
            last = self.operations[-1].result if self.operations else None
            shapes = tuple(tuple(each.shape) for each in _leaves(args) if isinstance(each, Tensor))
            key = (func._schema.name, shapes, last)
            self._drawn[key] += 1
            torch.manual_seed(hash((*key, self._drawn[key])) % 2**63)
        return torch.get_rng_state()


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, (tuple, list)):
        for each in value:
            yield from _leaves(each)
    elif isinstance(value, dict):
        yield from _leaves(list(value.values()))
    else:
        yield value


def _settings(func: Any, args: tuple[Any, ...], given: dict[str, Any]) -> Iterator[tuple[str, str]]:
    named = {argument.name: value for argument, value in zip(func._schema.arguments, args, strict=False)} | given
    ranks = [each.dim() for each in _leaves(args) if isinstance(each, Tensor)]
    for argument in func._schema.arguments:
        name, value = argument.name, named.get(argument.name)
        if name not in named or name in _SHAPELESS or any(isinstance(each, Tensor) for each in _leaves(value)):
            continue
        if argument.has_default_value() and argument.default_value == value:
            continue
        if name in _AXES and ranks and value is not None:
            value = sorted(axis % max(ranks[0], 1) for axis in _leaves(value))
        yield name, str(value)


def _checksum(result: Tensor | None) -> int | None:
    """A sum over the bits of a tensor, for any order of its elements in memory."""
    if result is None or result.layout is not torch.strided or result.is_meta or result.is_quantized:
        return None
    plain = result.detach().resolve_conj().resolve_neg().contiguous()
    plain = torch.view_as_real(plain) if plain.is_complex() else plain
    return int(plain.view(_INTEGERS[plain.element_size()]).sum(dtype=torch.int64))
