"""Predictions as pictures: masks and overlays of a segmentation, reconstructions of an autoencoder."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from netspec.diagnostics import Code, NetspecError
from netspec.diagnostics.styled import printable
from netspec.files.destination import make_folder, refused
from netspec.files.writing import write_within
from netspec.recipe.tasks import axes
from netspec.recipe.tasks.classification import Segmentation
from netspec.recipe.tasks.detection import Detection
from netspec.recipe.tasks.values import Autoencoding
from netspec.training.judging.heads import Prediction
from netspec.training.judging.image_inputs import whole_image
from netspec.training.judging.predict import Predictor
from netspec.training.judging.row_files import ROWS
from netspec.training.judging.rows import RowPredictor
from netspec.training.showing.pictures.boxes import boxes_over
from netspec.training.showing.pictures.palette import colour, palette
from netspec.training.showing.pictures.shown_size import resized, shown_size

if TYPE_CHECKING:
    from PIL.Image import Image

_MARGIN, _FONT, _LINE, _LEGEND, _CAPTION = 12, 15, 24, 240, 22
"""Pixels: around what is drawn, of the letters, from line to line, of the legend's width, of a caption's height."""

_LISTED = 12
"""Classes that a legend lists."""

_UNFIT = re.compile(r"[^\w.-]+")
"""What names of images in a file may have, and names of files may not."""

_OPACITY, _BORDER = 0.5, 2
"""The share of a class's colour within its pixels; the width of its border, which has all of it."""


class Pictures:
    """Writes the pictures of predictions into a folder, which is made where there is none.

    An image ``a/cat.jpg`` of a folder gives ``a/cat.mask.png`` and ``a/cat.overlay.png``, ``a/cat.reconstruction.png``,
    or ``a/cat.boxes.png``. Where two are called alike, the later one is numbered.

    Args:
        predictor: The run's, of images or of rows.
        folder: The folder.
        given: The files and folders of images, as the user named them.

    Raises:
        NetspecError: NS0804: the run's task has no pictures, or it takes no images. NS0903: the folder cannot be made,
            or is one of those that are read, or in one.
    """

    def __init__(self, predictor: Predictor | RowPredictor, folder: Path, given: Sequence[Path]) -> None:
        self.predictor, self.folder = predictor, folder
        self._given = [path for path in given if path.is_dir()]
        self._taken: set[str] = set()
        drawn = (Segmentation.key, Autoencoding.key, Detection.key)
        if predictor.heads[0].name or predictor.heads[0].task not in drawn:
            of = "several outputs" if predictor.heads[0].name else predictor.heads[0].task
            known = "a segmentation has masks, an autoencoder reconstructions, a detector boxes"
            what = f"a run of {of} has no pictures: {known}"
            raise NetspecError.of(Code.DATA_MISMATCH, what, help="leave `--pictures` out")
        if predictor.images is None:
            what = (
                f"a run that takes {axes(predictor.network.input_shape)} has no pictures: an image has 1 channel or 3"
            )
            raise NetspecError.of(Code.DATA_MISMATCH, what, help="leave `--pictures` out")
        if read := next((path for path in self._given if folder.resolve().is_relative_to(path.resolve())), None):
            raise refused(folder, f"this command reads the images of {read}", "name a folder elsewhere")
        self._read = {path.resolve() for path in given}
        self._images = predictor.images
        make_folder(folder)

    def __call__(self, image: Path, inputs: Tensor, told: Prediction, outputs: Any) -> tuple[Path, ...]:
        """The files that were written for an image.

        Args:
            image: Its file, or that of an array, or its name in a file of several.
            inputs: The network's, [1, C, H, W].
            told: What is told of it.
            outputs: The network's: classes [1, K, H, W], or an image as the inputs are.
        """
        name = self._name(image)
        if self.predictor.heads[0].task == Autoencoding.key:
            made = self.predictor.heads[0].values(outputs)
            return (self._write(f"{name}.reconstruction.png", self._beside(inputs[0], made[0])),)
        shown = self._shown(image, inputs[0])
        if told.boxes is not None:
            return (self._write(f"{name}.boxes.png", boxes_over(shown, told.boxes, self.predictor.heads[0].classes)),)
        labels = self.predictor.labels(outputs)
        mask = F.interpolate(labels[None, None].float(), (shown.height, shown.width), mode="nearest-exact")[0, 0]
        return (
            self._write(f"{name}.mask.png", indexed(mask)),
            self._write(f"{name}.overlay.png", overlay(shown, mask.long(), self.predictor.heads[0].classes)),
        )

    def _shown(self, image: Path, inputs: Tensor) -> Image:
        """An image in its own size; one that is no file of its own, as the network sees it."""
        if _is_file(image):
            return whole_image(image, self.predictor.recipe.data, self._images.levels)
        from PIL import Image

        pixels = self._images.pixels(self._images.unpadded(inputs))
        return Image.fromarray(pixels.expand(3, -1, -1).permute(1, 2, 0).contiguous().numpy())

    def _name(self, image: Path) -> str:
        """The name of an image's pictures, without an ending; no other image has it."""
        within = next((image.relative_to(each) for each in self._given if image.is_relative_to(each)), Path(image.name))
        if not image.exists():  # a name that a stranger gave it within a file
            within = Path(*(_UNFIT.sub("_", part).strip(".") or "_" for part in within.parts))
        stem = within.with_suffix("").as_posix()
        name, number = stem, 1
        while name in self._taken:
            number += 1
            name = f"{stem}-{number}"
        self._taken.add(name)
        return name

    def _write(self, name: str, picture: Image) -> Path:
        file = io.BytesIO()
        picture.save(file, "PNG")
        if (self.folder / name).resolve() in self._read:
            raise refused(self.folder / name, "it is what this command reads", "name another folder")
        write_within(self.folder, name, file.getvalue())
        return self.folder / name

    def _beside(self, inputs: Tensor, outputs: Tensor) -> Image:
        """What an autoencoder was given, and beside it what it gave."""
        from PIL import Image, ImageDraw, ImageFont

        images = self._images
        shown = (images.pixels(images.unpadded(pixels)) for pixels in (inputs, outputs))
        both = [pixels.expand(3, -1, -1).permute(1, 2, 0).numpy() for pixels in shown]
        size = shown_size(both[0].shape[1], both[0].shape[0])
        sheet = Image.new("RGB", (2 * size[0] + 3 * _MARGIN, size[1] + 2 * _MARGIN + _CAPTION), "white")
        pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(_FONT)
        for index, (caption, pixels) in enumerate(zip(("original", "reconstruction"), both, strict=True)):
            left = _MARGIN + index * (size[0] + _MARGIN)
            pen.text((left, _MARGIN - 4), caption, fill="black", font=font)
            sheet.paste(resized(Image.fromarray(pixels), size), (left, _MARGIN + _CAPTION - 4))
        return sheet


