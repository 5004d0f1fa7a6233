"""Where the time of a training goes."""

import json
import re
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from netspec import api
from netspec.training.spec import train_spec
from netspec.training.steps.layer_times import Layers, LayerTable, Spent, layer_times
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
    shares = {
        line.split()[0]: float(line.split()[2].rstrip("%")) for line in table.partition("\n\nlayer")[0].splitlines()[3:]
    }
    assert list(shares) == [*PHASES, "other"]
    assert sum(shares.values()) == pytest.approx(100, abs=0.5)
    assert shares["forward"] > 5
    assert shares["backward"] > 5
    events = json.loads((tmp_path / "run" / TRACE).read_text())["traceEvents"]
    assert {f"netspec.{phase}" for phase in PHASES} <= {each.get("name") for each in events}


def test_layers_have_their_forward_and_backward_time():
    def of(name, start, end, number=-1):
        made = event(name, start, end)
        return SimpleNamespace(**vars(made), sequence_nr=number, device_time_total=0.0)

    node = "autograd::engine::evaluate_function: "
    events = [
        of("netspec.layer.a", 0, 100), of("aten::conv2d", 10, 90, 1),
        of("netspec.layer.b", 100, 130), of("aten::mm", 105, 120, 2), of("aten::add", 122, 125, 3),
        of("aten::nll_loss", 140, 150, 4),
        of(f"{node}NllLossBackward0", 200, 205, 4),
        of(f"{node}AddBackward0", 205, 210, 3), of(f"{node}MmBackward0", 210, 250, 2),
        of(f"{node}ConvolutionBackward0", 250, 450, 1), of("aten::convolution_backward", 260, 440, 1),
        of(f"{node}torch::autograd::AccumulateGrad", 450, 460),
    ]  # fmt: skip
    modules = dict.fromkeys(("a", "b", "never"), torch.nn.Identity())
    found = layer_times(events, Layers(modules, {"a": 3000, "b": None}, 1e8), 1, 1e-3, cuda=False)
    assert found.spent == {"a": Spent(1e-4, 2e-4), "b": Spent(3e-5, 4.5e-5)}
    a, b = (line.split() for line in found.text().splitlines()[1:3])
    assert a == ["a", "0.100", "0.200", "30.0%", "3,000", "10.0", "M", "10.0%"]
    assert b[-3:] == ["unknown"] * 3


@pytest.mark.parametrize("steps", [1, 7])
def test_the_times_of_layers_and_of_all_else_are_those_of_the_steps(steps):
    random = np.random.default_rng(steps)
    spent = {f"l{index}": Spent(*random.uniform(1e-3, 1e-2, 2).tolist()) for index in range(5)}
    whole, peak = 0.2, 1e9
    layers = Layers(dict.fromkeys(spent, torch.nn.Identity()), dict.fromkeys(spent, 10**6), peak)
    found = LayerTable(layers, spent, steps, whole)
    assert found.rest + sum(each.forward + each.backward for each in spent.values()) == pytest.approx(whole)
    lines = found.text().splitlines()[1:-2]
    rows = [[float(cell) for cell in re.findall(r"(?<= )[\d.]+", line)] for line in lines]
    times, shares = (
        [row[0] + row[1] for row in rows[:-1]] + [rows[-1][0]],
        [row[2] for row in rows[:-1]] + [rows[-1][1]],
    )
    assert sum(times) == pytest.approx(1e3 * whole / steps, abs=6e-3)
    assert sum(shares) == pytest.approx(100, abs=0.3)
    for time, line in zip(times, lines[:-1], strict=False):  # MACs a second, of the measured peak
        assert float(line.split()[-1].rstrip("%")) == pytest.approx(
            100 * 10**6 / (time / 1e3) / peak, rel=0.01, abs=0.06
        )
    assert lines[-1].startswith("all else")


def test_the_profile_of_a_spec_tells_of_its_layers(tmp_path):
    text = """\
netspec: 1
name: n
input: [1, 8, 8]
layers: [{conv: 4, kernel: 3, name: first}, relu, flatten, {linear: 10, name: head}]
train: {data: {digits: , batch_size: 32}, loss: cross_entropy, optimizer: {sgd: 0.1}, steps: 44}
"""
    train_spec(api.loads(text), device="cpu", out=tmp_path / "run", profile=True)
    layers = (tmp_path / "run" / TABLE).read_text().partition("\nlayer ")[2].splitlines()[1:]
    rows = {line.split()[0]: line.split() for line in layers[: layers.index("")]}
    assert list(rows) == ["first", "relu1", "flatten1", "head", "all"]
    assert all(float(row[1]) > 0 for name, row in rows.items() if name != "all")
    assert float(rows["first"][2]) > 0
    assert float(rows["head"][2]) > 0
    assert rows["head"][4:6] == ["138", "K"]  # 3 x 32 x 144 x 10
    assert rows["first"][4] == "82,944"  # 2 x 32 x 144 x 9: nothing before it is learned
    assert layers[-1].startswith("of peak: of ")


def test_a_run_too_short_to_be_watched_leaves_nothing(tmp_path):
    with Watched(tmp_path, torch.device("cpu")) as watched:
        watched.step()
    assert list(tmp_path.iterdir()) == []
    assert watched.times is None
