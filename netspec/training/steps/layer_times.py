"""The times of layers in steps of training, forward and backward, out of torch's profile of the steps."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from torch import nn
from torch.autograd.profiler_util import FunctionEvent
from torch.profiler import record_function

from netspec.interop.calls import watched
from netspec.report.numbers import UNKNOWN, compact

_PREFIX = "netspec.layer."
_REST = "all else"
"""The name of the row that holds what no layer took, forward and backward together."""

_NODE = "autograd::engine::evaluate_function: "
"""The beginning of the names by which torch's profile tells of a step of the backward pass."""


@dataclass(frozen=True, slots=True)
class Layers:
    """The layers of a network in training.

    Attributes:
        modules: Those that compute them, by path, in the order of execution.
        macs: Multiply-accumulates of a step by path, forward and backward; None is unknown.
        peak: Multiply-accumulates a second that the device was seen to reach.
    """

    modules: Mapping[str, nn.Module]
    macs: Mapping[str, int | None]
    peak: float

    @contextmanager
    def marked(self) -> Iterator[None]:
        """Mark each layer's forward pass in torch's profile inside the context."""
        open_: dict[str, Any] = {}

        def before(path: str, _: Any) -> None:
            open_[path] = record_function(_PREFIX + path)
            open_[path].__enter__()

        def after(path: str, _: Any) -> None:
            open_.pop(path).__exit__(None, None, None)

        with watched(self.modules, before, after):
            yield


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds of a layer over some steps."""

    forward: float = 0.0
    backward: float = 0.0


@dataclass(frozen=True, slots=True)
class LayerTable:
    """The times of layers over some steps.

    Attributes:
        layers: The layers.
        spent: Theirs by path.
        steps: Number of steps.
        seconds: Of all steps, with all else that they do.
    """

    layers: Layers
    spent: Mapping[str, Spent] = field(default_factory=dict)
    steps: int = 1
    seconds: float = 0.0

    @property
    def rest(self) -> float:
        """Seconds that no layer took: of data, losses, the optimizer, and what lies between layers."""
        return max(0.0, self.seconds - sum(each.forward + each.backward for each in self.spent.values()))

    def text(self) -> str:
        """A line for each layer: milliseconds of a step, shares of it, and how near it comes to the measured peak."""
        width = max([len(_REST), *map(len, self.spent)]) + 2
        titles = ("forward, ms", "backward, ms", "share", "MACs", "MACs/s", "of peak")
        lines = [f"{'layer':<{width}}" + "".join(f"{title:>14}" for title in titles)]
        for path, each in self.spent.items():
            whole = each.forward + each.backward
            cells = [f"{1e3 * time / self.steps:.3f}" for time in (each.forward, each.backward)]
            cells += [f"{whole / self.seconds:.1%}", *self._work(self.layers.macs.get(path), whole / self.steps)]
            lines.append(f"{path:<{width}}" + "".join(f"{cell:>14}" for cell in cells).rstrip())
        cells = ["", f"{1e3 * self.rest / self.steps:.3f}", f"{self.rest / self.seconds:.1%}"]
        lines.append(f"{_REST:<{width}}" + "".join(f"{cell:>14}" for cell in cells))
        lines += ["", f"of peak: of {compact(round(self.layers.peak))} MACs/s, measured by a product of matrices"]
        return "\n".join(lines) + "\n"

    def _work(self, macs: int | None, seconds: float) -> list[str]:
        """The cells of a layer's multiply-accumulates in a step, which takes it so many seconds."""
        if macs is None:
            return [UNKNOWN, UNKNOWN, UNKNOWN]
        if not macs or not seconds:
            return [compact(macs), "", ""]
        return [compact(macs), compact(round(macs / seconds)), f"{macs / seconds / self.layers.peak:.1%}"]


def layer_times(events: Iterable[FunctionEvent], layers: Layers, steps: int, seconds: float, cuda: bool) -> LayerTable:
    """The times of layers from the events of a profile.

    What the forward pass records for the backward one has a number, by which both belong together. The sum of
    gradients into their places has none and belongs to no layer.

    Args:
        events: Those of the profile.
        layers: Marked while it was taken.
        steps: Steps that it holds.
        seconds: Of these.
        cuda: Whether to give CUDA's time of computing; the processor's else.
    """
    own = [event for event in events if event.device_type.name == "CPU"]
    spans = sorted(
        (event.time_range.start, event.time_range.end, event.name.removeprefix(_PREFIX), event)
        for event in own
        if event.name.startswith(_PREFIX)
    )
    forward: dict[str, float] = defaultdict(float)
    backward: dict[str, float] = defaultdict(float)
    for start, end, path, event in spans:
        forward[path] += event.device_time_total if cuda else end - start
    begins, layer_of = [span[0] for span in spans], dict[int, str]()
    for event in own:
        index = bisect_right(begins, event.time_range.start) - 1
        if event.sequence_nr >= 0 and not event.name.startswith(_NODE) and index >= 0:
            _, end, path, _ = spans[index]
            if event.time_range.end <= end:
                layer_of[event.sequence_nr] = path
    for event in own:
        path = layer_of.get(event.sequence_nr, "")
        if event.name.startswith(_NODE) and path:
            backward[path] += event.device_time_total if cuda else event.time_range.end - event.time_range.start
    spent = {path: Spent(forward[path] / 1e6, backward[path] / 1e6) for path in layers.modules if path in forward}
    return LayerTable(layers, spent, steps, seconds)
