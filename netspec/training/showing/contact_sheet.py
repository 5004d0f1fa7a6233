"""A contact sheet: training images as they are, and below them as augmentation shows them to the network."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from netspec.files.writing import write_atomic
from netspec.frontend.problems import NOWHERE, Places
from netspec.functional.augment.draws import generator
from netspec.functional.fields import Field
from netspec.functional.packing import targets_by_output
from netspec.recipe.data.problems import mismatch
from netspec.recipe.recipe import Recipe
from netspec.training.feeding.batches import Batch
from netspec.training.feeding.sample_set import Samples
from netspec.training.feeding.step_examples import Augment, check_augment
from netspec.training.showing.boxed_sheet import write_boxed_sheet
from netspec.training.showing.sheet_layout import COLUMNS, FONT, LEFT, MARGIN, ROWS, STREAM, TITLE, cut_text

_TILE = 112
"""The least pixels of a tile's longer side; smaller images are enlarged by whole factors."""

_LARGEST = 224
_LABEL = 30
_MASK = ((230, 60, 60), (60, 140, 240), (60, 190, 90), (240, 180, 40), (170, 90, 220), (40, 190, 190))
"""Colours of the classes of a mask, one after the other."""


def write_sheet(samples: Samples, recipe: Recipe, path: Path, places: Places = NOWHERE) -> None:
    """Write the contact sheet of a recipe's data as PNG.

    Args:
        samples: The data of the recipe, as they are read: not made inputs ahead.
        recipe: Its data set, its augmentations and its seed: the rows are what the first steps of a run would make.
        path: The picture.
        places: The places of the spec's values, for the diagnostics.

    Raises:
        NetspecError: NS0801: the augmentations do not fit; NS0804: the examples are no pictures; NS0903: the file
            cannot be written.
    """
    if samples.objects:
        write_boxed_sheet(samples, recipe, path, places)
        return
    if len(samples.shape) != 3 or samples.shape[0] not in (1, 3):
        mismatch(f"{recipe.data.key} gives examples of {list(samples.shape)}: a picture has 1 channel or 3")
    check_augment(recipe.augment, samples, places)
    augment = Augment.of(recipe.augment, samples)
    count = len(samples.train)
    rows = torch.randperm(count, generator=generator(recipe.seed, STREAM))[:COLUMNS]
    (plain,) = samples.train.batches([rows])
    lines = [_Line("as they are", samples.inputs(plain.images), plain.targets)]
    for step in range(ROWS if recipe.augment else 0):
        batch = plain
        if augment.cropped:
            (batch,) = samples.train.batches([rows], [augment.reading(recipe.seed, step, len(rows))])
        inputs, targets = augment(Batch(batch.images, batch.targets, rows), recipe.seed, step, epoch=step)
        lines.append(_Line(f"augmented {step + 1}", inputs, targets))
    made = samples.inputs
    sheet = _Sheet(samples.classes, made.shift, made.scale, samples.scene.brightest, samples.outputs)
    names = ", ".join(part.key for part in recipe.augment) or "none"
    title = f"{recipe.data.key}: {len(rows)} of {count:,} training images, {list(samples.shape)}; augmentation: {names}"
    write_atomic(path, sheet.draw(title, lines))


class _Line:
    """A row of the sheet: inputs of the network [B, C, H, W], and their targets."""

    def __init__(self, name: str, inputs: Tensor, targets: Tensor) -> None:
        self.name, self.inputs, self.targets = name, inputs, targets


