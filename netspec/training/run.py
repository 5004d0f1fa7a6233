"""One training run, from recipe to folder, and the resuming of one."""

from __future__ import annotations

import platform
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from netspec.analysis.unknown_sums import total
from netspec.diagnostics import Code
from netspec.diagnostics.arguments import Device
from netspec.driver.plugins_used import changed_since
from netspec.frontend.problems import NOWHERE, Places
from netspec.interop.peak import measured_peak
from netspec.recipe.monitored import check_monitors
from netspec.recipe.objective import Objective
from netspec.recipe.recipe import Recipe
from netspec.training.beginning import begun, fitting_samples
from netspec.training.far_targets import far_targets
from netspec.training.feeding.sample_set import Samples
from netspec.training.feeding.samples import prepare
from netspec.training.judging.classes import trained_on
from netspec.training.judging.mfu import Work, arithmetic_of
from netspec.training.keeping.checkpoint import read_checkpoint
from netspec.training.keeping.data_used import check_own_data
from netspec.training.keeping.lock import RunLock
from netspec.training.keeping.metrics_file import Epoch
from netspec.training.keeping.output_facts import output_facts, standard_facts
from netspec.training.keeping.parent import Parent
from netspec.training.keeping.report import Report
from netspec.training.network import Aim, Network
from netspec.training.parallel.member import Member
from netspec.training.parallel.world import ALONE, World
from netspec.training.session import Session
from netspec.training.showing.progress import Display
from netspec.training.steps.compile import Compilation, fastest_convolutions
from netspec.training.steps.device import describe, fitting_threads, take, tf32, with_shared_norms
from netspec.training.steps.interrupt import Interrupt
from netspec.training.steps.layer_times import Layers
from netspec.training.steps.loop import Loop
from netspec.training.steps.profile import Phases, Watched
from netspec.training.steps.random_state import stir
from netspec.training.steps.tried_parts import check_brought_parts
from netspec.version import __version__


def train(
    network: Network,
    recipe: Recipe,
    *,
    device: Device = "auto",
    out: Path | None = None,
    display: Display | None = None,
    places: Places = NOWHERE,
    resume: Path | None = None,
    parent: Parent | None = None,
    world: World = ALONE,
    profile: bool = False,
    lock: RunLock | None = None,
    is_enough: Callable[[Epoch], bool] | None = None,
    prepared: Callable[..., Samples] = prepare,
    sparing: bool = False,
    interrupt: Interrupt | None = None,
) -> Report:
    """Train a network and leave weights, metrics and the spec in a folder.

    The test images are seen once training is over, by the final weights, whose score is the run's, and by the best.
    The best are those of the epoch with the lowest loss: on the held-out images, or without any on the training images.
    If the recipe averages the weights, the average is judged.

    Args:
        network: The network to train.
        recipe: The recipe to train it by.
        device: The device to compute on; `auto` is CUDA where there is one.
        out: The run's folder, new or empty; without it, the first free ``runs/<name>-<n>``.
        display: Shows how the run gets on; without it nothing is shown.
        places: The places of the spec's values, for the diagnostics.
        resume: The folder of a run of this network and recipe that is to go on; `out` then has no effect.
        parent: A finished run of this network that is to get longer, as a run of its own.
        world: The processes that train together; each of them calls this. The first one alone writes and shows.
        profile: Whether to leave a profile of some steps in the folder, and a table of the times of their phases.
        lock: The lock of a run that is resumed; a new one is locked from its beginning on.
        is_enough: Is told each epoch once all of it is saved, and says whether the run ends with it.
        prepared: Reads and prepares the data as `prepare` does, and may have them from an earlier run.
        sparing: Whether it is one of many: it is saved when it ends, not before, and draws no pictures, which
            `netspec runs --draw` draws.
        interrupt: Notes the signals that come meanwhile, for a caller who is to know of them where the run fails, too.

    Raises:
        NetspecError: NS0802, NS0803 for the data; NS0804 where they do not fit; NS0805 where training fails, after the
            metrics so far are written; NS0903 where the folder cannot be written; NS0806, NS0902 where there is no
            checkpoint to go on from; NS0806 where the data have other classes, or more or fewer examples, than it was
            trained on.
    """
    earlier = resume or (Path(parent.run) if parent else None)
    saved = read_checkpoint(earlier) if earlier else None
    process = take(device, world)
    compilation = Compilation(
        False if network.detection else recipe.compile, process.device, alone=world.size == 1 and recipe.accumulate == 1
    )
    trained = trained_on(earlier, Code.NOT_RESUMABLE)
    shown = display if display and process.is_first else Display()
    with shown.loading("the data"):
        samples, objective = fitting_samples(network, recipe, places, process, trained=trained, prepared=prepared)
    if earlier:
        given = len(samples.train), len(samples.validation or ()), samples.fingerprint
        check_own_data(earlier, *given, recipe.data.counted)
    check_monitors(recipe, objective, samples.validation is not None, places)
    module = begun(network, recipe, samples)
    far = far_targets(module, samples, objective) if process.is_first and not earlier else []
    module = with_shared_norms(module, process) if recipe.sync_batch_norm else module
    compilation.compile(module)
    stir(recipe.seed, process.rank)
    with (
        fitting_threads(network.macs_per_step(recipe)),
        tf32(recipe.tf32),
        fastest_convolutions(process.device),
        interrupt or Interrupt() as heard,
        lock or RunLock() as held,
        shown,
    ):
        for text in [*samples.notes, *far, *([parent.text] if parent else [])]:
            shown.note(text)
        loop = Loop(process, module, recipe, samples, objective, shown, compilation)
        check_brought_parts(loop, places)
        facts = _facts(network, module, recipe, process, loop)
        run = Session(loop, facts, heard, _work(network, recipe, process, loop))
        run.is_enough, run.sparing = is_enough, sparing
        if earlier:
            for text in changed_since(earlier, network.plugins):
                shown.note(text)
        if resume and saved:
            run.take_up(resume, saved)
        elif parent and saved:
            run.prolong(parent, saved, network, out, held)
        else:
            run.begin(network, out, held)
        loop.warm_up()
        layers = _layers(network, module, recipe, process) if profile and not compilation.on else None
        with Watched(run.folder, process.device, layers) if profile and process.is_first else Phases() as phases:
            loop.watch(phases)
            report = run.go()
    return replace(report, signal=heard.signal)  # one that came after the last step is told of, too


