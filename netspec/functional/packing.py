"""Several inputs of a network, or targets of several outputs, in one row of numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from netspec.functional.examples import UnfitData
from netspec.functional.fields import EXACT, Field, Slot
from netspec.functional.inputs import mean_and_deviation

ShiftScale = tuple[tuple[float, ...], tuple[float, ...]]
"""What is taken off each channel, and what it is divided by after that."""


def pieces_of(packed: Tensor, fields: Sequence[Field]) -> list[Tensor]:
    """The parts [N, *shape] of packed examples [N, numbers], in the fields' order."""
    pieces = packed.split([each.size for each in fields], 1)
    pairs = zip(fields, pieces, strict=True)
    return [piece.reshape(-1, *each.shape) for each, piece in pairs]


def packed(parts: Sequence[Tensor]) -> Tensor:
    """Parts [N, ...] as packed examples, float32 [N, numbers]."""
    return torch.cat([part.reshape(len(part), -1).float() for part in parts], 1)


def unpacked(
    packed: Tensor, fields: Sequence[Field], slots: Sequence[Slot]
) -> tuple[Tensor, ...]:
    """The inputs of a network in its own order, of packed examples [N, numbers]."""
    parts = pieces_of(packed, fields)
    named = {each.name: part for each, part in zip(fields, parts, strict=True)}
    found = ((named[slot.name], slot.whole) for slot in slots)
    return tuple(part.long() if whole else part for part, whole in found)


def targets_by_output(packed: Tensor, fields: Sequence[Field]) -> dict[str, Tensor]:
    """Targets of several outputs, of packed ones: classes int64, or values float32."""
    pairs = zip(fields, pieces_of(packed, fields), strict=True)
    return {each.name: part.long() if each.classes else part for each, part in pairs}


def feed(network: nn.Module, fields: Sequence[Field], slots: Sequence[Slot]) -> None:
    """Have a network take packed examples in place of its inputs.

    Weights and names stay: before the forward pass, a hook gives each input its part.
    """

    def given(_: nn.Module, packed: tuple[Any, ...]) -> tuple[Tensor, ...]:
        return unpacked(packed[0], fields, slots)

    network.register_forward_pre_hook(given)


def fitted(
    fields: Sequence[Field], read: tuple[int, ...], slots: Sequence[Slot]
) -> tuple[Field, ...]:
    """The fields of data for a network: those of whole numbers are fixed.

    A single input goes by any name, and one number is what an input of [] takes. Data
    without fields have one where the network takes whole numbers; of other data there
    are none.

    Args:
        fields: The data's own.
        read: The shape of an example as it is read.
        slots: The network's inputs.
    """
    whole = {slot.name for slot in slots if slot.whole}
    if not fields and whole and len(slots) == 1:
        fields = (Field(slots[0].name, read),)
    if len(fields) == len(slots) == 1:
        fields = (replace(fields[0], name=slots[0].name),)
    single = {slot.name for slot in slots if slot.shape == ()}
    fields = tuple(
        replace(each, shape=()) if each.name in single and each.shape == (1,) else each
        for each in fields
    )
    return tuple(
        replace(each, fixed=tuple(range(each.channels))) if each.name in whole else each
        for each in fields
    )


def check_whole(
    examples: Tensor, fields: Sequence[Field], slots: Sequence[Slot]
) -> None:
    """Make sure that the network's inputs of whole numbers are given such.

    Raises:
        UnfitData: A number is none, below the least, or as large as what it looks up.
    """
    known = {slot.name: slot for slot in slots if slot.whole}
    for each, part in zip(fields, pieces_of(examples, fields), strict=True):
        if slot := known.get(each.name):
            below = slot.below or EXACT
            wrong = (part < slot.least) | (part >= below) | (part != part.floor())
            rows = wrong.reshape(len(part), -1).any(1).nonzero()
            if len(rows):
                row = int(rows[0])
                value = part[row][wrong[row]].flatten()[0].item()
                what = f"`{each.name}` has {value:,.9g} in example {row + 1:,}"
                bounds = f"from {slot.least} to {below - 1:,}"
                help = f"the network takes whole numbers {bounds} there"
                raise UnfitData(what, help)


def figures_of_fields(examples: Tensor, fields: Sequence[Field]) -> ShiftScale:
    """The mean and deviation of each channel of packed examples, field after field.

    Those of fixed channels are 0 and 1.
    """
    shift: list[float] = []
    scale: list[float] = []
    pairs = zip(fields, pieces_of(examples, fields), strict=True)
    for each, part in pairs:
        channels = range(each.channels)
        if len(each.fixed) == each.channels:
            mean, deviation = (0.0,) * each.channels, (1.0,) * each.channels
        else:
            mean, deviation = mean_and_deviation(
                part.reshape(len(part), *channels_of(each))
            )
        shift += [0.0 if at in each.fixed else mean[at] for at in channels]
        scale += [1.0 if at in each.fixed else deviation[at] for at in channels]
    return tuple(shift), tuple(scale)


def channels_of(field: Field) -> tuple[int, ...]:
    """The shape of a field with an axis of channels first."""
    return field.shape or (1,)


def spread(values: Sequence[float], fields: Sequence[Field]) -> Tensor:
    """A figure of each channel, for each number of packed examples."""
    counts = [
        each.size // each.channels for each in fields for _ in range(each.channels)
    ]
    return torch.tensor(values).repeat_interleave(torch.tensor(counts))
