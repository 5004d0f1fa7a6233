"""Comparison of an exported network's outputs with torch's."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence

import torch
from torch import Tensor, nn

from netspec.diagnostics import Code, NetspecError
from netspec.exporters.detections import differences, found_by
from netspec.exporters.result import Difference, Made
from netspec.exporters.subject import BATCHES, Subject

Run = Callable[[tuple[Tensor, ...]], Sequence[Tensor]]
"""An exported network: inputs to outputs, in the order of the spec."""


def made(subject: Subject, exported: Run, opset: int | None = None, exporter: str | None = None) -> Made:
    """A file whose outputs have been compared.

    Raises:
        NetspecError: NS0910: a difference is larger than the tolerance.
    """
    if subject.graph.detection is None:
        return Made(compare(subject, exported), opset, exporter)
    found, boxes = differences(found_by(subject.network), exported, subject.seed)
    _refuse_different(subject, found)
    notes = () if boxes else ("Nothing is found in the compared images, which proves little: give trained weights.",)
    return Made(found, opset, exporter, notes)


def torchs(subject: Subject) -> Run:
    """The outputs of a subject's network."""
    return outputs_of(subject.network) if subject.graph.detection is None else found_by(subject.network)


def outputs_of(network: nn.Module) -> Run:
    """The outputs of a module in the order in which it gives them."""

    def run(inputs: tuple[Tensor, ...]) -> Sequence[Tensor]:
        with torch.no_grad():
            result = network(*inputs)
        return tuple(result.values()) if isinstance(result, Mapping) else (result,)

    return run


def compare(subject: Subject, exported: Run) -> tuple[Difference, ...]:
    """The differences of every output, with one example and with several, dynamic axes longer with the latter.

    Raises:
        NetspecError: NS0910: one is larger than the tolerance.
    """
    found = tuple(_differences(subject, exported))
    _refuse_different(subject, found)
    return found


def _refuse_different(subject: Subject, found: tuple[Difference, ...]) -> None:
    worst = max(found, key=lambda each: each.relative)
    if worst.relative > subject.tolerance:
        apart = f"by {worst.relative:.1e} of its largest element" if math.isfinite(worst.relative) else "altogether"
        raise NetspecError.of(
            Code.EXPORT_DIFFERS,
            f"the exported network is not the same: with a batch of {worst.batch}, its output `{worst.output}` "
            f"differs from torch's {apart}",
            expected=f"at most {subject.tolerance:g}",
        )


def _differences(subject: Subject, exported: Run) -> Iterator[Difference]:
    graph, torchs = subject.graph, outputs_of(subject.network)
    for batch in BATCHES:
        inputs = subject.samples(batch, seed=batch)
        wanted, found = (_seeded(run, inputs, seed=batch) for run in (torchs, exported))
        for name, left, right in zip(graph.outputs, found, wanted, strict=True):
            yield Difference(name, batch, relative_difference(left, right))


def _seeded(run: Run, inputs: tuple[Tensor, ...], seed: int) -> Sequence[Tensor]:
    """Outputs with the random numbers of a seed, so that two networks that draw draw alike."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return run(inputs)


def relative_difference(found: Tensor, wanted: Tensor) -> float:
    """The largest difference of two elements over the largest element wanted.

    Infinite where the shapes or the kinds of number differ, where an expected element is not a number, and where an
    element is infinite in only one of the two.
    """
    if found.shape != wanted.shape or found.is_floating_point() != wanted.is_floating_point():
        return math.inf
    left, right = found.double(), wanted.double()
    infinite = right.isinf()
    if not torch.equal(left[infinite], right[infinite]):
        return math.inf
    left, right = left[~infinite], right[~infinite]
    if not right.numel():
        return 0.0
    apart, size = float((left - right).abs().max()), float(right.abs().max())
    relative = apart / size if size else apart
    return math.inf if math.isnan(relative) else relative