def _layers(network: Network, module: nn.Module, recipe: Recipe, process: Member) -> Layers:
    """The layers of a network, whose times a profile tells, and the arithmetic that their device can do."""
    examples = recipe.step_size // process.world
    modules, work = dict(module.named_modules()), _step_macs(network, module)
    dtype = getattr(torch, recipe.precision)
    return Layers(
        {path: modules[path] for path in work if path in modules},
        {path: None if macs is None else examples * macs for path, macs in work.items()},
        measured_peak(process.device, dtype),
    )


def _step_macs(network: Network, module: nn.Module) -> Mapping[str, int | None]:
    """Multiply-accumulates of one image in a step, by layer, with what the module now learns."""
    learned = {name for name, each in module.named_parameters(remove_duplicate=False) if each.requires_grad}
    return network.step_macs(learned.__contains__)


def _work(network: Network, recipe: Recipe, process: Member, loop: Loop) -> Work:
    """The computation of the run, for its MFU."""
    cuda = process.device.type == "cuda"
    return Work(
        macs=total(_step_macs(network, loop.stepper.module).values()),
        device=torch.cuda.get_device_name(process.device) if cuda else None,
        arithmetic=arithmetic_of(recipe.precision, recipe.tf32),
        devices=process.world,
        changes=any(phase.freeze for phase in recipe.phases),
    )


def _of_fields(samples: Samples) -> dict[str, Any]:
    """What is needed to read other data of several inputs or outputs, or of a table, alike."""
    if not samples.fields:
        return {}
    return {
        "inputs": {field.name: list(field.shape) for field in samples.fields},
        "columns": {field.name: list(field.columns) for field in samples.fields if field.columns},
        "vocabulary": {name: list(each) for name, each in samples.vocabulary.items()},
    }


def _class_counts(objective: Aim, recipe: Recipe) -> dict[str, Any]:
    """The training images of each class, where the loss is weighed by them."""
    if not isinstance(objective, Objective) or not recipe.loss.balances:
        return {}
    return {"class_counts": list(objective.facts.counts or ())}


def _facts(network: Network, module: nn.Module, recipe: Recipe, process: Member, loop: Loop) -> dict[str, Any]:
    """Name, size, device, data, recipe and versions, as ``metrics.json`` holds them."""
    samples = loop.samples
    return {
        "name": network.name,
        "started_from": network.start,
        "parameters": sum(p.numel() for p in module.parameters()),
        "device": describe(process.device, process.world),
        "precision": recipe.precision,
        "seed": recipe.seed,
        "task": loop.objective.task_key,
        **output_facts(loop.objective, samples),
        "data": {
            "name": recipe.data.key,
            "place": recipe.data.located,
            "train": len(samples.train),
            "validation": len(samples.validation) if samples.validation else 0,
            "test": len(samples.test) if samples.test else 0,
            "images": list(samples.shape),
            "classes": list(samples.classes),
            **({"labels": list(samples.labels)} if samples.labels else {}),
            "shift": samples.inputs.shift,
            "scale": samples.inputs.scale,
            "brightest": samples.scene.brightest,
            "notes": list(samples.notes),
            **({} if samples.objects or samples.fields or samples.tokens else {"dtype": samples.dtype}),
            **_of_fields(samples),
            "fingerprint": samples.fingerprint,
            **_class_counts(loop.objective, recipe),
            **standard_facts(loop.objective),
        },
        "recipe": recipe.written(),
        **({"plugins": [plugin.written() for plugin in network.plugins]} if network.plugins else {}),
        "versions": {
            "netspec": __version__,
            "torch": torch.__version__,
            "python": platform.python_version(),
        },
    }
