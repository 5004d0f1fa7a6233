"""The examples that a network takes for another class than theirs, the surest first."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import torch
from torch import Tensor

from netspec.diagnostics import Code, NetspecError
from netspec.diagnostics.numbered import numbered
from netspec.look.opened import Opened
from netspec.training.feeding.batches import DataSplit

_BATCH, _PIXELS = 256, 1 << 18
"""The most examples that run together, and of large ones the pixels of these."""
_MACS = 10**12
"""Multiplications of the judged examples together: some ten seconds of a CPU."""
_LEAST, _MOST = 100, 20_000
"""Examples that are judged however large the network is, and however small."""


@dataclass(frozen=True, slots=True)
class Said:
    """What the network says of an example.

    Attributes:
        inputs: The network's input, [C, H, W].
        true: The number of its class.
        said: The number of the class that the network takes it for.
        sure: The probability of that class; where outputs tell none, its score less that of the true class or, if it is
            the true one, of the next.
    """

    inputs: Tensor
    true: int
    said: int
    sure: float


@dataclass(frozen=True, slots=True)
class Mistakes:
    """The mistakes among the judged examples.

    Attributes:
        worst: The surest ones; without a mistake, the examples that the network was least sure of.
        count: The number of all mistakes.
        judged: The number of examples that were judged.
        there: The number of examples of that part of the data.
        part: The part's name: ``test``, ``validation`` or ``training``.
        shares: Whether `sure` is a probability.
    """

    worst: tuple[Said, ...]
    count: int
    judged: int
    there: int
    part: str
    shares: bool


def find_mistakes(opened: Opened, most: int) -> Mistakes:
    """The surest mistakes among the test examples, or else among those held out or learned from.

    Of a large network and many examples some are judged, evenly spread.

    Raises:
        NetspecError: NS08xx: the data are not there, do not fit, or their targets are no classes.
    """
    name, part = _part(opened)
    macs = opened.analysis.work.total
    fitting = _LEAST if macs is None else max(_LEAST, min(_MOST, _MACS // max(1, macs)))
    rows = torch.linspace(0, len(part) - 1, min(fitting, len(part)), dtype=torch.float64).long()
    together = max(1, min(_BATCH, _PIXELS // prod(opened.input_shape[1:])))
    found: list[tuple[bool, float, int, int, int]] = []
    count, judged, shares = 0, 0, False
    with torch.no_grad():
        for batch in part.batches(list(rows.split(together))):
            outputs = opened.answer(opened.samples.inputs(batch.images.to(opened.device)))
            told, scores = opened.probabilities(outputs), opened.scores(outputs)
            shares, true = told is not None, batch.targets.to(opened.device)
            kept = (true >= 0) & (true < scores.shape[1])  # others are labels that the recipe leaves out
            first, second = scores.topk(2, 1).indices.T
            right = first == true
            rival = torch.where(right, second, true.where(kept, second))
            sure = _of(scores, first) - _of(scores, rival) if told is None else _of(told, first)
            order = torch.where(right, sure, -sure)
            columns = (right, order, batch.rows.to(order.device), true, first)
            found += zip(*(column[kept].tolist() for column in columns), strict=True)
            found = sorted(found)[:most]  # mistakes before right answers
            count, judged = count + int((kept & ~right).sum()), judged + int(kept.sum())
        shown = [each for each in found if not each[0]] or found
        worst = tuple(Said(_inputs(opened, part, row), true, said, abs(sure)) for _, sure, row, true, said in shown)
    return Mistakes(worst, count, judged, len(part), name, shares)


def _of(numbers: Tensor, classes: Tensor) -> Tensor:
    """The number of each example's class, of numbers [N, classes]."""
    return numbers.gather(1, classes[:, None])[:, 0]


def _inputs(opened: Opened, part: DataSplit, row: int) -> Tensor:
    """The network's input for an example, [C, H, W]."""
    (batch,) = part.batches([torch.tensor([row])])
    inputs: Tensor = opened.samples.inputs(batch.images.to(opened.device))[0]
    return inputs


def _part(opened: Opened) -> tuple[str, DataSplit]:
    """The part of the data to judge by, whose targets are classes."""
    samples = opened.samples
    parts = {"test": samples.test, "validation": samples.validation, "training": samples.train}
    name, part = next((name, part) for name, part in parts.items() if part is not None)
    if not samples.classes or samples.target_shape != ():
        message = f"the data of `{opened.name}` have no classes, and a mistake is another class than the right one"
        raise NetspecError.of(Code.DATA_MISMATCH, message)
    if (opened.outputs or 0) < max(2, len(samples.classes)):
        message = (
            f"the data have {numbered(len(samples.classes), 'class')}, the output of `{opened.name}` {opened.outputs}"
        )
        raise NetspecError.of(Code.DATA_MISMATCH, message)
    return name, part
