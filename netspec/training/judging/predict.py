"""The predictions of a trained network for images that are no part of its data."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL.Image import Image
from torch import Tensor

from netspec import api
from netspec.diagnostics import Code, Diagnostic, NetspecError
from netspec.driver.recipes import recipe_of
from netspec.files.reading import read_bounded
from netspec.files.run_folder import METRICS, SPEC, is_run
from netspec.functional.data.depth import shares_of
from netspec.functional.data.image_files import MOST_BYTES, Frame
from netspec.functional.data.walk import images_below
from netspec.images.door import MOST_PIXELS, Unreadable
from netspec.recipe.data import DataSet
from netspec.recipe.data.decode import image_of, pixels
from netspec.recipe.data.encoded import Encoded
from netspec.recipe.recipe import Recipe
from netspec.recipe.tasks import Task, axes
from netspec.recipe.tasks.classification import Classification, Segmentation
from netspec.recipe.tasks.multi_label import MultiLabel
from netspec.recipe.tasks.values import Autoencoding
from netspec.training.feeding.inputs import Inputs
from netspec.training.judging.classes import check_same_classes
from netspec.training.judging.evaluate import loaded
from netspec.training.keeping.metrics_file import read_metrics, told
from netspec.training.keeping.runs import run_files
from netspec.training.network import Network
from netspec.training.spec import network_of
from netspec.training.steps.device import Device, take
from netspec.training.steps.outputs import main_output


@dataclass(frozen=True, slots=True)
class Guess:
    """A class and its support: its probability, or its score where the loss gives outputs no probabilities."""

    name: str
    probability: float | None
    score: float


@dataclass(frozen=True, slots=True)
class Area:
    """A class and the pixels that a segmentation takes for it, as a share of all."""

    name: str
    pixels: float


@dataclass(frozen=True, slots=True)
class Prediction:
    """The prediction of the network for one image.

    Attributes:
        image: Its file.
        guesses: The likeliest classes, or labels of several, the likeliest first.
        areas: Of a segmentation, the classes with the most pixels, the largest first.
        values: The outputs of a regression.
        error: The mean squared error of an autoencoder, between what it takes and what it gives; None of other tasks.
        pictures: The files that were drawn of it.
    """

    image: Path
    guesses: tuple[Guess, ...] = ()
    areas: tuple[Area, ...] = ()
    values: tuple[float, ...] = ()
    error: float | None = None
    pictures: tuple[Path, ...] = ()


class Predictor:
    """A run's network, ready to predict.

    Args:
        run: The run's folder.
        weights: Weights in place of its final ones.
        device: The device to compute on.
        max_entries: As `netspec.load` takes it.

    Raises:
        NetspecError: NS0902: that is no run's folder, or its files cannot be read. NS0604: the weights do not fit.
            NS0804: the network takes no images, or the weights are of a run of other classes.
    """

    def __init__(
        self, run: Path, weights: str | None = None, device: Device = "auto", max_entries: int | None = None
    ) -> None:
        metrics = metrics_of(run)
        data = told(metrics, run)
        spec_file, found = run_files(str(run), weights)
        spec = api.load(spec_file, max_entries=max_entries)
        self.recipe: Recipe = recipe_of(spec)
        self.network: Network = network_of(spec, self.recipe)
        self.task: str = metrics["task"]
        self.classes: list[str] = data["classes"]
        assert found is not None  # a run's folder has weights
        check_same_classes(run, found)
        self._check_told(run, data)
        if len(self.network.input_shape) != 3 or self.network.input_shape[0] not in (1, 3):
            message = f"the network takes {axes(self.network.input_shape)}; an image has 1 channel or 3"
            raise NetspecError.of(Code.DATA_MISMATCH, message)
        process = take(device)
        self.device, self.module = process.device, loaded(self.network, found, process).eval()
        self.inputs, self.brightest = self._inputs(data), data["brightest"]

    def __call__(
        self, image: Path, top: int = 5, draw: Callable[[Path, Tensor, Tensor], tuple[Path, ...]] | None = None
    ) -> Prediction:
        """The network's prediction for an image, with the `top` likeliest classes.

        Args:
            image: Its file.
            top: Classes that are told.
            draw: Draws the image's file, the network's inputs and its outputs; gives the pictures' files.

        Raises:
            NetspecError: NS0902: the file is no image that can be read.
        """
        read = read_image(image, self.network.input_shape[0], self.recipe.data)
        # Pixels of a file go to 255 or are shares, those of the data set go to its own brightest value.
        scaled = read.to(self.device).float() * (self.brightest / (255 if read.dtype == torch.uint8 else 1))
        with torch.inference_mode():
            inputs = self.inputs(scaled)
            outputs = main_output(self.module(inputs)).float()
        drawn = draw(image, inputs, outputs) if draw else ()
        if self.task == Classification.key:
            return Prediction(image, self._guesses(outputs, top))
        if self.task == MultiLabel.key:
            return Prediction(image, self._labels(outputs, top))
        if self.task == Segmentation.key:
            return Prediction(image, areas=self._areas(outputs, top), pictures=drawn)
        if self.task == Autoencoding.key:
            return Prediction(image, error=float((outputs - inputs).square().mean()), pictures=drawn)
        return Prediction(image, values=tuple(outputs.flatten().tolist()))

    def labels(self, outputs: Tensor) -> Tensor:
        """The likeliest class of each pixel of a segmentation, [H, W] int64, without what was padded."""
        likeliest: Tensor = self.recipe.loss.predict(outputs)[0]
        return self._unpadded(likeliest)

    def pixels(self, inputs: Tensor) -> Tensor:
        """An input [C, H, W], or an output like it, as the image that it was before it was normalised, uint8 from 0."""
        shift, scale = (torch.tensor(values).view(-1, 1, 1) for values in (self.inputs.shift, self.inputs.scale))
        image: Tensor = (self._unpadded(inputs).cpu() * scale + shift) * (255 / self.brightest)
        return image.round().clamp(0, 255).to(torch.uint8)

    def _unpadded(self, image: Tensor) -> Tensor:
        """An image, or a mask, [..., H, W], without the pixels that the recipe pads it with."""
        (down, across), (height, width) = self.inputs.pad, image.shape[-2:]
        return image[..., down : height - down, across : width - across]

    def _check_told(self, run: Path, data: Mapping[str, Any]) -> None:
        """Make sure that a run's metrics belong to its own network and recipe."""
        kind, outputs = Task.members.get(self.task), self.network.output_shape
        channels = {1, self.network.input_shape[0]}
        fits = isinstance(kind, type) and issubclass(kind, Task) and kind.learns(type(self.recipe.loss))
        if self.task == Classification.key:
            fits = fits and outputs == (len(self.classes),)
        elif self.task == Segmentation.key:
            fits = fits and len(outputs) == 3 and outputs[0] == len(self.classes)
        elif self.task == Autoencoding.key:
            fits = fits and outputs == self.network.input_shape
        if not fits or {len(data["shift"]), len(data["scale"])} - channels:
            message = f"{run / METRICS} tells of another network: of {self.task} with {len(self.classes):,} classes"
            raise NetspecError.of(Code.FILE_UNREADABLE, message, found=f"outputs of {axes(outputs)} in its {SPEC}")

    def _inputs(self, data: Mapping[str, Any]) -> Inputs:
        """The inputs of training, with images of another size brought to it."""
        own, height, width = self.recipe.data, *self.network.input_shape[1:]
        size = own.resize or (height - 2 * own.pad[0], width - 2 * own.pad[1])
        return Inputs(size, own.pad, tuple(data["shift"]), tuple(data["scale"]))

    def _guesses(self, outputs: Tensor, top: int) -> tuple[Guess, ...]:
        scores, shares = self.recipe.loss.scores(outputs)[0], self.recipe.loss.probabilities(outputs)
        best = scores.topk(min(top, len(self.classes)))
        chosen = zip(best.indices.tolist(), best.values.tolist(), strict=True)
        return tuple(
            Guess(self.classes[index], None if shares is None else float(shares[0, index]), score)
            for index, score in chosen
        )

    def _labels(self, outputs: Tensor, top: int) -> tuple[Guess, ...]:
        """Labels by their numbers, each with a probability of its own."""
        best = outputs.flatten().topk(min(top, outputs.numel()))
        pairs = zip(best.indices.tolist(), best.values.tolist(), best.values.sigmoid().tolist(), strict=True)
        return tuple(Guess(str(index), probability, score) for index, score, probability in pairs)

    def _areas(self, outputs: Tensor, top: int) -> tuple[Area, ...]:
        counts = self.recipe.loss.predict(outputs).flatten().bincount(minlength=len(self.classes)).double()
        best = (counts / counts.sum()).topk(min(top, len(self.classes)))
        pairs = zip(best.indices.tolist(), best.values.tolist(), strict=True)
        return tuple(Area(self.classes[index], area) for index, area in pairs if area)


