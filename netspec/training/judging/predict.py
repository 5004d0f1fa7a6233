"""The predictions of a trained network for images that are no part of its data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from netspec.recipe.tasks.classification import Classification, Segmentation
from netspec.recipe.tasks.multi_label import MultiLabel
from netspec.recipe.tasks.values import Autoencoding
from netspec.training.judging.opened_run import open_run
from netspec.training.steps.device import Device
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
        opened = open_run(run, weights, max_entries)
        self.recipe, self.network, self.task, self.classes = opened.recipe, opened.network, opened.task, opened.classes
        self.images = opened.images()
        self.device, self.module = opened.module(device)

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
        inputs = self.images(image, self.device)
        with torch.inference_mode():
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
        return self.images.unpadded(likeliest)

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