def _is_file(image: Path) -> bool:
    """Whether an image is a file of its own."""
    return image.suffix.lower() not in ROWS and image.is_file()


def indexed(mask: Tensor) -> Image:
    """Classes [H, W] as an image of a palette, whose pixels are their numbers."""
    from PIL import Image

    found = Image.fromarray(mask.cpu().numpy().astype(np.uint8)).convert("P")
    found.putpalette(palette())
    return found


def overlay(image: Image, mask: Tensor, classes: Sequence[str]) -> Image:
    """An image with its mask over it, class 0 left as it is, and a legend of the classes with the most pixels.

    Args:
        image: In colour.
        mask: The class of every pixel, [H, W] int64.
        classes: Their names.
    """
    from PIL import Image, ImageDraw, ImageFont

    size, mask = shown_size(*image.size), mask.cpu()
    seen = F.interpolate(mask[None, None].float(), (size[1], size[0]), mode="nearest-exact")[0, 0].long()
    shown = Image.fromarray(tinted(torch.from_numpy(np.array(resized(image, size))), seen).numpy())
    shares = mask.flatten().bincount(minlength=len(classes)).double() / mask.numel()
    there = [label for label in shares.argsort(descending=True).tolist() if shares[label] > 0]
    lines = min(len(there), _LISTED) + (len(there) > _LISTED)
    height = max(shown.height, lines * _LINE)
    sheet = Image.new("RGB", (shown.width + _LEGEND + 3 * _MARGIN, height + 2 * _MARGIN), "white")
    sheet.paste(shown, (_MARGIN, _MARGIN))
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(_FONT)
    left = shown.width + 2 * _MARGIN
    for index, label in enumerate(there[:_LISTED]):
        top = _MARGIN + index * _LINE
        box = (left, top + 2, left + _FONT, top + 2 + _FONT)
        pen.rectangle(box, fill=colour(label) if label else "white", outline="#9AA5B1")
        share = f"{float(shares[label]):.1%}"
        pen.text((left + _LEGEND, top), share, fill="#1F2933", font=font, anchor="ra")
        room = _LEGEND - _FONT - 8 - pen.textlength(f"  {share}", font=font)
        name = printable(classes[label])[:80]
        while name and pen.textlength(name, font=font) > room:
            name = f"{name[:-2]}…" if len(name) > 2 else ""
        pen.text((left + _FONT + 8, top), name, fill="#1F2933", font=font)
    if len(there) > _LISTED:
        pen.text((left, _MARGIN + _LISTED * _LINE), f"{len(there) - _LISTED} more", fill="#5A6472", font=font)
    return sheet


def tinted(pixels: Tensor, mask: Tensor) -> Tensor:
    """Pixels [H, W, 3] in the colours of their classes [H, W], those at borders most; class 0 is left as it is."""
    colours = torch.tensor([colour(label) for label in range(int(mask.max()) + 1)])[mask]
    made = torch.lerp(pixels.float(), colours.float(), _OPACITY).round()
    border = torch.zeros_like(mask, dtype=torch.bool)
    border[_BORDER:] |= mask[_BORDER:] != mask[:-_BORDER]
    border[:-_BORDER] |= mask[:-_BORDER] != mask[_BORDER:]
    border[:, _BORDER:] |= mask[:, _BORDER:] != mask[:, :-_BORDER]
    border[:, :-_BORDER] |= mask[:, :-_BORDER] != mask[:, _BORDER:]
    made = torch.where(border[:, :, None], colours, made.to(torch.int64)).to(torch.uint8)
    return torch.where((mask > 0)[:, :, None], made, pixels)
