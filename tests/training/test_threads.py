"""Runs whose batches are computed in parts: as whole ones but for rounding, and the same whatever interrupts them."""

import threading

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from netspec import api
from netspec.diagnostics import Code, NetspecError
from netspec.functional.process import Process
from netspec.functional.workers import Workers, workers_of
from netspec.training.resuming import resume_spec
from netspec.training.showing.progress import Display
from netspec.training.spec import train_spec
from netspec.training.steps import stepper
from netspec.training.steps.profile import TABLE
from tests.training.networks import network, recipe, refused, train
from tests.training.test_resume import Signals
from tests.training.test_tables import same_as_the_script

RECIPE = """
  loss: cross_entropy
  optimizer: {sgd: 0.1, momentum: 0.9}
  epochs: 1
  seed: 3
"""
DIGITS = f"train:\n  data: {{digits: , batch_size: 200, validation: 0.1}}{RECIPE}"
DIGIT, SHORT = "input: [1, 8, 8]", "{reshape: [8, 8], name: rows}"
NETWORKS = {
    "convolution": (DIGIT, "[{conv: 6, kernel: 3}, tanh, {avg_pool: 2}, flatten, {linear: 32}, tanh, {linear: 10}]"),
    "recurrent": (DIGIT, f"[{SHORT}, {{gru: 12, last: true, bidirectional: true}}, {{linear: 10}}]"),
    "transformer": (
        DIGIT,
        f"[{SHORT}, {{position_embedding: 8, dim: 8, name: places}}, {{add: [rows, places]}}, {{attention: 2}}, "
        "layer_norm, {linear: 16, activation: gelu}, flatten, {linear: 10}]",
    ),
    "two inputs": (
        "inputs: {words: {shape: [3], dtype: int64}, mood: [2]}",
        "[{embedding: 20, dim: 4, from: words}, {flatten: , name: read}, {concat: [read, mood]}, {linear: 16}, relu, "
        "{linear: 10}]",
    ),
}


@pytest.fixture(autouse=True)
def _no_thread_is_left():
    before, share = threading.active_count(), torch.get_num_threads()
    yield
    assert (threading.active_count(), torch.get_num_threads()) == (before, share)


@pytest.fixture(autouse=True)
def _undrawn(monkeypatch):
    monkeypatch.setattr("netspec.training.keeping.run_log.pictures", lambda *run: ())


def spec_of(name, threads, more=""):
    data = DIGITS
    if name == "two inputs":
        random = np.random.default_rng(0)
        given = {"words": random.integers(20, size=(410, 3)), "mood": random.random((410, 2), dtype=np.float32)}
        given["y"] = random.integers(10, size=410)
        np.savez("two.npz", **{f"{key}_train": each for key, each in given.items()})
        data = f"train:\n  data: {{arrays: two.npz, inputs: [words, mood], batch_size: 100}}{RECIPE}"
    inputs, layers = NETWORKS[name]
    return api.loads(f"netspec: 1\nname: net\n{inputs}\nlayers: {layers}\n{data}  threads: {threads}\n{more}")


