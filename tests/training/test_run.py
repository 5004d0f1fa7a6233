"""Runs on the digits of scikit-learn: what they reach and what they leave behind."""

import json
import os
import signal
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from netspec.diagnostics import Code, NetspecError
from netspec.functional.order import epoch_order
from netspec.training.judging.evaluate import evaluate
from netspec.training.run import train
from netspec.training.showing.progress import Display
from netspec.training.steps.device import fitting_threads
from tests.training.networks import digits_net, lenet, network, recipe, refused

SIDES = ("last.safetensors", "best.safetensors")
RECORDS = (*SIDES, "checkpoint", "metrics.json", "metrics.csv", "spec.yaml", "recipe.yaml")


def test_digits_above_95_per_cent(tmp_path):
    report = train(network(), recipe(8), device="cpu", out=tmp_path / "run")
    metrics = json.loads((tmp_path / "run/metrics.json").read_text())
    assert metrics == json.loads(json.dumps(report.metrics))
    assert metrics["test_accuracy"] > 0.95
    assert (metrics["state"], metrics["seed"], metrics["device"].split(",")[0]) == ("done", 0, "cpu")
    assert metrics["parameters"] == sum(p.numel() for p in digits_net().parameters())
    assert metrics["data"]["train"] + metrics["data"]["test"] == 1797
    assert [e["epoch"] for e in metrics["epochs"]] == list(range(1, 9))
    assert metrics["steps"] == 8 * 45
    assert metrics["best"]["by"] == "loss"
    assert metrics["best"]["epoch"] == min(metrics["epochs"], key=lambda e: e["loss"])["epoch"]
    assert sorted(p.name for p in (tmp_path / "run").iterdir() if p.name in RECORDS) == sorted(RECORDS)
    assert (tmp_path / "run/spec.yaml").read_text() == "netspec: 1\n"
    assert "test accuracy" in report.text()


def test_eval_equals_the_final_metrics(tmp_path):
    given = recipe(2, data={"digits": None, "validation": 0.1})
    metrics = train(network(), given, device="cpu", out=tmp_path).metrics
    for file, told in zip(SIDES, (metrics, metrics["best"]), strict=True):
        found = evaluate(network(), given, tmp_path / file, "cpu")
        assert (found["test_accuracy"], found["test_loss"]) == (told["test_accuracy"], told["test_loss"])


def test_the_best_epoch_is_judged_by_what_is_held_out(tmp_path):
    given = recipe(3, data={"digits": None, "validation": 0.2})
    metrics = train(network(), given, device="cpu", out=tmp_path).metrics
    assert (metrics["data"]["train"], metrics["data"]["validation"]) == (1150, 287)
    lowest = min(metrics["epochs"], key=lambda e: e["validation_loss"])
    assert (metrics["best"]["by"], metrics["best"]["epoch"]) == ("validation_loss", lowest["epoch"])


def test_the_final_weights_are_the_module_s(tmp_path):
    built = []
    train(network(lambda: built.append(digits_net()) or built[0]), recipe(2), device="cpu", out=tmp_path)
    saved = load_file(tmp_path / "last.safetensors")
    assert list(saved) == sorted(built[0].state_dict())
    assert all(torch.equal(saved[k], v) for k, v in built[0].state_dict().items())


