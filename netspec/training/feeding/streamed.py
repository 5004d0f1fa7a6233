"""Splits that are too large for the device: other processes decode the next batches while the device computes."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, Generic, NoReturn, Protocol, TypeVar

import torch
from torch import Tensor

from netspec.diagnostics import Code, NetspecError
from netspec.frontend.schema import SECTION
from netspec.recipe.data.problems import all_damaged
from netspec.training.feeding.batches import Batch
from netspec.training.feeding.decoding import Failure, Reader, Request
from netspec.training.feeding.processes import Ended, Processes, one_ahead

_LOOKED_ON = 50_000
"""The images that are read after a broken one, so that all broken ones are named at once."""


class Read(Protocol):
    """Reads the examples of a request."""

    def __len__(self) -> int:
        """The number of examples that there are."""

    def __getitem__(self, request: Request) -> tuple[Any, Any] | Failure:
        """Images and what is told of them, or the images that are broken."""


R = TypeVar("R", bound=Read)


class Stream(Generic[R]):
    """Examples that are read when they are asked for, in the order of the requests.

    Attributes:
        reader: Reads a batch.
        device: The device of batches.
        workers: Processes that read; 0 reads here.
    """

    def __init__(self, reader: R, device: torch.device, workers: int) -> None:
        self.reader, self.device, self.workers = reader, device, workers
        self._processes: Processes | None = None

    def __len__(self) -> int:
        return len(self.reader)

    def _asked(
        self, rows: Sequence[Tensor], draws: Sequence[Tensor] | None, soon: Sequence[Tensor] | None = None
    ) -> Iterator[tuple[Tensor, tuple[Any, Any]]]:
        """Indices with what was read for them, in their order, whichever process is done first."""
        given: Sequence[Tensor | None] = draws if draws is not None else [None] * len(rows)
        later: Sequence[Sequence[int]] = [()] * len(rows) if soon is None else [each.tolist() for each in soon]
        parts = zip(rows, given, later, strict=True)
        requests = [Request(one.tolist(), drawn, more) for one, drawn, more in parts]
        return zip(rows, self._read(requests), strict=True)

    def _read(self, requests: list[Request]) -> Iterator[tuple[Any, Any]]:
        broken: list[tuple[str, str]] = []
        looked_at = 0
        try:
            for request, answer in zip(requests, self._answers(requests), strict=True):
                if isinstance(answer, Failure):
                    broken += answer.broken
                elif not broken:
                    yield answer
                looked_at += len(request.rows) if broken else 0
                if looked_at > _LOOKED_ON:
                    break
            all_damaged(broken, "replace the file, or take it out of the data set")
        except Ended as error:
            self.close()
            _died(str(error))
        except NetspecError:
            self.close()
            raise

    def close(self) -> None:
        """End the processes that read."""
        if self._processes is not None:
            self._processes.close()
        self._processes = None

    def _answers(self, requests: list[Request]) -> Iterator[Any]:
        if not self.workers:
            return map(self.reader.__getitem__, requests)
        if self._processes is None:  # they outlive an epoch
            self._processes = Processes(self.reader.__getitem__, self.workers)
        answers = self._processes.answers(requests)
        return one_ahead(answers, partial(_pinned, self.device)) if self.device.type == "cuda" else answers


class Streamed(Stream[Reader]):
    """Images of one size that are decoded when they are asked for, in the order of the requests."""

    @property
    def targets(self) -> Tensor | None:
        """The targets that are kept beside the images, [N, ...]."""
        return self.reader.files.targets

    @property
    def labels(self) -> Tensor | None:
        """The classes [N], where targets are some."""
        return self.reader.files.labels

    def batches(
        self,
        rows: Sequence[Tensor],
        draws: Sequence[Tensor] | None = None,
        soon: Sequence[Tensor] | None = None,
    ) -> Iterator[Batch]:
        """One batch for each tensor of indices, in their order, whichever process is done first.

        With each batch the images `soon` may be read ahead: those that its place in a buffer is given to.
        """
        found = self._asked(rows, draws, soon)
        if self.device.type == "cuda":
            return _uploaded_ahead(found, self.device)
        return (Batch(*_both(images, targets), one) for one, (images, targets) in found)


def _pinned(device: torch.device, answer: Any) -> Any:
    """The answer of a reader, its tensors in memory from which the device copies them by itself."""
    if isinstance(answer, Tensor):
        with torch.cuda.device(device):
            return answer.pin_memory()
    return type(answer)(_pinned(device, each) for each in answer) if type(answer) in (list, tuple) else answer


def default_workers(wanted: int | None) -> int:
    """Processes that read: as many as the recipe says, or one for each core, up to 8; 0 on a single core."""
    if wanted is not None:
        return wanted
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(8, cores) if cores > 1 else 0


def _both(images: Tensor, targets: Tensor | None) -> tuple[Tensor, Tensor]:
    """Images and targets as a batch has them."""
    if targets is None:
        return images, images
    return images, targets.long() if targets.dtype == torch.uint8 else targets


def _uploaded_ahead(
    found: Iterator[tuple[Tensor, tuple[Tensor, Tensor | None]]], device: torch.device
) -> Iterator[Batch]:
    """Batches on a CUDA device, each copied on a stream of its own while the one before it is used."""
    stream = torch.cuda.Stream(device)
    waiting: Batch | None = None
    for rows, (images, targets) in found:
        with torch.cuda.stream(stream):
            there = images.to(device, non_blocking=True)
            told = there if targets is None else targets.to(device, non_blocking=True)
            batch = Batch(*_both(there, None if targets is None else told), rows)
        if waiting is not None:
            yield _arrived(waiting, stream, device)
        waiting = batch
    if waiting is not None:
        yield _arrived(waiting, stream, device)


def _arrived(batch: Batch, stream: torch.cuda.Stream, device: torch.device) -> Batch:
    """A batch that the current stream may use: what it does next waits for the copy."""
    current = torch.cuda.current_stream(device)
    current.wait_stream(stream)
    for tensor in (batch.images, batch.targets):
        tensor.record_stream(current)
    return batch


def _died(who: str) -> NoReturn:
    raise NetspecError.of(
        Code.TRAINING_FAILED,
        f"a process that reads images ended ({who})",
        help="it may have run out of memory or of shared memory: write fewer `workers` at `data`",
        path=(SECTION, "data", "workers"),
    )