def read_image(file: Path, channels: int, data: DataSet) -> Tensor:
    """An image as a data set of files has its own, [1, C, H, W]: turned as its EXIF says, cropped as there.

    It is uint8; or float32 from 0 to 1 where it has more than 8 bits, or the data set says the range of pixels.

    Raises:
        NetspecError: NS0902: it is no image, is cut short, is smaller than the crop, or its pixels have no range.
    """
    levels = data.levels if isinstance(data, Encoded) else None
    image = _decoded(file, channels, data)
    try:
        frame = Frame()
        if isinstance(data, Encoded) and data.crop:
            frame = Frame(None, data.shorter, data.crop)
        elif isinstance(data, Encoded) and data.resize and data.resize[0] * data.resize[1] < image.height * image.width:
            frame = Frame(resize=data.resize)  # Pillow makes images smaller there, too
        found = pixels(image, frame)
        if levels or found.dtype != np.uint8:
            found = shares_of(found, channels, levels)
        return torch.from_numpy(found)[None]
    except Unreadable as error:
        raise NetspecError.of(Code.FILE_UNREADABLE, f"{file}: {error}") from None


def whole_image(file: Path, data: DataSet) -> Image:
    """An image in colours of 8 bits, in its own size, turned as its EXIF says.

    Raises:
        NetspecError: NS0902: it is no image, or is cut short.
    """
    image = _decoded(file, 3, data)
    if image.mode == "F":  # shares of the range of its pixels
        image = image.point(lambda share: share * 255 + 0.5).convert("L")
    return image.convert("RGB")


