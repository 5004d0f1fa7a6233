"""What published weights were trained on: the names of their classes, and what became of their images' pixels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from netspec.interop.reference import collection


@dataclass(frozen=True, slots=True)
class Pretrained:
    """The data behind published weights.

    Attributes:
        classes: Their names, in the order of the outputs.
        mean: What was taken off each channel, as a share of the brightest pixel.
        deviation: What each channel was divided by after that, likewise.
        margin: The shorter side to which an image is resized, in lengths of the piece that is cut out of it.
    """

    classes: tuple[str, ...]
    mean: tuple[float, ...]
    deviation: tuple[float, ...]
    margin: float


def pretrained(source: str | Path) -> Pretrained | None:
    """The data behind torchvision's weights, of which torchvision tells; None for weights from elsewhere.

    Args:
        source: As `netspec.load_weights` takes it.

    Raises:
        NetspecError: NS0904: torchvision is not installed. NS0908: it has no such network.
    """
    hub, _, name = str(source).partition(":")
    if hub != "torchvision" or isinstance(source, Path):
        return None
    network, _, kind = name.partition("/")
    kinds: Mapping[str, Any] = collection("torchvision", network).get_model_weights(network).__members__
    if (kind or "DEFAULT") not in kinds:
        return None  # reading them tells of it
    chosen = kinds[kind or "DEFAULT"]
    made = chosen.transforms()
    piece = getattr(made, "crop_size", made.resize_size)  # a segmentation cuts out none
    margin = made.resize_size[0] / piece[0]
    return Pretrained(tuple(chosen.meta.get("categories", ())), tuple(made.mean), tuple(made.std), margin)
