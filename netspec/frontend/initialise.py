"""`init`: the initialiser of each weight."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from netspec.diagnostics import Code, unknown
from netspec.diagnostics.facts import Fact
from netspec.frontend.context import Context, Failed, Flow
from netspec.frontend.entries import Entry
from netspec.frontend.problems import kind_of
from netspec.frontend.source import Path_
from netspec.graph import Initialiser
from netspec.layers import registry
from netspec.layers.base import Refusal, Weight
from netspec.shape import spell

if TYPE_CHECKING:
    from netspec.frontend.elaborate import Elaborator

INITIALISERS: Mapping[str, tuple[str, ...]] = {
    "zeros": (),
    "ones": (),
    "eye": (),
    "dirac": (),
    "constant": ("val",),
    "normal": ("mean", "std"),
    "uniform": ("a", "b"),
    "trunc_normal": ("mean", "std", "a", "b"),
    "xavier_uniform": ("gain",),
    "xavier_normal": ("gain",),
    "kaiming_uniform": ("a", "mode", "nonlinearity"),
    "kaiming_normal": ("a", "mode", "nonlinearity"),
    "orthogonal": ("gain",),
    "sparse": ("sparsity", "std"),
}
"""torch.nn.init's functions (``normal`` is ``normal_``) and the names of their arguments in order."""

_NUMBERS = frozenset({"val", "mean", "std", "a", "b", "gain", "sparsity"})
_WORDS: Mapping[str, tuple[str, ...]] = {
    "mode": ("fan_in", "fan_out"),
    "nonlinearity": ("linear", "relu", "leaky_relu", "tanh", "sigmoid", "selu", "conv1d", "conv2d", "conv3d"),
}
_RANGES: Mapping[str, tuple[int, int]] = {"uniform": (0, 1), "trunc_normal": (-2, 2)}
"""The default ends of ranges."""

_LARGEST = 3.4028234663852886e38
"""The largest float32 number."""

_REQUIRED: Mapping[str, int] = {"constant": 1, "sparse": 1}

_RANKS: Mapping[str, tuple[int, int | None]] = {
    "eye": (2, 2),
    "sparse": (2, 2),
    "dirac": (3, 5),
    "orthogonal": (2, None),
    "xavier_uniform": (2, None),
    "xavier_normal": (2, None),
    "kaiming_uniform": (2, None),
    "kaiming_normal": (2, None),
}
"""The least and largest number of axes for functions that read a weight as ``[out, in, *kernel]``."""

_WORKED_OUT: Mapping[str, str] = {
    "xavier_uniform": "`{uniform: [-a, a]}` fits any weight, with a = sqrt(6 / (fan_in + fan_out)) worked out",
    "xavier_normal": "`{normal: [0, std]}` fits any weight, with std = sqrt(2 / (fan_in + fan_out)) worked out",
    "kaiming_uniform": "`{uniform: [-a, a]}` fits any weight, with a = sqrt(6 / fan_in), say, worked out",
    "kaiming_normal": "`{normal: [0, std]}` fits any weight, with std = sqrt(2 / fan_in), say, worked out",
}

_NONE: Mapping[str, Initialiser] = {}


