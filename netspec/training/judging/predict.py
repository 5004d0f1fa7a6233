"""The predictions of a trained network for images that are no part of its data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from netspec.training.judging.heads import Prediction
from netspec.training.judging.opened_run import open_run
from netspec.training.steps.device import Device


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
        self.recipe, self.network, self.heads = opened.recipe, opened.network, opened.heads
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
            outputs = self.module(inputs)
            found = [(head.name, head.told(image, inputs, head.of(outputs), top)) for head in self.heads]
        if self.heads[0].name:
            return Prediction(image, outputs=tuple(found))
        drawn = draw(image, inputs, self.heads[0].of(outputs)) if draw else ()
        return replace(found[0][1], pictures=drawn)

    def labels(self, outputs: Tensor) -> Tensor:
        """The likeliest class of each pixel of a segmentation, [H, W] int64, without what was padded."""
        likeliest: Tensor = self.heads[0].loss.predict(outputs)[0]
        return self.images.unpadded(likeliest)
