"""`init`: the initialiser of each weight."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from netspec.diagnostics import Code, unknown
from netspec.diagnostics.facts import Fact
from netspec.frontend.context import Context, Flow
from netspec.frontend.entries import Entry
from netspec.frontend.problems import Problem, kind_of
from netspec.frontend.source import Path_
from netspec.frontend.written import evaluate, holds_expression
from netspec.graph import Initialiser
from netspec.layers import registry
from netspec.layers.base import Refusal, Weight
from netspec.objects.immutable import immutable
from netspec.shape import spell

if TYPE_CHECKING:
    from netspec.frontend.elaborate import Elaborator


@immutable
class Function:
    """A function of torch.nn.init.

    Attributes:
        arguments: The names of its arguments, in order.
        required: The number of arguments without a default.
        axes: The least and the largest number of axes, if it reads a weight as ``[out, in, *kernel]``.
        instead: Functions that fit any weight, in words.
    """

    arguments: tuple[str, ...] = ()
    required: int = 0
    axes: tuple[int, int | None] | None = None
    instead: str = "`zeros`, a number, `normal` and `uniform` fit any weight"


def _by_fans(arguments: tuple[str, ...], same: str, worked_out: str) -> Function:
    """A function that depends on fan-in or fan-out; `same` does the same with a number that is worked out."""
    return Function(arguments, axes=(2, None), instead=f"`{same}` fits any weight, with {worked_out} worked out")


_UNIFORM, _NORMAL = "{uniform: [-a, a]}", "{normal: [0, std]}"
_KAIMING = ("a", "mode", "nonlinearity")

INITIALISERS: Mapping[str, Function] = {
    "zeros": Function(),
    "ones": Function(),
    "eye": Function(axes=(2, 2)),
    "dirac": Function(axes=(3, 5)),
    "constant": Function(("val",), required=1),
    "normal": Function(("mean", "std")),
    "uniform": Function(("a", "b")),
    "trunc_normal": Function(("mean", "std", "a", "b")),
    "xavier_uniform": _by_fans(("gain",), _UNIFORM, "a = sqrt(6 / (fan_in + fan_out))"),
    "xavier_normal": _by_fans(("gain",), _NORMAL, "std = sqrt(2 / (fan_in + fan_out))"),
    "kaiming_uniform": _by_fans(_KAIMING, _UNIFORM, "a = sqrt(6 / fan_in), say,"),
    "kaiming_normal": _by_fans(_KAIMING, _NORMAL, "std = sqrt(2 / fan_in), say,"),
    "orthogonal": Function(("gain",), axes=(2, None)),
    "sparse": Function(("sparsity", "std"), required=1, axes=(2, 2)),
}
"""torch.nn.init's functions; ``normal`` is ``normal_``."""

_WORDS: Mapping[str, tuple[str, ...]] = {
    "mode": ("fan_in", "fan_out"),
    "nonlinearity": ("linear", "relu", "leaky_relu", "tanh", "sigmoid", "selu", "conv1d", "conv2d", "conv3d"),
}
"""The values of arguments that are words; all other arguments are numbers."""

_RANGES: Mapping[str, tuple[int, int]] = {"uniform": (0, 1), "trunc_normal": (-2, 2)}
"""The default ends of ranges."""

_LARGEST = 3.4028234663852886e38
"""The largest float32 number."""

_NONE: Mapping[str, Initialiser] = {}


class BadInitialiser(Exception):
    """An `init` value cannot be read."""

    def __init__(self, message: str, expected: str | None = None, fact: Fact | None = None) -> None:
        super().__init__(message)
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
    function = INITIALISERS.get(name) if isinstance(name, str) else None
    if function is None:
        what = f"there is no initialiser `{name}`" if isinstance(name, str) else "an initialiser is a name or a number"
        raise BadInitialiser(what, fact=unknown(str(name), INITIALISERS, listed=INITIALISERS))
    names = function.arguments
    values = () if given is None else given if isinstance(given, (list, tuple, dict)) else (given,)
    if len(values) > len(names) and not isinstance(values, dict):
        raise BadInitialiser(f"`{name}` takes {len(names)} arguments", ", ".join(names) or "none")
    arguments = dict(values) if isinstance(values, dict) else dict(zip(names, values, strict=False))
    for key, value in arguments.items():
        if key not in names:
            fact = unknown(str(key), names, owner=str(name))
            raise BadInitialiser(f"`{name}` has no argument `{key}`", ", ".join(names) or "no argument", fact)
        words = _WORDS.get(key)
        if words is not None and value not in words:
            raise BadInitialiser(f"`{key}` of `{name}` cannot be `{value}`", " or ".join(words))
        if words is None and (isinstance(value, bool) or not isinstance(value, (int, float))):
            raise BadInitialiser(f"`{key}` of `{name}` must be a number")
    missing = [each for each in names[: function.required] if each not in arguments]
    if missing:
        raise BadInitialiser(f"`{name}` needs `{missing[0]}`")
    _check_range(name, arguments)
    return Initialiser(name, arguments)


