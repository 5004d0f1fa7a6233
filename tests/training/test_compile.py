"""Compiled steps: when they are, that they compute the same, and that warming up changes nothing."""

import pytest
import torch
from torch import nn

from netspec.diagnostics import NetspecError
from netspec.training.steps import compile as compiling
from netspec.training.steps.compile import Compilation, as_written
from tests.training.networks import network, recipe, train

CPU, CUDA = torch.device("cpu"), torch.device("cuda")


def test_steps_are_compiled_on_cuda_alone_unless_asked_for(monkeypatch):
    monkeypatch.setattr(compiling, "_missing", lambda device: None)
    decided = [(c.on, c.graphs) for c in (Compilation(None, CPU), Compilation(True, CPU), Compilation(None, CUDA))]
    assert decided == [(False, False), (True, False), (True, True)]
    assert not Compilation(False, CUDA).on
    assert not Compilation(None, CUDA, alone=False).graphs


def test_without_a_compiler(monkeypatch):
    monkeypatch.setattr(compiling, "_missing", lambda device: "there is no C++ compiler")
    assert not Compilation(None, CUDA).on
    with pytest.raises(NetspecError, match="cannot be compiled: there is no C") as caught:
        Compilation(True, CPU)
    assert "compile: false" in caught.value.diagnostics[0].help


class Dropping(nn.Module):
    """Has buffers, and draws random numbers."""

    def __init__(self):
        super().__init__()
        self.norm, self.drop = nn.BatchNorm1d(4), nn.Dropout(0.5)

    def forward(self, x):
        return self.drop(self.norm(x))


@pytest.fixture
def counted():
    """A module compiled by a backend that runs what it is given as it is, and counts how often it does."""
    ran = []

    def backend(graph, examples):
        def call(*arguments):
            ran.append(arguments)
            return graph(*arguments)

        return call

    module = Dropping()
    module.compile(dynamic=False, backend=backend)
    return Compilation(True, CPU), module, ran


def test_warming_up_leaves_no_trace(counted):
    compilation, module, ran = counted
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    compilation.warm_up(module, lambda: module(torch.rand(8, 4)).sum().backward())
    assert len(ran) == 3
    torch.testing.assert_close(module.state_dict(), before)
    assert all(p.grad is None for p in module.parameters())
    assert torch.equal(torch.rand(2), expected)


def test_other_batches_run_as_they_are_written(counted):
    compilation, module, ran = counted
    for _ in range(3):
        with compilation.step(whole=True):
            module(torch.rand(8, 4))
    assert len(ran) == 3
    for _ in range(3):
        with compilation.step(whole=False):
            module(torch.rand(5, 4))
    assert len(ran) == 3
    with as_written():
        module(torch.rand(8, 4))
    assert len(ran) == 3


@pytest.mark.slow
def test_a_compiled_run_equals_one_that_is_not(tmp_path):
    short = {"data": {"digits": None, "batch_size": 500}}
    reports = [
        train(network(), recipe(epochs=2, compile=on, **short), device="cpu", out=tmp_path / str(on))
        for on in (False, True)
    ]
    plain, compiled = ([epoch["loss"] for epoch in report.metrics["epochs"]] for report in reports)
    assert compiled == pytest.approx(plain, rel=1e-4)
