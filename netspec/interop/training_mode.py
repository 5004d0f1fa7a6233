"""Comparison in training mode: without random draws, then with the same draws where they can be aligned."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping

from netspec.diagnostics import NetspecError
from netspec.interop.assembling import assembled
from netspec.interop.bench import Bench, Passed
from netspec.interop.modules import without_tensors
from netspec.interop.numbers import compare
from netspec.interop.origins import Assembly
from netspec.interop.randomness import STATISTICS
from netspec.interop.result import Check, Status
from netspec.interop.tracing import Operation, told
from netspec.objects.immutable import immutable

_WORST: tuple[Status, ...] = ("equal", "close", "unknown", "different")


@immutable
class Trained:
    """The result of the comparison in training mode.

    Attributes:
        checks: The comparisons.
        last: The passes with all random draws, None where a network fails in training mode.
    """

    checks: list[Check]
    last: Passed | None


def compare_training(bench: Bench, pairs: Mapping[str, Assembly], tolerance: float, equal: bool) -> Trained:
    """Outputs, gradients and statistics of batch normalisation, without random draws; then outputs with them.

    Args:
        bench: The two networks.
        pairs: The reference's tensors by our name, for each tensor.
        tolerance: Relative difference up to which tensors are close.
        equal: Whether they were bit-equal in evaluation mode.
    """
    renew = bench.keep_buffers()
    try:
        _train(bench, drawing=True)
        full = _pass(bench, pairs, tolerance)
        if not full.ours.draws and not full.theirs.draws:
            return Trained([*full.checks, *statistics_checks(bench, pairs, tolerance)], full)
        renew()
        _train(bench, drawing=False)
        still = _aligned(bench, pairs, tolerance, _pass(bench, pairs, tolerance), renew)
    except _Unfit as failure:
        return Trained([failure.check], None)
    checks = [*still.checks, *statistics_checks(bench, pairs, tolerance)]
    if still.ours.draws or still.theirs.draws:  # functions draw in any mode of their module
        renew()
        _train(bench, drawing=True)
        full = _aligned(bench, pairs, tolerance, _pass(bench, pairs, tolerance), renew)
        if _joined(full).status != "different":
            return Trained([*full.checks, *statistics_checks(bench, pairs, tolerance), _joined(full)], full)
        judged = full if full.ours.draws and full.theirs.draws else still
        checks = [_judged(check, judged, equal) for check in checks]
    if any(check.status == "different" for check in checks):
        return Trained(checks, full)
    renew()
    _train(bench, drawing=True)
    full = _aligned(bench, pairs, tolerance, full, renew)
    alike = equal and all(check.status == "equal" for check in checks)
    return Trained([*checks, _judged(_joined(full), full, alike)], full)


class _Unfit(Exception):
    """A network cannot be run in training mode."""

    def __init__(self, check: Check) -> None:
        super().__init__(check.remark)
        self.check = check


def _train(bench: Bench, drawing: bool) -> None:
    """Set training mode; dropout and its kin are left out without drawing: others without tensors have one mode."""
    for network in (bench.ours, bench.theirs):
        network.train()
        for module in () if drawing else filter(without_tensors, network.modules()):
            module.eval()


def _pass(bench: Bench, pairs: Mapping[str, Assembly], tolerance: float, by_content: bool = False) -> Passed:
    try:
        return bench.passed("training ", pairs, tolerance, by_content=by_content)
    except (ValueError, NetspecError) as error:  # batch normalisation needs more than one value
        raise _Unfit(_failure(bench, error)) from error


def _failure(bench: Bench, error: Exception) -> Check:
    """The check for a failure, which both networks may have alike."""
    failing = {}
    for name, network in (("the spec", bench.ours), ("the reference", bench.theirs)):
        try:
            bench.called(network)
        except (ValueError, NetspecError) as raised:
            failing[name] = raised
    status: Status = "unknown" if len(failing) != 1 else "different"
    where = next(iter(failing), "both")
    return Check("training outputs", status, remark=f"a step fails in {where}: {failing.get(where, error)}")


def _aligned(
    bench: Bench, pairs: Mapping[str, Assembly], tolerance: float, found: Passed, renew: Callable[[], None]
) -> Passed:
    """A pass under one seed; where draws come in another order, a pass in which they follow from computed values."""
    if _joined(found).status != "different" or not (found.ours.draws and found.theirs.draws):
        return found
    renew()
    again = _pass(bench, pairs, tolerance, by_content=True)
    return again if _joined(again).status != "different" else found


def _joined(found: Passed) -> Check:
    """Outputs and gradients of a pass as one check."""
    worst = max(found.checks, key=lambda check: _WORST.index(check.status))
    here, there = (f"{len(run.draws)}" for run in (found.ours, found.theirs))
    return Check("random draws", worst.status, here, there, worst.absolute, worst.relative, worst.where, worst.remark)


def _judged(check: Check, found: Passed, alike: bool) -> Check:
    """The verdict on a check with random draws: a difference proves inequality only where the draws are alike.

    Args:
        check: The check of the pass.
        found: The pass, after draws by computed values were tried.
        alike: Whether all is bit-equal without the draws.
    """
    if check.status != "different":
        return check
    ours, theirs = found.ours.draws, found.theirs.draws
    apart = _apart(ours, theirs)
    if not ours or not theirs:
        remark = f"{len(ours)} here, {len(theirs)} in the reference"
    elif _in_one_order(ours, theirs) and (apart or alike):
        remark = apart or "the same is drawn, and used otherwise"
    else:
        remark = f"what is drawn cannot be aligned: {apart or 'the same in another order, or used otherwise'}"
        return Check(check.name, "unknown", check.ours, check.theirs, remark=remark)
    return Check(check.name, "different", check.ours, check.theirs, remark=remark)


def _apart(ours: list[Operation], theirs: list[Operation]) -> str | None:
    """Draws of one network that the other lacks, in words, or None."""
    here, there = (Counter(f"{each} of {list(each.draws or ())}" for each in side) for side in (ours, theirs))
    if here == there:
        return None
    return f"{told(here - there, 1, 'no more')} here, {told(there - here, 1, 'no more')} in the reference"


def _in_one_order(ours: list[Operation], theirs: list[Operation]) -> bool:
    """Whether both draw the same in one order; chances may differ, but not as p and 1 - p, which can mean the same."""
    alike = [(each.name, each.draws) for each in ours] == [(each.name, each.draws) for each in theirs]
    return alike and not any(_opposite(a, b) for a, b in zip(ours, theirs, strict=True))


def _opposite(ours: Operation, theirs: Operation) -> bool:
    try:
        here, there = (float(dict(each.settings)["p"]) for each in (ours, theirs))
    except (KeyError, ValueError):
        return False
    return here != there and abs(here + there - 1) < 1e-9


def statistics_checks(bench: Bench, pairs: Mapping[str, Assembly], tolerance: float) -> list[Check]:
    """The comparison of what batch normalisation has learned; none where there is none."""
    mine, other = bench.ours.state_dict(), bench.theirs.state_dict()
    moved = [(a, mine[a], assembled(b, other)) for a, b in pairs.items() if a.rpartition(".")[2] in STATISTICS]
    return [compare("running statistics", moved, tolerance)] if moved else []
