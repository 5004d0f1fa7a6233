"""What learns in a phase, at which rate and with which decay; what is frozen stays to the bit."""

import pytest
import torch
from torch import nn

from netspec import api
from netspec.diagnostics import NetspecError
from netspec.functional.phases import Phase
from netspec.recipe.optimizers import Adagrad, AdamW, Muon, Optimizer, Sgd
from netspec.training.steps.groups import Learners, set_rates
from tests.training.driver import Driver, changed, copies
from tests.training.networks import recipe

NORMS = nn.BatchNorm2d, nn.LayerNorm, nn.GroupNorm


WHOLE = Phase()


def small():
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, bias=False), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(144, 6), nn.Linear(6, 3)
    )


def data(seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(16, 1, 8, 8, generator=generator), torch.randint(3, (16,), generator=generator)


def phased(*phases, epochs=6, **changes):
    return recipe(epochs=epochs, schedule=None, phases=list(phases), **changes)


def names(module, group):
    known = {id(parameter): name for name, parameter in module.named_parameters()}
    return {known[id(parameter)] for parameter in group["params"]}


def test_a_phase_that_says_nothing_is_one_group():
    module = small()
    (group,) = Learners(module).groups(WHOLE, AdamW(lr=0.1, weight_decay=0.2))
    assert (group["lr"], group["lr_scale"], group["weight_decay"]) == (0.1, 1.0, 0.2)
    assert group["params"] == list(module.parameters())


@pytest.mark.parametrize("name", ["resnet18", "convnext_tiny", "vit_b_16"])
def test_norms_biases_and_vectors_do_not_decay(name):
    with torch.device("meta"):
        module = api.compile(api.load(name))
    groups = Learners(module, "weights").groups(WHOLE, AdamW(lr=0.1, weight_decay=0.2))
    decays = {group["weight_decay"]: names(module, group) for group in groups}
    assert set(decays) == {0.2, 0.0}
    owners = dict(module.named_modules())
    for each, parameter in module.named_parameters():
        owner = owners[each.rpartition(".")[0]]
        vector = each.endswith("bias") or sum(size > 1 for size in parameter.shape) <= 1
        assert each in decays[0.0 if vector or isinstance(owner, NORMS) else 0.2], each
    assert len(decays[0.2]) > 15


def test_a_weight_of_one_row_decays_and_a_norm_of_images_does_not():
    module = nn.Sequential(nn.LayerNorm([2, 4, 4]), nn.Flatten(), nn.Linear(32, 1))
    groups = Learners(module, "weights").groups(WHOLE, AdamW(lr=0.1))
    decays = {group["weight_decay"]: names(module, group) for group in groups}
    assert decays == {0.01: {"2.weight"}, 0.0: {"0.weight", "0.bias", "2.bias"}}


def test_rates_by_module():
    module = small()
    phase = Phase(rates={"*": 0.5, "4": 2.0, "*.bias": 4.0})
    groups = Learners(module).groups(phase, Sgd(lr=0.1))
    scales = {group["lr_scale"]: names(module, group) for group in groups}
    assert scales == {0.5: {"0.weight", "1.weight"}, 2.0: {"4.weight"}, 4.0: {"1.bias", "4.bias", "5.bias"}} | {
        0.5: {"0.weight", "1.weight", "5.weight"}
    }
    set_rates(groups, 1.0)
    assert {group["lr"] for group in groups} == {0.5, 2.0, 4.0}


def test_rates_are_what_moves_the_weights():
    one, other = small(), small()
    fast, slow = phased({"rates": {"5": 1.0}}), phased({"rates": {"5": 0.5}})
    plain = {"optimizer": {"sgd": 0.1}}
    fast, slow = (phased({"rates": {"5": rate}}, **plain) for rate in (1.0, 0.5))
    start = copies(one)
    Driver(one, fast, *data()).run(1)
    Driver(other, slow, *data()).run(1)
    for name, parameter in one.named_parameters():
        step, half = parameter - start[name], other.get_parameter(name) - start[name]
        torch.testing.assert_close(half, step * (0.5 if name.startswith("5") else 1.0), rtol=1e-4, atol=1e-7)


def test_what_is_frozen_stays_to_the_bit():
    module = small()
    run = Driver(module, phased({"epochs": 3, "freeze": ["*"], "except": ["5"]}, {"rates": {"*": 0.1}}), *data())
    before = copies(module)
    run.run(6)
    assert changed(before, copies(module)) == {"5.weight", "5.bias"}
    assert not module[1].training
    assert module[2].training
    asked = {name for name, parameter in module.named_parameters() if parameter.requires_grad}
    assert (
        asked == {name for name, each in module.named_parameters() if each.grad is not None} == {"5.weight", "5.bias"}
    )
    middle = copies(module)
    run.run(12)
    assert changed(middle, copies(module)) == set(before)  # running statistics and the counter of batches too
    assert module[1].training
    assert all(parameter.grad is not None for parameter in module.parameters())


def test_a_norm_whose_tensors_are_frozen_one_by_one_goes_on_counting():
    module = small()
    before = copies(module)
    Driver(module, phased({"freeze": ["1.weight", "1.bias"]}), *data()).run(2)
    assert {"1.weight", "1.bias"} & changed(before, copies(module)) == set()
    assert {"1.running_mean", "1.running_var"} <= changed(before, copies(module))


def test_what_the_spec_freezes_never_learns():
    module = small()
    module[4].requires_grad_(False)
    before = copies(module)
    Driver(module, phased({"epochs": 2, "freeze": ["0"]}, {}), *data()).run(12)
    assert changed(before, copies(module)).isdisjoint({"4.weight", "4.bias"})
    assert "0.weight" in changed(before, copies(module))


def test_all_frozen_is_refused():
    with pytest.raises(NetspecError, match="freezes everything"):
        Learners(small()).groups(Phase(freeze=("*",)), Sgd(lr=0.1))


def test_one_tensor_of_two_names():
    module = nn.Sequential(nn.Linear(4, 4, bias=False), nn.Linear(4, 4, bias=False))
    module[1].weight = module[0].weight
    learners = Learners(module)
    assert list(learners.learned(WHOLE)) == ["0.weight"]
    for phase in (Phase(freeze=("*",), exempt=("1",)), Phase(freeze=("0",)), Phase(rates={"1": 0.1})):
        with pytest.raises(NetspecError, match="are one tensor"):
            learners.freeze(phase)


def test_a_module_s_own_buffers_freeze_and_what_it_holds_does_not():
    class Holder(nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer("count", torch.zeros(()))
            self.inner = nn.BatchNorm1d(4)

        def forward(self, x):
            return self.inner(x)

    module = nn.Sequential(Holder(), nn.Linear(4, 4)).train()
    Learners(module).freeze(Phase(freeze=("0",), exempt=("0.inner",)))
    assert not module[0].training
    assert module[0].inner.training


def test_what_thaws_in_the_midst_of_an_epoch_trains_again():
    module = small().train()
    learners = Learners(module)
    learners.freeze(Phase(freeze=("1",)))
    learners.freeze(Phase(freeze=("1",)))
    assert [part.training for part in module[:3]] == [True, False, True]
    learners.freeze(WHOLE)
    assert module[1].training
    module.eval()
    learners.freeze(Phase(freeze=("1",)))
    learners.freeze(WHOLE)
    assert not module[1].training


class TestTheOptimizerAtAChangeOfPhase:
    FIRST, SECOND = {"epochs": 2, "freeze": ["0", "1"]}, {"epochs": 2, "freeze": ["5"]}

    @pytest.mark.parametrize("kind", sorted(Optimizer.members))
    def test_what_goes_on_learning_keeps_its_state(self, kind):
        optimizer = {kind: 1e-3, **({"momentum": 0.9} if kind == "sgd" else {})}
        module = small()
        run = Driver(module, phased(self.FIRST, self.SECOND, {}, optimizer=optimizer), *data()).run(4)
        held = {name: run.optimizer.state[module.get_parameter(name)] for name in ("4.weight", "5.weight")}
        held = {name: {key: value.clone() for key, value in state.items()} for name, state in held.items()}
        run.enter()
        kept = run.optimizer.state[module.get_parameter("4.weight")]
        assert kept.keys() == held["4.weight"].keys()
        assert all(torch.equal(kept[key], value) for key, value in held["4.weight"].items())
        assert module.get_parameter("5.weight") not in run.optimizer.state
        assert all(not value.any() for value in run.optimizer.state[module.get_parameter("0.weight")].values())
        run.run(8)
        run.enter()
        assert all(not value.any() for value in run.optimizer.state[module.get_parameter("5.weight")].values())
        run.run(12)
        assert run.optimizer.state[module.get_parameter("5.weight")]

    @pytest.mark.parametrize("part", [AdamW(lr=1e-3), Adagrad(lr=1e-2), Sgd(lr=0.1, momentum=0.9), Muon(lr=1e-3)])
    @pytest.mark.parametrize("stop", [1, 3, 4, 5, 8, 11])
    def test_a_run_goes_on_from_any_step_to_the_bit(self, part, stop, tmp_path):
        third = {"rates": {"*": 0.1, "5": 2.0}, "schedule": {"cosine": None}}
        made = phased(self.FIRST, self.SECOND, third, optimizer=part.written(), decay="weights")
        whole, halved, resumed = small(), small(), small()
        Driver(whole, made, *data()).run(12)
        Driver(halved, made, *data()).run(stop).save(tmp_path / "state.pt")
        Driver(resumed, made, *data()).load(tmp_path / "state.pt").run(12)
        assert not changed(copies(whole), copies(resumed))
        assert changed(copies(whole), copies(halved))
