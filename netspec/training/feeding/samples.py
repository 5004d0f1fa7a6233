"""A data set ready for training."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import prod

import torch
from torch import Tensor

from netspec.diagnostics.styled import printable
from netspec.functional.data.boxed import Boxed
from netspec.functional.data.windows import Windows
from netspec.functional.fields import Slot
from netspec.functional.packing import check_whole, fitted
from netspec.recipe.augment import Augmentation, Scene
from netspec.recipe.augment.geometric import RandomResizedCrop
from netspec.recipe.data import DataSet
from netspec.recipe.data.class_names import twins_in
from netspec.recipe.data.held_out import hold_out
from netspec.recipe.data.problems import refusals
from netspec.recipe.data.raw import IGNORED, Files, Images, Part, RawData
from netspec.training.feeding.batches import DataSplit, InMemory
from netspec.training.feeding.boxed import boxed_prepared
from netspec.training.feeding.decoded import IN_MEMORY, Decoder
from netspec.training.feeding.fingerprint import fingerprint_of
from netspec.training.feeding.inputs import Inputs, inputs_of, packed_inputs
from netspec.training.feeding.sample_set import Samples
from netspec.training.feeding.told import Told, told_by_output
from netspec.training.feeding.windows import windows_prepared
from netspec.training.judging.classes import Trained
from netspec.training.judging.in_one_piece import with_all_for_test


def prepare(
    data: DataSet,
    device: torch.device,
    augment: Sequence[Augmentation] = (),
    *,
    trained: Trained | None = None,
    judged: bool = False,
    ahead: bool = True,
    slots: Sequence[Slot] = (),
    read: Callable[[DataSet], RawData] | None = None,
) -> Samples:
    """Read a data set, hold out the validation images and bring a small set to the device.

    Args:
        data: The recipe's.
        device: The device of batches.
        augment: The recipe's augmentations.
        trained: What the run that the data are for was trained on: its classes, and how its images were normalised;
            None where the data bring their own.
        judged: Whether nothing is held out, since the data are there to be judged: all of them are the test where they
            bring no part for it.
        ahead: Whether a small set is resized and normalised once, here; what looks at a part of it does without.
        slots: The network's inputs.
        read: Reads the data, and may have them from before; None reads them anew.

    Raises:
        NetspecError: NS0802 where the data are not there, NS0803 where they are broken, NS0804 where they do not fit
            together; that of `trained` where they have other classes.
    """
    if judged:
        data = data.model_copy(update={"validation": 0.0})
    if trained is not None:
        data = data.like(trained.learned)
    raw = with_all_for_test(data.own_parts(), data.counted) if judged else read(data) if read else data.load()
    if trained is None:
        return prepared(raw, data, device, augment, ahead=ahead, slots=slots)
    raw = trained.adopt(raw, data.columns_of, data.counted)
    return prepared(raw, data, device, augment, ahead=ahead, trained=trained, slots=slots)


def prepared(
    raw: RawData,
    data: DataSet,
    device: torch.device,
    augment: Sequence[Augmentation] = (),
    *,
    ahead: bool = True,
    trained: Trained | None = None,
    slots: Sequence[Slot] = (),
) -> Samples:
    """Prepare a data set that was read already, as `prepare` does.

    With `ahead`, a small set is resized and normalised once, here, where there are no augmentations; by the shift and
    scale of what was `trained`, or else by figures of the data's own.
    """
    raw = replace(raw, notes=(*raw.notes, *twins_in(raw)))
    fingerprint = fingerprint_of(raw)
    if isinstance(raw.train, Windows):
        return replace(windows_prepared(raw, data, device), fingerprint=fingerprint)
    if isinstance(raw.train, Boxed):
        return replace(boxed_prepared(raw, data, device), fingerprint=fingerprint)
    raw = _printable(raw, data)
    decoder = Decoder.of(data, raw, slots)
    streams = decoder is not None and decoder.streams
    if decoder is not None and not streams:
        raw = decoder.read(raw)
    elif decoder is not None:
        raw = replace(raw, brightest=decoder.brightest)
    parted = hold_out(raw, data.validation)
    # Figures are those of all training images, the held-out ones included: they do not change with the split.
    whole = raw.train.images if isinstance(raw.train, Images) else _sample(decoder, raw.train)
    image, dtype = tuple(whole.shape[1:]), str(whole.dtype).removeprefix("torch.")
    inputs: Inputs
    if fields := fitted(raw.fields, image, slots):
        raw, parted = _flat(raw), _flat(parted)
        for part in (raw.train, raw.validation, raw.test):
            if isinstance(part, Images):
                with refusals():
                    check_whole(part.images, fields, slots)
        assert isinstance(parted.train, Images)
        # Of tables, which lay stress on it, the figures are those of what is learned from alone.
        inputs = packed_inputs(parted.train.images, fields, trained.pixels if trained else None)
    else:
        pixels = trained.figures(dtype, raw.brightest, decoder is not None) if trained else None
        inputs = inputs_of(data, whole, raw.brightest, pixels)
    shape = inputs.shape(image)
    count = sum(len(part) for part in (raw.train, raw.validation, raw.test) if part is not None)
    once = inputs if ahead and not augment and not streams and 4 * prod(shape) * count <= IN_MEMORY else None
    crop = augment[0] if streams and augment and isinstance(augment[0], RandomResizedCrop) else None

    def split(part: Part | None, crop: RandomResizedCrop | None = None) -> DataSplit | None:
        if part is None:
            return None
        if isinstance(part, Images):
            return InMemory.of(part, device, once)
        assert decoder
        assert isinstance(part, Files)
        return decoder.stream(part, device, crop)

    train = split(parted.train, crop)
    assert train
    return Samples(
        train=train,
        validation=split(parted.validation),
        test=split(raw.test),
        classes=raw.classes,
        shape=shape,
        read=image,
        inputs=inputs.ready() if once else inputs,
        scene=Scene(
            brightest=raw.brightest,
            neutral=inputs.shift,
            classes=0 if raw.train.labels is None else len(raw.classes),
            ignored=getattr(data, "ignored", IGNORED),
        ),
        cropped=crop is not None,
        dtype=dtype,
        mixable=raw.train.targets is not None and raw.train.targets.dtype != torch.uint8 and not raw.outputs,
        target_shape=_target_shape(raw.train, image[1:]),
        binary=all(_is_binary(part) for part in (raw.train, raw.validation, raw.test) if part is not None),
        notes=parted.notes,
        fields=fields,
        outputs=raw.outputs,
        vocabulary=raw.vocabulary,
        labels=raw.labels,
        told=_told(raw, parted),
        fingerprint=fingerprint,
    )


def _printable(raw: RawData, data: DataSet) -> RawData:
    """Data whose classes have printable names, and so labels or values, which the columns that they are of name."""

    def names(known: Sequence[str], shape: tuple[int, ...], output: str) -> tuple[str, ...]:
        found = tuple(map(printable, known or data.columns_of(output)))
        return found if shape == (len(found),) else ()

    targets = raw.train.targets
    of_numbers = targets is not None and targets.is_floating_point() and not raw.outputs
    return replace(
        raw,
        classes=tuple(map(printable, raw.classes)),
        labels=names(raw.labels, tuple(targets.shape[1:]), "") if targets is not None and of_numbers else (),
        outputs=tuple(
            replace(each, classes=tuple(map(printable, each.classes)))
            if each.classes
            else replace(each, columns=names(each.columns, each.shape, each.name))
            for each in raw.outputs
        ),
    )


def _told(raw: RawData, parted: RawData) -> dict[str, Told]:
    """What the targets of each of several outputs tell; `parted` are the data without what is held out."""
    targets, learned = raw.train.targets, parted.train.targets
    return (
        {} if not raw.outputs or targets is None or learned is None else told_by_output(targets, learned, raw.outputs)
    )


def _flat(raw: RawData) -> RawData:
    """Data whose examples are rows of numbers."""

    def flat(part: Part) -> Part:
        return replace(part, images=part.images.flatten(1)) if isinstance(part, Images) else part

    test, validation = (part and flat(part) for part in (raw.test, raw.validation))
    return replace(raw, train=flat(raw.train), test=test, validation=validation)


def _target_shape(part: Part, size: tuple[int, ...]) -> tuple[int, ...] | None:
    if isinstance(part, Files) and part.masks is not None:
        return size
    return None if part.targets is None else tuple(part.targets.shape[1:])


def _is_binary(part: Part) -> bool:
    targets = part.targets
    return targets is not None and targets.is_floating_point() and bool(((targets == 0) | (targets == 1)).all())


def _sample(decoder: Decoder | None, files: Part) -> Tensor:
    assert decoder
    assert isinstance(files, Files)
    return decoder.sample(files)
