"""The data of a script, ready for the network."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor

from netspec.functional.aims import Aim, standardising_aims, weighed_aims
from netspec.functional.augment.scene import Scene
from netspec.functional.balance import class_counts
from netspec.functional.class_weights import balanced_weights, named_weights
from netspec.functional.examples import Data, Images
from netspec.functional.fields import Field
from netspec.functional.holding_out import parted
from netspec.functional.inputs import (
    FIGURES,
    evenly_spread,
    mean_and_deviation,
    normalised,
    sized,
)
from netspec.functional.packing import check_whole, figures_of_fields, fitted, spread
from netspec.functional.process import Process
from netspec.functional.script.reading import read_data
from netspec.functional.script.settings import (
    AUGMENTS,
    BLANK,
    CLASSES,
    IGNORED,
    MEAN,
    PACKED,
    PACKS_TARGETS,
    PAD,
    RANGE,
    RESIZE,
    SEVERAL,
    SHAPE,
    STANDARDISED,
    STD,
    STREAMS,
    TOLD,
    UNSEEN,
    VALIDATES,
    VALIDATION,
    VALUES,
    WEIGHED,
    WEIGHTS,
    aims,
    slots,
)
from netspec.functional.standardising import Standard, standard_of


@dataclass(frozen=True)
class Split:
    """Images [N, C, H, W], ready for the network, and their targets [N, ...]."""

    images: Tensor
    targets: Tensor

    def __len__(self) -> int:
        return len(self.images)


@dataclass
class Splits:
    """The training examples, and those of test and validation if there are any."""

    train: Split
    test: Split | None
    if VALIDATES:
        validation: Split | None = None
    if PACKED:
        fields: tuple[Field, ...] = ()
    if PACKS_TARGETS:
        outputs: tuple[Field, ...] = ()
    if (WEIGHED or STANDARDISED) and SEVERAL:
        aims: Sequence[Aim] = ()
    if WEIGHED and not SEVERAL:
        weights: tuple[float, ...] = ()
    if STANDARDISED and not SEVERAL:
        standard: Standard = ((), ())
    if AUGMENTS:
        scene: Scene = field(init=False)
        figures: tuple[Tensor, Tensor] = field(init=False)


def load_splits(options: argparse.Namespace, process: Process) -> Splits:
    """All examples on the device, ready for the network where none augments them."""
    data: Data = read_data(options, process)
    train = data.train
    if VALIDATION:
        train, validation = parted(train, VALIDATION, 0, "validation")
    elif VALIDATES:
        validation = data.validation
    if PACKED:
        fields = fitted(data.fields, tuple(train.images.shape[1:]), slots)
        for part in filter(None, (data.train, data.validation, data.test)):
            check_whole(part.images.flatten(1), fields, slots)
        figures = figures_of_fields(train.images.flatten(1), fields)
        shift, scale = (spread(each, fields) for each in figures)
    else:
        shift, scale = map(torch.tensor, figures_of(data))

    def prepared(images: Tensor) -> Tensor:
        if PACKED:
            images = images.flatten(1)
        on_device = (each.to(images.device) for each in (shift, scale))
        return normalised(as_floats(images), *on_device)

    def ready(part: Images) -> Split:
        if STREAMS:
            streamed: Any = part.images
            made = replace(streamed, made=prepared)
        else:
            made = prepared(part.images)
        return split_of(made, part.targets, process)

    test = None if data.test is None else ready(data.test)
    if AUGMENTS:
        splits = Splits(split_of(train.images, train.targets, process), test)
        splits.scene = Scene(data.brightest, tuple(shift.tolist()), CLASSES, BLANK)
        splits.figures = (shift.to(process.device), scale.to(process.device))
    else:
        splits = Splits(ready(train), test)
    if PACKED:
        splits.fields = fields
    if PACKS_TARGETS:
        splits.outputs = data.outputs
    if WEIGHED and SEVERAL and train.targets is not None:
        names = class_names(data)
        splits.aims = weighed_aims(aims, train.targets, data.outputs, names, BLANK)
    if STANDARDISED and SEVERAL and train.targets is not None:
        known = splits.aims if WEIGHED else aims
        splits.aims = standardising_aims(known, train.targets, data.outputs)
    if STANDARDISED and not SEVERAL and train.targets is not None:
        splits.standard = standard_of(train.targets)
    if WEIGHED and not SEVERAL and WEIGHTS:
        splits.weights = named_weights(WEIGHTS, class_names(data))
    if WEIGHED and not SEVERAL and not WEIGHTS and train.targets is not None:
        blank = BLANK if train.targets.ndim > 1 else None
        counts = class_counts(train.targets, CLASSES, IGNORED, blank)
        splits.weights = balanced_weights(counts)
    if VALIDATES:
        splits.validation = None if validation is None else ready(validation)
    if UNSEEN and not PACKED:
        check_shape(splits, process)
    if UNSEEN and TOLD is not None and not PACKS_TARGETS:
        check_targets(data)
    return splits


def check_shape(splits: Splits, process: Process) -> None:
    """Refuse examples of another shape than the network takes."""
    shape = tuple(first_images(splits, process, 1).shape[1:])
    if shape != SHAPE:
        raise SystemExit(f"the network takes {SHAPE}, and the data give {shape}")


def check_targets(data: Data) -> None:
    """Refuse data without what the network tells, or of other classes or values."""
    targets = data.train.targets
    if targets is None or targets.is_floating_point() == (TOLD == "classes"):
        raise SystemExit(f"the network tells {TOLD}, and the data have none")
    if TOLD == "classes":
        names, highest = data.classes, int(targets.where(targets != BLANK, 0).max())
        found = max(len(names), highest + 1)
        if found > CLASSES or 0 < len(names) < CLASSES:
            other = f"the data have {found}"
            raise SystemExit(f"the network tells {CLASSES} classes, {other}")
    elif not SEVERAL and targets.shape[1:] != VALUES:
        other = f"the data have {tuple(targets.shape[1:])}"
        raise SystemExit(f"the network tells values of {VALUES}, {other}")


def class_names(data: Data) -> tuple[str, ...]:
    """The names of the classes, which are their numbers where they have no others."""
    return data.classes or tuple(map(str, range(CLASSES)))


def first_images(splits: Splits, process: Process, most: int) -> Tensor:
    """Some of the training images, evenly spread, as the network takes them."""
    rows = evenly_spread(len(splits.train), most).to(process.device)
    images = splits.train.images[rows]
    if AUGMENTS:
        return normalised(as_floats(images), *splits.figures)
    return images


def split_of(images: Tensor, targets: Tensor | None, process: Process) -> Split:
    """Images and targets on the device; without targets, images are their own."""
    if STREAMS:
        return Split(images, images if targets is None else targets.to(process.device))
    targets = images if targets is None else targets
    return Split(images.to(process.device), targets.to(process.device))


def as_floats(images: Tensor) -> Tensor:
    """Images as float32, in the size that the network takes."""
    if RESIZE is not None or PAD != (0, 0):
        return sized(images, RESIZE, PAD)
    return images.float()


def figures_of(data: Data) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The shift of each channel, and the divisor after that."""
    if RANGE is not None:
        low, high = RANGE
        scale = data.brightest / (high - low)
        return (-low * scale,), (scale,)
    if MEAN is not None and STD is not None:
        shares = (MEAN, STD)
        shift, deviation = (tuple(data.brightest * x for x in each) for each in shares)
        return shift, deviation
    images = data.train.images
    if STREAMS:
        images = images[evenly_spread(len(data.train), FIGURES)]
    return mean_and_deviation(images, RESIZE, PAD)
