"""Every schedule gives torch's own rates, whatever its options, with and without a warm-up."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.optim import lr_scheduler as theirs

from netspec.frontend.problems import NOWHERE, Report
from netspec.recipe.phases import Phase, Plan
from netspec.recipe.reading import read_part
from netspec.recipe.schedules import Constant, Cosine, MultiStep, OneCycle, Schedule, Step, Steps

BASE = 0.1


def torch_rates(make, total):
    """The rates that a scheduler of torch gives in as many steps."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=BASE)
    scheduler = make(optimizer)
    rates = []
    for step in range(total):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if step < total - 1:
            scheduler.step()
    return rates


def by_unit(make):
    """A scheduler of torch that is stepped once in so many steps."""

    def made(optimizer, every):
        inner = make(optimizer)
        count = iter(range(1, 10**6))
        inner_step = inner.step

        def step():
            if next(count) % every == 0:
                inner_step()

        inner.step = step
        return inner

    return made


KINDS = {
    "constant": lambda o, total, every: lambda opt: theirs.LambdaLR(opt, lambda t: 1.0),
    "cosine": lambda o, total, every: lambda opt: theirs.CosineAnnealingLR(opt, total, o["eta_min"]),
    "cosine_restarts": lambda o, total, every: (
        lambda opt: theirs.CosineAnnealingWarmRestarts(opt, o["t_0"] * every, o["t_mult"], o["eta_min"])
    ),
    "linear": lambda o, total, every: lambda opt: theirs.LinearLR(opt, o["start_factor"], o["end_factor"], total),
    "polynomial": lambda o, total, every: lambda opt: theirs.PolynomialLR(opt, total, o["power"]),
    "exponential": lambda o, total, every: (
        lambda opt: by_unit(lambda opt: theirs.ExponentialLR(opt, o["gamma"]))(opt, every)
    ),
    "step": lambda o, total, every: (
        lambda opt: by_unit(lambda opt: theirs.StepLR(opt, o["step_size"], o["gamma"]))(opt, every)
    ),
    "multi_step": lambda o, total, every: (
        lambda opt: by_unit(lambda opt: theirs.MultiStepLR(opt, o["milestones"], o["gamma"]))(opt, every)
    ),
}
"""Torch's schedulers by our names, of options, the steps that they have, and the steps in one of their units."""

FACTOR = st.floats(0.01, 1)
OPTIONS = {
    "cosine": {"eta_min": st.floats(0, 0.05)},
    "cosine_restarts": {"t_0": st.integers(1, 5), "t_mult": st.integers(1, 3), "eta_min": st.floats(0, 0.05)},
    "linear": {"start_factor": FACTOR, "end_factor": st.floats(0, 1)},
    "polynomial": {"power": st.floats(0.2, 4)},
    "exponential": {"gamma": st.floats(0.3, 1.5)},
    "step": {"step_size": st.integers(1, 5), "gamma": FACTOR},
    "multi_step": {
        "milestones": st.sets(st.integers(1, 12), min_size=1, max_size=4).map(sorted),
        "gamma": FACTOR,
    },
}


def test_all_are_compared():
    assert set(OPTIONS) | {"constant", "one_cycle"} == set(Schedule.members) == set(KINDS) | {"one_cycle"}


@pytest.mark.parametrize("kind", OPTIONS)
@given(st.data())
def test_equals_torch(kind, data):
    options = {name: data.draw(values) for name, values in OPTIONS[kind].items()}
    per_epoch, epochs = data.draw(st.integers(1, 6)), data.draw(st.integers(1, 8))
    unit = data.draw(st.sampled_from(["epochs", "steps"]))
    every = per_epoch if unit == "epochs" else 1
    total = per_epoch * epochs
    schedule = Schedule.members[kind](**options, unit=unit)
    wanted = torch_rates(KINDS[kind](options, total, every), total)
    found = [schedule.rate(BASE, step, Steps(total, per_epoch)) for step in range(total)]
    assert found == pytest.approx(wanted, rel=1e-6, abs=1e-12)


@pytest.mark.parametrize("kind", OPTIONS)
@given(st.data())
def test_a_warm_up_equals_torch(kind, data):
    options = {name: data.draw(values) for name, values in OPTIONS[kind].items()}
    per_epoch, epochs = data.draw(st.integers(1, 6)), data.draw(st.integers(2, 8))
    unit = data.draw(st.sampled_from(["epochs", "steps"]))
    every = per_epoch if unit == "epochs" else 1
    total = per_epoch * epochs
    length = data.draw(st.integers(1, epochs - 1))
    warm = length * every
    schedule = Schedule.members[kind](**options, unit=unit, warmup=float(length))
    found = [schedule.rate(BASE, step, Steps(total, per_epoch)) for step in range(total)]
    rise = [1.0] if warm == 1 else torch_rates(lambda o: theirs.LinearLR(o, 1 / warm, 1.0, warm - 1), warm)
    assert found[:warm] == pytest.approx([BASE] if warm == 1 else rise, rel=1e-6)
    after = torch_rates(KINDS[kind](options, total - warm, every), total - warm)
    assert found[warm:] == pytest.approx(after, rel=1e-6, abs=1e-12)


@given(st.integers(2, 60), st.floats(0.05, 0.95), st.floats(1, 1e4), st.floats(1, 20))
def test_one_cycle_equals_torch(total, start, final, lift):
    peak = BASE * lift
    schedule = OneCycle(max_lr=peak, pct_start=start, final_div_factor=final)
    if start * total - 1 <= 0:
        return  # torch divides by nothing, or rises in no time
    wanted = torch_rates(
        lambda o: theirs.OneCycleLR(
            o, peak, total, pct_start=start, div_factor=lift, final_div_factor=final, cycle_momentum=False
        ),
        total,
    )
    found = [schedule.rate(BASE, step, Steps(total, 1)) for step in range(total)]
    assert found == pytest.approx(wanted, rel=1e-6, abs=1e-12)


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
