"""Classes of unlike numbers of images, made to count alike: by weights, or by order."""

from __future__ import annotations

import torch
from torch import Tensor

from netspec.functional.order import order_generator

LABELS_AT_ONCE = 2**22
"""The labels that are counted at once: their copies take 32 MiB."""


def class_counts(
    labels: Tensor, classes: int, ignored: int | None, blank: int | None = None
) -> list[int]:
    """The images of each class, of labels [N]; of masks [N, H, W], the pixels.

    None of the class that is left out, nor of what stands for no class, `blank`.
    """
    counts = torch.zeros(classes, dtype=torch.int64, device=labels.device)
    for piece in labels.flatten().split(LABELS_AT_ONCE):
        kept = piece if ignored is None else piece[piece != ignored]
        counts += torch.bincount(kept, minlength=classes)[:classes]
    found: list[int] = counts.tolist()
    return [0 if label == blank else count for label, count in enumerate(found)]


def balanced_order(labels: Tensor, seed: int, epoch: int) -> Tensor:
    """As many images as there are, drawn so that every class is as likely as another.

    Drawn with replacement, with chances of one over the images of their class, as
    torch's WeightedRandomSampler draws them. Labels [N] and the result are on the CPU.
    """
    chances = 1 / torch.bincount(labels).double()[labels]
    generator = order_generator(seed, epoch)
    return torch.multinomial(chances, len(labels), True, generator=generator)
