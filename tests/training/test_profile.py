"""Where the time of a training goes."""

import json
from types import SimpleNamespace

import pytest
import torch

from netspec.training.steps.profile import PHASES, TABLE, TRACE, Watched, times_of
from tests.training.networks import network, recipe, train


def event(name, start, end, device=0.0):
    return SimpleNamespace(
        name=name,
        device_type=SimpleNamespace(name="CPU"),
        time_range=SimpleNamespace(start=start, end=end),
        self_device_time_total=device,
    )


STEP = [
    event("netspec.data", 0, 100),
    event("netspec.forward", 100, 300),
    event("aten::conv2d", 120, 130, 400),
    event("netspec.backward", 300, 400),
    event("ConvolutionBackward0", 350, 360, 200),  # on the thread of autograd
    event("netspec.waiting", 400, 1000),
    event("aten::elsewhere", 2000, 2010, 50),
]


def test_phases_on_the_processor():
    found = times_of(STEP, 1, cuda=False)
    assert found.seconds == pytest.approx(1e-3)
    assert found.host["forward"] == pytest.approx(2e-4)
    assert found.host["waiting"] == pytest.approx(6e-4)
    assert found.device == {}


def test_kernels_belong_to_the_phase_that_started_them():
    found = times_of(STEP, 1, cuda=True)
    assert found.device["forward"] == pytest.approx(4e-4)
    assert found.device["backward"] == pytest.approx(2e-4)
    assert found.device["waiting"] == pytest.approx(4e-4)  # idle: what is left of the millisecond
    table = found.table()
    assert table.startswith("1 steps, 1.000 ms each")
    assert "processor, ms" in table
    assert "device, ms" in table


def test_a_phase_within_another_holds_its_own_time():
    nested = [
        event("netspec.data", 0, 100),
        event("netspec.augmentation", 20, 70),
        event("aten::flip", 30, 31, 5),
        event("aten::index_select", 80, 81, 7),
        event("netspec.forward", 100, 110),
    ]
    found = times_of(nested, 1, cuda=True)
    assert [found.host[phase] * 1e6 for phase in PHASES[:3]] == pytest.approx([50, 50, 10])
    assert [found.device[phase] * 1e6 for phase in PHASES[:3]] == pytest.approx([7, 5, 0])


def test_a_run_leaves_a_trace_and_a_table(tmp_path):
    train(network(), recipe(epochs=1), device="cpu", out=tmp_path / "run", profile=True)
    table = (tmp_path / "run" / TABLE).read_text()
    assert table.startswith("40 steps, ")
    shares = {line.split()[0]: float(line.split()[2].rstrip("%")) for line in table.splitlines()[3:]}
    assert list(shares) == [*PHASES, "other"]
    assert sum(shares.values()) == pytest.approx(100, abs=0.5)
    assert shares["forward"] > 5
    assert shares["backward"] > 5
    events = json.loads((tmp_path / "run" / TRACE).read_text())["traceEvents"]
    assert {f"netspec.{phase}" for phase in PHASES} <= {each.get("name") for each in events}


def test_a_run_too_short_to_be_watched_leaves_nothing(tmp_path):
    with Watched(tmp_path, torch.device("cpu")) as watched:
        watched.step()
    assert list(tmp_path.iterdir()) == []
    assert watched.times is None
