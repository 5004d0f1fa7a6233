"""What layers say that autograd keeps is what it keeps: which storages, of how many bytes, and which are views."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from netspec.autograd import PRECISIONS, Tape
from netspec.contract.calls import build, results, types_taken
from netspec.contract.uses import uses
from netspec.layers import registry
from netspec.layers.base import Example, Layer, Refusal
from tests.layers.test_contract import COMMON, LAYERS, examples
from tests.saved import kept_storages

BATCH = 3


def _values(shape: tuple[int, ...], order: tuple[int, ...], dtype: torch.dtype, *, learns: bool) -> torch.Tensor:
    """A tensor whose axes lie in `order`, the outermost first."""
    laid = torch.rand([shape[axis] for axis in order]).to(dtype).requires_grad_(learns)
    laid = laid * 1 if learns else laid
    return laid.permute([order.index(axis) for axis in range(len(shape))])


def _recorded(tape: Tape, layer: Layer, given: list[torch.Tensor], use: Example, learned: bool) -> Any:
    inputs = tuple(
        tape.tensor(tuple(x.shape), str(x.dtype).removeprefix("torch."), tuple(x.stride()), needs_grad=x.requires_grad)
        for x in given
    )
    weights = {
        name: tape.tensor(
            weight.shape,
            weight.dtype,
            kind="buffer" if weight.buffer else "parameter",
            needs_grad=learned and not weight.buffer,
        )
        for name, weight in layer.weights(use.inputs).items()
    }
    return inputs, layer.record(tape, inputs, weights)


def _significant(shape: tuple[int, ...], steps: tuple[int, ...]) -> list[int]:
    """Strides along axes that have more than one place."""
    return [step for size, step in zip(shape, steps, strict=True) if size > 1]


def check(
    layer: Layer, use: Example, orders: list[tuple[int, ...]], *, learns: bool, learned: bool, frozen: bool
) -> None:
    given = [
        _values((BATCH, *shape), order, dtype, learns=learns and dtype.is_floating_point)
        for shape, order, dtype in zip(use.inputs, orders, types_taken(layer, len(orders)), strict=True)
    ]
    learned = learned and not frozen
    tape = Tape(batch=BATCH, frozen=frozen)
    inputs, outputs = _recorded(tape, layer, given, use, learned)
    if outputs is None:
        unknown = type(layer).record is Layer.record or layer.length_bound(use.inputs) is not None
        assert unknown, f"`record` of `{layer.op}` gives None on the CPU in float32"
        return
    call = layer.emit(use.inputs)
    buffers = any(weight.buffer for weight in layer.weights(use.inputs).values())
    # What is frozen keeps its statistics, too; without any it is none the wiser.
    module = build(call, "cpu").train(not (frozen and buffers)).requires_grad_(learned)
    try:
        kept, found = kept_storages(module, lambda: results(module(*(given or [BATCH]))))
    except RuntimeError as error:
        # Local response normalisation takes views that only the usual order of the axes allows.
        assume("view size is not compatible" not in str(error))
        raise

    def name(each: Any, ins: Any, outs: Any) -> Any:
        places = [f"in{n}" for n, x in enumerate(ins) if x == each] or [
            f"out{n}" for n, x in enumerate(outs) if x == each
        ]
        return places[0] if places else "made"

    pointers = [x.untyped_storage().data_ptr() for x in given], [y.untyped_storage().data_ptr() for y in found]
    expected = Counter((name(pointer, *pointers), size) for pointer, size in kept.items())
    storages = [x.storage for x in inputs], [y.storage for y in outputs]
    kinds = {id(s): s for op in tape.operations for s in op.kept if s.kind in ("value", "input") and s.bytes}
    claimed = Counter((name(s, *storages), s.bytes) for s in kinds.values())
    assert claimed == expected
    for mine, theirs in zip(outputs, found, strict=True):
        assert mine.shape == tuple(theirs.shape)
        assert mine.needs_grad == theirs.requires_grad
        shared = [n for n, pointer in enumerate(pointers[0]) if pointer == theirs.untyped_storage().data_ptr()]
        assert [n for n, x in enumerate(inputs) if x.storage is mine.storage] == shared
        assert _significant(mine.shape, mine.strides) == _significant(tuple(theirs.shape), tuple(theirs.stride()))


@st.composite
def laid_uses(draw: st.DrawFn, layer: type[Layer]) -> tuple[Example, list[tuple[int, ...]], bool, bool, bool]:
    """A use, the orders in which its inputs' axes lie, and whether inputs and weights need gradients."""
    use = draw(uses(layer))
    orders = []
    for shape in use.inputs:
        axes = tuple(range(len(shape) + 1))
        moved = (axes, axes, (0, *axes[2:], *axes[1:2]), (0, *axes[-1:], *axes[1:-1]))
        orders.append(draw(st.sampled_from(moved)) if len(shape) > 1 else axes)
    often = st.sampled_from((True, True, True, False))
    return use, orders, draw(often), draw(often), not draw(often)


pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.mark.parametrize("op", LAYERS)
def test_what_is_kept(op: str) -> None:
    @settings(COMMON, max_examples=examples(op))
    @given(laid_uses(registry()[op]))
    def run(drawn: Any) -> None:
        use, orders, learns, learned, frozen = drawn
        try:
            layer = registry()[op](**use.options)
            layer.infer(use.inputs)
        except (Refusal, ValidationError):
            assume(False)
        # The place of an axis of one element says nothing, and torch reads it now so, now otherwise.
        plain = all(order == tuple(range(len(order))) for order in orders)
        assume(plain or all(n > 1 for shape in use.inputs for n in shape))
        check(layer, use, orders, learns=learns, learned=learned, frozen=frozen)

    run()


@pytest.mark.parametrize("flowing", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("precision", ["bf16", "bf16-true"])
@pytest.mark.parametrize("op", LAYERS)
def test_bytes_in_16_bits(op: str, precision: str, flowing: torch.dtype) -> None:
    """Under autocast, or with 16 bits throughout; either type may flow in where the other is asked for."""
    if (precision, flowing) == ("bf16-true", torch.float32):
        pytest.skip("weights of 16 bits take no other")
    for use in registry()[op].examples:
        layer = registry()[op](**use.options)
        types = [flowing if dtype.is_floating_point else dtype for dtype in types_taken(layer, len(use.inputs))]
        given = [
            _values((BATCH, *shape), tuple(range(len(shape) + 1)), dtype, learns=dtype.is_floating_point)
            for shape, dtype in zip(use.inputs, types, strict=True)
        ]
        tape = Tape(batch=BATCH, precision=PRECISIONS[precision])
        _, outputs = _recorded(tape, layer, given, use, True)
        if outputs is None:
            continue
        module = build(layer.emit(use.inputs), "cpu").train()
        if precision == "bf16-true":
            module = module.bfloat16()
        try:
            with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"):
                kept, found = kept_storages(module, lambda: results(module(*(given or [BATCH]))))  # noqa: B023
        except (NotImplementedError, RuntimeError) as error:
            assert "not implemented for 'BFloat16'" in str(error)  # noqa: PT017
            continue
        storages = {each for operation in tape.operations for each in operation.kept}
        assert sum(each.bytes for each in storages if each.kind in ("value", "input")) == sum(kept.values()), use
        assert [f"torch.{each.dtype}" for each in outputs] == [str(each.dtype) for each in found]
