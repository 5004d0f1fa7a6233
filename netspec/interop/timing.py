"""Latency and throughput of a network's forward pass, whole and layer by layer, on the device that runs it."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn

from netspec.analysis.counts import count_work
from netspec.analysis.unknown_sums import times, total
from netspec.autograd import Precision
from netspec.diagnostics import Code, NetspecError
from netspec.diagnostics.arguments import Device
from netspec.graph import Graph
from netspec.interop.calls import watched
from netspec.interop.measured_times import Latencies, LayerTimes, Timing
from netspec.interop.randomness import random_inputs
from netspec.objects.immutable import immutable
from netspec.shape import Shape

WARM_UP = 3
"""The least number of passes before those that are measured: caches, lazily made kernels and clocks settle."""

FEWEST, MOST = 5, 10_000
"""Bounds of the number of measured passes, however long or short one takes."""


@immutable
class Subject:
    """A network that is to be measured.

    Attributes:
        network: The compiled network.
        graph: The graph that it computes; a detector's, in the size to which it scales the images.
        device: ``auto`` is CUDA where there is one, or else the CPU.
        precision: The types of its weights and of its arithmetic.
        threads: Threads of the CPU; torch's choice if None.
        image: The shape of the images that a detector is given, before it scales them; None of other networks.
    """

    network: nn.Module
    graph: Graph
    device: Device
    precision: Precision
    threads: int | None
    image: Shape | None = None


def measured(subject: Subject, batches: Sequence[int], seconds: float, *, layers: bool) -> Timing:
    """The times of a network for batches of these sizes.

    Args:
        subject: The network; it is moved to its device.
        batches: Sizes of the batch.
        seconds: The time to spend on a batch size, and once more on its layers.
        layers: Whether to measure the layers too.

    Raises:
        NetspecError: NS0913: there is no such device, or the network does not run on it.
    """
    graph, precision = subject.graph, subject.precision
    device = _found(subject.device)
    with _threads(subject.threads), _refused(f"`{graph.name}` does not run on {device.type} in {precision.name}"):
        network = subject.network.eval().to(device, getattr(torch, precision.weights))
        watch = Stopwatch(network, graph, device, precision, seconds, subject.image)
        latencies = tuple(watch.latencies(batch) for batch in batches)
        of_layers = tuple(watch.layers(batch) for batch in batches) if layers else ()
        return Timing(
            graph.name, _named(device), precision.name, latencies, of_layers, watch.shapes, graph.detection is not None
        )


def _found(device: Device) -> torch.device:
    there = torch.cuda.is_available()
    if device == "cuda" and not there:
        raise NetspecError.of(
            Code.NOT_RUNNABLE, "there is no CUDA device that torch can use", help="--device cpu runs without one"
        )
    return torch.device("cuda" if device != "cpu" and there else "cpu")


def _named(device: torch.device) -> str:
    """The name that the driver gives a GPU; of a CPU, the threads."""
    if device.type == "cuda":
        return f"cuda, {torch.cuda.get_device_name(device)}"
    threads = torch.get_num_threads()
    return f"cpu, {threads} thread{'' if threads == 1 else 's'}"


@contextmanager
def _threads(number: int | None) -> Iterator[None]:
    usual = torch.get_num_threads()
    torch.set_num_threads(number or usual)
    try:
        yield
    finally:
        torch.set_num_threads(usual)


@contextmanager
def _refused(message: str) -> Iterator[None]:
    """Torch's own errors, of memory or of a kernel that is not there, as a diagnostic."""
    try:
        yield
    except RuntimeError as error:
        reason = str(error).strip().partition("\n")[0]
        help = "try another --precision or --device, or a smaller --batch"
        raise NetspecError.of(Code.NOT_RUNNABLE, f"{message}: {reason}", help=help) from error


