"""The times of a training: torch's profile of some steps, and tables of their phases and layers."""

from __future__ import annotations

import math
import os
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

import torch
from torch.autograd.profiler_util import FunctionEvent
from torch.profiler import ProfilerActivity, profile, record_function, schedule

from netspec.files.destination import refused
from netspec.files.writing import aside, within, write_within
from netspec.training.steps.layer_times import Layers, layer_times

Phase = Literal["data", "augmentation", "forward", "backward", "optimizer", "waiting"]
PHASES: tuple[Phase, ...] = ("data", "augmentation", "forward", "backward", "optimizer", "waiting")

TRACE, TABLE = "trace.json", "profile.txt"
"""The files: a trace for chrome://tracing or ui.perfetto.dev, and the table."""

_SKIPPED, _STEPS = 3, 40
"""The steps at the start that are left out, since memory and caches are not yet warm; and those that are recorded."""

_PREFIX = "netspec."

_Span = tuple[float, float, Phase]
"""Start and end in microseconds."""


class Phases(AbstractContextManager["Phases"]):
    """Marks the phases of a step; this one marks nothing, and costs nothing."""

    _nothing: AbstractContextManager[object] = nullcontext()

    def __exit__(self, *error: object) -> None:
        return None

    def phase(self, name: Phase) -> AbstractContextManager[object]:
        """The context of a phase."""
        return self._nothing

    def step(self) -> None:
        """Note that a step is over."""


class Watched(Phases):
    """Records some steps of a run and leaves `TRACE` and `TABLE` in a folder.

    Attributes:
        times: The result; None until the recorded steps are over.
    """

    def __init__(self, folder: Path, device: torch.device, layers: Layers | None = None) -> None:
        os.environ.setdefault("KINETO_LOG_LEVEL", "99")  # its remarks are of no use to anybody
        activities = [ProfilerActivity.CPU]
        if device.type == "cuda":
            activities.append(ProfilerActivity.CUDA)
        self.folder, self.device, self.layers = folder, device, layers
        self._marks = ExitStack()
        self.times: Times | None = None
        self._steps = 0
        self._profile = profile(
            activities=activities,
            schedule=schedule(wait=_SKIPPED - 1, warmup=1, active=_STEPS, repeat=1),
            on_trace_ready=self._keep,
        )

    def __enter__(self) -> Self:
        self._profile.start()
        if self.layers:
            self._marks.enter_context(self.layers.marked())
        return self

    def __exit__(self, *error: object) -> None:
        self._marks.close()
        self._profile.stop()

    def phase(self, name: Phase) -> AbstractContextManager[object]:
        return record_function(_PREFIX + name)

    def step(self) -> None:
        self._steps += 1
        self._profile.step()

    def _keep(self, found: profile) -> None:
        recorded = min(_STEPS, self._steps - _SKIPPED)
        if recorded < 1:
            return
        self._marks.close()  # what is not recorded need not be marked
        events, cuda = found.events() or (), self.device.type == "cuda"
        self.times = times_of(events, recorded, cuda)
        text = self.times.table()
        if self.layers:
            text += "\n" + layer_times(events, self.layers, recorded, self.times.seconds, cuda).text()
        write_within(self.folder, TABLE, text)
        trace = within(self.folder, TRACE)
        try:
            with aside(trace) as new:
                found.export_chrome_trace(str(new))
                new.replace(trace)
        except (OSError, RuntimeError) as error:
            raise refused(trace, str(error)) from error


@dataclass(frozen=True, slots=True)
class Times:
    """The times of some steps, in seconds, by phase.

    Attributes:
        steps: The number of steps recorded.
        seconds: The time from the first to the last.
        host: The processor's time in each phase; on CUDA it only gives the device its work there, except while
            it waits.
        device: CUDA's time of computing for each phase, and its idle time under `waiting`; empty without one.
    """

    steps: int
    seconds: float
    host: dict[Phase, float]
    device: dict[Phase, float]

    def table(self) -> str:
        """Milliseconds per step and shares, a line for each phase."""
        columns = {"processor": self.host, "device": self.device} if self.device else {"time": self.host}
        lines = [f"{self.steps} steps, {1e3 * self.seconds / self.steps:.3f} ms each", ""]
        lines.append(f"{'phase':<14}" + "".join(f"{f'{name}, ms':>14}{'share':>9}" for name in columns))
        rows = {str(phase): [times[phase] for times in columns.values()] for phase in PHASES}
        rows["other"] = [max(0.0, self.seconds - sum(times.values())) for times in columns.values()]
        for name, spent in rows.items():
            cells = (f"{1e3 * each / self.steps:>14.3f}{each / self.seconds:>9.1%}" for each in spent)
            lines.append(f"{name:<14}" + "".join(cells))
        return "\n".join(lines) + "\n"


def times_of(events: Iterable[FunctionEvent], steps: int, cuda: bool) -> Times:
    """The times of phases from the events of a profile.

    A kernel belongs to the phase in which the processor started it, on whichever thread: autograd has its own, and
    the one that waits for it is in the phase `backward`.
    """
    own = [event for event in events if event.device_type.name == "CPU"]
    spans = _apart(
        (event.time_range.start, event.time_range.end, phase)
        for event in own
        for phase in PHASES
        if event.name == _PREFIX + phase
    )
    if not spans:
        return Times(steps, 0.0, dict.fromkeys(PHASES, 0.0), {})
    seconds = (max(end for _, end, _ in spans) - spans[0][0]) / 1e6
    host = {phase: sum(end - start for start, end, name in spans if name == phase) / 1e6 for phase in PHASES}
    if not cuda:
        return Times(steps, seconds, host, {})
    device = _by_phase(((e.time_range.start, e.self_device_time_total) for e in own), spans)
    device["waiting"] = max(0.0, seconds - sum(device.values()))
    return Times(steps, seconds, host, device)


def _apart(spans: Iterable[_Span]) -> list[_Span]:
    """Spans that may lie within one another, cut so that none do: the inner one holds its time."""
    found: list[_Span] = []
    open_: list[tuple[float, Phase]] = []  # ends and phases of the spans around the one in hand
    at = 0.0

    def upto(time: float) -> None:
        nonlocal at
        while open_ and open_[-1][0] <= time:
            end, phase = open_.pop()
            if end > at:
                found.append((at, end, phase))
                at = end
        if open_ and time > at:
            found.append((at, time, open_[-1][1]))
        at = max(at, time)

    for start, end, phase in sorted(spans, key=lambda span: (span[0], -span[1])):
        upto(start)
        open_.append((end, phase))
    upto(math.inf)
    return found


def _by_phase(starts: Iterable[tuple[float, float]], spans: Sequence[_Span]) -> dict[Phase, float]:
    """Seconds of kernels by the phase in which each was started, given (start, microseconds) and the phases' spans."""
    begins = [start for start, _, _ in spans]
    found = dict.fromkeys(PHASES, 0.0)
    for start, spent in starts:
        index = bisect_right(begins, start) - 1
        if spent and index >= 0 and start <= spans[index][1]:
            found[spans[index][2]] += spent / 1e6
    return found
