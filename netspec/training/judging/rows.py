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
from netspec.training.judging.opened_run import open_run
from netspec.training.network import misfits, refuse
from netspec.training.steps.device import Device
from netspec.training.steps.outputs import main_output

_BATCH = 512


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers of a network to the rows of some files.

    Attributes:
        rows: The file of each row, and its number in it, from 1.
        outputs: What the network gives, float32 [N, ...].
        columns: The names of the numbers that are told of each row: classes, labels or values.
        numbers: These numbers, [N, columns]: probabilities, or scores where outputs tell none, or values.
        labels: The likeliest class of each row, [N] int64; None of other tasks.
    """

    rows: Sequence[tuple[str, int]]
    outputs: Tensor
    columns: Sequence[str]
    numbers: Tensor
    labels: Tensor | None = None

    @property
    def header(self) -> list[str]:
        """The names of the columns."""
        return ["file", "row", *(["class"] if self.labels is not None else []), *self.columns]

    def lines(self) -> Iterator[list[Any]]:
        """The answers, a line for each row."""
        for index, (place, numbers) in enumerate(zip(self.rows, self.numbers.tolist(), strict=True)):
            named = [] if self.labels is None else [self.columns[int(self.labels[index])]]
            yield [*place, *named, *numbers]

    def write(self, file: Path) -> None:
        """Write them as CSV or .npz, as the file's name says.

        Raises:
            NetspecError: NS0903: it cannot be written.
        """
        if file.suffix.lower() == ".npz":
            arrays: dict[str, Any] = {"outputs": self.outputs.numpy(), "row": np.array([row for _, row in self.rows])}
            if self.labels is not None:
                arrays |= {"labels": self.labels.numpy(), "classes": np.array(self.columns)}
            if self.labels is not None or not torch.equal(self.numbers, self.outputs):
                arrays["numbers"] = self.numbers.numpy()
            packed = io.BytesIO()
            np.savez(packed, **arrays)
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
        self.recipe, self.network, self.task, self.classes = opened.recipe, opened.network, opened.task, opened.classes
        wide = len(self.network.output_shape) == 1 and self.task in (Classification.key, MultiLabel.key, Regression.key)
        if not wide or (self.task == Classification.key and self.network.output_shape != (len(self.classes),)):
            mismatch(f"{run / METRICS} tells of {self.task}, and rows are answered with classes or numbers")
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
        outputs: list[Tensor] = []
        for file in files:
            if not file.exists():
                raise NetspecError.of(Code.FILE_NOT_FOUND, f"there is no file {file}")
            examples = self._prepared(file)
            places += [(str(file), row + 1) for row in range(len(examples))]
            with torch.inference_mode():
                outputs += [
                    main_output(self.module(each.to(self.device))).float().cpu() for each in examples.split(_BATCH)
                ]
        return self._answers(places, torch.cat(outputs))

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

    def _answers(self, places: Sequence[tuple[str, int]], outputs: Tensor) -> Answers:
        loss = self.recipe.loss
        if self.task == Classification.key:
            shares = loss.probabilities(outputs)
            numbers = loss.scores(outputs) if shares is None else shares
            return Answers(places, outputs, self.classes, numbers, loss.predict(outputs))
        count = outputs.shape[1]
        if self.task == MultiLabel.key:
            return Answers(places, outputs, [f"label {index}" for index in range(count)], outputs.sigmoid())
        names = self.data.target if isinstance(self.data, Table) else [f"value {index}" for index in range(count)]
        return Answers(places, outputs, names, outputs)
