"""Classes of unlike numbers of images, made to count alike: by weights, or by order."""

from __future__ import annotations

import torch
from torch import Tensor

from netspec.functional.order import order_generator


def class_counts(labels: Tensor, classes: int, ignored: int | None) -> list[int]:
    """The images of each class, of labels [N]; none of one that is left out."""
    if ignored is not None:
        labels = labels[labels != ignored]
    counts: list[int] = torch.bincount(labels, minlength=classes).tolist()
    return counts


def balanced_order(labels: Tensor, seed: int, epoch: int) -> Tensor:
    """As many images as there are, drawn so that every class is as likely as another.

    Drawn with replacement, with chances of one over the images of their class, as
    torch's WeightedRandomSampler draws them. Labels [N] and the result are on the CPU.
    """
    chances = 1 / torch.bincount(labels).double()[labels]
    generator = order_generator(seed, epoch)
    return torch.multinomial(chances, len(labels), True, generator=generator)
