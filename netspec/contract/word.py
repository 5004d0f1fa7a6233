"""The word of a layer, held against the module that it emits: shapes, types, weights, work, with symbols too."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from netspec.contract.calls import SIGNS, build, check_defaults, run, types_taken
from netspec.expr import ExpressionError, Literal, Name, evaluate
from netspec.expr.identifiers import Identifier
from netspec.expr.symbols import concrete, expr_of, symbol
from netspec.layers.base import Example, Layer, Reach
from netspec.program import Call
from netspec.shape import Shapes, product

_BATCH = 3


class Broken(AssertionError):
    """A layer does not keep its word; the message says what it tells, and what its module has."""


def hold(layer: Layer, inputs: Shapes) -> int:
    """Hold a valid use of a layer against torch.

    Args:
        layer: The layer with its options.
        inputs: The shapes of its inputs, which its rule `infer` takes.

    Returns:
        The multiply-accumulates that torch counts for a batch of three examples.

    Raises:
        Broken: It says something else than the module has, or makes none that runs.
    """
    shapes = layer.infer(inputs)
    # Lengths and indices are of other ranks than what they tell of.
    told = [(at, shape) for at, shape in enumerate(inputs) if layer.kind_at(at) != "int"]
    if not all(len(shape) in layer.ranks_at(at) for at, shape in told):
        raise Broken("`infer` takes inputs of another number of axes than `ranks` says")
    call = called(layer, inputs)
    try:
        check_defaults(call)
        module = build(call, "meta")
        macs = _hold_outputs(layer, call, inputs, shapes)
    except Broken:
        raise
    except Exception as error:  # a plugin's module can fail in any way
        raise Broken(f"its module cannot be made or run: {type(error).__name__}: {error}") from error
    if layer.weights_known:
        _hold_weights(layer, inputs, module)
    _hold_figures(layer, inputs, shapes)
    return macs


def called(layer: Layer, inputs: Shapes) -> Call:
    """The call that a layer emits; a target in its own file by the name of the module that was made of that.

    Raises:
        Broken: Its file does not define the target.
    """
    call = layer.emit(inputs)
    home = sys.modules[type(layer).__module__]
    module, _, name = call.target.rpartition(".")
    own = ("", home.__name__, Path(getattr(home, "__file__", None) or "").stem)
    if module not in own or call.target in SIGNS or call.target.startswith("."):
        return call
    if not hasattr(home, name):
        raise Broken(f"it emits `{call.target}`, which its file does not define")
    return replace(call, target=f"{home.__name__}.{name}")


def hold_symbols(cls: type[Layer], use: Example) -> None:
    """Hold the rules against themselves: with symbols in place of numbers they give the same, as expressions.

    Raises:
        Broken: They do not, or cannot be called so.
    """
    plain = cls(**use.options)
    variables: dict[str, Any] = {f"s{i}_{j}": n for i, shape in enumerate(use.inputs) for j, n in enumerate(shape)}
    inputs = tuple(
        tuple(symbol(n, Name(Identifier(f"s{i}_{j}"))) for j, n in enumerate(shape))
        for i, shape in enumerate(use.inputs)
    )
    # A mapping of a spec has no expression.
    given = {k: getattr(plain, cls.option_fields()[k]) for k in use.options}
    variables |= {k: v for k, v in given.items() if not isinstance(v, dict)}
    layer = cls.model_construct(
        **{k: symbol(v, Name(Identifier(k))) if k in variables else v for k, v in given.items()}
    )
    try:
        found, shapes = layer.infer(inputs), plain.infer(use.inputs)
        if concrete(found) != shapes or evaluated(found, variables) != shapes:
            raise Broken(f"`infer` gives {concrete(found)} with symbols, {shapes} with numbers")
        weights = {k: (concrete(w.shape), w.buffer) for k, w in layer.weights(inputs).items()}
        if weights != {k: (w.shape, w.buffer) for k, w in plain.weights(use.inputs).items()}:
            raise Broken("`weights` gives others with symbols than with numbers")
        if layer.macs(inputs, found) != plain.macs(use.inputs, shapes):
            raise Broken("`macs` gives another number with symbols than with numbers")
        if layer.fan_in(inputs) != plain.fan_in(use.inputs):
            raise Broken("`fan_in` gives another number with symbols than with numbers")
    except Broken:
        raise
    except (ArithmeticError, AttributeError, ExpressionError, LookupError, TypeError, ValueError) as error:
        raise Broken(f"a rule fails where it is given symbols: {type(error).__name__}: {error}") from error


def evaluated(value: Any, variables: dict[str, Any]) -> Any:
    """A value computed anew from its expression; tuples and mappings element by element."""
    if isinstance(value, dict):
        return {name: evaluated(item, variables) for name, item in value.items()}
    if isinstance(value, (tuple, list)):
        return type(value)(evaluated(item, variables) for item in value)
    expr = expr_of(value)
    return value if isinstance(expr, Literal) else concrete(evaluate(expr, variables))


def _hold_outputs(layer: Layer, call: Call, inputs: Shapes, shapes: Shapes) -> int:
    try:
        outputs, macs = run(layer, call, inputs, _BATCH, "meta")
    except (RuntimeError, NotImplementedError) as error:
        # A module that reads a number of its state cannot run without one.
        if "meta" not in str(error).lower():
            raise
        outputs, macs = run(layer, call, inputs, _BATCH, "cpu")
    if not macs:
        # Kernels for real data check more; the expensive ones check all on the meta device.
        outputs, _ = run(layer, call, inputs, _BATCH, "cpu")
    if any(output.ndim == 0 or output.shape[0] != _BATCH for output in outputs):
        made = ", ".join(str(list(output.shape)) for output in outputs)
        raise Broken(f"its module makes {made} of a batch {', '.join(str([_BATCH, *shape]) for shape in inputs)}")
    _same("`infer`", shapes, tuple(tuple(output.shape[1:]) for output in outputs))
    given = tuple(str(dtype).removeprefix("torch.") for dtype in types_taken(layer, len(inputs)))
    types = layer.result_types(given)
    told = [types[min(at, len(types) - 1)] for at in range(len(outputs))]
    _same("`result_types`", told, [str(output.dtype).removeprefix("torch.") for output in outputs])
    return macs


def _hold_weights(layer: Layer, inputs: Shapes, module: Any) -> None:
    parameters = dict(module.named_parameters())
    found = {name: (tuple(tensor.shape), name not in parameters) for name, tensor in module.state_dict().items()}
    told = {name: (weight.shape, weight.buffer) for name, weight in layer.weights(inputs).items()}
    _same("`weights`", _listed(told), _listed(found))


def _hold_figures(layer: Layer, inputs: Shapes, shapes: Shapes) -> None:
    """Hold what the layer says of its figures against what else it says."""
    fan_in = layer.fan_in(inputs)
    if fan_in is not None:
        if not layer.computes_units:
            raise Broken("`fan_in` tells of units, and `computes_units` says that there are none")
        _same("`count_connections`", layer.count_connections(inputs, shapes), fan_in * sum(map(product, shapes)))
    field = layer.receptive_field(inputs) if layer.arity[0] > 0 else None
    if isinstance(field, Reach):
        _same("the axes of `receptive_field`", len(field.axes), len(shapes[0]))
    elif field is not None:
        axes = [len(field.kernel), len(field.stride), len(field.padding)]
        _same("the axes of `receptive_field`", axes, [len(inputs[0]) - 1] * 3)
    if not layer.type_name(inputs):
        raise Broken("`type_name` is empty")


def _listed(tensors: dict[str, tuple[tuple[int, ...], bool]]) -> list[str]:
    return [f"{'buffer' if buffer else 'parameter'} {name} {list(shape)}" for name, (shape, buffer) in tensors.items()]


def _same(what: str, told: Any, found: Any) -> None:
    if told != found:
        raise Broken(f"{what} tells {_text(told)}, its module has {_text(found)}")


def _text(value: Any) -> str:
    return ", ".join(map(str, value)) or "none" if isinstance(value, Sequence) else str(value)
