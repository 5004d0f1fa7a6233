"""A detector as an exported function: one image of any size, and the boxes, labels and scores that are found in it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor, nn

from netspec.exporters.result import Difference
from netspec.graph import Graph, Input

OUTPUTS = ("boxes", "labels", "scores")
"""What it gives: ``[K, 4]`` as left, top, right, bottom in pixels, ``[K]`` and ``[K]``."""

_SIDES = ((96, 128), (128, 80))
"""Height and width of the compared images; the first is traced."""

Run = Callable[[tuple[Tensor, ...]], Sequence[Tensor]]


class OneImage(nn.Module):
    """A detector in evaluation mode of one image ``[3, H, W]``, with values from 0 to 1."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network
        self.eval()

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        (found,) = self.network([image])
        return tuple(found[name] for name in OUTPUTS)


def image_of(graph: Graph) -> Input:
    """The input of a detector's network that is an image."""
    return next(iter(graph.inputs.values()))


def images(seed: int) -> Iterator[tuple[Tensor]]:
    """Images of different sizes."""
    generator = torch.Generator().manual_seed(seed)
    for height, width in _SIDES:
        yield (torch.rand(3, height, width, generator=generator),)


def found_by(network: nn.Module) -> Run:
    """What a detector finds, in the order of `OUTPUTS`."""
    one = OneImage(network)

    def run(inputs: tuple[Tensor, ...]) -> Sequence[Tensor]:
        with torch.no_grad():
            found: Sequence[Tensor] = one(*inputs)
        return found

    return run


def differences(wanted: Run, exported: Run, seed: int) -> tuple[tuple[Difference, ...], int]:
    """The differences of what is found in each image, the largest of all images; and the number of boxes.

    Boxes are compared with those that are nearest among those of their label: the order of equal scores, which rounding
    decides, is none of what a detector says. Infinite where another number is found, or another label.
    """
    worst, boxes = dict.fromkeys(OUTPUTS, 0.0), 0
    for inputs in images(seed):
        right, left = wanted(inputs), exported(inputs)
        boxes += len(right[0])
        for name, relative in zip(OUTPUTS, _apart(left, right), strict=True):
            worst[name] = max(worst[name], relative)
    return tuple(Difference(name, 1, relative) for name, relative in worst.items()), boxes


def _apart(found: Sequence[Tensor], wanted: Sequence[Tensor]) -> tuple[float, float, float]:
    """The relative differences of boxes, labels and scores in one image."""
    (boxes, labels, scores), (right_boxes, right_labels, right_scores) = found, wanted
    if any(left.shape != right.shape for left, right in zip(found, wanted, strict=True)):
        return math.inf, math.inf, math.inf
    if not len(boxes):
        return 0.0, 0.0, 0.0
    large, sure = float(right_boxes.abs().max()) or 1.0, float(right_scores.abs().max()) or 1.0
    by_box = (boxes[:, None] - right_boxes[None]).abs().amax(-1) / large
    by_score = (scores[:, None] - right_scores[None]).abs() / sure
    cost = torch.maximum(by_box, by_score)
    cost[labels[:, None] != right_labels[None]] = math.inf
    worst_box, worst_score = 0.0, 0.0
    for row in range(len(boxes)):
        at = int(cost[row].nan_to_num(nan=math.inf, posinf=math.inf).argmin())
        if not math.isfinite(float(cost[row, at])):
            return math.inf, math.inf, math.inf
        worst_box, worst_score = max(worst_box, float(by_box[row, at])), max(worst_score, float(by_score[row, at]))
        cost[:, at] = math.inf
    return worst_box, 0.0, worst_score
