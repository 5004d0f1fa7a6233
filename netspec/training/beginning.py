"""The beginning of all training: the samples, once they are found to fit, and the network before its first step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import chain

from torch import nn

from netspec.frontend.problems import Places
from netspec.recipe.batch_sizes import check_batches
from netspec.recipe.recipe import Recipe
from netspec.training.feeding.class_counts import balance_notes
from netspec.training.feeding.first_layer import begin_first_layer
from netspec.training.feeding.sample_set import Samples
from netspec.training.feeding.samples import prepare
from netspec.training.feeding.standards import constant_notes, standard_notes
from netspec.training.feeding.step_examples import check_augment
from netspec.training.fitting import check_fit
from netspec.training.inputs_taken import check_sizes
from netspec.training.judging.classes import Trained
from netspec.training.network import Aim, Network
from netspec.training.parallel.member import Member
from netspec.training.steps.device import arrange
from netspec.training.steps.random_state import seed


def fitting_samples(
    network: Network,
    recipe: Recipe,
    places: Places,
    process: Member,
    *,
    trained: Trained | None = None,
    prepared: Callable[..., Samples] = prepare,
) -> tuple[Samples, Aim]:
    """The samples of a recipe, found to fit its network, and what that is trained for.

    Args:
        network: The network.
        recipe: The recipe.
        places: The places of the spec's values, for the diagnostics.
        process: The process that trains.
        trained: What an earlier run was trained on, as `prepare` takes it.
        prepared: Reads and prepares the data as `prepare` does, and may have them from an earlier run.

    Raises:
        NetspecError: NS0802, NS0803 for the data; NS0804, NS0815 where they do not fit.
    """
    samples = prepared(recipe.data, process.device, recipe.augment, trained=trained, slots=network.slots)
    standards = None if trained is None else trained.learned.standards
    objective = check_fit(network, samples, recipe, places, standards=standards)
    given = len(samples.train), len(samples.validation or ())
    check_batches(recipe, network.lone, given, process.world, places)
    check_sizes(network.detection, samples.objects)
    check_augment(recipe.augment, samples, places)
    told = (notes(samples, objective) for notes in (balance_notes, standard_notes, constant_notes))
    return replace(samples, notes=(*samples.notes, *chain.from_iterable(told))), objective


def begun(network: Network, recipe: Recipe, samples: Samples) -> nn.Module:
    """The network with the first weights that the recipe's seed and its data give."""
    seed(recipe.seed)
    module = arrange(network.build(), network.input_shape)
    begin_first_layer(module, network, recipe, samples)
    samples.feed(module, network.slots)
    return module