def _check_range(name: str, arguments: Mapping[str, Any]) -> None:
    """Refuse numbers that torch refuses: a range that ends before it begins, a negative deviation."""
    if name in _RANGES:
        low, high = _RANGES[name]
        low, high = arguments.get("a", low), arguments.get("b", high)
        if not low <= high or (name == "uniform" and not high - low <= _LARGEST):
            raise BadInitialiser(f"`{name}` goes from {low} to {high}", "`a` below `b`, both of 32 bits")
    deviation = arguments.get("std", 1)
    if deviation < 0 or (deviation == 0 and name == "trunc_normal"):
        raise BadInitialiser(f"`std` of `{name}` cannot be {deviation}", "a number above 0")
    if name.startswith("xavier") and arguments.get("gain", 1) < 0:
        raise BadInitialiser(f"`gain` of `{name}` cannot be {arguments['gain']}", "a number of at least 0")


def wrong_initialisers(entry: Entry) -> Iterator[Problem]:
    """Problems of an entry's `init` that show before it is elaborated: all but those of values with expressions.

    The weights of a layer with an `init` of its own are known, and checked, when it is elaborated.
    """
    place = (*entry.path, "init")
    if _is_of_layer(entry):
        yield from _unreadable(entry.common.init, place)
        return
    for op, weights in entry.common.init.items():
        if op in registry() and isinstance(weights, dict):
            for weight in weights:
                yield from _unknown_weight(op, weight, weight_names(op), (*place, op, weight))
            yield from _unreadable(weights, (*place, op))
            continue
        yield Problem(
            Code.BAD_INIT,
            (*place, op),
            None if op in registry() else unknown(op, registry()),
            f"there is no layer `{op}`" if op not in registry() else f"`{op}` needs its weights' names",
            key=True,
            expected="layers with their weights' initialisers, such as {linear: {weight: {normal: [0, 0.02]}}}",
        )


def _is_of_layer(entry: Entry) -> bool:
    """Whether an entry's `init` is by weight names; that of a group or a block is by layer names."""
    return entry.computed is not None or entry.operation in registry()


def _unreadable(weights: Mapping[str, Any], place: Path_) -> Iterator[Problem]:
    """Problems of initialisers without expressions."""
    for weight, raw in weights.items():
        try:
            if not holds_expression(raw):
                read_initialiser(evaluate(raw, {}))
        except BadInitialiser as error:
            yield _problem(error, raw, (*place, weight))


def _problem(error: BadInitialiser, raw: Any, place: Path_) -> Problem:
    return Problem(Code.BAD_INIT, place, error.fact, str(error), found=kind_of(raw), expected=error.expected)


def for_group(el: Elaborator, entry: Entry, context: Context, flow: Flow) -> Mapping[str, Mapping[str, Initialiser]]:
    """The initialisers that apply inside an entry: those around it, and its own `init` by layer names."""
    found = dict(context.initialisers)
    if not _is_of_layer(entry):
        for op, weights in entry.common.init.items():
            own = _read(el, weights, (*entry.path, "init", op), context, flow)
            found[op] = {**found.get(op, {}), **own}
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
    el.report.refuse_all(
        problem for weight in own for problem in _unknown_weight(op, weight, tuple(weights), (*place, weight))
    )
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


def _unknown_weight(op: str, weight: str, known: tuple[str, ...], place: Path_) -> Iterator[Problem]:
    if weight not in known:
        fact, expected = unknown(weight, known, listed=known), None if known else "a layer with weights"
        yield Problem(Code.BAD_INIT, place, fact, f"`{op}` has no weight `{weight}`", key=True, expected=expected)


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
        help = INITIALISERS[function].instead
        raise el.report.failure(
            Code.BAD_INIT,
            f"`{function}` does not fit `{word}` of `{op}`",
            (*entry.path, "init", word) if name in own else entry.path,
            found=found,
            expected=expected,
            help=help if name in own else f"an `init` of the layer's own replaces the one around it: {help}",
            related=context.calls,
        )


def _misfit(initialiser: Initialiser, weight: Weight) -> tuple[str, str] | None:
    """A weight's actual and required shape, in words; None if the initialiser fits."""
    axes = INITIALISERS[initialiser.function].axes
    if axes is None:
        return None
    least, most = axes
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
        here = (*place, weight or "weight")
        try:
            found[weight] = read_initialiser(el.value(raw, here, context.variables, flow, context.inputs))
        except BadInitialiser as error:
            el.report.refuse_all([_problem(error, raw, here)])
    return found