@pytest.mark.parametrize("name", NETWORKS)
def test_an_epoch_in_parts_has_the_losses_of_one_of_whole_batches(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (whole,), (parted,) = (
        train_spec(spec_of(name, threads), device="cpu", out=tmp_path / str(threads)).metrics["epochs"]
        for threads in (1, 3)
    )
    assert parted["loss"] == pytest.approx(whole["loss"], rel=1e-5)
    before, after = (load_file(tmp_path / each / "last.safetensors") for each in ("1", "3"))
    torch.testing.assert_close(after, before, rtol=1e-3, atol=1e-4)
    assert not all(torch.equal(after[key], before[key]) for key in before), "nothing was computed in parts"


MORE = "  accumulate: 2\n  clip: {norm: 1.0}\n  ema: {decay: 0.9}\n"


def test_a_run_in_parts_goes_on_to_the_bit_and_its_script_takes_its_steps(tmp_path, monkeypatch):
    spec = spec_of("convolution", 2, MORE)
    metrics = train_spec(spec, device="cpu", out=tmp_path / "run").metrics
    train_spec(spec, device="cpu", out=tmp_path / "cut", display=Signals(monkeypatch, 2))
    resume_spec(tmp_path / "cut", device="cpu")
    for name in ("last", "ema"):
        whole, found = (load_file(tmp_path / each / f"{name}.safetensors") for each in ("run", "cut"))
        assert all(torch.equal(found[key], whole[key]) for key in whole)
    assert (metrics["steps"], metrics["device"]) == (4, "cpu, 2 threads")
    assert same_as_the_script(tmp_path, spec, monkeypatch)


def test_an_error_in_a_thread_is_told_by_its_step(tmp_path):
    class Failing(nn.Sequential):
        def forward(self, x):
            if len(x) == 14:  # a half of the last batch, of 29
                raise ValueError("14 are too few")
            return super().forward(x)

    build = network(lambda: Failing(nn.Flatten(), nn.Linear(64, 10)))
    text = refused(Code.TRAINING_FAILED, build, recipe(threads=2), device="cpu", out=tmp_path / "run")
    assert "step 45 failed: 14 are too few" in text


def test_a_profile_of_parts_tells_phases_and_no_layers(tmp_path):
    train(network(), recipe(epochs=1, threads=2), device="cpu", out=tmp_path / "run", profile=True)
    table = (tmp_path / "run" / TABLE).read_text()
    assert "backward" in table
    assert "layer" not in table


class Told(Display):
    """Keeps the notes."""

    def __init__(self):
        self.notes = []

    def note(self, text):
        self.notes.append(text)


def test_batches_are_parted_by_one_process_on_the_cpu_alone(tmp_path, monkeypatch):
    processes = [Process(torch.device(device), 0, world) for device, world in (("cpu", 1), ("cpu", 2), ("cuda", 1))]
    assert [workers_of(3, process).count for process in processes] == [3, 1, 1]
    monkeypatch.setattr(stepper, "workers_of", lambda count, process: Workers(1))
    train(network(), recipe(epochs=1, threads=2), device="cpu", out=tmp_path / "run", display=(shown := Told()))
    assert shown.notes == ["`threads: 2` parts batches of one process on the CPU alone"]


REFUSED = {
    "{conv: 4, kernel: 3}, batch_norm, {dropout: 0.1}, flatten": "`batch_norm`, at `batch_norm1`, takes its statistics",
    "{dropout: 0}, flatten, {sequence: [{dropout: 0.1}], name: inner}": "`dropout`, at `inner.0`, draws random",
    "{reshape: [8, 8]}, {attention: 2, dropout: 0.1}, flatten": "`attention`, at `attention1`, draws random numbers",
    "flatten, {random_normal: training}": "`random_normal`, at `random_normal1`, draws random numbers",
}


@pytest.mark.parametrize("layers", REFUSED)
def test_a_layer_that_joins_examples_is_named(layers, tmp_path):
    spec = api.loads(f"netspec: 1\nname: net\n{DIGIT}\nlayers: [{layers}, {{linear: 10}}]\n{DIGITS}  threads: 2\n")
    with pytest.raises(NetspecError) as caught:
        train_spec(spec, out=tmp_path / "run")
    [found] = caught.value.diagnostics
    assert (found.code, found.span.line) == (Code.BAD_RECIPE, 11)
    assert REFUSED[layers] in found.message


def test_compiled_steps_are_whole():
    with pytest.raises(NetspecError, match="a compiled step is computed whole") as caught:
        recipe(threads=2, compile=True)
    assert caught.value.diagnostics[0].code == Code.CONFLICTING_KEYS
    assert recipe(threads=2, compile=False).threads == 2