def _decoded(file: Path, channels: int, data: DataSet) -> Image:
    """An image as `image_of` decodes it, by the bounds of a data set."""
    bounds = (data.max_pixels, data.levels) if isinstance(data, Encoded) else (MOST_PIXELS, None)
    try:
        return image_of(read_bounded(file, MOST_BYTES), channels, *bounds)
    except Unreadable as error:
        raise NetspecError.of(Code.FILE_UNREADABLE, f"{file}: {error}") from None


def image_files(given: Sequence[Path]) -> Iterator[Path | Diagnostic]:
    """The files; for a folder, all images in it and below by name, or the problem with it."""
    for path in given:
        if not os.path.isdir(path):  # noqa: PTH112 - a Path's own raises where a name is too long
            yield path
            continue
        found = images_below(path, path)
        yield from (path / name for name in found.names)
        for name, reason in found.broken:
            yield Diagnostic(Code.FILE_UNREADABLE, f"{name}: {reason}")
        if not found.names and not found.broken:
            yield Diagnostic(Code.FILE_UNREADABLE, f"{path} holds no images")


def metrics_of(run: Path) -> dict[str, Any]:
    """The metrics of a run."""
    if not is_run(run):
        help = "runs are in runs/ unless `netspec train --out` says otherwise"
        raise NetspecError.of(Code.FILE_UNREADABLE, f"{run} is no run's folder: it has no {SPEC}", help=help)
    return read_metrics(run)
