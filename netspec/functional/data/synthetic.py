"""Random images, for measurements of speed."""

from __future__ import annotations

import torch

from netspec.functional.examples import Data, Images


def random_images(
    size: tuple[int, ...], classes: int, examples: int, seed: int
) -> Data:
    """Random pixels [N, C, H, W] with random classes; a tenth as many for the test."""
    generator = torch.Generator().manual_seed(seed)

    def part(count: int) -> Images:
        shape = (count, *size)
        images = torch.randint(256, shape, dtype=torch.uint8, generator=generator)
        return Images(images, torch.randint(classes, (count,), generator=generator))

    return Data(part(examples), part(max(1, examples // 10)))
