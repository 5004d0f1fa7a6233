"""What the keys of a recipe do to a step: each against torch's own functions, or a loop written out here."""

import json

import pytest
import torch
from safetensors.torch import load_file
from torch import nn
from torch.nn import functional as F

from netspec.functional.order import epoch_order
from netspec.recipe.run_settings import EarlyStopping, Ema
from netspec.training.feeding.samples import prepare
from netspec.training.run import train
from netspec.training.steps.stepper import Average
from tests.training.networks import digits_net, network, recipe

PLAIN = {"optimizer": {"sgd": 0.1, "momentum": 0.9}, "schedule": None}


def trained(folder, **changes):
    """Metrics and last weights of a run on the digits."""
    metrics = train(network(), recipe(**{"epochs": 1, **PLAIN, **changes}), device="cpu", out=folder).metrics
    return metrics, load_file(folder / "last.safetensors")


def by_hand(batch, change=lambda module: None, steps=None):
    """An epoch of SGD written out, with something done to the gradients of every step."""
    data = prepare(recipe().data, torch.device("cpu")).train
    torch.manual_seed(0)
    module = digits_net()
    optimizer = torch.optim.SGD(module.parameters(), 0.1, momentum=0.9)
    for rows in epoch_order(1437, 0, 0).split(batch)[:steps]:
        optimizer.zero_grad()
        F.cross_entropy(module(data.images[rows]), data.targets[rows]).backward()
        change(module)
        optimizer.step()
    return module.state_dict()


def close(found, wanted):
    for name, tensor in wanted.items():
        torch.testing.assert_close(found[name], tensor, rtol=2e-3, atol=2e-4)


def test_accumulated_batches_are_one(tmp_path):
    """1,437 images are 15 steps of 96, the last of 93: also where they come as 32, 32, 29."""
    metrics, found = trained(tmp_path, accumulate=3)
    assert metrics["steps"] == 15
    close(found, by_hand(96))


@pytest.mark.parametrize(
    ("clip", "function"),
    [({"norm": 0.5}, nn.utils.clip_grad_norm_), ({"value": 0.01}, nn.utils.clip_grad_value_)],
)
def test_clipping(tmp_path, clip, function):
    (limit,) = clip.values()
    _, found = trained(tmp_path, clip=clip)
    close(found, by_hand(32, lambda module: function(module.parameters(), limit)))


def test_a_length_in_steps(tmp_path):
    metrics, found = trained(tmp_path / "short", epochs=None, steps=7)
    assert (metrics["steps"], len(metrics["epochs"]), metrics["planned_epochs"]) == (7, 1, 1)
    close(found, by_hand(32, steps=7))
    metrics, _ = trained(tmp_path / "long", epochs=None, steps=50)
    assert [epoch["step"] for epoch in metrics["epochs"]] == [45, 50]


def test_orders_are_permutations_of_their_own():
    orders = [epoch_order(100, seed, epoch).tolist() for seed in (0, 1, 2**32 - 1) for epoch in range(3)]
    assert all(sorted(order) == list(range(100)) for order in orders)
    assert len({tuple(order) for order in orders}) == len(orders)


def test_an_average_is_the_formula():
    module = nn.BatchNorm1d(3)
    average, decay = Average(module), 0.9
    wanted = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    for _ in range(5):
        with torch.no_grad():
            for tensor in (module.weight, module.running_mean):
                tensor += torch.randn(3)
        module.num_batches_tracked += 1
        average.update(decay)
        for name in ("weight", "bias", "running_mean", "running_var"):
            wanted[name] = 0.9 * wanted[name] + 0.1 * module.state_dict()[name]
    live = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    with average.in_place():
        for name in ("weight", "running_mean", "running_var"):
            torch.testing.assert_close(module.state_dict()[name], wanted[name])
        assert module.num_batches_tracked == 5
    assert all(torch.equal(tensor, live[name]) for name, tensor in module.state_dict().items())
    assert [Ema(decay=0.9, warmup=True).at(step, 100) for step in (0, 1, 90)] == [0.1, 2 / 11, 0.9]


