"""Optimizers are torch's with the options of the recipe; Muon and AdamW are one."""

import copy
import inspect

import pytest
import torch
from torch import nn, optim

from netspec.diagnostics import NetspecError
from netspec.frontend.problems import NOWHERE, Report
from netspec.recipe.optimizers import Optimizer
from netspec.recipe.reading import read_part
from tests.recipe.options import changed

TORCHS = [name for name, kind in Optimizer.members.items() if kind.target.startswith("torch.optim.")]
"""The optimizers that are torch's own."""


def net():
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(36, 8), nn.ReLU(), nn.Linear(8, 3)
    )


def steps(module, optimizer, number):
    """So many steps; the images of a step follow from how many were left."""
    for step in range(number):
        images = torch.randn(5, 1, 5, 5, generator=torch.Generator().manual_seed(step))
        optimizer.zero_grad()
        module(images).square().mean().backward()
        optimizer.step()
    return module


def read(data):
    report = Report(NOWHERE)
    found = read_part(Optimizer, data, ("optimizer",), report)
    report.check()
    return found


def equal(one, other):
    return all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))


@pytest.mark.parametrize("name", TORCHS)
def test_a_recipe_s_options_are_torch_s(name):
    fields = Optimizer.members[name].model_fields
    kind = getattr(optim, Optimizer.members[name].target.rpartition(".")[2])
    options = {option: changed(field) for option, field in fields.items() if option != "lr"}
    assert options.keys() <= inspect.signature(kind).parameters.keys()
    ours, theirs = net(), net()
    part = read({name: 0.01, **options})
    assert isinstance(part.make(ours.parameters()), kind)
    steps(ours, part.make(ours.parameters()), 3)
    extra = {"fused": True} if part.fixed else {}
    steps(theirs, kind(theirs.parameters(), lr=0.01, **options, **extra), 3)
    assert equal(ours, theirs)
    assert read(part.written()) == part


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ({"adam": 1e-3, "betas": [0.9]}, "two numbers"),
        ({"adam": 1e-3, "betas": [0.9, 1]}, "below 1"),
        ({"nadam": 1e-3, "betas": 0.9}, "two numbers"),
        ({"rmsprop": 1e-3, "alpha": 1}, "less than 1"),
        ({"adagrad": 1e-3, "eps": 0}, "greater than 0"),
        ({"muon": 1e-3, "ns_steps": 100}, "less than 100"),
    ],
)
def test_options_that_are_wrong(written, expected):
    with pytest.raises(NetspecError) as caught:
        read(written)
    assert expected in caught.value.diagnostics[0].expected


class TestMuon:
    @pytest.fixture(autouse=True)
    def torch_has_it(self):
        if not hasattr(optim, "Muon"):
            pytest.skip("torch before 2.9 has no Muon")

    def part(self, **options):
        return read({"muon": 2e-3, **options})

    def test_each_tensor_moves_as_its_own_optimizer_moves_it(self):
        ours, theirs = net(), net()
        steps(ours, self.part(weight_decay=0.2, momentum=0.9).make(ours.parameters()), 3)
        matrices = [p for p in theirs.parameters() if p.ndim == 2]
        others = [p for p in theirs.parameters() if p.ndim != 2]
        muon = optim.Muon(matrices, lr=2e-3, weight_decay=0.2, momentum=0.9, adjust_lr_fn="match_rms_adamw")
        adamw = optim.AdamW(others, lr=2e-3, weight_decay=0.2, fused=True)
        for step in range(3):
            images = torch.randn(5, 1, 5, 5, generator=torch.Generator().manual_seed(step))
            muon.zero_grad()
            adamw.zero_grad()
            theirs(images).square().mean().backward()
            muon.step()
            adamw.step()
        assert equal(ours, theirs)

    def test_groups_keep_their_own_rate_and_decay(self):
        module = net()
        first, second = list(module[0].parameters()), list(module[3].parameters())
        groups = [{"params": first, "weight_decay": 0.0}, {"params": second, "lr": 1e-5, "lr_scale": 0.1}]
        made = self.part().make(groups)
        found = [(g["matrix"], g["lr"], g["weight_decay"], g.get("lr_scale")) for g in made.param_groups]
        assert found == [(False, 2e-3, 0.0, None), (True, 1e-5, 0.1, 0.1), (False, 1e-5, 0.1, 0.1)]
        before = copy.deepcopy(module)
        for group in made.param_groups:
            group["lr"] = 0.0
        steps(module, made, 1)
        assert equal(module, before)  # the rates that are set are those that are used

    def test_its_state_is_saved_and_goes_on(self, tmp_path):
        whole, halved = net(), net()
        steps(whole, self.part().make(whole.parameters()), 3)
        optimizer = self.part().make(halved.parameters())
        images = [torch.randn(5, 1, 5, 5, generator=torch.Generator().manual_seed(s)) for s in range(3)]
        for step, batch in enumerate(images):
            if step == 1:
                torch.save(optimizer.state_dict(), tmp_path / "state.pt")
                optimizer = self.part().make(halved.parameters())
                optimizer.load_state_dict(torch.load(tmp_path / "state.pt", weights_only=True))
            optimizer.zero_grad()
            halved(batch).square().mean().backward()
            optimizer.step()
        assert equal(whole, halved)


def test_a_torch_without_muon_says_so(monkeypatch):
    monkeypatch.delattr(optim, "Muon", raising=False)
    with pytest.raises(NetspecError, match="has no Muon") as caught:
        read({"muon": 1e-3}).make(net().parameters())
    assert caught.value.diagnostics[0].code.number == "NS0904"
    assert "2.9" in caught.value.diagnostics[0].expected
