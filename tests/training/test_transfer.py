"""Fine-tuning resnet18 from given weights to another number of classes trains what the recipe says, and that alone."""

import pytest
import torch
from safetensors.torch import save_file
from sklearn.datasets import load_digits
from torch.nn import functional as F

from netspec import api
from netspec.recipe.modules import resolve_names
from tests.training.driver import Driver, changed, copies
from tests.training.networks import recipe

PHASES = [
    {"epochs": 2, "freeze": ["*"], "except": ["<head>"]},
    {"epochs": 2, "freeze": ["conv1", "bn1", "layer1", "layer2"], "rates": {"*": 0.1, "<head>": 1.0}},
    {"rates": {"layer*": 0.1, "conv1": 0.01, "bn1": 0.01}, "schedule": {"cosine": None}},
]
FROZEN_SECOND = ("conv1", "bn1", "layer1", "layer2")


def resnet(classes):
    return api.load("resnet18", {"input": [3, 32, 32], "budget": {}}, classes=classes)


def compiled(spec, seed):
    torch.manual_seed(seed)
    return api.compile(spec)


def images():
    """Thirty-two digits in three channels of 32x32 pixels, and which of four classes they are."""
    bunch = load_digits()
    pixels = torch.tensor(bunch.images[:32], dtype=torch.float32)[:, None] / 8 - 1
    return F.interpolate(pixels, (32, 32)).repeat(1, 3, 1, 1), torch.tensor(bunch.target[:32] % 4)


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """A file of weights of a thousand classes, whose running statistics are not those of a new network."""
    network = compiled(resnet(1000), 5).train()
    with torch.no_grad():
        network(images()[0])
    file = tmp_path_factory.mktemp("weights") / "resnet18.safetensors"
    save_file(network.state_dict(), file)
    return file, copies(network)


@pytest.fixture
def tuned(original):
    """The driver of a network of four classes that has begun with the weights of a thousand, and the report."""
    spec = resnet(4)
    written = recipe(
        epochs=6,
        schedule=None,
        optimizer={"adamw": 1e-3, "weight_decay": 0.05},
        data={"digits": None, "batch_size": 16},
        decay="weights",
        fresh=["<head>"],
        phases=PHASES,
    )
    made = resolve_names(written, api.elaborate(spec))
    module = compiled(spec, 6)
    report = api.load_weights(module, original[0], spec, fresh=made.fresh)
    return Driver(module, made, *images()), report


def test_all_but_the_head_is_loaded(original, tuned):
    driver, report = tuned
    given, found = original[1], driver.module.state_dict()
    assert {each.name for each in report.of("fresh")} == {"fc.weight", "fc.bias"}
    assert {each.name for each in report.of("loaded")} == set(found) - {"fc.weight", "fc.bias"}
    assert report.complete
    assert all(torch.equal(found[name], given[name]) for name in found if not name.startswith("fc"))
    assert found["fc.weight"].shape == (4, 512)


def test_each_phase_trains_what_it_says(tuned):
    driver, _ = tuned
    everything = set(driver.module.state_dict())
    learns = {name for name, _ in driver.module.named_parameters()}
    expected = [
        {"fc.weight", "fc.bias"},
        {name for name in everything if not name.startswith(FROZEN_SECOND)},
        everything,
    ]
    scales = [{1.0}, {0.1, 1.0}, {0.01, 0.1, 1.0}]
    assert driver.plan.starts == (0, 4, 8)
    for index, (end, wanted) in enumerate(zip((4, 8, 12), expected, strict=True)):
        before = copies(driver.module)
        driver.run(end)
        assert driver.index == index
        assert changed(before, copies(driver.module)) == wanted, index
        held = {id(p) for group in driver.optimizer.param_groups for p in group["params"]}
        assert held == {id(driver.module.get_parameter(name)) for name in learns & wanted}
        assert {group["lr_scale"] for group in driver.optimizer.param_groups} == scales[index]
        for group in driver.optimizer.param_groups:
            assert (group["weight_decay"] == 0.05) == all(p.ndim > 1 for p in group["params"])
    assert driver.plan.rate(8) == 1e-3
    assert driver.plan.rate(11) < 2e-4


def test_each_phase_is_taken_up_to_the_bit(tuned, tmp_path):
    driver, _ = tuned
    start = copies(driver.module)
    for stop in (3, 9):
        driver.run(stop).save(tmp_path / f"{stop}.pt")
    driver.run(12)
    for stop in (3, 9):
        module = compiled(resnet(4), 7)
        module.load_state_dict(start)
        other = Driver(module, driver.recipe, *images()).load(tmp_path / f"{stop}.pt").run(12)
        assert not changed(copies(driver.module), copies(other.module)), stop
