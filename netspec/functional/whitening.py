"""The first convolution of a network, its filters taken from the training images."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

AT_ONCE = 1 << 22
"""Numbers of patches that are worked on together, at most."""


def whitened(
    network: nn.Module, images: Tensor, path: str, eps: float, freeze: bool
) -> None:
    """Make a convolution whiten the patches of images: its outputs vary alike, alone.

    Its first filters are the eigenvectors of the patches' covariance, that of the
    largest eigenvalue first, each over the root of its eigenvalue plus `eps`; their
    negatives follow, as far as there is room, and any further filters stay as they are.
    All is computed in float64 on the CPU, the sign of a filter by its largest number.

    Args:
        network: On the CPU.
        images: Inputs of the network, [N, C, H, W].
        path: The convolution, which reads these inputs: [K, C, h, w].
        eps: Keeps directions that hardly vary from growing without bound.
        freeze: Whether its filters never learn.
    """
    convolution = network.get_submodule(path)
    assert isinstance(convolution, nn.Conv2d)
    values, vectors = torch.linalg.eigh(_covariance(images, convolution))
    rows = (vectors / (values.clamp(min=0) + eps).sqrt()).T.flip(0)
    largest = rows.gather(1, rows.abs().argmax(1, keepdim=True))
    rows = rows * largest.sign()
    rows = torch.cat([rows, -rows])[: convolution.out_channels]
    with torch.no_grad():
        weight = convolution.weight
        weight[: len(rows)] = rows.view(-1, *weight.shape[1:]).to(weight)
        weight.requires_grad_(weight.requires_grad and not freeze)


def _covariance(images: Tensor, convolution: nn.Conv2d) -> Tensor:
    """The covariance of all patches that the convolution's filters may see."""
    size = convolution.weight[0].numel()
    patches = images[0, 0].numel() * size
    total, products = torch.zeros(size).double(), torch.zeros(size, size).double()
    count = 0
    for piece in images.cpu().double().split(max(1, AT_ONCE // patches)):
        rows = F.unfold(piece, convolution.kernel_size, convolution.dilation)
        rows = rows.transpose(1, 2).flatten(0, 1)
        total += rows.sum(0)
        products += rows.T @ rows
        count += len(rows)
    mean = total / count
    return products / count - mean.outer(mean)
