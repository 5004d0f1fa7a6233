"""Networks out of the ordinary: side outputs, frozen weights, losses that are no numbers."""

import json

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from netspec.diagnostics import Code
from netspec.training.judging.evaluate import evaluate
from netspec.training.run import train
from tests.training.networks import digits_net, network, recipe, refused


class Exploding(nn.Module):
    """Gives numbers until its 50th training step, then none."""

    def __init__(self):
        super().__init__()
        self.net, self.calls = digits_net(), 0

    def forward(self, x):
        self.calls += self.training
        return self.net(x) * (float("nan") if self.calls == 50 else 1)


def test_a_loss_that_is_no_number_stops_the_run(tmp_path):
    text = refused(Code.TRAINING_FAILED, network(Exploding), recipe(4), device="cpu", out=tmp_path)
    assert "nan at step 50 (epoch 2, step 5 of 45)" in text
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    assert (metrics["state"], len(metrics["epochs"])) == ("failed", 1)
    assert all(t.isfinite().all() for t in load_file(tmp_path / "last.safetensors").values())


def test_a_step_that_torch_refuses(tmp_path):
    def build():
        return nn.Sequential(nn.Flatten(), nn.BatchNorm1d(64), nn.Linear(64, 10))

    given = recipe(1, data={"digits": None, "batch_size": 4})  # 1,437 images leave a last batch of one
    text = refused(Code.TRAINING_FAILED, network(build), given, device="cpu", out=tmp_path)
    assert "step 360 failed: Expected more than 1 value per channel" in text


class Sided(nn.Module):
    """A side output in training; `others` are outputs at all times."""

    def __init__(self, main="output"):
        super().__init__()
        self.body, self.side = digits_net(), nn.Sequential(nn.Flatten(), nn.Linear(64, 10))
        self.main = main

    def forward(self, x):
        return {self.main: self.body(x), "aux": self.side(x)} if self.training else self.body(x)


def test_side_outputs_are_trained(tmp_path):
    start = {}

    def build():
        module = Sided()
        start.update({k: v.clone() for k, v in module.state_dict().items()})
        return module

    metrics = train(network(build), recipe(6, side_loss=0.3), device="cpu", out=tmp_path).metrics
    assert metrics["test_accuracy"] > 0.9
    assert not torch.equal(load_file(tmp_path / "last.safetensors")["side.1.weight"], start["side.1.weight"])


def test_side_outputs_need_a_weight(tmp_path):
    assert "`aux`" in refused(Code.BAD_RECIPE, network(Sided), recipe(1), out=tmp_path)


def test_outputs_without_a_main_one(tmp_path):
    text = refused(Code.DATA_MISMATCH, network(lambda: Sided("left")), recipe(1, side_loss=0.3), out=tmp_path)
    assert "`left`, `aux`" in text


class Distances(nn.Module):
    """Squared distances of the answers to the rows of the unit matrix: the right class has the smallest."""

    def __init__(self):
        super().__init__()
        self.net = digits_net()

    def forward(self, x):
        return (self.net(x)[:, None] - torch.eye(10)).square().sum(2)


def bounded():
    return nn.Sequential(digits_net(), nn.Tanh())


@pytest.mark.parametrize(
    ("build", "loss"),
    [
        (Distances, {"map": None, "j": 1.0}),
        (bounded, {"mse": None, "positive": 0.8, "negative": -0.8}),
        (lambda: nn.Sequential(digits_net(), nn.LogSoftmax(1)), "nll"),
        (digits_net, {"multi_margin": None, "p": 2}),
    ],
    ids=["map", "mse", "nll", "multi_margin"],
)
def test_every_loss_learns_and_every_figure_reads_its_outputs(tmp_path, build, loss):
    given = recipe(6, loss=loss, data={"digits": None, "batch_size": 32, "validation": 0.1, "range": [-1, 1]})
    metrics = train(network(build), given, device="cpu", out=tmp_path).metrics
    last = metrics["epochs"][-1]
    assert min(metrics["test_accuracy"], last["accuracy"], last["validation_accuracy"]) > 0.9
    assert last["loss"] < metrics["epochs"][0]["loss"]
    found = evaluate(network(build), given, tmp_path / "last.safetensors", "cpu")
    assert (found["test_accuracy"], found["test_loss"]) == (metrics["test_accuracy"], metrics["test_loss"])


def test_frozen_weights_stay(tmp_path):
    def build():
        module = digits_net()
        module[0].requires_grad_(False)
        build.first = module[0].weight.clone()
        return module

    train(network(build), recipe(1), device="cpu", out=tmp_path)
    assert torch.equal(load_file(tmp_path / "last.safetensors")["0.weight"], build.first)
    refused(Code.TRAINING_FAILED, network(lambda: digits_net().requires_grad_(False)), recipe(1), out=tmp_path / "b")
