"""A data set ready for training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from netspec.train.batches import Batch, Split, in_order
from netspec.train.data import DataSet
from netspec.train.data.raw import RawData
from netspec.train.in_memory import InMemory, hold_out
from netspec.train.inputs import Inputs, Ready, inputs_of

__all__ = ["Batch", "Samples", "Split", "in_order", "prepare", "prepared"]


@dataclass(frozen=True, slots=True)
class Samples:
    """A data set ready for training.

    Attributes:
        train: Without what is held out.
        validation: Held out of training; None where nothing is.
        test: Seen once, at the end; None where the data have none.
        classes: Their names; a label is the index of one. Empty where targets are no classes.
        shape: Of an image as the network sees it, [C, H, W].
        read: Of an image as a batch has it, [C, H, W].
        inputs: Makes a batch's images what the network takes; the same in training and for judging.
    """

    train: Split
    validation: Split | None
    test: Split | None
    classes: tuple[str, ...]
    shape: tuple[int, ...]
    read: tuple[int, ...]
    inputs: Inputs

    def target_shape(self) -> tuple[int, ...] | None:
        """Of one target: () for a class, [H, W] for a mask, [values] for values; None without any. Reads an example."""
        first = next(iter(self.train.batches([torch.arange(1)])))
        return None if first.targets is first.images else tuple(first.targets.shape[1:])


def prepare(data: DataSet, device: torch.device, augment: Sequence[object] = ()) -> Samples:
    """Read a data set, hold out the validation images and bring a small set to the device.

    Args:
        data: The recipe's.
        device: Where batches are wanted.
        augment: The recipe's augmentations. Without any, small sets are resized and normalised once, here.

    Raises:
        NetspecError: NS0802 where the data are not there, NS0803 where they are broken.
    """
    return prepared(data.load(), data, device, augment)


def prepared(raw: RawData, data: DataSet, device: torch.device, augment: Sequence[object] = ()) -> Samples:
    """The same of a data set that was read already."""
    inputs = inputs_of(data, raw.train.images, raw.brightest)
    learned, held = hold_out(raw.train, data.validation)
    read = tuple(raw.train.images.shape[1:])
    make = None if augment else inputs
    return Samples(
        train=InMemory.of(learned, device, make),
        validation=InMemory.of(held, device, make) if held else None,
        test=InMemory.of(raw.test, device, make),
        classes=raw.classes,
        shape=data.shape(read),
        read=read,
        inputs=inputs if augment else Ready(inputs.resize, inputs.pad, inputs.shift, inputs.scale),
    )
