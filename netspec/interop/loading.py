"""Loading of weights into a network: all of them or none, unless a part is wanted; no tensor is skipped silently."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from netspec.diagnostics import Code, NetspecError
from netspec.frontend.weights import Weights
from netspec.functional.phases import any_covers
from netspec.interop.load_report import LoadReport, Outcome
from netspec.interop.matching import Matching, fits, match, suggest
from netspec.interop.outcomes import is_counter, loaded, misshapen, passed_over
from netspec.interop.weight_files import WeightFile

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
    outcomes = tuple(_outcomes(state, found.tensors, matching, fresh))
    ours = [(name, tuple(tensor.shape)) for name, tensor in state.items()]
    theirs = [(name, tuple(tensor.shape)) for name, tensor in found.tensors.items()]
    rules = suggest(ours, theirs) if matching.unknown else {}
    idle = tuple(f"the spec's rule `{rule.written}` matched nothing" for rule in matching.idle)
    report = LoadReport(found.source, matching.names, found.notes + idle, outcomes, rules)
    nothing = not any(report.of("loaded"))
    if not report.complete and (nothing or not partial):
        raise _misfit(report, partial)
    with torch.no_grad():
        for tensor, values in [_converted(each, state, found.tensors) for each in report.of("loaded")]:
            tensor.copy_(values)
    return report


def _converted(each: Outcome, state: Mapping[str, Tensor], tensors: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
    """A tensor of the network and its new value: all steps that could fail are done before the first copy."""
    assert each.name is not None
    assert each.original is not None
    own = state[each.name]
    return own, tensors[each.original].to(own.device, own.dtype).reshape(own.shape)


def _outcomes(
    state: Mapping[str, Tensor], tensors: Mapping[str, Tensor], matching: Matching, fresh: Collection[str]
) -> Iterator[Outcome]:
    twins = _twins(state)
    for name, own in state.items():
        original = matching.pairs.get(name)
        if all(any_covers(fresh, each) for each in (name, *twins[name])):
            theirs = f"; {list(tensors[original].shape)} in the file" if original is not None else ""
            yield Outcome(name, original, "fresh", f"begins anew, {list(own.shape)}{theirs}")
        elif original is None:
            tied = next((twin for twin in twins[name] if twin in matching.pairs), None)
            if tied is not None:
                yield Outcome(name, None, "tied", f"shares its tensor with {tied}")
            elif is_counter(name):
                yield Outcome(name, None, "kept", "a counter that older files lack")
            else:
                yield Outcome(name, None, "missing", f"not in the file{' under that name' if matching.unknown else ''}")
        else:
            yield _outcome(name, own, original, tensors, [matching.pairs.get(twin) for twin in twins[name]])
    for original, name in matching.unknown.items():
        if any_covers(fresh, name):
            yield Outcome(None, original, "left out", "its place begins anew")
            continue
        renamed = f"renamed {name}, which" if name != original else "which"
        yield Outcome(None, original, "unknown", f"{renamed} the network does not have")
    yield from passed_over(matching)


def _outcome(name: str, own: Tensor, original: str, tensors: Mapping[str, Tensor], twins: list[str | None]) -> Outcome:
    """The outcome of a tensor that the file has."""
    found = tensors[original]
    if not fits(tuple(own.shape), tuple(found.shape)):
        return misshapen(name, original, found.shape, own.shape)
    if found.is_floating_point() != own.is_floating_point() or found.is_complex():
        return Outcome(name, original, "mismatched", f"holds {_type(found)} and should hold {_type(own)}")
    if found.dtype != own.dtype and _overflows(found, own.dtype):
        reason = f"holds numbers beyond the range of {_type(own)}"
        return Outcome(name, original, "mismatched", reason)
    other = next((twin for twin in twins if twin is not None and not _equal(tensors[twin], found)), None)
    if other is not None:
        return Outcome(name, original, "mismatched", f"shares its tensor with `{other}`, which has other values")
    converted = f"converted from {_type(found)} to {_type(own)}" if found.dtype != own.dtype else None
    return loaded(name, original, found.shape, own.shape, converted)


def _twins(state: Mapping[str, Tensor]) -> dict[str, list[str]]:
    """The other names of the same tensor, for every name."""
    owners: dict[int, list[str]] = {}
    for name, tensor in state.items():
        owners.setdefault(id(tensor), []).append(name)
    return {name: [other for other in owners[id(tensor)] if other != name] for name, tensor in state.items()}


def _equal(left: Tensor, right: Tensor) -> bool:
    return left.shape == right.shape and torch.equal(left, right)


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
