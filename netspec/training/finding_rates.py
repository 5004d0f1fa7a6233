"""The search for a learning rate: a short run of a recipe whose rate rises. Nothing is kept of it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from netspec.diagnostics import Code, NetspecError
from netspec.driver.recipes import places_of, recipe_of
from netspec.driver.spec import Spec
from netspec.recipe.measuring.range_test import FEWEST, LARGEST, LEAST, STEPS, RangeTest, rates_of, until_lost
from netspec.recipe.placing import placed
from netspec.recipe.recipe import Recipe
from netspec.recipe.schedules import Exponential
from netspec.training.beforehand import check_recipe
from netspec.training.spec import Start, network_of

if TYPE_CHECKING:
    from netspec.diagnostics.arguments import Device
    from netspec.frontend.problems import Places
    from netspec.training.network import Network


def find_rate_spec(
    spec: Spec, *, device: Device = "auto", start: Start | None = None, steps: int | None = None, **values: Any
) -> RangeTest:
    """The losses of a spec's network while the learning rate rises, by its recipe otherwise.

    Args:
        spec: A spec with a section `train`.
        device: The device to compute on.
        start: Weights to start with; None draws them.
        steps: How many steps the rate takes from the least to the most, 2 to 100,000; None takes a hundred.
        values: `seed`, `batch_size` and the data's `folder`, in place of the recipe's own; None leaves it.

    Raises:
        NetspecError: The spec or its recipe is wrong, the data are not there or do not fit, or no step can be done.
            NS0801: there are fewer steps, or more.
    """
    steps = STEPS if steps is None else steps
    if not FEWEST <= steps <= LARGEST:
        message = f"a search for a rate takes {FEWEST} to {LARGEST:,} steps, not {steps:,}"
        raise NetspecError.of(Code.BAD_RECIPE, message, help=f"{STEPS} are enough for most networks")
    recipe, places = recipe_of(spec, **values), places_of(spec, **values)
    check_recipe(spec, recipe, places, anew=start is None)
    network = network_of(spec, recipe, start)
    with placed(recipe, places):
        return find_rate(network, recipe, device, places, steps)


def rising(recipe: Recipe, steps: int) -> Recipe:
    """The recipe of the test: so many steps of the first phase, at rates that rise by one factor from step to step."""
    first, second = islice(rates_of(steps), 2)
    phases = tuple(
        phase.model_copy(update={"epochs": None, "steps": None, "schedule": None}) for phase in recipe.phases[:1]
    )
    changes = {
        "optimizer": recipe.optimizer.model_copy(update={"lr": LEAST}),
        "schedule": Exponential(gamma=second / first, unit="steps"),
        "phases": phases,
        "epochs": None,
        "steps": steps,
    }
    return recipe.model_copy(update=changes)


def find_rate(network: Network, recipe: Recipe, device: Device, places: Places, steps: int) -> RangeTest:
    """The losses of a network while the learning rate rises; arguments and errors as for `find_rate_spec`."""
    told = list(until_lost(_losses(network, rising(recipe, steps), device, places)))
    if len(told) < 2:
        message = "no rate can be told: the loss is no number at the very lowest rate"
        raise NetspecError.of(Code.TRAINING_FAILED, message, help="look at the data, and at the network's weights")
    return RangeTest(network.name, tuple(islice(rates_of(steps), len(told))), tuple(told))


def _losses(network: Network, recipe: Recipe, device: Device, places: Places) -> Iterator[float]:
    """The loss of each step."""
    from netspec.training.beginning import begun, fitting_samples
    from netspec.training.parallel.world import ALONE
    from netspec.training.showing.progress import Display
    from netspec.training.steps.device import fitting_threads, take, tf32
    from netspec.training.steps.loop import Loop
    from netspec.training.steps.random_state import stir

    process = take(device, ALONE)
    samples, objective = fitting_samples(network, recipe, places, process)
    module = begun(network, recipe, samples)
    stir(recipe.seed, process.rank)
    with fitting_threads(network.macs_per_step(recipe)), tf32(recipe.tf32):
        loop = Loop(process, module, recipe, samples, objective, Display())
        yield from loop.losses_of_steps()
