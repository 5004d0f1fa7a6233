"""Batches that are computed in parts, each by a thread of the CPU."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import torch
from torch import Tensor, nn

from netspec.functional.process import Process


class Workers:
    """Threads that compute parts of a batch; they live inside its context.

    They share the processors, and so does the caller there: threads of OpenMP that wait
    for its next operator would take theirs.

    Attributes:
        count: Their number; a single one is the caller.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self._pool: ThreadPoolExecutor | None = None

    def __enter__(self) -> None:
        self._before = torch.get_num_threads()
        if self.count > 1:
            share = max(1, self._before // self.count)
            torch.set_num_threads(share)  # in this thread alone, and in each by itself
            self._pool = ThreadPoolExecutor(
                self.count, "part", torch.set_num_threads, (share,)
            )

    def __exit__(self, *error: object) -> None:
        if self._pool:
            self._pool.shutdown()
            self._pool = None
            torch.set_num_threads(self._before)

    def parts(self, rows: int) -> int:
        """The number of parts of a batch of some rows; 1 outside the context."""
        return min(self.count, rows) if self._pool else 1

    def each(self, compute: Callable[..., Any], parts: Iterable[Any]) -> list[Any]:
        """The results for all parts.

        Where some fail, the error of the first of them is raised, once all are done.
        """
        assert self._pool
        begun = [self._pool.submit(compute, part) for part in parts]
        for each in begun:
            each.exception()  # waits for it
        return [each.result() for each in begun]


def workers_of(count: int, process: Process) -> Workers:
    """So many workers, of a process alone on the CPU: CUDA computes whole batches, and
    one of several processes has but a part of each.
    """
    alone = process.world == 1 and process.device.type == "cpu"
    return Workers(count if alone else 1)


class InParts(nn.Module):
    """A network that computes a batch in parts at once, each with a graph of its own.

    To whoever calls it there is one batch: the outputs are joined, and their gradients
    are dealt out again. The parts' gradients of a weight are added in one order. What
    learns is what does when it is made.
    """

    def __init__(self, network: nn.Module, workers: Workers) -> None:
        super().__init__()
        self.network, self.workers = network, workers
        self.learned = [p for p in network.parameters() if p.requires_grad]

    def forward(self, inputs: Tensor) -> Any:
        """The outputs for inputs [N, ...]: a tensor, or tensors by name."""
        count = self.workers.parts(len(inputs))
        if count == 1:
            return self.network(inputs)
        mixed = torch.is_autocast_enabled("cpu")  # each thread has its own
        dtype = torch.get_autocast_dtype("cpu")

        def compute(part: Tensor) -> Any:
            with torch.autocast("cpu", dtype, enabled=mixed):
                return self.network(part)

        found = self.workers.each(compute, inputs.tensor_split(count))
        if not isinstance(found[0], dict):
            return Joined.apply(
                self.workers, [(part,) for part in found], *self.learned
            )[0]
        outputs = [tuple(part.values()) for part in found]
        joined = Joined.apply(self.workers, outputs, *self.learned)
        return dict(zip(found[0], joined, strict=True))


class Joined(torch.autograd.Function):
    """The outputs of all parts, joined along the batch; backward is done in parts."""

    @staticmethod
    def forward(ctx: Any, workers: Workers, parts: Any, *learned: Tensor) -> Any:
        """The tensors at the same place of each part as one tensor."""
        ctx.workers, ctx.parts, ctx.learned = workers, parts, learned
        ctx.set_materialize_grads(False)
        joined = tuple(torch.cat(each) for each in zip(*parts, strict=True))
        pairs = zip(joined, parts[0], strict=True)
        ctx.mark_non_differentiable(*(a for a, part in pairs if not part.requires_grad))
        return joined

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor | None) -> Any:
        """The sums over the parts of the gradients of what is learned."""
        sizes = [len(part[0]) for part in ctx.parts]
        reached = [
            (at, g.split(sizes)) for at, g in enumerate(gradients) if g is not None
        ]

        def compute(part: int) -> Any:
            outputs = [ctx.parts[part][at] for at, _ in reached]
            given = [pieces[part] for _, pieces in reached]
            return torch.autograd.grad(outputs, ctx.learned, given, allow_unused=True)

        first, *others = ctx.workers.each(compute, range(len(sizes)))
        for other in others:
            pairs = zip(first, other, strict=True)
            first = [a if b is None else b if a is None else a + b for a, b in pairs]
        return (None, None, *first)
