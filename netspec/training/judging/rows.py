"""A trained network that answers rows: of tables, of arrays, and of images that are arrays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from netspec.diagnostics import Code, Diagnostic, NetspecError
from netspec.files.run_folder import METRICS
from netspec.frontend.problems import NOWHERE
from netspec.functional.data.depth import Levels
from netspec.functional.fields import Field
from netspec.functional.packing import check_whole, feed, fitted
from netspec.recipe.data.problems import damaged, mismatch, refusals
from netspec.recipe.fitting_data import image_misfits, refuse
from netspec.recipe.tasks.classification import Classification, Segmentation
from netspec.recipe.tasks.multi_label import MultiLabel
from netspec.recipe.tasks.values import Autoencoding, Regression
from netspec.training.feeding.inputs import Inputs, Packed
from netspec.training.inputs_taken import field_misfits
from netspec.training.judging.answers import Answers, Column
from netspec.training.judging.heads import Head, Prediction
from netspec.training.judging.image_arrays import ImageArrays
from netspec.training.judging.opened_run import OpenedRun
from netspec.training.judging.row_files import row_files
from netspec.training.steps.device import Device

_BATCH = 512
"""The rows that are answered at once."""


class RowPredictor:
    """A run's network, ready to answer rows.

    Args:
        opened: The run.
        device: The device to compute on.
        levels: The values of a pixel that become 0 and 1, in place of what the recipe says, for arrays of pixels.

    Raises:
        NetspecError: NS0604: the weights do not fit. NS0804: the task tells nothing of a row, or `levels` are given to
            a run that learned from no images. NS0902: the weights cannot be read.
    """

    def __init__(self, opened: OpenedRun, device: Device = "auto", levels: Levels | None = None) -> None:
        self.recipe, self.network, self.heads = opened.recipe, opened.network, opened.heads
        odd = [head for head in self.heads if not _tells(head) or not head.fits(self.network.input_shape)]
        if len(odd) == len(self.heads) or any(not head.fits(self.network.input_shape) for head in odd):
            of = f"{odd[0].task} in `{odd[0].name}`" if odd[0].name else odd[0].task
            mismatch(f"{opened.folder / METRICS} tells of {of}, and rows are answered with classes, masks or numbers")
        data = opened.data
        self.data = self.recipe.data.like(data.get("vocabulary") or {}, data.get("columns") or {})
        self.figures = tuple(data["shift"]), tuple(data["scale"])
        self.dtype = data.get("dtype")
        if self.data.row_files and levels:
            mismatch(
                f"{opened.folder} learned from numbers as they are, and `levels` are of pixels", "leave `levels` out"
            )
        self.images = None if self.data.row_files else ImageArrays(opened.images(levels))
        self.device, self.module = opened.module(device)
        self.fed = False

    def __call__(self, given: Sequence[Path]) -> Answers:
        """The network's answers to all rows of some files, and of those in folders; what cannot be read is told.

        Raises:
            NetspecError: NS0804: a folder holds arrays and images, or nothing that such a network takes.
        """
        unread: list[Diagnostic] = []
        places: list[tuple[str, int]] = []
        outputs: list[list[tuple[Tensor, Tensor]]] = []
        for file in row_files(given, self.data.row_files):
            if isinstance(file, Diagnostic):
                unread.append(file)
                continue
            try:
                found = [self._told_apart(inputs, given) for inputs, given in self._answers(file)]
            except NetspecError as error:
                unread.extend(error.diagnostics)
                continue
            places += [(str(file), row + 1) for row in range(sum(len(each[0][0]) for each in found))]
            outputs += found
        if not outputs:
            raise NetspecError(unread)
        told = [
            self._told(head, *(torch.cat(each) for each in zip(*pieces, strict=True)))
            for head, pieces in zip(self.heads, zip(*outputs, strict=True), strict=True)
        ]
        return Answers(places, told, unread)

    def predictions(self, file: Path, top: int) -> Iterator[Prediction]:
        """The same for the rows of one file, one at a time, with the `top` likeliest classes.

        Raises:
            NetspecError: NS0902: there is no such file. NS0803, NS0804: it cannot be read, or does not fit the run.
        """
        row = 0
        for inputs, given in self._answers(file):
            outputs = [head.of(given) for head in self.heads]
            for index in range(len(inputs)):
                row, own = row + 1, slice(index, index + 1)
                told = [
                    (head.name, head.told(file, inputs[own], each[own], top))
                    for head, each in zip(self.heads, outputs, strict=True)
                ]
                yield replace(Prediction(file, outputs=tuple(told)) if told[0][0] else told[0][1], row=row)

    def _answers(self, file: Path) -> Iterator[tuple[Tensor, Any]]:
        """Of each batch of a file what the module takes, and what it gives."""
        if not file.exists():
            raise NetspecError.of(Code.FILE_NOT_FOUND, f"there is no file {file}")
        for inputs in self._inputs(file):
            with torch.inference_mode():
                given = self.module(inputs)
            yield inputs, given

    def _told_apart(self, inputs: Tensor, given: Any) -> list[tuple[Tensor, Tensor]]:
        """Of each head, what the network gives, and how far it is from what it takes."""
        with torch.inference_mode():
            made = [head.of(given) for head in self.heads]
            return [(each.cpu(), _errors(head, inputs, each)) for head, each in zip(self.heads, made, strict=True)]

    def _inputs(self, file: Path) -> Iterator[Tensor]:
        """What the module takes for the rows of a file, in batches, on the device."""
        if self.images is not None:
            yield from self.images(file, self.device)
            return
        if not file.name.lower().endswith(self.data.row_files):
            damaged(file, f"it is not named as a file of rows is ({', '.join(self.data.row_files)})")
        for examples, fields in self.data.rows(file, {slot.name: slot.shape for slot in self.network.slots}):
            for each in self._prepared(examples, fields, file).split(_BATCH):
                yield each.to(self.device)

    def _prepared(self, examples: Tensor, fields: tuple[Field, ...], file: Path) -> Tensor:
        """Rows as the module takes them."""
        if fields := fitted(fields, tuple(examples.shape[1:]), self.network.slots):
            refuse(field_misfits(self.network.slots, fields, str(file)), (), NOWHERE)
            examples = examples.flatten(1)
            with refusals():
                check_whole(examples, fields, self.network.slots)
            if not self.fed:
                feed(self.module, fields, self.network.slots)
            self.fed = True
            inputs: Inputs = Packed(None, (0, 0), *self.figures, fields)
            channels = sum(each.channels for each in fields)
        else:
            taken, given = self.network.input_shape, tuple(examples.shape[1:])
            refuse(image_misfits(taken, self.recipe.data, given, str(file)), (), NOWHERE)
            check_like(examples, self.dtype, str(file))
            inputs = Inputs(self.recipe.data.resize, self.recipe.data.pad, *self.figures)
            channels = examples.shape[1]
        if {len(each) for each in self.figures} - {1, channels}:
            mismatch(
                f"{file} has {channels:,} numbers for an example, the run's figures are of {len(self.figures[0]):,}"
            )
        return inputs(examples)

    def _told(self, head: Head, outputs: Tensor, errors: Tensor) -> Column:
        """The answers of an output; of one that gives more than a row of numbers, as an image, no columns."""
        loss, count = head.loss, head.shape[0] if head.shape else 0
        if head.task == Segmentation.key:
            masks = loss.predict(outputs)
            if self.images is not None:
                masks = self.images.images.unpadded(masks)
            areas = torch.stack([(masks == index).flatten(1).double().mean(1) for index in range(count)], 1)
            return Column(head.name, outputs, head.classes, areas.float(), masks=masks)
        if head.task == Autoencoding.key and errors.shape[1]:
            return Column(head.name, outputs, ("mse",), head.values(outputs), figures=errors)
        if not _is_row(head):
            return Column(head.name, outputs, (), head.values(outputs))
        if head.task == Classification.key:
            shares = loss.probabilities(outputs)
            numbers = loss.scores(outputs) if shares is None else shares
            return Column(head.name, outputs, head.classes, numbers, loss.predict(outputs))
        if head.task == MultiLabel.key:
            names = head.columns or [f"label {index}" for index in range(count)]
            return Column(head.name, outputs, names, outputs.sigmoid())
        names = head.columns or [f"value {index}" for index in range(count)]
        return Column(head.name, outputs, names, head.values(outputs))


def check_like(examples: Tensor, learned: str | None, name: str) -> None:
    """Make sure that examples have the type of those that a run learned from: bytes and floats differ in their range.

    Args:
        examples: The examples.
        learned: The type, as the run keeps it; None where it does not.
        name: What they are called.

    Raises:
        NetspecError: NS0804: they have another.
    """
    own = str(examples.dtype).removeprefix("torch.")
    if learned is not None and own != learned:
        mismatch(f"{name} gives {own}, and the run learned from {learned}", f"save it as {learned}, in the same range")


def _errors(head: Head, inputs: Tensor, outputs: Tensor) -> Tensor:
    """The mean squared error of each row of an autoencoder, [N, 1]; [N, 0] of other tasks."""
    if head.task != Autoencoding.key or outputs.shape != inputs.shape:
        return inputs.new_empty(len(outputs), 0).cpu()
    return (head.values(outputs) - inputs).square().flatten(1).mean(1, keepdim=True).cpu()


def _is_row(head: Head) -> bool:
    """Whether the answers of an output are classes, labels or numbers, a row for each example."""
    return len(head.shape) == 1 and head.task in (Classification.key, MultiLabel.key, Regression.key)


def _tells(head: Head) -> bool:
    """Whether an output tells something of a row."""
    return _is_row(head) or head.task in (Segmentation.key, Autoencoding.key)
