"""The measured times of a network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from netspec.interop.measured_times import percentile
from netspec.report.document import Caption, Document, Notes, Part, Row, Table, columns
from netspec.report.numbers import UNKNOWN, compact
from netspec.report.sheet import Sheet

if TYPE_CHECKING:
    from netspec.interop.measured_times import LayerTimes, Timing

SHARES = (50, 90, 99)
"""The percentiles that are shown."""

BETWEEN = "between layers"


def timing(found: Timing) -> Document:
    """Latency and throughput for each size of a batch, and the times of layers where they were measured."""

    def parts() -> Iterator[Part]:
        yield Caption(found.name, "Model", f"  {found.device}, {found.precision}")
        titles = ["Batch", *(f"p{share}" for share in SHARES), "Examples/s", "MACs/s"]
        yield Table(columns([], titles), map(Row, _shown(found)), spare=1)
        for each in found.layers:
            yield _layers(each)
        yield Notes(list(_conventions(found)))

    return Document(found.name, parts, lambda: _record(found), lambda: _sheet(found))


def seconds_text(seconds: float) -> str:
    """A time with three digits: ``1.25 s``, ``18.0 ms``, ``283 us``."""
    unit, size = next((pair for pair in (("s", 1.0), ("ms", 1e-3)) if seconds >= pair[1]), ("us", 1e-6))
    return f"{seconds / size:,.0f} {unit}" if seconds >= 99.95 * size else f"{seconds / size:#.3g} {unit}"


def _shown(found: Timing) -> Iterator[list[str]]:
    for each in found.latencies:
        times = (seconds_text(each.percentile(share)) for share in SHARES)
        yield [f"{each.batch:,}", *times, f"{each.throughput:,.4g}", _rate(each.macs_per_second)]


def _rate(macs: float | None) -> str:
    return UNKNOWN if macs is None else compact(round(macs))


def _layers(found: LayerTimes) -> Table:
    """A row for each module, in the order of execution, and one for what lies between them."""
    rows = []
    for path, seconds in [*found.modules.items(), (BETWEEN, found.between)]:
        macs = found.macs.get(path, 0)
        rate = _rate(_per_second(macs, seconds)) if macs != 0 else ""
        rows.append(Row((path, seconds_text(seconds), f"{_share(seconds, found):.1f} %", rate)))
    return Table(columns([f"Layer, batch {found.batch:,}"], ["Median", "Share", "MACs/s"]), rows, yields=[(0, 16)])


def _per_second(macs: int | None, seconds: float) -> float | None:
    return None if macs is None else macs / seconds if seconds else 0.0


def _share(seconds: float, found: LayerTimes) -> float:
    return 100 * seconds / found.total if found.total else 0.0


def _conventions(found: Timing) -> Iterator[str]:
    passes = sum(len(each.seconds) for each in found.latencies)
    yield (
        f"Time from the call until the device has the outputs, of {passes:,} passes in evaluation mode; weights and "
        "inputs are random."
    )
    yield "Examples and multiply-accumulates (MACs) a second: at the median."
    if found.detects:
        yield (
            "A pass scales and pads the images, and chooses among boxes; how many boxes there are depends on the "
            "weights, which are random: a trained detector may take longer or shorter."
        )
    if any(each.regions is not None for each in found.latencies):
        counts = ", ".join(f"{each.regions:,}" for each in found.latencies if each.regions is not None)
        yield f"Regions that the heads ran on in a pass, whose MACs are counted: {counts}."
    if found.layers:
        sums = ", ".join(seconds_text(each.total) for each in found.layers)
        wholes = ", ".join(seconds_text(each.percentile(50)) for each in found.latencies)
        yield (
            "Layers are measured in passes of their own, which wait for the device at each. Shares are of the sum of "
            f"the medians, {sums}; p50 of passes that do not wait is {wholes}."
        )


def _record(found: Timing) -> dict[str, Any]:
    """All figures; times in seconds, None where unknown."""
    record: dict[str, Any] = {
        "name": found.name,
        "device": found.device,
        "precision": found.precision,
        "inputs": {name: list(shape) for name, shape in found.shapes.items()},
        "batches": [
            {
                "batch": each.batch,
                "passes": len(each.seconds),
                "fastest": each.seconds[0],
                **_percentiles(each.seconds),
                "slowest": each.seconds[-1],
                "examples_per_second": each.throughput,
                "macs": each.macs,
                "macs_per_second": each.macs_per_second,
                **({"regions": each.regions} if each.regions is not None else {}),
            }
            for each in found.latencies
        ],
    }
    if found.layers:
        record["layers"] = [
            {
                "batch": each.batch,
                "between": _percentiles(each.rest),
                "modules": [
                    {"path": path, **_percentiles(seconds), "macs": each.macs[path]}
                    for path, seconds in each.seconds.items()
                ],
            }
            for each in found.layers
        ]
    return record


def _percentiles(seconds: Sequence[float]) -> dict[str, float]:
    return {f"p{share}": percentile(seconds, share) for share in SHARES}


def _sheet(found: Timing) -> Sheet:
    """A row for each layer where they were measured, and for what lies between; or else one for each batch."""
    record, shares = _record(found), [f"p{share}" for share in SHARES]
    if not found.layers:
        return Sheet.of(record["batches"], ("batch", "passes", *shares, "examples_per_second", "macs_per_second"))
    rows = [
        {"batch": each["batch"], **row, "macs_per_second": _per_second(row["macs"], row["p50"])}
        for each in record["layers"]
        for row in (*each["modules"], {"path": BETWEEN, **each["between"], "macs": 0})
    ]
    return Sheet.of(rows, ("batch", "path", *shares, "macs", "macs_per_second"))
