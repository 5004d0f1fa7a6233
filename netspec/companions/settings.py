"""A recipe as the settings of a training script, by the names of `netspec.functional.script.settings`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from netspec.companions.comparing import comparing
from netspec.recipe.augment.geometric import RandomResizedCrop
from netspec.recipe.augment.mixing import Mixing
from netspec.recipe.augmented import alternating_of
from netspec.recipe.batch_sizes import lone_norm
from netspec.recipe.data.annotated_files import AnnotatedFiles
from netspec.recipe.data.encoded import Encoded
from netspec.recipe.data.objects import Objects
from netspec.recipe.data.text import Texts
from netspec.recipe.detecting import Detecting
from netspec.recipe.function import Function, Instance, functional
from netspec.recipe.losses import PairLoss
from netspec.recipe.metrics.boxes import FIGURES
from netspec.recipe.objective import MAIN, Objective, check_side_loss
from netspec.recipe.objectives import Objectives
from netspec.recipe.run_settings import Checkpointing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netspec.functional.fields import Slot
    from netspec.graph import Graph
    from netspec.recipe.recipe import Recipe
    from netspec.training.network import Network

_AMP = {"float32": None, "bfloat16": "bf16", "float16": "fp16"}


def settings_of(
    recipe: Recipe, objective: Objective | Objectives | Detecting, graph: Graph, network: Network
) -> dict[str, Any]:
    """The settings of a script: plain values, functions, and dicts of functions.

    Args:
        recipe: As `check_carried` lets it pass.
        objective: The recipe's objective for the network.
        graph: The network's.
        network: Its facts.

    Raises:
        NetspecError: NS0801: the recipe gives side outputs no weight.
    """
    of_data = (_of_data(recipe), _of_inputs(recipe, network.slots), _of_augmentation(recipe))
    if isinstance(objective, Detecting):
        of_targets = _of_detecting(objective)
    elif isinstance(objective, Objectives):
        of_targets = _of_objectives(recipe, objective)
    else:
        of_targets = _of_objective(recipe, objective, graph)
    of_learning = (of_targets, _of_first_layer(recipe, graph), _of_learning(recipe))
    of_all = (
        _of_run(recipe),
        {"LONE": lone_norm(network.lone, recipe), "MACS": network.macs},
        comparing(recipe, objective),
        *of_data,
        *of_learning,
    )
    return {name: value for some in of_all for name, value in some.items()}


def kinds_of(recipe: Recipe, objective: Objective | Objectives | Detecting) -> tuple[str, ...]:
    """The folders of `netspec.functional.script` whose files a script has in the place of others."""
    if isinstance(objective, Detecting):
        return ("boxes",)
    return ("texts",) if isinstance(recipe.data, Texts) else ("several",) if isinstance(objective, Objectives) else ()


def _of_run(recipe: Recipe) -> dict[str, Any]:
    checkpoint, usual = recipe.checkpoint, Checkpointing()
    return {
        "EPOCHS": recipe.epochs,
        "STEPS": recipe.steps,
        "BATCH_SIZE": recipe.data.batch_size,
        "EVAL_BATCH_SIZE": None if _judged_by_batch(recipe) else 512,
        "DROP_LAST": recipe.data.drop_last,
        "BALANCED": recipe.data.sampler == "balanced",
        "SHUFFLE_BUFFER": getattr(recipe.data, "shuffle_buffer", None),
        "ACCUMULATE": recipe.accumulate,
        "SEED": recipe.seed,
        "AMP": _AMP[recipe.precision],
        "TF32": recipe.tf32,
        "COMPILE": recipe.compile is True,
        "SYNC_BATCH_NORM": recipe.sync_batch_norm,
        "PATIENCE": recipe.early_stopping and recipe.early_stopping.patience,
        "MIN_DELTA": recipe.early_stopping and recipe.early_stopping.min_delta,
        "SAVE_STEPS": checkpoint.steps,
        "SAVE_SECONDS": None if checkpoint.seconds == usual.seconds else checkpoint.seconds,
    }


def _of_data(recipe: Recipe) -> dict[str, Any]:
    data, folder = recipe.data, recipe.data.script_folder
    return {
        "FOLDER": folder,
        "COUNTED": data.counted,
        "UNSEEN": data.known_image is None,
        "load_data": data.reader() if folder is None else None,
        "load_folder": None if folder is None else data.reader(),
        "HIDES": data.hides,
        "hidden": data.hiding(data.tokens()) if isinstance(data, Texts) else None,
        "VALIDATION": data.validation,
        "VALIDATES": bool(data.validation) or data.brings_parts,
        "RESIZE": data.resize,
        "PAD": data.pad,
        "RANGE": data.range,
        "MEAN": data.mean,
        "STD": data.std,
    }


def _of_inputs(recipe: Recipe, slots: Sequence[Slot]) -> dict[str, Any]:
    names = ("name", "shape", "whole", "below", "least")
    given = [{name: getattr(slot, name) for name in names} for slot in slots]
    return {
        "PACKED": recipe.data.packs or (any(slot.whole for slot in slots) and not isinstance(recipe.data, Texts)),
        "SHAPE": slots[0].shape if slots else (),
        "slots": [Instance("netspec.functional.fields.Slot", each) for each in given],
    }


def _of_augmentation(recipe: Recipe) -> dict[str, Any]:
    boxed = isinstance(recipe.data, Objects)
    changes = [
        (part.numbers, part.boxed() if boxed else part.function())
        for part in recipe.augment
        if not isinstance(part, Mixing)
    ]
    mixes = [(part.numbers, part.function()) for part in recipe.augment if isinstance(part, Mixing)]
    streams = recipe.data.streams if isinstance(recipe.data, Encoded) else isinstance(recipe.data, AnnotatedFiles)
    first = recipe.augment[0] if streams and recipe.augment else None
    crop = first if isinstance(first, RandomResizedCrop) else None
    return {
        "STREAMS": streams,
        "VISIBLE": recipe.data.visible if isinstance(recipe.data, Objects) else 0.0,
        "CROPS": crop is not None,
        "CROP_SIZE": crop and crop.size,
        "CROP_NUMBERS": crop and crop.numbers,
        "boxes": crop and functional("augment.geometric.random_boxes", scale=crop.scale, ratio=crop.ratio),
        "AUGMENTS": bool(recipe.augment),
        "MIXES": _mixes(recipe),
        "ALTERNATING": alternating_of(recipe.augment),
        "changes": changes,
        "mixes": mixes,
    }


def _of_objective(recipe: Recipe, objective: Objective, graph: Graph) -> dict[str, Any]:
    loss, facts = objective.loss, objective.facts
    sides = tuple(name for name in (*graph.outputs, *graph.side_outputs) if name != MAIN)
    several = len(graph.outputs) + len(graph.side_outputs) > 1
    if several:
        check_side_loss(sides, recipe.side_loss)
    counted = objective.counters(objective.own())
    first = next(iter(counted))
    return {
        "SHARES": tuple(metric.figure for metric in objective.own() if metric.unit == "%"),
        "targets_of": objective.task.targets_of(loss, facts),
        "compared": objective.task.compared_by(loss, mixed=_mixes(recipe)),
        "WEIGHS": objective.task.weighing(loss) is not None,
        "weighing": objective.task.weighing(loss),
        "VIEWS": recipe.test_time and recipe.test_time.key,
        "views": recipe.test_time and recipe.test_time.function(),
        "WEIGHED": loss.balances or bool(loss.weight_by_name),
        "STANDARDISED": objective.task.standardises(),
        "WEIGHTS": dict(loss.weight_by_name),
        "BLANK": 255 if facts.ignored is None else facts.ignored,
        "CLASSES": facts.classes,
        "TOLD": _told(objective),
        "VALUES": facts.targets or (),
        "IGNORED": loss.ignored,
        "DICT_IN_TRAINING": several,
        "DICT_IN_EVALUATION": len(graph.outputs) > 1,
        "SIDE_OUTPUTS": sides,
        "SIDE_LOSS": recipe.side_loss,
        "SEVERAL": False,
        "PACKS_TARGETS": False,
        "LOSSES": (),
        "aims": [],
        "criterion": objective.task.criterion(loss),
        "box_losses": None,
        "metrics": counted,
        "headline": {first: counted[first]},
    }


def _of_detecting(detecting: Detecting) -> dict[str, Any]:
    """The settings of a detector."""
    return {
        "SEVERAL": False,
        "LOSSES": tuple(name for name in detecting.watched() if name != "loss"),
        "SHARES": tuple(FIGURES),
        "CLASSES": detecting.classes,
        "TOLD": None,
        "WEIGHED": False,
        "STANDARDISED": False,
        "WEIGHS": False,
        "VIEWS": None,
        "IGNORED": None,
        "box_losses": detecting.task.criterion(detecting.loss),
    }


def _of_objectives(recipe: Recipe, objectives: Objectives) -> dict[str, Any]:
    """The settings of several outputs; those of a single one have no use then."""
    each = objectives.of.items()
    shares = [f"{name}.{metric.figure}" for name, aim in each for metric in aim.own() if metric.unit == "%"]
    facts = [aim.facts for aim in objectives.of.values()]
    told = [aim for aim in objectives.of.values() if _told(aim)]
    counted = [aim.facts for aim in told] or facts
    return {
        "SEVERAL": True,
        "PACKS_TARGETS": bool(objectives.packed),
        "aims": [_aim(name, aim, objectives.weights[name], mixed=_mixes(recipe)) for name, aim in each],
        "SHARES": tuple(shares),
        "CLASSES": max(fact.classes for fact in counted) if not objectives.packed else 0,
        "TOLD": next((kind for kind in ("classes", "values") if kind in map(_told, told)), None),
        "BLANK": next((fact.ignored for fact in facts if fact.ignored is not None), 255),
        "WEIGHS": any(aim.task.weighing(aim.loss) for aim in objectives.of.values()),
        "WEIGHED": any(aim.loss.balances or aim.loss.weight_by_name for aim in objectives.of.values()),
        "STANDARDISED": any(aim.task.standardises() for aim in objectives.of.values()),
        "VIEWS": None,
    }


def _told(aim: Objective) -> str | None:
    """What the data are to tell: classes or values; None where inputs alone will do."""
    if aim.task.takes(replace(aim.facts, classes=0, targets=None)) or not aim.task.takes(aim.facts):
        return None
    return "classes" if aim.facts.classes else "values"


def _aim(name: str, aim: Objective, weight: float, *, mixed: bool) -> Instance:
    """The aim of an output: a `netspec.functional.aims.Aim`."""
    counted = aim.counters(aim.own())
    options: dict[str, Any] = {
        "name": name,
        "weight": weight,
        "criterion": aim.task.criterion(aim.loss),
        "headline": dict(list(counted.items())[:1]),
        "metrics": counted,
    }
    usual: dict[str, tuple[Any, Any]] = {
        "targets_of": (aim.task.targets_of(aim.loss, aim.facts), None),
        "compared": (aim.task.compared_by(aim.loss, mixed=mixed), None),
        "weighing": (aim.task.weighing(aim.loss), None),
        "ignored": (aim.loss.ignored, None),
        "balances": (aim.loss.balances, False),
        "named": (dict(aim.loss.weight_by_name), {}),
        "standardises": (aim.task.standardises(), False),
        "others": (aim.loss.reads(name)[1:], ()),
        "told": (not isinstance(aim.loss, PairLoss) or aim.loss.takes_targets, True),
    }
    options |= {key: value for key, (value, default) in usual.items() if value != default}
    return Instance("netspec.functional.aims.Aim", options)


def _mixes(recipe: Recipe) -> bool:
    return any(isinstance(part, Mixing) for part in recipe.augment)


def _judged_by_batch(recipe: Recipe) -> bool:
    """Whether examples are judged in batches of the recipe's size: a loss compares all of one, or windows are long."""
    return recipe.data.fits_inputs or any(loss.across_batch for loss, _ in recipe.for_outputs().values())


