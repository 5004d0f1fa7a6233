"""What layers tell lints and fixes of themselves is true of torch's modules, whatever their weights are."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator
from functools import cache, partial, reduce
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, assume, given, settings
from pydantic import ValidationError
from torch import Tensor, nn

from netspec.contract.calls import build, results, types_taken
from netspec.contract.uses import uses
from netspec.layers import registry
from netspec.layers.base import Example, Layer, Refusal
from netspec.layers.traits import Bounds
from netspec.shape import Shape

EXAMPLES = int(os.environ.get("NETSPEC_EXAMPLES", "80"))
BATCH = 3

LAYERS = sorted(op for op, layer in registry().items() if layer.arity[0] > 0 and layer.dtype != "int")
COMMON = settings(
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow, HealthCheck.data_too_large],
)
GIVEN: tuple[Bounds, ...] = ((-3.0, 3.0), (0.0, 1.0), (0.0, 8.0), (-2.0, 0.0), (2.0, 5.0), (-0.5, 0.25))
"""What inputs lie between. Layers of several inputs draw others for each."""

RARE = {
    "conv": [
        Example({"out": 4, "kernel": 1, **options}, ((4, 5, 6),))
        for options in ({}, {"stride": 2}, {"padding": 1}, {"groups": 2}, {"bias": False}, {"bias": "unshared"})
    ],
    "group_norm": [Example({"groups": groups}, ((4, 3),)) for groups in (1, 2, 4)],
}
"""Uses that decide, and are seldom drawn."""


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@cache
def valid_uses(op: str) -> list[tuple[Layer, tuple[Shape, ...]]]:
    """A layer's examples and random uses that it accepts."""
    found = []

    @settings(COMMON, max_examples=max(EXAMPLES // 8, 10))
    @given(uses(registry()[op]))
    def gather(use: Example) -> None:
        try:
            layer = registry()[op](**use.options)
            layer.infer(use.inputs)
        except (Refusal, ValidationError):
            assume(False)
        found.append((layer, use.inputs))

    gather()
    written = (*registry()[op].examples, *RARE.get(op, ()))
    return [*((registry()[op](**each.options), each.inputs) for each in written), *found]


def each_use(op: str, check: Callable[[Layer, tuple[Shape, ...], nn.Module], None]) -> None:
    """Check a layer's uses, each with a module of random weights in training mode."""
    for layer, shapes in valid_uses(op):
        seeded(1)
        module = build(layer.emit(shapes), "cpu").double()
        module.register_forward_pre_hook(partial(as_taken, layer))
        with torch.no_grad():
            for weight in module.parameters():
                weight.copy_(torch.randn_like(weight))
        try:
            check(layer, shapes, module)
        except AssertionError as error:
            error.add_note(f"{layer!r} of {shapes}")
            raise


def as_taken(layer: Layer, module: nn.Module, given: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """Inputs of the element types that a layer takes: indices are the first, lengths full, truth values random."""
    number = layer.length_bound(tuple(tuple(x.shape[1:]) for x in given)) or 0
    made = {torch.int64: lambda x: torch.full_like(x, number).long(), torch.bool: lambda x: x > 0}
    types = types_taken(layer, len(given))
    return tuple(
        made[dtype](x) if dtype in made and x.is_floating_point() else x for x, dtype in zip(given, types, strict=True)
    )


def drawn(shapes: tuple[Shape, ...], bounds: tuple[Bounds, ...] | None = None) -> list[Tensor]:
    """Inputs between bounds; some of their elements at the very ends."""
    found = []
    for at, shape in enumerate(shapes):
        low, high = bounds[at] if bounds else (-3.0, 3.0)
        x = low + (high - low) * torch.rand(BATCH, *shape, dtype=torch.float64)
        where = torch.rand_like(x)
        found.append(torch.where(where < 0.1, low, torch.where(where > 0.9, high, x)))
    return found


def seeded(seed: int) -> None:
    """Seed the CPU alone: `torch.manual_seed` writes a stack down for each other kind of device, which costs more."""
    torch.default_generator.manual_seed(seed)


def outputs(module: nn.Module, inputs: list[Tensor], seed: int = 2) -> tuple[Tensor, ...]:
    seeded(seed)
    with torch.no_grad():
        return results(module(*inputs))


def result(module: nn.Module, x: Tensor) -> Tensor:
    (found,) = outputs(module, [x])
    return found


def is_close(one: Tensor, other: Tensor) -> bool:
    return one.shape == other.shape and torch.allclose(one, other, rtol=1e-6, atol=1e-8, equal_nan=True)


@pytest.mark.parametrize("op", LAYERS)
def test_what_is_rearranged(op: str) -> None:
    kept = []

    def check(layer: Layer, shapes: tuple[Shape, ...], module: nn.Module) -> None:
        inputs = drawn(shapes)
        there = torch.cat([x.flatten() for x in outputs(module, inputs)])
        kept.append(torch.equal(torch.cat([x.flatten() for x in inputs]).sort()[0], there.sort()[0]))

    each_use(op, check)
    assert all(kept) == registry()[op].rearranges


@pytest.mark.parametrize("op", LAYERS)
def test_what_acts_in_training(op: str) -> None:
    before, after = [], []

    def check(layer: Layer, shapes: tuple[Shape, ...], module: nn.Module) -> None:
        inputs = drawn(shapes)
        for mode, kept in ((True, before), (False, after)):
            found = outputs(module.train(mode), inputs)
            kept.append(len(found) == len(inputs) == 1 and torch.equal(found[0], inputs[0]))

    each_use(op, check)
    assert (all(after) and not all(before)) == registry()[op].acts_in_training


@pytest.mark.parametrize("op", LAYERS)
def test_what_sums(op: str) -> None:
    kept = []

    def check(layer: Layer, shapes: tuple[Shape, ...], module: nn.Module) -> None:
        inputs = drawn(shapes)
        try:
            total = reduce(torch.add, inputs) if len(inputs) > 1 else None
        except RuntimeError:  # of shapes that do not meet
            total = None
        found = outputs(module, inputs)[0]
        kept.append(total is not None and found.dtype == total.dtype and is_close(found, total))

    each_use(op, check)
    assert all(kept) == registry()[op].sums


@pytest.mark.parametrize("op", LAYERS)
def test_what_gives_probabilities(op: str) -> None:
    kept = []

    def check(layer: Layer, shapes: tuple[Shape, ...], module: nn.Module) -> None:
        found = outputs(module, drawn(shapes))[0]
        sums = [found.sum(axis) for axis in range(1, found.ndim)]
        shares = found.is_floating_point() and bool((found >= 0).all())
        kept.append(shares and any(is_close(total, torch.ones_like(total)) for total in sums))

    each_use(op, check)
    assert all(kept) == registry()[op].gives_probabilities


@pytest.mark.parametrize("op", LAYERS)
def test_one_takes_back_what_the_weights_of_another_did(op: str) -> None:
    def check(layer: Layer, shapes: tuple[Shape, ...], module: nn.Module) -> None:
        if layer.idempotent:
            x = 100 * drawn(shapes)[0]
            second, single = (build(layer.emit(shapes), "cpu").double() for _ in range(2))
            with torch.no_grad():
                for weight in module.parameters():
                    weight.uniform_(1, 2)  # a negative one would change the sign, as a single one's weights can too
            assert torch.allclose(result(second, result(module, x)), result(single, x), rtol=1e-2, atol=1e-2)

    each_use(op, check)


@pytest.mark.parametrize("op", LAYERS)
def test_results_lie_between_their_bounds(op: str) -> None:
    def check(layer: Layer, shapes: tuple[Shape, ...], module: nn.Module) -> None:
        for first in range(len(GIVEN)):
            between = tuple(GIVEN[(first + at) % len(GIVEN)] for at in range(len(shapes)))
            low, high = layer.bounds(shapes, between)
            assert low <= high
            for mode in (True, False):
                for found in (each.double() for each in outputs(module.train(mode), drawn(shapes, between))):
                    slack = 1e-9 * (1 + found.abs())
                    assert bool(((found >= low - slack) & (found <= high + slack) | found.isnan()).all()), (low, high)

    each_use(op, check)


@pytest.mark.parametrize("op", LAYERS)
def test_what_is_unchanged(op: str) -> None:
    def check(layer: Layer, shapes: tuple[Shape, ...], module: nn.Module) -> None:
        unchanged = layer.unchanged(shapes)
        if unchanged is not None:
            low, high = (min(max(end, -9.0), 9.0) for end in unchanged)
            (x,) = drawn(shapes, ((low, high),))
            assert is_close(result(module, x), x)
            assert layer.bounds(shapes, ((low, high),)) == (low, high)

    each_use(op, check)


@pytest.mark.parametrize("op", LAYERS)
def test_why_a_result_is_constant(op: str) -> None:
    told = []

    def check(layer: Layer, shapes: tuple[Shape, ...], module: nn.Module) -> None:
        constant = layer.why_constant(shapes) is not None
        first = outputs(module, drawn(shapes), 7)
        seeded(5)
        others = [outputs(module, drawn(shapes), 7) for _ in range(8)]
        same = all(is_close(x, y) for other in others for x, y in zip(first, other, strict=True))
        told.append((constant, same))

    each_use(op, check)
    assert all(same for constant, same in told if constant)
    if any(constant for constant, _ in told):  # a layer that tells of some tells of all
        assert not any(same for constant, same in told if not constant)


@pytest.mark.parametrize("op", LAYERS)
def test_a_mean_that_is_taken_away_has_no_effect(op: str) -> None:
    def check(layer: Layer, shapes: tuple[Shape, ...], module: nn.Module) -> None:
        centring = layer.centring(shapes)
        if centring is not None:
            (x,) = drawn(shapes)
            size = [1 if axis in centring.axes else n for axis, n in enumerate(shapes[0])]
            shift = torch.randn(1 if centring.over_batch else BATCH, *size, dtype=x.dtype)
            assert is_close(result(module, x + shift), result(module, x))

    each_use(op, check)


@pytest.mark.parametrize("op", LAYERS)
def test_a_bias_is_added_along_its_axis(op: str) -> None:
    def check(layer: Layer, shapes: tuple[Shape, ...], module: Any) -> None:
        axis = layer.bias_axis(shapes)
        if axis is not None:
            (x,) = drawn(shapes)
            before, added = result(module, x), torch.randn_like(module.bias)
            with torch.no_grad():
                module.bias += added
            expected = (before.movedim(axis + 1, -1) + added).movedim(-1, axis + 1)
            assert is_close(result(module, x), expected)

    each_use(op, check)


@pytest.mark.parametrize("op", LAYERS)
def test_a_matrix_maps_each_vector_of_its_axis(op: str) -> None:
    def check(layer: Layer, shapes: tuple[Shape, ...], module: nn.Module) -> None:
        axis = layer.matrix_axis(shapes)
        if axis is None:
            return

        def of_rows(rows: Tensor) -> Tensor:
            whole = rows.unflatten(0, places).movedim(-1, axis + 1)
            return result(module, whole).movedim(axis + 1, -1).flatten(0, -2)

        (x,) = drawn(shapes)
        vectors = x.movedim(axis + 1, -1)
        places, rows = vectors.shape[:-1], vectors.flatten(0, -2)
        units = torch.eye(rows.shape[1], dtype=x.dtype)
        nothing = of_rows(torch.zeros_like(rows))[0]
        matrix = torch.stack([of_rows(unit.expand_as(rows))[0] - nothing for unit in units])
        assert is_close(of_rows(rows), rows @ matrix + nothing)

    each_use(op, check)


@pytest.mark.parametrize("op", sorted(op for op, layer in registry().items() if layer.dtype == "int"))
def test_integers_stay_below_their_bound(op: str) -> None:
    def check(layer: Layer, shapes: tuple[Shape, ...], module: nn.Module) -> None:
        bound = layer.index_bound
        assert bound is not None
        outputs(module, [torch.full((BATCH, *shapes[0]), bound - 1)])
        with pytest.raises(IndexError):
            outputs(module, [torch.full((BATCH, *shapes[0]), bound)])

    each_use(op, check)
