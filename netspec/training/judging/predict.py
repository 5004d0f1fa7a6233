"""The predictions of a trained network for images that are no part of its data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from netspec.diagnostics.arguments import Device
from netspec.functional.data.depth import Levels
from netspec.training.judging.heads import Prediction
from netspec.training.judging.in_memory import HeldImage
from netspec.training.judging.opened_run import OpenedRun

LEAST_SCORE = 0.5
"""The score that a detector's box has at least, unless another is asked for."""


class Predictor:
    """A run's network, ready to predict.

    Args:
        opened: The run.
        device: The device to compute on.
        levels: The values of a pixel that become 0 and 1, in place of what the recipe says.

    Raises:
        NetspecError: NS0604: the weights do not fit. NS0804: the network takes no images. NS0902: the weights cannot be
            read, or the metrics are of another network.
    """

    def __init__(self, opened: OpenedRun, device: Device = "auto", levels: Levels | None = None) -> None:
        self.recipe, self.network, self.heads = opened.recipe, opened.network, opened.heads
        self.images = opened.images(levels)
        self.device, self.module = opened.module(device)

    def __call__(
        self,
        image: Path | HeldImage,
        top: int = 5,
        draw: Callable[[Path, Tensor, Prediction, Any], tuple[Path, ...]] | None = None,
        least: float = LEAST_SCORE,
    ) -> Prediction:
        """The network's prediction for an image, with the `top` likeliest classes.

        Args:
            image: Its file, or the image itself.
            top: Classes that are told.
            draw: Draws the image's file, the network's inputs, the prediction and the outputs that it is made of;
                gives the pictures' files.
            least: The score that a detector's box has at least.

        Raises:
            NetspecError: NS0902: the file is no image that can be read.
        """
        if isinstance(image, HeldImage):
            inputs, image = self.images.of_image(image.image, image.name, self.device), Path(image.name)
        else:
            inputs = self.images(image, self.device)
        with torch.inference_mode():
            outputs = self.module(inputs if self.network.detection is None else list(inputs))
            found = [(head.name, head.told(image, inputs, head.of(outputs), top, least)) for head in self.heads]
        if self.heads[0].name:
            return Prediction(image, outputs=dict(found))
        told = found[0][1]
        return replace(told, pictures=draw(image, inputs, told, self.heads[0].of(outputs)) if draw else ())

    def labels(self, outputs: Tensor) -> Tensor:
        """The likeliest class of each pixel of a segmentation, [H, W] int64, without what was padded."""
        likeliest: Tensor = self.heads[0].loss.predict(outputs)[0]
        return self.images.unpadded(likeliest)
