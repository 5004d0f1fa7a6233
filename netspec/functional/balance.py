"""Classes of unlike numbers of images, made to count alike: by weights, or by order."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from netspec.functional.order import order_generator


def balanced_weights(counts: Sequence[int]) -> tuple[float, ...]:
    """The weight of each class: images over classes times the class's own images.

    All images together weigh what they would without weights. As scikit-learn's
    `class_weight="balanced"` (King and Zeng 2001, "Logistic regression in rare events
    data"); a class without images, which counts for none there, has the weight 0.
    """
    present = sum(count > 0 for count in counts)
    return tuple(sum(counts) / (present * n) if n else 0.0 for n in counts)


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
