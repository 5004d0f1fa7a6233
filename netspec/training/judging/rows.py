"""A trained network that answers rows of tables and arrays, and images, with all that it tells of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from netspec.diagnostics import Code, Diagnostic, NetspecError
from netspec.diagnostics.arguments import Device
from netspec.files.run_folder import METRICS
from netspec.functional.data.depth import Levels
from netspec.recipe.data.problems import mismatch
from netspec.recipe.tasks.classification import Classification, Segmentation
from netspec.recipe.tasks.detection import Detection
from netspec.recipe.tasks.multi_label import MultiLabel
from netspec.recipe.tasks.values import Autoencoding, Regression
from netspec.training.judging.answers import Answers, Boxes, Column, joined
from netspec.training.judging.classes import trained_on
from netspec.training.judging.heads import Head, Prediction
from netspec.training.judging.image_inputs import ImageInputs
from netspec.training.judging.opened_run import OpenedRun
from netspec.training.judging.predict import LEAST_SCORE
from netspec.training.judging.row_batches import batched
from netspec.training.judging.row_inputs import Asked, RowInputs

Draw = Callable[[Path, Tensor, Prediction, Any], tuple[Path, ...]]
"""Draws a row: its file, the network's inputs [1, ...], the prediction and the outputs that it is made of."""


