"""Every schedule gives torch's own rates, whatever its options, with and without a warm-up."""

import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from torch.optim import lr_scheduler as theirs

from netspec.frontend.problems import NOWHERE, Report
from netspec.recipe.phases import Phase, Plan, find_misfits
from netspec.recipe.reading import read_part
from netspec.recipe.schedules import (
    Constant,
    Cosine,
    MultiStep,
    OneCycle,
    Peer,
    ReduceOnPlateau,
    Schedule,
    Step,
    Steps,
    Warmed,
)
from tests.recipe.options import values

BASE = 0.1


def torch_rates(peer, total):
    """The rates that a scheduler of torch gives in as many steps."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=BASE)
    scheduler = getattr(theirs, peer.name)(optimizer, **peer.arguments)
    rates = []
    for step in range(total):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if step < total - 1 and (step + 1) % peer.every == 0:
            scheduler.step()
    return rates


COMPARED = [name for name, kind in Schedule.members.items() if kind.peer is not Schedule.peer]
"""The schedules that say which of torch's has their rates."""


def drawn(kind, data):
    """Options of a schedule, as its fields bound them, without the warm-up."""
    fields = {name: field for name, field in kind.model_fields.items() if name not in ("warmup", "unit")}
    return {name: data.draw(values(field)) for name, field in fields.items()}


def units(data, per_epoch):
    """A unit, and the steps in it."""
    unit = data.draw(st.sampled_from(["epochs", "steps"]))
    return unit, per_epoch if unit == "epochs" else 1


def test_nearly_all_are_compared():
    assert len(COMPARED) > 8


@pytest.mark.parametrize("name", COMPARED)
@given(st.data())
def test_equals_torch(name, data):
    kind = Schedule.members[name]
    per_epoch, epochs = data.draw(st.integers(1, 6)), data.draw(st.integers(1, 8))
    unit, every = units(data, per_epoch)
    total = per_epoch * epochs
    schedule = kind(**drawn(kind, data), **({"unit": unit} if issubclass(kind, Warmed) else {}))
    if isinstance(schedule, OneCycle):
        assume(schedule.pct_start * total > 1)  # torch divides by nothing, or rises in no time
    wanted = torch_rates(schedule.peer(BASE, total, every), total)
    found = [schedule.rate(BASE, step, Steps(total, per_epoch)) for step in range(total)]
    assert found == pytest.approx(wanted, rel=1e-6, abs=1e-12)


@pytest.mark.parametrize("name", [name for name in COMPARED if issubclass(Schedule.members[name], Warmed)])
@given(st.data())
def test_a_warm_up_equals_torch(name, data):
    kind = Schedule.members[name]
    per_epoch, epochs = data.draw(st.integers(1, 6)), data.draw(st.integers(2, 8))
    unit, every = units(data, per_epoch)
    total = per_epoch * epochs
    length = data.draw(st.integers(1, epochs - 1))
    warm = length * every
    schedule = kind(**drawn(kind, data), unit=unit, warmup=float(length))
    found = [schedule.rate(BASE, step, Steps(total, per_epoch)) for step in range(total)]
    rise = Peer("LinearLR", {"start_factor": 1 / warm, "total_iters": warm - 1})
    assert found[:warm] == pytest.approx([BASE] if warm == 1 else torch_rates(rise, warm), rel=1e-6)
    after = torch_rates(schedule.peer(BASE, total - warm, every), total - warm)
    assert found[warm:] == pytest.approx(after, rel=1e-6, abs=1e-12)


@given(
    st.lists(st.floats(0.1, 2) | st.just(float("nan")), max_size=20),
    st.integers(0, 3),
    st.floats(0.1, 0.9),
    st.floats(0, 0.3),
    st.integers(0, 2),
    st.sampled_from([0.0, 0.01]),
)
def test_reduce_on_plateau_equals_torch(losses, patience, factor, threshold, cooldown, min_lr):
    given = {"factor": factor, "patience": patience, "threshold": threshold, "cooldown": cooldown, "min_lr": min_lr}
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=BASE)
    scheduler = theirs.ReduceLROnPlateau(optimizer, **given)
    schedule, steps, seen = ReduceOnPlateau(**given), Steps(3 * len(losses) + 3, 3), []
    function = schedule.following(seen).made()
    for epoch, loss in enumerate([*losses, 0.0]):
        wanted = optimizer.param_groups[0]["lr"]
        assert [function(BASE, 3 * epoch + step, steps) for step in range(3)] == [wanted] * 3
        seen.append(loss)
        scheduler.step(loss)
    assert schedule.rate(BASE, 0, steps, seen) == BASE  # of a step in the past, what it was


def test_a_plateau_is_watched_over_the_whole_run_alone():
    found = Report(NOWHERE)
    find_misfits([Phase(schedule=ReduceOnPlateau())], "epochs", 3, 0.1, found)
    assert [each.message for each in found.diagnostics] == [
        "`reduce_on_plateau` watches the epochs of the whole run, not of a phase"
    ]
    assert ReduceOnPlateau(min_lr=0.2).refuse(0.1)


def test_a_warm_up_of_a_part_of_an_epoch():
    rates = [Constant(warmup=0.5).rate(0.1, step, Steps(20, 8)) for step in range(6)]
    assert rates == pytest.approx([0.025, 0.05, 0.075, 0.1, 0.1, 0.1])


@pytest.mark.parametrize("wrong", [[], [3, 2], [2, 2], [0, 1], [1.5], 3, ["1"], [True], None])
def test_milestones_that_are_none(wrong):
    found = Report(NOWHERE)
    assert read_part(Schedule, {"multi_step": wrong}, (), found) is None
    assert len(found.diagnostics) == 1


def phased(*phases, epochs=10, per_epoch=4, rate=0.1, schedule=None):
    steps = Steps(epochs * per_epoch, per_epoch)
    return Plan(phases, "epochs", steps, rate, schedule or Constant())


def test_a_schedule_of_its_own_runs_over_the_phase_alone():
    cosine, falls = Cosine(warmup=1.0), Step(step_size=2)
    plan = phased(Phase(epochs=4, schedule=cosine), Phase(epochs=6, schedule=falls))
    assert plan.starts == (0, 16)
    wanted = [cosine.rate(0.1, step, Steps(16, 4)) for step in range(16)]
    wanted += [falls.rate(0.1, step, Steps(24, 4)) for step in range(24)]
    assert [plan.rate(step) for step in range(40)] == wanted
    assert [plan.at(step) for step in (0, 15, 16, 39, 40)] == [0, 0, 1, 1, 1]


def test_the_run_s_schedule_goes_on_through_all_phases():
    whole = MultiStep(milestones=(2, 7))
    plan = phased(Phase(epochs=4), Phase(schedule=Constant()), Phase(epochs=3), schedule=whole)
    assert plan.starts == (0, 16, 28)
    run = [whole.rate(0.1, step, Steps(40, 4)) for step in range(40)]
    assert [plan.rate(step) for step in range(40)] == run[:16] + [0.1] * 12 + run[28:]


def test_a_plan_without_phases_is_one():
    whole = Cosine()
    plan = phased(schedule=whole)
    assert (plan.starts, len(plan.phases)) == ((0,), 1)
    assert [plan.rate(step) for step in (0, 21)] == [whole.rate(0.1, step, Steps(40, 4)) for step in (0, 21)]


def test_phases_in_steps():
    plan = Plan((Phase(steps=7), Phase()), "steps", Steps(30, 4), 0.1, Constant())
    assert plan.starts == (0, 7)
    assert [plan.at(step) for step in (6, 7)] == [0, 1]