class _Sheet:
    """Draws rows of images; pixels get back the values that they had before they were normalised."""

    def __init__(
        self,
        classes: tuple[str, ...],
        shift: tuple[float, ...],
        scale: tuple[float, ...],
        brightest: float,
        outputs: tuple[Field, ...] = (),
    ) -> None:
        from PIL import ImageFont

        self.classes, self.brightest, self.outputs = classes, brightest, outputs
        self.shift, self.scale = (torch.tensor(values).view(-1, 1, 1) for values in (shift, scale))
        self.font = ImageFont.load_default(FONT)

    def draw(self, title: str, lines: list[_Line]) -> bytes:
        """The picture as PNG."""
        from PIL import Image, ImageDraw

        height, width = self._tile(lines[0].inputs)
        columns = len(lines[0].inputs)
        across = LEFT + columns * (width + MARGIN) + MARGIN
        down = TITLE + len(lines) * (height + _LABEL + MARGIN)
        sheet = Image.new("RGB", (across, down), "white")
        pen = ImageDraw.Draw(sheet)
        pen.text((MARGIN, MARGIN), cut_text(pen, title, across - 2 * MARGIN, self.font), fill="black", font=self.font)
        for row, line in enumerate(lines):
            top = TITLE + row * (height + _LABEL + MARGIN)
            pen.text((MARGIN, top), line.name.replace(" ", "\n"), fill="black", font=self.font)
            for column in range(columns):
                left = LEFT + column * (width + MARGIN)
                sheet.paste(self._picture(line, column).resize((width, height), self._filter(line)), (left, top))
                for index, text in enumerate(self._label(line.targets[column])):
                    place = (left, top + height + 1 + index * (FONT + 1))
                    pen.text(place, cut_text(pen, text, width, self.font), fill="#444444", font=self.font)
        file = io.BytesIO()
        sheet.save(file, "PNG")
        return file.getvalue()

    def _tile(self, inputs: Tensor) -> tuple[int, int]:
        """Height and width of a tile."""
        height, width = inputs.shape[2:]
        longer = max(height, width)
        factor = -(-_TILE // longer) if longer < _TILE else min(1.0, _LARGEST / longer)
        return round(height * factor), round(width * factor)

    def _filter(self, line: _Line) -> Any:
        """The filter for resizing; small images are shown pixel by pixel."""
        from PIL.Image import Resampling

        return Resampling.NEAREST if max(line.inputs.shape[2:]) < _TILE else Resampling.BILINEAR

    def _picture(self, line: _Line, column: int) -> Any:
        """One image, in gray or colours, with its mask over it where it has one."""
        from PIL import Image

        pixels = (line.inputs[column].cpu() * self.scale + self.shift) * (255 / self.brightest)
        pixels = pixels.round().clamp(0, 255).expand(3, -1, -1)
        target = line.targets[column]
        if target.ndim == 2 and not target.is_floating_point():
            colours = torch.tensor(_MASK)[(target.clamp(min=1) - 1) % len(_MASK)].permute(2, 0, 1)
            shown = (target > 0) & (target < len(self.classes))
            pixels = torch.where(shown, 0.5 * pixels + 0.5 * colours, pixels)
        return Image.fromarray(pixels.to(torch.uint8).permute(1, 2, 0).contiguous().numpy())

    def _label(self, target: Tensor) -> list[str]:
        """The label of an image, in at most two lines: of several outputs the first two."""
        if self.outputs:
            told = targets_by_output(target[None], self.outputs)
            return [f"{each.name}: {_written(told[each.name][0], each.classes)}" for each in self.outputs[:2]]
        if target.ndim == 0 and self.classes:
            return [self.classes[int(target)]]
        if target.ndim == 1 and self.classes and len(target) == len(self.classes):
            shares, order = target.sort(descending=True)
            pairs = zip(shares.tolist()[:2], order.tolist()[:2], strict=True)
            return [f"{share:.0%} {self.classes[label]}" for share, label in pairs if share >= 0.005]
        if target.ndim == 1:
            return [_written(target)]
        return []


def _written(target: Tensor, classes: tuple[str, ...] = ()) -> str:
    """A class by its name, or the first values."""
    return classes[int(target)] if classes else ", ".join(f"{value:.3g}" for value in target.flatten().tolist()[:3])