class RowPredictor:
    """A run's network, ready to answer rows.

    Args:
        opened: The run.
        device: The device to compute on.
        levels: The values of a pixel that become 0 and 1, in place of what the recipe says, for pixels.

    Attributes:
        images: The way of an image to the network's input and back; None where it takes no images.

    Raises:
        NetspecError: NS0604: the weights do not fit. NS0804: the task tells nothing of a row, or `levels` are given to
            a run that learned from no images. NS0902: the weights cannot be read.
    """

    def __init__(self, opened: OpenedRun, device: Device = "auto", levels: Levels | None = None) -> None:
        self.recipe, self.network, self.heads = opened.recipe, opened.network, opened.heads
        taken = self.network.input_shape
        odd = [head for head in self.heads if not _tells(head) or not head.fits(taken)]
        if len(odd) == len(self.heads) or any(not head.fits(taken) for head in odd):
            of = f"{odd[0].task} in `{odd[0].name}`" if odd[0].name else odd[0].task
            mismatch(f"{opened.folder / METRICS} tells of {of}, and rows are answered with classes, masks or numbers")
        data = opened.data
        trained = trained_on(opened.folder, Code.DATA_MISMATCH)
        own = self.recipe.data.like(trained.learned) if trained else self.recipe.data
        figures, rows = (tuple(data["shift"]), tuple(data["scale"])), own.row_files
        if rows and levels:
            mismatch(
                f"{opened.folder} learned from numbers as they are, and `levels` are of pixels", "leave `levels` out"
            )
        of_pixels = len(taken) == 3 and taken[0] in (1, 3) and len(self.network.slots) == 1 and not own.packs
        self.images: ImageInputs | None = opened.images(levels) if of_pixels or not rows else None
        self.device, self.module = opened.module(device)
        images = None if rows else self.images
        self.inputs = RowInputs(own, self.network, self.module, self.device, figures, data.get("dtype"), images)

    def __call__(
        self,
        given: Sequence[Path],
        *,
        whole: bool = True,
        draw: Draw | None = None,
        least: float = LEAST_SCORE,
        answered: Callable[[int], None] = lambda count: None,
    ) -> Answers:
        """The network's answers to all rows of some files, and of those in folders; what cannot be read is told.

        Args:
            given: Files of rows, images, and folders of either.
            whole: Whether the outputs themselves are kept, and not only the numbers of a table: they may be large.
            draw: Draws each row.
            least: The score that a detector's box has at least.
            answered: Is told after each batch how many rows are answered.

        Raises:
            NetspecError: NS0804: a folder holds arrays and images, or nothing that such a network takes.
        """
        unread: list[Diagnostic] = []
        places: list[tuple[str, int]] = []
        told: list[list[Column | Boxes]] = []
        for rows, batches in batched(self.inputs.asked(given), unread):
            own: list[list[Column | Boxes]] = []
            try:
                for inputs, outputs in self._answers(batches):
                    own.append([self._told(head, inputs, each, whole, least) for head, each in outputs])
                    answered(len(places) + sum(each[0].count for each in own))
                    for index in range(len(inputs) if draw else 0):
                        assert draw is not None
                        name = Path(rows(sum(each[0].count for each in own[:-1]) + index)[0])
                        row, found = self._row(index, inputs, outputs[0])
                        draw(name, row, outputs[0][0].told(name, row, found, 1, least), found)
            except NetspecError as error:
                unread.extend(error.diagnostics)
                continue
            places += map(rows, range(sum(each[0].count for each in own)))
            told += own
        if not told:
            raise NetspecError(unread)
        return Answers(places, [joined(pieces) for pieces in zip(*told, strict=True)], unread)

    def predictions(self, asked: Asked, top: int, least: float = LEAST_SCORE) -> Iterator[Prediction]:
        """The same for the rows of one file, one at a time, with the `top` likeliest classes.

        Raises:
            NetspecError: NS0902: there is no such file. NS0803, NS0804: it cannot be read, or does not fit the run.
        """
        name, read = asked
        row = 0
        for inputs, outputs in self._answers(read()):
            for index in range(len(inputs)):
                row += 1
                told = []
                for head, each in outputs:
                    taken, found = self._row(index, inputs, (head, each))
                    told.append((head.name, head.told(Path(name), taken, found, top, least)))
                made = Prediction(Path(name), outputs=dict(told)) if told[0][0] else told[0][1]
                yield replace(made, row=row)

    def labels(self, outputs: Tensor) -> Tensor:
        """The likeliest class of each pixel of a segmentation, [H, W] int64, without what was padded."""
        found: Tensor = self._masks(self.heads[0], outputs)[0]
        return found

    def _answers(self, batches: Iterator[Tensor]) -> Iterator[tuple[Tensor, list[tuple[Head, Any]]]]:
        """Of each batch what the module takes, and what each head gives."""
        for inputs in batches:
            with torch.inference_mode():
                given = self.module(inputs if self.network.detection is None else list(inputs))
                made = [(head, head.of(given)) for head in self.heads]
            yield inputs, made

    def _row(self, index: int, inputs: Tensor, output: tuple[Head, Any]) -> tuple[Tensor, Any]:
        """A row of a batch, as a batch of its own."""
        _, made = output
        return inputs[index : index + 1], made[index : index + 1]

    def _masks(self, head: Head, outputs: Tensor) -> Tensor:
        masks: Tensor = head.loss.predict(outputs)
        return masks if self.images is None else self.images.unpadded(masks)

    def _told(self, head: Head, inputs: Tensor, made: Any, whole: bool, least: float) -> Column | Boxes:
        """The answers of an output; of one that gives more than a row of numbers, as an image, no columns."""
        if head.task == Detection.key:
            return Boxes.of(made, head.classes, least)
        with torch.inference_mode():
            column = self._column(head, inputs, made)
        return column if whole else column.without_outputs()

    def _column(self, head: Head, inputs: Tensor, made: Tensor) -> Column:
        loss, count, outputs = head.loss, head.shape[0] if head.shape else 0, made.cpu()
        if head.task == Segmentation.key:
            masks = self._masks(head, outputs)
            areas = torch.stack([(masks == index).flatten(1).double().mean(1) for index in range(len(head.classes))], 1)
            return Column(head.name, outputs, head.classes, areas.float(), masks=masks)
        if head.task == Autoencoding.key and made.shape == inputs.shape:
            errors = (head.values(made) - inputs).square().flatten(1).mean(1, keepdim=True)
            return Column(head.name, outputs, ("mse",), head.values(outputs), figures=errors.cpu())
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


def _is_row(head: Head) -> bool:
    """Whether the answers of an output are classes, labels or numbers, a row for each example."""
    return len(head.shape) == 1 and head.task in (Classification.key, MultiLabel.key, Regression.key)


def _tells(head: Head) -> bool:
    """Whether an output tells something of a row."""
    return _is_row(head) or head.task in (Segmentation.key, Autoencoding.key, Detection.key)
