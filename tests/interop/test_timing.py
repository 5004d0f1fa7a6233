"""Times of a network: the arithmetic of percentiles, the passes that are measured, and the command."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from netspec import api
from netspec.autograd import PRECISIONS
from netspec.diagnostics import NetspecError
from netspec.interop import timing
from netspec.interop.measured_times import Latencies, LayerTimes, Timing
from netspec.interop.timing import FEWEST, WARM_UP, Stopwatch
from netspec.report.timing import seconds_text
from netspec.report.timing import timing as report
from netspec.report.writers import formats, written

NETWORK = """
netspec: 1
name: net
input: [3, 8, 8]
blocks:
  unit:
    layers: [{conv: 4, kernel: 1, name: conv}, relu]
layers:
  - {unit: , name: first}
  - residual: [{conv: 4, kernel: 3, padding: 1}]
  - {batch_norm: , name: norm}
  - {dropout: 0.5}
  - flatten
  - {linear: 5, name: fc}
"""


@pytest.fixture
def ticking(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """A clock that goes on by a second whenever it is read; gives the number of reads."""
    reads = [0]

    def read() -> float:
        reads[0] += 1
        return float(reads[0])

    monkeypatch.setattr(timing.time, "perf_counter", read)
    return lambda: reads[0]


def stopwatch(text: str, seconds: float = 1.0, precision: str = "float32") -> Stopwatch:
    spec = api.loads(text)
    network = api.compile(spec).eval()
    return Stopwatch(network, spec.graph, torch.device("cpu"), PRECISIONS[precision], seconds)


@pytest.mark.parametrize(("share", "expected"), [(50, 2.0), (51, 3.0), (75, 3.0), (76, 4.0), (99, 4.0), (1, 1.0)])
def test_a_percentile_is_the_least_time_that_its_share_does_not_exceed(share: int, expected: float) -> None:
    found = Latencies(8, [1.0, 2.0, 3.0, 4.0], 100)
    assert found.percentile(share) == expected


def test_rates_are_at_the_median() -> None:
    found = Latencies(8, [1.0, 2.0, 40.0], 100)
    assert (found.throughput, found.macs_per_second) == (4.0, 50.0)
    assert Latencies(8, [1.0], None).macs_per_second is None


def test_passes_warm_up_and_then_fill_the_time(ticking: Callable[[], int]) -> None:
    assert stopwatch(NETWORK, 1.0).latencies(2).seconds == [1.0] * FEWEST
    assert ticking() == 2 * (WARM_UP + FEWEST)
    assert len(stopwatch(NETWORK, 100.0).latencies(2).seconds) == 100
    assert ticking() == 2 * (WARM_UP + FEWEST) + 2 * (10 + 100)


def test_macs_are_those_of_the_batch() -> None:
    spec = api.loads(NETWORK)
    (found,) = api.time(spec, "cpu", batches=[3], seconds=0.01).latencies
    assert found.macs == 3 * api.analyze(spec).work.total


def test_each_module_has_its_time_and_all_sum_up_to_a_pass(ticking: Callable[[], int]) -> None:
    found = stopwatch(NETWORK).layers(2)
    paths = [node.path for node in api.loads(NETWORK).graph.nodes.values() if node.path != "add1"]
    assert list(found.modules) == paths
    assert set(found.modules.values()) == {1.0}
    assert all(len(each) == FEWEST for each in (*found.seconds.values(), found.rest))
    # A pass reads the clock at its start and its end and twice for each module: the rest lies between modules.
    assert found.between == 2 * len(paths) + 1 - len(paths)
    assert found.total == 2 * len(paths) + 1
    assert found.macs["fc"] == 2 * 4 * 8 * 8 * 5
    assert found.macs["norm"] == 0


def test_calls_of_a_shared_module_are_one_row(ticking: Callable[[], int]) -> None:
    text = "netspec: 1\nname: net\ninput: [4]\nlayers: [{linear: 4, name: a}, relu, {reuse: a}]\n"
    found = stopwatch(text).layers(2)
    assert found.modules == {"a": 2.0, "relu1": 1.0}
    assert found.macs == {"a": 2 * 2 * 16, "relu1": 0}


def test_a_network_without_modules_has_only_what_lies_between() -> None:
    found = stopwatch("netspec: 1\nname: net\ninput: [4]\nlayers: [{residual: []}]\n").layers(1)
    assert found.modules == {}
    assert found.total == found.between > 0


def test_heads_that_run_in_training_alone_are_left_out() -> None:
    spec = api.load("googlenet")
    found = api.time(spec, "cpu", seconds=0.01, layers=True).layers[0]
    assert not [path for path in found.modules if path.startswith("aux")]
    assert sum(macs or 0 for macs in found.macs.values()) == api.analyze(spec).work.total


@pytest.mark.parametrize("precision", PRECISIONS)
def test_every_precision(precision: str) -> None:
    found = api.time(api.loads(NETWORK), "cpu", precision=precision, seconds=0.01, layers=True)
    assert found.precision == precision
    assert len(found.latencies[0].seconds) >= FEWEST


def test_integers_and_other_shapes_go_in() -> None:
    head = "netspec: 1\nname: net\ninput: {shape: [7], dtype: int64}\n"
    text = head + "layers: [{embedding: 11, dim: 16}, {linear: 3}]\n"
    found = api.time(api.loads(text), "cpu", inputs={"input": (5,)}, seconds=0.01)
    assert found.shapes == {"input": (5,)}
    assert found.latencies[0].macs == 5 * 16 * 3


def test_threads_are_given_back() -> None:
    before = torch.get_num_threads()
    assert api.time(api.loads(NETWORK), "cpu", threads=1, seconds=0.01).device == "cpu, 1 thread"
    assert torch.get_num_threads() == before


@pytest.mark.parametrize("arguments", [{"batches": [0]}, {"precision": "int4"}, {"seconds": 0}, {"threads": 0}])
def test_numbers_out_of_range_are_refused(arguments: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"batch|precision|above 0"):
        api.time(api.loads(NETWORK), "cpu", **arguments)


def test_what_torch_cannot_run_is_told_without_a_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError("no kernel for this\nand more")

    monkeypatch.setattr(Stopwatch, "latencies", fails)
    with pytest.raises(NetspecError) as caught:
        api.time(api.loads(NETWORK), "cpu")
    assert [str(each.code.number) for each in caught.value.diagnostics] == ["NS0913"]
    assert caught.value.diagnostics[0].message == "`net` does not run on cpu in float32: no kernel for this"


def test_a_batch_that_memory_cannot_hold_is_refused_before_it_is_made(
    monkeypatch: pytest.MonkeyPatch, netspec: Callable[..., tuple[int, str, str]]
) -> None:
    monkeypatch.setattr(Stopwatch, "latencies", lambda *_: pytest.fail("it was run"))
    code, _, err = netspec("time", "vgg16", "--batch", "1000000000")
    assert code == 1
    assert "error[NS0913]: a batch of 1,000,000,000 does not fit" in err


def test_the_time_to_spend_is_a_number(netspec):
    code, _, err = netspec("time", "lenet", "--seconds", "nan")
    assert (code, "'nan' is not a finite number" in err) == (2, True)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_an_absent_device_is_told(netspec: Callable[..., tuple[int, str, str]]) -> None:
    code, _, err = netspec("time", "lenet", "--device", "cuda")
    assert (code, "NS0913" in err) == (1, True)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device")
def test_a_gpu_is_waited_for() -> None:
    found = api.time("resnet18", "cuda", batches=[1, 64], seconds=0.5, layers=True)
    small, large = found.latencies
    assert large.percentile(50) > small.percentile(50)
    assert found.device.startswith("cuda, ")


@pytest.mark.parametrize("form", formats())
@pytest.mark.parametrize("layers", [(), ("--layers",)])
def test_times_in_every_format(
    netspec: Callable[..., tuple[int, str, str]], form: str, layers: tuple[str, ...]
) -> None:
    code, out, err = netspec(
        "time", "mlp", "--batch", "1", "--batch", "2", "--seconds", "0.01", "--format", form, *layers
    )
    assert (code, err) == (0, "")
    if form == "json":
        record = json.loads(out)
        assert [each["batch"] for each in record["batches"]] == [1, 2]
        assert all(each["fastest"] <= each["p50"] <= each["p90"] <= each["slowest"] for each in record["batches"])
        assert ("layers" in record) == bool(layers)
    if form == "csv":
        rows = list(csv.DictReader(io.StringIO(out)))
        assert {row["batch"] for row in rows} == {"1", "2"}
        assert all(float(row["p50"]) <= float(row["p90"]) <= float(row["p99"]) for row in rows)


def test_layers_are_told_with_the_sum_that_their_shares_are_of() -> None:
    whole = Latencies(2, [0.010, 0.020, 0.030], 400)
    layers = LayerTimes(2, {"fc": [0.004, 0.005, 0.009]}, {"fc": 400}, [0.001, 0.002, 0.003])
    document = report(Timing("net", "cpu", "float32", (whole,), (layers,), {}))
    words = " ".join(written(document, "text").split())
    assert "Shares are of the sum of the medians, 7.00 ms; p50 of passes that do not wait is 20.0 ms." in words
    rows = list(csv.DictReader(io.StringIO(written(document, "csv"))))
    assert [(row["path"], row["p50"], row["p99"], row["macs_per_second"]) for row in rows] == [
        ("fc", "0.005", "0.009", "80000.0"),
        ("between layers", "0.002", "0.003", "0.0"),
    ]


def test_of_a_run_its_network_is_measured(
    netspec: Callable[..., tuple[int, str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("run").mkdir()
    Path("run/spec.yaml").write_text(NETWORK)
    code, out, err = netspec("time", "run", "--seconds", "0.001", "--format", "json")
    assert (code, err) == (0, "")
    record = json.loads(out)
    assert (record["name"], record["inputs"]) == ("net", {"input": [3, 8, 8]})
    assert api.time(Path("run"), "cpu", seconds=0.001).name == "net"
    Path("run/spec.yaml").rename("other.yaml")
    Path("run/spec.yaml").symlink_to("../other.yaml")
    code, _, err = netspec("time", "run")
    assert (code, "NS0925" in err) == (1, True)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (1.25, "1.25 s"),
        (0.018, "18.0 ms"),
        (0.1, "100 ms"),
        (283.4e-6, "283 us"),
        (1234.0, "1,234 s"),
        (0.0, "0.00 us"),
    ],
)
def test_times_have_three_digits(seconds: float, text: str) -> None:
    assert seconds_text(seconds) == text
