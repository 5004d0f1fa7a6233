"""A contact sheet of images with boxes: as they are, and below as augmentation shows them to the network."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from netspec.files.writing import write_atomic
from netspec.frontend.problems import NOWHERE, Places
from netspec.functional.augment.draws import generator
from netspec.recipe.recipe import Recipe
from netspec.training.feeding.boxed import BoxedBatch, Target, boxed_parts
from netspec.training.feeding.boxed_augment import BoxedAugment
from netspec.training.feeding.sample_set import Samples
from netspec.training.feeding.step_examples import augment_of, check_augment
from netspec.training.showing.pictures.palette import colour
from netspec.training.showing.sheet_layout import COLUMNS, FONT, LEFT, MARGIN, ROWS, STREAM, TITLE, cut_text

_TILE = 176
"""Pixels of a tile's sides, into which an image is brought whole."""

_LINE, _INSET = 2, 2
"""Pixels: of a box's line, and around its name."""

_DARK = 140
"""The brightness, of 255, from which letters on a colour are black."""


_Line = tuple[str, list[Tensor], list[Target]]
"""The name of a row, images from 0 to 1, and what is in them."""


def write_boxed_sheet(samples: Samples, recipe: Recipe, path: Path, places: Places = NOWHERE) -> None:
    """Write the contact sheet of a recipe's images with boxes as PNG.

    Args:
        samples: The data of the recipe.
        recipe: Its augmentations and its seed: the rows are what the first steps of a run would make.
        path: The picture.
        places: The places of the spec's values, for the diagnostics.

    Raises:
        NetspecError: NS0801: an augmentation cannot move boxes; NS0803: an image is broken; NS0903: the file cannot be
            written.
    """
    check_augment(recipe.augment, samples, places)
    train = boxed_parts(samples)["train"]
    count = len(train)
    rows = torch.randperm(count, generator=generator(recipe.seed, STREAM))[:COLUMNS]
    (plain,) = train.batches([rows])
    inputs: Any = samples.inputs
    lines: list[_Line] = [("as they are", inputs(plain.images), plain.targets)]
    augment = augment_of(recipe, samples)
    assert isinstance(augment, BoxedAugment)
    for step in range(ROWS if recipe.augment else 0):
        batch = BoxedBatch(plain.images, plain.targets, rows)
        lines.append((f"augmented {step + 1}", *augment(batch, recipe.seed, step, epoch=step)))
    names = ", ".join(part.key for part in recipe.augment) or "none"
    title = f"{recipe.data.key}: {len(rows)} of {count:,} training images with boxes; augmentation: {names}"
    write_atomic(path, _drawn(title, lines, samples.classes))


def _drawn(title: str, lines: Sequence[_Line], classes: Sequence[str]) -> bytes:
    """The picture as PNG: a row for each line, an image and its boxes in each tile."""
    from PIL import Image, ImageDraw, ImageFont

    font = ImageFont.load_default(FONT)
    tiles = [
        [_tile(image, target, classes, font) for image, target in zip(images, targets, strict=True)]
        for _, images, targets in lines
    ]
    heights = [max(tile.height for tile in row) + MARGIN for row in tiles]
    across = LEFT + len(tiles[0]) * (_TILE + MARGIN) + MARGIN
    sheet = Image.new("RGB", (across, TITLE + sum(heights)), "white")
    pen = ImageDraw.Draw(sheet)
    pen.text((MARGIN, MARGIN), cut_text(pen, title, across - 2 * MARGIN, font), fill="black", font=font)
    top = TITLE
    for (name, *_), row, height in zip(lines, tiles, heights, strict=True):
        pen.text((MARGIN, top), name.replace(" ", "\n"), fill="black", font=font)
        for column, tile in enumerate(row):
            sheet.paste(tile, (LEFT + column * (_TILE + MARGIN), top))
        top += height
    file = io.BytesIO()
    sheet.save(file, "PNG")
    return file.getvalue()


def _tile(image: Tensor, target: Target, classes: Sequence[str], font: Any) -> Any:
    """An image with its boxes and names, in the size in which it is shown."""
    from PIL import Image, ImageDraw
    from PIL.Image import Resampling

    height, width = image.shape[1:]
    factor = _TILE / max(height, width)
    size = max(1, round(width * factor)), max(1, round(height * factor))
    pixels = (image.cpu() * 255).round().clamp(0, 255).to(torch.uint8).permute(1, 2, 0).contiguous().numpy()
    shown = Image.fromarray(pixels).resize(size, Resampling.BILINEAR)
    pen = ImageDraw.Draw(shown)
    boxes = (target["boxes"].cpu() * factor).round().int().tolist()
    found = sorted(zip(boxes, target["labels"].tolist(), strict=True), key=lambda each: _area(each[0]), reverse=True)
    for box, label in found:
        left, top, right, bottom = box
        pen.rectangle((left, top, max(left, right - 1), max(top, bottom - 1)), outline=colour(label), width=_LINE)
    for box, label in found:  # above all lines, those of small objects last
        _name(pen, box, classes[label - 1], colour(label), font, size)
    return shown


def _name(pen: Any, box: Sequence[int], name: str, ground: tuple[int, int, int], font: Any, size: Any) -> None:
    """The name of a class on its colour: above the box where there is room, or else in it."""
    text = cut_text(pen, name, size[0] - 2 * _INSET, font)
    wide, high = pen.textlength(text, font=font) + 2 * _INSET, FONT + 2 * _INSET
    left = max(0, min(box[0], size[0] - wide))
    top = box[1] - high if box[1] >= high else box[1]
    pen.rectangle((left, top, left + wide, top + high - 1), fill=ground)
    red, green, blue = ground
    dark = 0.299 * red + 0.587 * green + 0.114 * blue > _DARK
    pen.text((left + _INSET, top), text, fill="black" if dark else "white", font=font)


def _area(box: Sequence[int]) -> int:
    left, top, right, bottom = box
    return (right - left) * (bottom - top)