def test_a_tied_weight_is_averaged_once():
    module = nn.Sequential(nn.Linear(3, 3, bias=False), nn.Linear(3, 3, bias=False))
    module[1].weight = module[0].weight
    average, decay = Average(module), 0.5
    with torch.no_grad():
        module[0].weight.zero_()
    before = average.tensors["0.weight"].clone()
    average.update(decay)
    assert average.tensors["0.weight"] is average.tensors["1.weight"]
    torch.testing.assert_close(average.tensors["0.weight"], before / 2)


def test_the_average_judges(tmp_path):
    from netspec.training.judging.evaluate import evaluate

    metrics, last = trained(tmp_path, epochs=2, ema={"decay": 0.95}, data={"digits": None, "validation": 0.2})
    average = load_file(tmp_path / "ema.safetensors")
    assert average.keys() == last.keys()
    assert not torch.equal(average["0.weight"], last["0.weight"])
    given = recipe(2, data={"digits": None, "validation": 0.2})
    found = evaluate(network(), given, tmp_path / "ema.safetensors", "cpu")
    assert (found["test_accuracy"], found["test_loss"]) == (metrics["test_accuracy"], metrics["test_loss"])
    found = evaluate(network(), given, tmp_path, "cpu")
    assert found["test_loss"] == metrics["test_loss"]


def test_early_stopping():
    rule = EarlyStopping(patience=2, min_delta=0.1)
    assert not rule.stops([])
    assert not rule.stops([3, 2, 1.95])
    assert rule.stops([3, 2, 1.95, 1.91])
    assert not rule.stops([3, 2, 1.95, 1.8])
    assert not rule.stops([1, float("nan"), float("nan"), float("inf")])  # they may have been lower
    assert rule.stops([1, float("nan"), 2, float("nan"), 1])


def test_a_run_stops_early(tmp_path):
    changes = {"optimizer": {"sgd": 1e-12}, "early_stopping": {"patience": 2, "min_delta": 1}}
    metrics, _ = trained(tmp_path, epochs=9, **changes)
    assert (metrics["state"], len(metrics["epochs"]), metrics["stopped_early"]) == ("done", 3, True)


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_mixed_precision(tmp_path, precision):
    seen = []

    def watched():
        module = digits_net()
        module[0].register_forward_hook(lambda part, inputs, outputs: seen.append((part.training, outputs.dtype)))
        return module

    given = recipe(3, precision=precision, clip={"norm": 5.0})
    metrics = train(network(watched), given, device="cpu", out=tmp_path).metrics
    assert set(seen) == {(True, getattr(torch, precision)), (False, getattr(torch, precision))}
    assert (metrics["precision"], metrics["test_accuracy"] > 0.9) == (precision, True)
    assert {tensor.dtype for tensor in load_file(tmp_path / "last.safetensors").values()} == {torch.float32}
    scaler = torch.load(next((tmp_path / "checkpoint").glob("*/state.pt")), weights_only=True)["stepper"]["scaler"]
    assert (scaler is not None) == (precision == "float16")


def test_checkpoints_come_as_often_as_told(tmp_path, monkeypatch):
    from netspec.training import session
    from netspec.training.keeping import weights_kept

    steps = []
    write = session.write_checkpoint
    for place in (session, weights_kept):
        monkeypatch.setattr(place, "write_checkpoint", lambda *given: steps.append(given[1]) or write(*given))
    trained(tmp_path, checkpoint={"steps": 20, "seconds": None})
    assert steps == [0, 20, 40, 45]


def test_the_records_of_a_run(tmp_path):
    metrics, _ = trained(tmp_path, epochs=2, data={"digits": None, "validation": 0.1})
    rows = [line.split(",") for line in (tmp_path / "metrics.csv").read_text().splitlines()]
    assert rows[0] == list(metrics["epochs"][0])
    assert [float(value) for value in rows[2]] == list(metrics["epochs"][1].values())
    assert {"loss", "accuracy", "validation_loss", "validation_accuracy", "step"} <= set(rows[0])
    from netspec import api

    text = "netspec: 1\nname: n\ninput: [1, 8, 8]\nlayers: [flatten, {linear: 10}]\n"
    spec = api.loads(text, recipe=tmp_path / "recipe.yaml")
    assert json.loads(json.dumps(spec.document.train)) == json.loads(json.dumps(metrics["recipe"]))
    assert {"netspec", "torch", "python"} <= metrics["versions"].keys()