@immutable
class Stopwatch:
    """A network in evaluation mode on its device, ready to be timed.

    Attributes:
        network: The compiled network.
        graph: The graph that it computes; a detector's, in the size to which it scales the images.
        device: The device of its weights.
        precision: The types of its weights and of its arithmetic.
        seconds: The time to spend on measuring one batch size, and once more on its layers.
        image: The shape of the images that a detector is given, before it scales them; None of other networks.
    """

    network: nn.Module
    graph: Graph
    device: torch.device
    precision: Precision
    seconds: float
    image: Shape | None = None

    @property
    def shapes(self) -> dict[str, Shape]:
        """The shapes of what is fed by name, without the batch."""
        given = {name: each.shape for name, each in self.graph.inputs.items()}
        return given if self.image is None else {next(iter(given)): self.image}

    def latencies(self, batch: int) -> Latencies:
        """The times of passes over a batch of random inputs."""
        given = self._inputs(batch)
        found = self._repeated(lambda: self._timed(given))
        regions = self._regions(given)
        return Latencies(batch, sorted(found), total(self._work(batch, regions).values()), regions)

    def layers(self, batch: int) -> LayerTimes:
        """The times of each layer's module in passes over a batch of random inputs."""
        given = self._inputs(batch)
        nodes = {key: node for key, node in self.graph.nodes.items() if not node.training_only}
        paths = dict.fromkeys(node.path for node in nodes.values())
        modules = self._modules(paths)
        passes: list[dict[str, float]] = []

        def watched_pass() -> float:
            spent: dict[str, float] = defaultdict(float)
            begun: dict[str, float] = {}

            def before(path: str, _: Any) -> None:
                self._wait()
                begun[path] = time.perf_counter()

            def after(path: str, _: Any) -> None:
                self._wait()
                spent[path] += time.perf_counter() - begun[path]

            with watched(modules, before, after):
                whole = self._timed(given)
            passes.append({**spent, "": max(whole - sum(spent.values()), 0.0)})
            return whole

        measured = len(self._repeated(watched_pass))
        kept = passes[-measured:]
        found = {path: sorted(each[path] for each in kept) for path in kept[-1]}
        counted = self._work(batch, self._regions(given))
        macs = {path: total(counted[key] for key, node in nodes.items() if node.path == path) for path in found if path}
        return LayerTimes(batch, {path: found[path] for path in paths if path in found}, macs, found[""])

    def _modules(self, paths: Collection[str]) -> dict[str, nn.Module]:
        return {path: found for path, found in self.network.named_modules() if path in paths}

    def _work(self, batch: int, regions: int | None) -> dict[str, int | None]:
        """Multiply-accumulates of a batch by node: of heads that run on regions, for those that there were."""
        counted, detection = count_work(self.graph).nodes, self.graph.detection
        found = {key: times(macs, batch) for key, macs in counted.items()}
        if detection is not None:
            for key in detection.per_region:
                macs = counted[key]
                found[key] = None if macs is None or regions is None else macs // detection.regions * regions
        return found

    def _regions(self, given: Sequence[Tensor]) -> int | None:
        """The regions that a detector's heads run on in a pass: how many its suppression leaves is seen, not known."""
        detection = self.graph.detection
        if detection is None or not detection.per_region:
            return None
        seen: dict[str, int] = {}

        def note(path: str, taken: Any) -> None:
            seen.setdefault(path, len(taken[0]))

        heads = self._modules({self.graph.nodes[key].path for key in detection.per_region})
        with watched(heads, before=note), torch.inference_mode():
            self._timed(given)
        return next(iter(seen.values()), None)

    def _inputs(self, batch: int) -> list[Tensor]:
        kind = getattr(torch, self.precision.weights)
        if self.image is not None:  # as shares of the brightest value, which is what detectors normalise
            drawn = torch.rand((batch, *self.image), generator=torch.Generator().manual_seed(0))
            return list(drawn.to(self.device, kind))
        given = [each.to(self.device) for each in random_inputs(self.graph, 0, batch)]
        return [each.to(kind) if each.dtype is torch.float32 else each for each in given]

    def _repeated(self, once: Callable[[], float]) -> list[float]:
        """Times of measured passes, after passes that warm up for a tenth of the time."""
        with torch.inference_mode():
            spent = [once() for _ in range(WARM_UP)]
            while sum(spent) < self.seconds / 10 and len(spent) < MOST:
                spent.append(once())
            found: list[float] = []
            while len(found) < FEWEST or (sum(found) < self.seconds and len(found) < MOST):
                found.append(once())
        return found

    def _timed(self, given: Sequence[Tensor]) -> float:
        """Seconds of one pass. A network may work on its inputs in place, so it gets copies."""
        copies = [each.clone() for each in given]
        self._wait()
        start = time.perf_counter()
        with self._casting():
            self.network(*(copies if self.image is None else [copies]))
        self._wait()
        return time.perf_counter() - start

    def _casting(self) -> AbstractContextManager[Any]:
        if self.precision.autocast is None:
            return nullcontext()
        return torch.autocast(self.device.type, getattr(torch, self.precision.autocast))

    def _wait(self) -> None:
        """Return when the device has done what it was given."""
        if self.device.type != "cpu":
            getattr(torch, self.device.type).synchronize()
