"""The augmentations, losses and metrics of plugins, tried on a batch before a run has a folder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from netspec.diagnostics import Code, NetspecError
from netspec.frontend.problems import Places
from netspec.frontend.schema import SECTION
from netspec.functional import figures
from netspec.functional.inputs import evenly_spread
from netspec.plugins import failure, plugins_of
from netspec.recipe.augment import Augmentation
from netspec.recipe.augment.mixing import Mixing
from netspec.recipe.detecting import Detecting
from netspec.recipe.objective import Objective
from netspec.recipe.objectives import Objectives
from netspec.recipe.parts import Part
from netspec.training.feeding.sample_set import Samples
from netspec.training.steps.loop import Loop
from netspec.training.steps.outputs import answers

_ROWS = 8
"""Images that augmentations are tried on."""


def check_brought_parts(loop: Loop, places: Places) -> None:
    """Make sure that what plugins bring gives what its family asks for: a loss a scalar, a metric a figure.

    Neither weights nor random numbers change. What else fails in the batch is left to the first step, which tells
    where. A detector has losses and metrics of its own.

    Args:
        loop: The run, before its first step.
        places: The places of the spec's values.

    Raises:
        NetspecError: NS0906 naming a part, and the file that it is of.
    """
    objective, device = loop.objective, loop.process.device
    if isinstance(objective, Detecting) or all(kind.is_builtin() for kind in loop.recipe.kinds()):
        return
    with torch.random.fork_rng([device] if device.type == "cuda" else []):
        _try_augmentations(loop.recipe.augment, loop.samples, places)
        try:
            inputs, targets = next(loop.feed.batches(0, 0))
            told: Any = objective.targets(inputs, targets)
            with loop.stepper.judged() as module, torch.no_grad():
                outputs: Any = answers(module.eval()(inputs), objective)
        except Exception as error:
            if found := failure(error):
                raise found from error
            return
        _try_losses(objective, outputs, told, places)
        if isinstance(objective, Objective):
            _try_metrics(objective, outputs, told, places)
            return
        for name, each in objective.of.items():
            _try_metrics(each, outputs[name], told[name], places)


def _try_augmentations(parts: Sequence[Augmentation], samples: Samples, places: Places) -> None:
    """Try the changes of images in their order, those that make one image of two left out."""
    changes = [(at, part) for at, part in enumerate(parts) if not isinstance(part, Mixing)]
    if all(part.is_builtin() for _, part in changes):
        return
    rows, chance = evenly_spread(len(samples.train), _ROWS), torch.Generator().manual_seed(0)
    draws = [torch.rand(len(rows), part.numbers, generator=chance) for _, part in changes]
    (batch,) = samples.train.batches([rows], draws[:1] if samples.cropped else None)
    images, targets = batch.images, batch.targets
    for (at, part), own in list(zip(changes, draws, strict=True))[int(samples.cropped) :]:
        with _tried(part):
            made: Any = part.function().made()(images, targets, own, samples.scene)
            fault = None if part.is_builtin() else _fault_of_change(made, images, part)
        _refuse(part, fault, places, ("augment", at))
        images, targets = made


def _fault_of_change(made: Any, images: Tensor, part: Augmentation) -> str | None:
    if not isinstance(made, tuple) or len(made) != 2 or not all(isinstance(each, Tensor) for each in made):
        kinds = ", ".join(type(each).__name__ for each in made) if isinstance(made, tuple) else type(made).__name__
        return f"gives {kinds}, and not the tensors of images and targets"
    changed, targets = made
    shape = (len(images), *part.shape(tuple(images.shape[1:])))
    if tuple(changed.shape) != shape:
        return f"gives images of {list(changed.shape)} in place of {list(shape)}"
    if changed.dtype not in (torch.uint8, torch.float32):
        return f"gives images of {_name(changed)}, and not of uint8 or float32"
    if not changed.isfinite().all():
        return "gives images with numbers that are not finite"
    return None if len(targets) == len(images) else f"gives {len(targets)} targets for {len(images)} images"


def _try_losses(objective: Objective | Objectives, outputs: Any, told: Any, places: Places) -> None:
    """Try the loss, or those of all outputs."""
    of = objective.of if isinstance(objective, Objectives) else {"": objective}
    losses = {name: each.loss for name, each in of.items()}
    if all(each.is_builtin() for each in losses.values()):
        return
    criterion: Any = objective.criterion()
    with torch.enable_grad(), _tried(*losses.values()):
        if isinstance(objective, Objective):
            found = {".loss": criterion(_learned(outputs), told)}
        else:
            found = criterion({name: _learned(each) for name, each in outputs.items()}, told)
    for name, loss in losses.items():
        _refuse(loss, _fault_of_loss(found[f"{name}.loss"]), places, ("loss",))


def _learned(outputs: Tensor) -> Tensor:
    """The same numbers, by which a gradient is asked for."""
    return outputs.detach().requires_grad_()


def _fault_of_loss(found: Any) -> str | None:
    if not isinstance(found, Tensor):
        return f"gives a value of the type `{type(found).__name__}`, and not a scalar tensor"
    if found.ndim or not found.is_floating_point():
        given = f"gives a tensor {list(found.shape)} of {_name(found)}"
        return f"{given}, and not a scalar of float32: the mean of the batch"
    return None if found.requires_grad else "gives a value that has no gradient, so that nothing can be learned by it"


def _try_metrics(objective: Objective, outputs: Tensor, told: Tensor, places: Places) -> None:
    """Try the metrics that judge an output."""
    for metric in objective.own():
        if metric.is_builtin():
            continue
        with _tried(metric, objective.loss, objective.task):
            given, wanted = objective.task.compared(objective.loss)(outputs, told)
        with _tried(metric), torch.no_grad():
            (make,) = objective.counters([metric]).values()
            counter: Any = make.made()()
            fault = _fault_of_counter(counter, outputs)
            if not fault:
                counter.update(given, wanted)
                fault = _fault_of_figure(counter.figure(counter.counts))
        _refuse(metric, fault, places, ("metrics",))


def _fault_of_counter(counter: Any, outputs: Tensor) -> str | None:
    if not isinstance(counter, figures.Metric):
        return (
            f"counts by a value of the type `{type(counter).__name__}`, and not by a netspec.functional.figures.Metric"
        )
    counter.to(outputs.device)
    return None


def _fault_of_figure(found: Any) -> str | None:
    if isinstance(found, Tensor) and not found.ndim and not found.is_complex():
        return None
    given = f"a tensor {list(found.shape)}" if isinstance(found, Tensor) else f"the type `{type(found).__name__}`"
    return f"gives a figure that is {given}, and not a scalar tensor"


@contextmanager
def _tried(*parts: Part) -> Iterator[None]:
    """A context whose errors are those of parts, some of which are a plugin's.

    Raises:
        NetspecError: NS0906.
    """
    try:
        yield
    except Exception as error:
        if found := failure(error, map(type, parts)):
            raise found from error
        raise


def _refuse(part: Part, fault: str | None, places: Places, at: tuple[str | int, ...]) -> None:
    """Refuse a plugin's part of which something is wrong."""
    if fault is None or part.is_builtin():
        return
    (plugin,) = plugins_of([type(part)])
    message = f"the {part.family} `{part.key}` of the plugin {plugin.name} does not fit: it {fault}"
    raise NetspecError.of(Code.PLUGIN_FAILED, message, span=places.span((SECTION, *at)))


def _name(tensor: Tensor) -> str:
    return str(tensor.dtype).removeprefix("torch.")
