"""A run with all that CIFAR-10's speed records do."""

import json

import pytest
import torch
from safetensors.torch import load_file
from torch import nn
from torch.nn import functional as F

from netspec import api
from netspec.functional.averaging import Average
from netspec.recipe.run_settings import Lookahead
from netspec.training.resuming import resume_spec
from netspec.training.spec import evaluate_spec, train_spec
from tests.training.test_resume import Signals

SPEC = """\
netspec: 1
name: tiny
input: [1, 8, 8]
layers:
  - {conv: 20, kernel: 3, name: first}
  - {batch_norm: , name: norm}
  - relu
  - flatten
  - {linear: 10, name: head}
train:
  data: {digits: , batch_size: 128}
  augment: [{crop: 8, padding: 1}, alternating_flip]
  loss: cross_entropy
  optimizer: {muon: 5e-3, convolutions: true}
  first_layer: {whitened: 200}
  lookahead: {every: 5, alpha: 0.3, power: 3}
  test_time: {mirrored: 1}
  epochs: 2
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return train_spec(api.loads(SPEC), device="cpu", out=tmp_path_factory.mktemp("record") / "run")


def test_the_loss_falls_and_the_test_tells_both_figures(run):
    first, last = run.metrics["epochs"]
    assert last["loss"] < first["loss"] < 2.4
    assert run.metrics["test_mirrored_accuracy"] != run.metrics["test_accuracy"] > 0.2
    assert run.metrics["best"]["test_mirrored_loss"] is not None
    assert "test accuracy (mirrored)" in run.text()
    assert not any("mirrored" in name for name in last)  # epochs are judged by the image alone
    again = evaluate_spec(api.load(run.folder / "spec.yaml"), str(run.folder / "ema.safetensors"), device="cpu")
    assert again["test_mirrored_accuracy"] == pytest.approx(run.metrics["test_mirrored_accuracy"])
    assert again["test_accuracy"] == pytest.approx(run.metrics["test_accuracy"])


def test_the_first_layer_stays_as_it_began(run):
    weight = load_file(run.folder / "last.safetensors")["first.weight"]
    torch.testing.assert_close(weight[9:18], -weight[:9])
    assert json.loads((run.folder / "metrics.json").read_text())["recipe"]["first_layer"]["whitened"] == 200


def test_a_run_goes_on_to_the_same_weights(run, tmp_path, monkeypatch):
    with monkeypatch.context() as patched:
        halved = train_spec(api.loads(SPEC), device="cpu", out=tmp_path / "run", display=Signals(patched, 8))
    assert halved.state == "interrupted"
    resume_spec(tmp_path / "run", device="cpu")
    for name in ("last.safetensors", "ema.safetensors"):
        ours, whole = load_file(tmp_path / "run" / name), load_file(run.folder / name)
        assert all(torch.equal(ours[key], whole[key]) for key in whole)


def test_lookahead_is_what_its_paper_says():
    torch.manual_seed(0)
    ours, fast = nn.Linear(4, 2), nn.Linear(4, 2)
    fast.load_state_dict(ours.state_dict())
    slow = [p.detach().clone() for p in fast.parameters()]
    rule, average = Lookahead(every=3, alpha=0.4), Average(ours)
    images = torch.randn(7, 5, 4)

    def step(module, batch):
        loss = F.mse_loss(module(batch), torch.ones(5, 2))
        gradients = torch.autograd.grad(loss, list(module.parameters()))
        with torch.no_grad():
            for parameter, gradient in zip(module.parameters(), gradients, strict=True):
                parameter -= 0.1 * gradient

    for number, batch in enumerate(images):
        step(ours, batch)
        if (kept := rule.at(number, len(images))) is not None:
            average.update(kept)
            average.call_back()
        step(fast, batch)
        if (number + 1) % 3 == 0:
            with torch.no_grad():
                for each, parameter in zip(slow, fast.parameters(), strict=True):
                    each += 0.4 * (parameter - each)
                    parameter.copy_(each)
    for one, other in zip(ours.parameters(), fast.parameters(), strict=True):
        torch.testing.assert_close(one, other)
    for one, other in zip(map(average.tensors.get, ("weight", "bias")), slow, strict=True):
        torch.testing.assert_close(one, other)


def test_the_way_of_the_slow_weights_gets_shorter():
    rule = Lookahead(every=5, alpha=0.25, power=3)
    assert [rule.at(step, 10) for step in (0, 4, 9)] == [None, pytest.approx(0.75 / 8), 0.75]
    assert rule.calls_back