class BadInitialiser(Exception):
    """An `init` value cannot be read."""

    def __init__(self, message: str, expected: str | None = None, fact: Fact | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.expected = expected
        self.fact = fact


def read_initialiser(written: Any) -> Initialiser:
    """An initialiser as a spec writes it: a name, or a name with its arguments.

    Raises:
        BadInitialiser: The name or an argument is unknown.
    """
    if isinstance(written, (int, float)) and not isinstance(written, bool):
        return Initialiser("constant", {"val": written})
    name, given = written, None
    if isinstance(written, dict) and len(written) == 1:
        name, given = next(iter(written.items()))
    names = INITIALISERS.get(name) if isinstance(name, str) else None
    if names is None:
        what = f"there is no initialiser `{name}`" if isinstance(name, str) else "an initialiser is a name or a number"
        raise BadInitialiser(what, fact=unknown(str(name), INITIALISERS, listed=INITIALISERS))
    if given is None:
        arguments: dict[str, Any] = {}
    elif isinstance(given, dict):
        arguments = dict(given)
    else:
        values = given if isinstance(given, (list, tuple)) else (given,)
        if len(values) > len(names):
            raise BadInitialiser(f"`{name}` takes {len(names)} arguments", ", ".join(names) or "none")
        arguments = dict(zip(names, values, strict=False))
    for key, value in arguments.items():
        if key not in names:
            fact = unknown(str(key), names, owner=str(name))
            raise BadInitialiser(f"`{name}` has no argument `{key}`", ", ".join(names) or "no argument", fact)
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if key in _NUMBERS and not number:
            raise BadInitialiser(f"`{key}` of `{name}` must be a number")
        if key in _WORDS and value not in _WORDS[key]:
            raise BadInitialiser(f"`{key}` of `{name}` cannot be `{value}`", " or ".join(_WORDS[key]))
    missing = [n for n in names[: _REQUIRED.get(name, 0)] if n not in arguments]
    if missing:
        raise BadInitialiser(f"`{name}` needs `{missing[0]}`")
    _check_range(name, arguments)
    return Initialiser(name, arguments)


def _check_range(name: str, arguments: Mapping[str, Any]) -> None:
    """Refuse numbers that torch refuses: a range that ends before it begins, a negative deviation."""
    if name in ("uniform", "trunc_normal"):
        low, high = _RANGES[name]
        low, high = arguments.get("a", low), arguments.get("b", high)
        if not low <= high or (name == "uniform" and not high - low <= _LARGEST):
            raise BadInitialiser(f"`{name}` goes from {low} to {high}", "`a` below `b`, both of 32 bits")
    deviation = arguments.get("std", 1)
    if deviation < 0 or (deviation == 0 and name == "trunc_normal"):
        raise BadInitialiser(f"`std` of `{name}` cannot be {deviation}", "a number above 0")
    if name.startswith("xavier") and arguments.get("gain", 1) < 0:
        raise BadInitialiser(f"`gain` of `{name}` cannot be {arguments['gain']}", "a number of at least 0")


def for_group(el: Elaborator, entry: Entry, context: Context, flow: Flow) -> dict[str, Mapping[str, Initialiser]]:
    """The initialisers that apply inside an entry: those around it, and its own `init` by layer names."""
    found = dict(context.initialisers)
    if entry.computed is not None or entry.operation in registry():
        return found  # a layer's own `init` is by weight names: see `for_layer`
    for op, weights in entry.common.init.items():
        place = (*entry.path, "init", op)
        if op not in registry() or not isinstance(weights, dict):
            el.report.add(
                Code.BAD_INIT,
                f"there is no layer `{op}`" if op not in registry() else f"`{op}` needs its weights' names",
                place,
                key=True,
                expected="layers with their weights' initialisers, such as {linear: {weight: {normal: [0, 0.02]}}}",
                fact=unknown(op, registry()),
            )
            raise Failed
        for weight in weights:
            _check_weight(el, op, weight, weight_names(op), (*place, weight))
        found[op] = {**found.get(op, {}), **_read(el, weights, place, context, flow)}
    return found


def for_layer(
    el: Elaborator, entry: Entry, context: Context, op: str, weights: Mapping[str, Weight], flow: Flow
) -> Mapping[str, Initialiser]:
    """The initialisers of a layer's weights: its own override those of the groups around it."""
    own = entry.common.init
    if not own and not context.initialisers:
        return _NONE
    around = context.initialisers.get(op)
    inherited = {w: i for w, i in around.items() if w in weights} if around else {}
    if not own or entry.operation in el.handlers:
        _check_fits(el, op, weights, inherited, {}, entry, context)
        return inherited
    if "" in weights and "weight" in own:  # a parameter's one tensor has no name of its own
        own = {"" if key == "weight" else key: value for key, value in own.items()}
    place = (*entry.path, "init")
    for weight in own:
        _check_weight(el, op, weight, tuple(weights), (*place, weight))
    found = {**inherited, **_read(el, own, place, context, flow)}
    _check_fits(el, op, weights, found, own, entry, context)
    return found


@cache
def weight_names(op: str) -> tuple[str, ...]:
    """The possible names of a layer's weights, taken from its examples."""
    found: dict[str, None] = {}
    for example in registry()[op].examples:
        try:
            weights = registry()[op].model_validate(example.options).weights(example.inputs)
        except (Refusal, ValueError):
            continue
        found.update(dict.fromkeys(name for name, weight in weights.items() if not weight.buffer))
    return tuple(found)


def _check_weight(el: Elaborator, op: str, weight: str, known: tuple[str, ...], place: Path_) -> None:
    if weight in known:
        return
    el.report.add(
        Code.BAD_INIT,
        f"`{op}` has no weight `{weight}`",
        place,
        key=True,
        expected=None if known else "a layer with weights",
        fact=unknown(weight, known, listed=known),
    )
    raise Failed


def _check_fits(
    el: Elaborator,
    op: str,
    weights: Mapping[str, Weight],
    initialisers: Mapping[str, Initialiser],
    own: Mapping[str, Any],
    entry: Entry,
    context: Context,
) -> None:
    """Refuse initialisers that torch would refuse, or that would misread an axis of the weight."""
    for name, initialiser in initialisers.items():
        misfit = _misfit(initialiser, weights[name])
        if misfit is None:
            continue
        found, expected = misfit
        function, word = initialiser.function, name or "weight"
        help = _WORKED_OUT.get(function, "`zeros`, a number, `normal` and `uniform` fit any weight")
        el.report.add(
            Code.BAD_INIT,
            f"`{function}` does not fit `{word}` of `{op}`",
            (*entry.path, "init", word) if name in own else entry.path,
            found=found,
            expected=expected,
            help=help if name in own else f"an `init` of the layer's own replaces the one around it: {help}",
            related=context.calls,
        )
        raise Failed


def _misfit(initialiser: Initialiser, weight: Weight) -> tuple[str, str] | None:
    """A weight's actual and required shape, in words; None if the initialiser fits."""
    if initialiser.function not in _RANKS:
        return None
    least, most = _RANKS[initialiser.function]
    rank = len(weight.shape)
    if rank < least or (most is not None and rank > most):
        wanted = f"{least} axes" + (" or more" if most is None else f" to {most}" if most > least else "")
        return f"{spell(weight.shape)}, {rank} {'axis' if rank == 1 else 'axes'}", wanted
    kaiming = initialiser.function.startswith("kaiming")
    needed = (initialiser.arguments.get("mode", "fan_in"),) if kaiming else ("fan_in", "fan_out")
    unknown = [fan for fan in needed if fan not in weight.fans]
    if unknown:
        return f"{spell(weight.shape)}, whose axes do not tell its {unknown[0]}", "a weight of [out, in, *kernel]"
    return None


def _read(
    el: Elaborator, written: Mapping[str, Any], place: Path_, context: Context, flow: Flow
) -> dict[str, Initialiser]:
    found = {}
    for weight, raw in written.items():
        try:
            value = el.value(raw, (*place, weight or "weight"), context.variables, flow, context.inputs)
            found[weight] = read_initialiser(value)
        except BadInitialiser as error:
            el.report.add(
                Code.BAD_INIT,
                error.message,
                (*place, weight or "weight"),
                found=kind_of(raw),
                expected=error.expected,
                fact=error.fact,
            )
            raise Failed from None
    return found
