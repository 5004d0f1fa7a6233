"""The answers of a trained network to rows: of tables, and of arrays."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from netspec.diagnostics import Code, NetspecError
from netspec.files.run_folder import METRICS
from netspec.files.writing import write_atomic
from netspec.frontend.problems import NOWHERE
from netspec.functional.packing import check_whole, feed, fitted
from netspec.recipe.data.problems import mismatch, refusals
from netspec.recipe.data.table import Table
from netspec.recipe.tasks.classification import Classification
from netspec.recipe.tasks.multi_label import MultiLabel
from netspec.recipe.tasks.values import Regression
from netspec.training.feeding.inputs import Inputs, Packed
from netspec.training.inputs_taken import field_misfits
from netspec.training.judging.heads import Head
from netspec.training.judging.opened_run import open_run
from netspec.training.network import misfits, refuse
from netspec.training.steps.device import Device

_BATCH = 512


@dataclass(frozen=True, slots=True)
class Column:
    """The answers of one output.

    Attributes:
        name: The output's; empty where it is the only one that is judged.
        outputs: What the network gives, float32 [N, ...].
        columns: The names of the numbers that are told of each row: classes, labels or values; none where outputs are
            more than a row of them, as of an autoencoder.
        numbers: What outputs stand for, [N, columns] or in their shape: probabilities, or scores where they tell none,
            or values.
        labels: The likeliest class of each row, [N] int64; None of other tasks.
    """

    name: str
    outputs: Tensor
    columns: Sequence[str]
    numbers: Tensor
    labels: Tensor | None = None

    @property
    def header(self) -> list[str]:
        """The names of its columns: of several outputs behind the output's name and a point."""
        before = f"{self.name}." if self.name else ""
        return [*([f"{before}class"] if self.labels is not None else []), *(f"{before}{each}" for each in self.columns)]

    def line(self, index: int) -> list[Any]:
        """The answer to a row."""
        named = [] if self.labels is None else [self.columns[int(self.labels[index])]]
        return [*named, *(self.numbers[index].tolist() if self.columns else ())]

    def arrays(self) -> dict[str, Any]:
        """The answers as arrays by name."""
        before = f"{self.name}." if self.name else ""
        found: dict[str, Any] = {"outputs": self.outputs.numpy()}
        if self.labels is not None:
            found |= {"labels": self.labels.numpy(), "classes": np.array(self.columns)}
        if self.labels is not None or not torch.equal(self.numbers, self.outputs):
            found["numbers"] = self.numbers.numpy()
        return {f"{before}{name}": each for name, each in found.items()}


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers of a network to the rows of some files.

    Attributes:
        rows: The file of each row, and its number in it, from 1.
        told: The answers of each output.
    """

    rows: Sequence[tuple[str, int]]
    told: Sequence[Column]

    @property
    def header(self) -> list[str]:
        """The names of the columns."""
        return ["file", "row", *(name for each in self.told for name in each.header)]

    def lines(self) -> Iterator[list[Any]]:
        """The answers, a line for each row."""
        for index, place in enumerate(self.rows):
            yield [*place, *(value for each in self.told for value in each.line(index))]

    def write(self, file: Path) -> None:
        """Write them as CSV or .npz, as the file's name says.

        Raises:
            NetspecError: NS0903: it cannot be written.
        """
        if file.suffix.lower() == ".npz":
            arrays = {name: array for each in self.told for name, array in each.arrays().items()}
            packed = io.BytesIO()
            np.savez(packed, **arrays, row=np.array([row for _, row in self.rows]))
            write_atomic(file, packed.getvalue())
            return
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(self.header)
        writer.writerows(self.lines())
        write_atomic(file, text.getvalue())


class RowPredictor:
    """A run's network, ready to answer rows.

    Args:
        run: The run's folder.
        weights: Weights in place of its final ones.
        device: The device to compute on.
        max_entries: As `netspec.load` takes it.

    Raises:
        NetspecError: NS0902: that is no run's folder, or its files cannot be read. NS0604: the weights do not fit.
            NS0804: the task tells no classes or numbers of a row, or the weights are of a run of other classes.
    """

    def __init__(
        self, run: Path, weights: str | None = None, device: Device = "auto", max_entries: int | None = None
    ) -> None:
        opened = open_run(run, weights, max_entries)
        self.recipe, self.network, self.heads = opened.recipe, opened.network, opened.heads
        odd = [head for head in self.heads if not _is_row(head) or not head.fits(self.network.input_shape)]
        if len(odd) == len(self.heads) or any(not head.fits(self.network.input_shape) for head in odd):
            of = f"{odd[0].task} in `{odd[0].name}`" if odd[0].name else odd[0].task
            mismatch(f"{run / METRICS} tells of {of}, and rows are answered with classes or numbers")
        data = opened.data
        self.data = self.recipe.data.like(data.get("vocabulary") or {}, data.get("columns") or {})
        self.figures = tuple(data["shift"]), tuple(data["scale"])
        self.device, self.module = opened.module(device)
        self.fed = False

    def __call__(self, files: Sequence[Path]) -> Answers:
        """The network's answers to all rows of some files.

        Raises:
            NetspecError: NS0802, NS0803, NS0804: a file is not there, is broken, or does not fit the network.
        """
        places: list[tuple[str, int]] = []
        outputs: list[list[Tensor]] = []
        for file in files:
            if not file.exists():
                raise NetspecError.of(Code.FILE_NOT_FOUND, f"there is no file {file}")
            examples = self._prepared(file)
            places += [(str(file), row + 1) for row in range(len(examples))]
            with torch.inference_mode():
                for each in examples.split(_BATCH):
                    given = self.module(each.to(self.device))
                    outputs.append([head.of(given).cpu() for head in self.heads])
        whole = [torch.cat(each) for each in zip(*outputs, strict=True)]
        return Answers(places, [self._told(head, each) for head, each in zip(self.heads, whole, strict=True)])

    def _prepared(self, file: Path) -> Tensor:
        """The rows of a file, as the module takes them."""
        examples, fields = self.data.rows(file)
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
            refuse(misfits(self.network, self.recipe.data, tuple(examples.shape[1:])), (), NOWHERE)
            inputs = Inputs(self.recipe.data.resize, self.recipe.data.pad, *self.figures)
            channels = examples.shape[1]
        if {len(each) for each in self.figures} - {1, channels}:
            mismatch(
                f"{file} has {channels:,} numbers for an example, the run's figures are of {len(self.figures[0]):,}"
            )
        return inputs(examples)

    def _told(self, head: Head, outputs: Tensor) -> Column:
        """The answers of an output; of one that gives more than a row of numbers, as an image, no columns."""
        if not _is_row(head):
            return Column(head.name, outputs, (), head.values(outputs))
        loss, count = head.loss, head.shape[0]
        if head.task == Classification.key:
            shares = loss.probabilities(outputs)
            numbers = loss.scores(outputs) if shares is None else shares
            return Column(head.name, outputs, head.classes, numbers, loss.predict(outputs))
        if head.task == MultiLabel.key:
            return Column(head.name, outputs, [f"label {index}" for index in range(count)], outputs.sigmoid())
        names: Sequence[str] = [f"value {index}" for index in range(count)]
        if isinstance(self.data, Table):
            names = self.data.outputs.get(head.name) or next(iter(self.data.outputs.values()))
        return Column(head.name, outputs, names, head.values(outputs))


def _is_row(head: Head) -> bool:
    """Whether the answers of an output are classes, labels or numbers, a row for each example."""
    return len(head.shape) == 1 and head.task in (Classification.key, MultiLabel.key, Regression.key)
