"""Loading of weights into a network: all of them or none, unless a part is wanted; no tensor is skipped silently."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from netspec.diagnostics import Code, NetspecError
from netspec.frontend.weights import Weights
from netspec.interop.assembling import assembled
from netspec.interop.load_report import LoadReport, Outcome
from netspec.interop.matching import match, suggest
from netspec.interop.origins import Assembly, Origin, assemblies
from netspec.interop.outcomes import Sides, outcomes, twins_of
from netspec.interop.weight_files import WeightFile
from netspec.shape import Shape

_SHOWN = 5
"""Misfits in an error's message; the report that it carries has them all."""

_HEADS = 3
"""The most modules of other shapes that an error's help takes for new heads; GoogLeNet has three."""


def load(
    network: nn.Module,
    found: WeightFile,
    weights: Weights | None = None,
    *,
    partial: bool = False,
    fresh: Collection[str] = (),
) -> LoadReport:
    """Load weights into a network.

    Shapes must agree except for sizes of 1. Other element types are converted, and the report says so, but numbers
    beyond the range of the network's type do not fit.

    Args:
        network: Its tensors keep their device and type.
        found: The weights.
        weights: The spec's section `weights`, for the names of others.
        partial: Whether to load the fitting tensors where others do not fit.
        fresh: Modules and tensors of the network, by names or patterns, that stay as they are, such as a new head.

    Raises:
        NetspecError: NS0604: something does not fit, or with `partial` nothing does; nothing was loaded, and the
            error's `partial` is the `LoadReport` that lists every tensor. NS0605: a rule of the spec's section
            `weights` has no value for a name.
    """
    state = network.state_dict(keep_vars=True)
    lazy = next((name for name, tensor in state.items() if is_lazy(tensor)), None)
    if lazy is not None:
        message = f"`{lazy}` of the network has no shape yet"
        raise NetspecError.of(Code.WEIGHTS_MISMATCH, message, help="run the network once: lazy modules learn theirs")
    matching = match(tuple(state), tuple(found.tensors), weights or Weights(), found.source)
    fitting = assemblies(matching.pairs, shapes_of(state), shapes_of(found.tensors))
    sides = _sides(state, found.tensors, matching.pairs, fitting)
    rules = suggest(sides.ours, sides.theirs) if matching.unknown else {}
    idle = tuple(f"the spec's rule `{rule.written}` matched nothing" for rule in matching.idle)
    report = LoadReport(
        found.source, matching.names, found.notes + idle, tuple(outcomes(sides, matching, fresh)), rules
    )
    nothing = not any(report.of("loaded"))
    if not report.complete and (nothing or not partial):
        raise _misfit(report, partial)
    with torch.no_grad():
        for tensor, values in [_converted(each, state, found.tensors, fitting) for each in report.of("loaded")]:
            tensor.copy_(values)
    return report


def _converted(
    each: Outcome, state: Mapping[str, Tensor], tensors: Mapping[str, Tensor], fitting: Mapping[str, Assembly]
) -> tuple[Tensor, Tensor]:
    """A tensor of the network and its new value: all steps that could fail are done before the first copy."""
    assert each.name is not None
    own = state[each.name]
    return own, assembled(fitting[each.name], tensors, own)


def _sides(
    state: Mapping[str, Tensor],
    tensors: Mapping[str, Tensor],
    pairs: Mapping[str, Origin],
    fitting: Mapping[str, Assembly],
) -> Sides:
    """The tensors of the network and of the file, with what their values say."""

    def equal(one: str, other: str) -> bool:
        if not (one in fitting and other in fitting):  # nothing is joined before its shape is known to be ours
            return False
        values = [assembled(fitting[name], tensors) for name in (one, other)]
        return values[0].shape == values[1].shape and torch.equal(*values)

    def refused(name: str) -> str | None:
        own = state[name]
        for found in (tensors[part] for part in pairs[name].parts):
            if found.is_floating_point() != own.is_floating_point() or found.is_complex():
                return f"holds {_type(found)} and should hold {_type(own)}"
            if found.dtype != own.dtype and _overflows(found, own.dtype):
                return f"holds numbers beyond the range of {_type(own)}"
        return None

    def converted(name: str) -> str | None:
        own = state[name]
        types = dict.fromkeys(_type(tensors[part]) for part in pairs[name].parts)
        return f"converted from {' and '.join(types)} to {_type(own)}" if [*types] != [_type(own)] else None

    twins = twins_of({name: id(tensor) for name, tensor in state.items()})
    return Sides(shapes_of(state), shapes_of(tensors), twins, "the file", equal, refused, converted)


def shapes_of(tensors: Mapping[str, Tensor]) -> dict[str, Shape]:
    """The shape of each tensor."""
    return {name: tuple(tensor.shape) for name, tensor in tensors.items()}


def _overflows(found: Tensor, dtype: torch.dtype) -> bool:
    """Whether conversion would make a number infinite or nan, or an integer another number."""
    if not dtype.is_floating_point:
        return not torch.equal(found.to(dtype).to(found.dtype), found)
    after = found.to(dtype).double().isfinite()
    return not after.all() and not torch.equal(after, found.double().isfinite())


def _type(tensor: Tensor) -> str:
    return str(tensor.dtype).removeprefix("torch.")


def _misfit(report: LoadReport, partial: bool) -> NetspecError:
    order = ("missing", "unknown", "mismatched")
    misfits = [each.phrase for state in order for each in report.of(state)]  # type: ignore[arg-type]
    more = f"; and {len(misfits) - _SHOWN} more" if len(misfits) > _SHOWN else ""
    what = "none of the weights fits" if partial else "the weights are not this network's"
    message = f"{report.source}: {what}: {'; '.join(misfits[:_SHOWN])}{more}"
    help = "give the weights of a run of the same spec"
    if any(report.of("loaded")):
        help = f"take what fits with `partial`, or {help}"
    owners = dict.fromkeys((each.name or "").rpartition(".")[0] for each in report.tensors if not each.fits)
    if (
        all(each.fits or each.state == "mismatched" for each in report.tensors)
        and len(owners) <= _HEADS
        and not partial
    ):
        help = f"let a new head begin anew, `fresh: [{', '.join(owners)}]`, or {help}"
    if report.rules:
        theirs, ours = next(iter(report.rules.items()))
        help = f"the shapes agree in order: rules such as `{theirs}: {ours}` under `weights` can map the names"
    return NetspecError([*NetspecError.of(Code.WEIGHTS_MISMATCH, message, help=help).diagnostics], report)