def test_a_seed_fixes_everything(tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        train(network(), recipe(1, seed=seed), device="cpu", out=tmp_path / name)
    weights = {name: load_file(tmp_path / name / "last.safetensors") for name in "abc"}
    assert all(torch.equal(weights["a"][k], weights["b"][k]) for k in weights["a"])
    assert not torch.equal(weights["a"]["0.weight"], weights["c"]["0.weight"])


def test_it_is_the_plain_loop(tmp_path):
    """The weights equal those of a loop written out here, with torch's own schedule."""
    from netspec.training.feeding.samples import prepare

    given = recipe(2)
    train(network(), given, device="cpu", out=tmp_path)
    data = prepare(given.data, torch.device("cpu")).train
    torch.manual_seed(0)
    module = digits_net()
    optimizer = torch.optim.AdamW(module.parameters(), lr=3e-3, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, 1e-2, total_steps=90, div_factor=1e-2 / 3e-3, cycle_momentum=False
    )
    for epoch in range(2):
        for rows in epoch_order(1437, 0, epoch).split(32):
            optimizer.zero_grad()
            nn.functional.cross_entropy(module(data.images[rows]), data.targets[rows]).backward()
            optimizer.step()
            schedule.step()
    for key, weight in load_file(tmp_path / "last.safetensors").items():
        torch.testing.assert_close(weight, module.state_dict()[key], rtol=1e-3, atol=1e-4)


def test_runs_get_folders_of_their_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert [str(train(network(), recipe(1), device="cpu").folder) for _ in range(2)] == ["runs/net-1", "runs/net-2"]
    assert "overwrites nothing" in refused(Code.FILE_UNWRITABLE, network(), recipe(1), out=Path("runs/net-1"))
    Path("file").touch()
    refused(Code.FILE_UNWRITABLE, network(), recipe(1), out=Path("file/below"))


class AsksAt(Display):
    """Sends this process a Ctrl-C when an epoch begins."""

    def __init__(self, epoch):
        self.epoch = epoch

    def begin(self, epoch, epochs, steps, counted):
        if epoch == self.epoch:
            os.kill(os.getpid(), signal.SIGINT)


def test_ctrl_c_saves(tmp_path):
    before = signal.getsignal(signal.SIGINT)
    report = train(network(), recipe(4), device="cpu", out=tmp_path, display=AsksAt(2))
    assert signal.getsignal(signal.SIGINT) is before
    assert report.state == "interrupted"
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    assert (metrics["state"], metrics["steps"], len(metrics["epochs"])) == ("interrupted", 46, 1)
    assert (metrics["test_accuracy"], metrics["best"]["epoch"]) == (None, 1)
    assert "interrupted after 46 steps, 1 of 4 epochs" in report.text()
    last, best = (load_file(tmp_path / name) for name in SIDES)
    assert not torch.equal(last["0.weight"], best["0.weight"])


def test_data_that_do_not_fit(tmp_path):
    with pytest.raises(NetspecError) as caught:
        train(network(lenet, (1, 28, 28), (12,)), recipe(1), out=tmp_path / "run")
    assert [d.code for d in caught.value.diagnostics] == [Code.DATA_MISMATCH] * 2
    assert "images of [1, 8, 8], the network takes [1, 28, 28]" in str(caught.value)
    assert "10 classes, the network gives [12]" in str(caught.value)
    assert not (tmp_path / "run").exists()
    large = recipe(1, data={"digits": None, "batch_size": 2000})
    assert "a batch of 2,000" in refused(Code.DATA_MISMATCH, network(), large, out=tmp_path)


def test_small_work_is_for_one_thread():
    torch.set_num_threads(2)
    for macs, threads in ((9_000_000, 1), (11_000_000, 2), (None, 2)):
        with fitting_threads(macs):
            assert torch.get_num_threads() == threads
        assert torch.get_num_threads() == 2


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_no_cuda(tmp_path):
    assert "--device cpu" in refused(Code.TRAINING_FAILED, network(), recipe(1), device="cuda", out=tmp_path)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device")
def test_cuda(tmp_path):
    metrics = train(network(), recipe(8), device="auto", out=tmp_path).metrics
    assert metrics["device"].startswith("cuda")
    assert metrics["test_accuracy"] > 0.95


@pytest.mark.skipif("NETSPEC_DATA" not in os.environ, reason="NETSPEC_DATA does not say where MNIST lies")
def test_mnist_in_one_epoch(tmp_path):
    given = recipe(1, data={"mnist": None, "batch_size": 128}, optimizer={"adamw": 2e-3}, schedule={"one_cycle": 4e-3})
    metrics = train(network(lenet, (1, 28, 28)), given, device="cpu", out=tmp_path).metrics
    assert metrics["data"]["shift"] == pytest.approx([0.1307 * 255], abs=0.02)
    assert metrics["data"]["scale"] == pytest.approx([0.3081 * 255], abs=0.02)
    assert metrics["test_accuracy"] > 0.97
