"""Image folders: a folder for each class, or images with a mask each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch

from netspec.functional.data.decoding import Decoding, Encoded, decoded_data
from netspec.functional.data.listing import (
    Look,
    labelled_images,
    paired_masks,
    parts_of,
)
from netspec.functional.data.masks import EncodedMasks, MaskDecoding
from netspec.functional.examples import Data


def load_folders(
    folder: Path,
    layouts: tuple[str, ...],
    without: tuple[str, ...],
    decoding: Decoding,
    split: Callable[[Data], Data],
    follow_links: bool,
) -> Data:
    """Images [N, C, H, W] with their classes: a folder for each, maybe below parts.

    Args:
        folder: The data set's.
        layouts: Folders below it where it may lie.
        without: Folders that are no classes.
        decoding: The way to decode images.
        split: Takes the images that judge the training, where no part does.
        follow_links: Whether links may lead out of the folder.
    """
    folder = next((folder / e for e in layouts if (folder / e).is_dir()), folder)
    look = Look(None if follow_links else folder)
    places = parts_of(folder, look).below(folder)
    classes = [name for name in look.folders(places[0]) if name not in without]
    parts: list[Encoded | None] = []
    for place in places:
        if place is None:
            parts.append(None)
            continue
        rows = labelled_images(place, classes, look, without)
        labels = torch.tensor([label for _, label in rows]) if classes else None
        parts.append(Encoded([place / name for name, _ in rows], labels))
    look.refuse_broken()
    return split(replace(decoded_data(parts, decoding), classes=tuple(classes)))


def load_masks(
    folder: Path,
    decoding: MaskDecoding,
    split: Callable[[Data], Data],
    follow_links: bool,
) -> Data:
    """Images [N, C, H, W] with masks [N, H, W]: folders `images` and `masks`."""
    look = Look(None if follow_links else folder)
    parts: list[Encoded | None] = []
    for place in parts_of(folder, look).below(folder):
        if place is None:
            parts.append(None)
            continue
        pairs, _ = paired_masks(place, look)
        images = [place / "images" / image for image, _ in pairs]
        masks = [place / "masks" / mask for _, mask in pairs]
        parts.append(EncodedMasks(images, None, masks))
    look.refuse_broken()
    return split(decoded_data(parts, decoding))