def _of_first_layer(recipe: Recipe, graph: Graph) -> dict[str, Any]:
    first = recipe.first_layer
    path = first and first.path(graph)
    return {"FIRST_IMAGES": first and first.images, "first_layer": first and path and first.function(path)}


def _of_learning(recipe: Recipe) -> dict[str, Any]:
    optimizer, ema, lookahead = recipe.optimizer.function(), recipe.ema, recipe.lookahead
    options = {name: value for name, value in optimizer.arguments.items() if name != "lr"}
    return {
        "LR": recipe.optimizer.lr,
        "DECAY": recipe.decay,
        "WEIGHT_DECAY": recipe.optimizer.weight_decay,
        "PHASES": bool(recipe.phases),
        "phases": [phase.plain(recipe.length[0]) for phase in recipe.phases],
        "begin": recipe.optimizer.begin(),
        "make_optimizer": Function(optimizer.target, options),
        "learning_rate": recipe.schedule.function(),
        "WATCHES": recipe.schedule.watches,
        "clip": recipe.clip and recipe.clip.function(),
        "AVERAGES": recipe.averaging is not None,
        "EVERY": lookahead and lookahead.every,
        "ALPHA": lookahead and lookahead.alpha,
        "POWER": lookahead and lookahead.power,
        "EMA": ema and ema.decay,
        "EMA_WARMUP": ema and ema.warmup,
    }
