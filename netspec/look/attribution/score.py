"""The score of a class, which attribution splits among an image's pixels, and its gradient."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from netspec.recipe.objective import MAIN
from netspec.training.steps.outputs import Outputs

Score = Callable[[Tensor], Tensor]
"""Images [N, C, H, W] to the scores of one class, [N]."""

_PIXELS, _MOST = 4 * 224 * 224, 64
"""Pixels that run through a network at once, since gradients keep every map of each image; and the most images."""


def class_score(network: nn.Module, index: int, output: str = MAIN) -> Score:
    """The number `index` of a network that gives [N, classes], in evaluation mode; of several outputs, that of a name.

    It is the network's own output, not a probability: gradients of probabilities vanish where the network is sure.
    """

    def score(images: Tensor) -> Tensor:
        with evaluating(network):
            return output_of(network(images), output)[:, index]

    return score


def output_of(outputs: Outputs, name: str) -> Tensor:
    """The output of a name, or the only one, which has none."""
    return outputs if isinstance(outputs, Tensor) else outputs[name]


def at_once(images: Tensor) -> int:
    """How many images of a size, [..., H, W], run through a network at once: one at least."""
    return max(1, min(_MOST, _PIXELS // (images.shape[-2] * images.shape[-1])))


def gradient(score: Score, images: Tensor) -> Tensor:
    """The derivative of each image's own score by its pixels, [N, C, H, W]; 0 where the score rests on none.

    Gradients of weights are neither computed nor touched. Of many images, a few are there at once.
    """
    found = []
    with torch.inference_mode(False), torch.enable_grad():
        for few in images.clone().split(at_once(images)):
            leaf = few.detach().requires_grad_()
            total = score(leaf).sum()
            known = total.requires_grad
            found.append(torch.autograd.grad(total, leaf, materialize_grads=True)[0] if known else leaf * 0)
    return torch.cat(found).detach()


@contextmanager
def evaluating(network: nn.Module) -> Iterator[None]:
    """Evaluation mode inside; each module is then in the mode it was in."""
    modes = [(module, module.training) for module in network.modules()]
    network.eval()
    try:
        yield
    finally:
        for module, mode in modes:
            module.training = mode
