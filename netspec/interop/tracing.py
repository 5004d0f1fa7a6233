"""Torch operations of running networks, each with its numbers, from any class or function; two networks' compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from netspec.interop.result import Check
from netspec.objects.immutable import immutable

_SHAPELESS = frozenset({"keepdim", "memory_format", "implicit", "generator", "out", "non_blocking", "pin_memory"})
"""Arguments without effect on the result's numbers: they set its layout, or keep axes of size 1."""

_AXES = frozenset({"dim", "dims"})

_FOR_EACH_AXIS = frozenset({"kernel_size", "stride", "padding", "dilation", "output_padding"})
"""Arguments in which one number stands for all axes."""

_MOVES = (
    *("aten::clone", "aten::copy", "aten::contiguous", "aten::_unsafe_view", "aten::empty", "aten::new_empty"),
    *("aten::channel_shuffle", "aten::native_channel_shuffle", "aten::pixel_shuffle", "aten::pixel_unshuffle"),
)
"""Operations that move numbers or make room for them and compute none, as views do: they show in the results."""

_SHOWN = 4
"""Kinds of operations that are listed for each network."""

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
        tensors = sum(isinstance(each, Tensor) for each in tree_leaves((args, given)))
        joins_none = name == "aten::cat" and tensors == 1
        if func.is_view or name.startswith(_MOVES) or joins_none or not (tensors or drew):
            return result
        first = next((each for each in tree_leaves(result) if isinstance(each, Tensor)), None)
        shape = tuple(first.shape) if drew and first is not None else None
        plain = name.removeprefix("aten::").removesuffix("_")
        self.operations.append(Operation(plain, tuple(_settings(func, args, given)), _checksum(first), shape))
        return result

    def _seeded(self, func: Any, args: tuple[Any, ...]) -> Tensor:
        """The state of the generator before an operation that may draw."""
        if self._by_content:
            last = self.operations[-1].result if self.operations else None
            shapes = tuple(tuple(each.shape) for each in tree_leaves(args) if isinstance(each, Tensor))
            key = (func._schema.name, shapes, last)
            self._drawn[key] += 1
            torch.manual_seed(hash((*key, self._drawn[key])) % 2**63)
        return torch.get_rng_state()


def _settings(func: Any, args: tuple[Any, ...], given: dict[str, Any]) -> Iterator[tuple[str, str]]:
    named = {argument.name: value for argument, value in zip(func._schema.arguments, args, strict=False)} | given
    ranks = [each.dim() for each in tree_leaves(args) if isinstance(each, Tensor)]
    for argument in func._schema.arguments:
        name, value = argument.name, named.get(argument.name)
        if name not in named or name in _SHAPELESS or any(isinstance(each, Tensor) for each in tree_leaves(value)):
            continue
        if argument.has_default_value() and argument.default_value == value:
            continue
        if name in _AXES and ranks and value is not None:
            value = sorted(axis % max(ranks[0], 1) for axis in tree_leaves(value))
        if name in _FOR_EACH_AXIS and isinstance(value, (list, tuple)) and len(set(value)) == 1:
            value = list(value[:1])
        yield name, str(value)


def _checksum(result: Tensor | None) -> int | None:
    """A sum over the bits of a tensor, for any order of its elements in memory."""
    if result is None or result.layout is not torch.strided or result.is_meta or result.is_quantized:
        return None
    plain = result.detach().resolve_conj().resolve_neg().contiguous()
    plain = torch.view_as_real(plain) if plain.is_complex() else plain
    return int(plain.view(_INTEGERS[plain.element_size()]).sum(dtype=torch.int64))


Traces = tuple[Sequence[Operation], Sequence[Operation]]
"""Operations of one pass: ours, and the reference's."""


def operations_check(passes: Sequence[Traces], rounded: bool) -> Check:
    """Whether two networks ran the same operations in every pass: in one order, else with the same results.

    Differing operations may mean the same for any input or for this one alone: the result is `unknown`.

    Args:
        passes: The operations of each pass.
        rounded: Whether results are only close, so that they identify no operation.
    """
    left, right = Counter[str](), Counter[str]()
    for ours, theirs in passes:
        here, there = _apart(ours, theirs, rounded)
        left |= here
        right |= there
    if not left and not right:
        return Check("operations", "equal")
    words = [told(each, _SHOWN, "none of these") for each in (left, right)]
    remark = f"{words[0]} here, {words[1]} in the reference: this input does not show whether they mean the same"
    return Check("operations", "unknown", remark=remark)


def _apart(ours: Sequence[Operation], theirs: Sequence[Operation], rounded: bool) -> tuple[Counter[str], Counter[str]]:
    """Operations of one network that the other lacks, in words with their settings."""
    if [(each.name, each.settings) for each in ours] == [(each.name, each.settings) for each in theirs]:
        return Counter(), Counter()
    mine, other = (Counter((str(each), None if rounded else each.result) for each in side) for side in (ours, theirs))
    return _by_words(mine - other), _by_words(other - mine)


def _by_words(found: Counter[tuple[str, int | None]]) -> Counter[str]:
    words = Counter[str]()
    for (text, _), times in found.items():
        words[text] += times
    return words


def told(found: Counter[str], most: int, nothing: str) -> str:
    """Operations in words, at most so many of them; `nothing` where there are none."""
    first = [f"{text}{f' x {times}' if times > 1 else ''}" for text, times in islice(found.items(), most)]
    return f"{', '.join(first) or nothing}{f' and {len(found) - most} more' if len(found) > most else ''}"
