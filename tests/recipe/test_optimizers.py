"""Optimizers are torch's with the options of the recipe; Muon and AdamW are one."""

import copy
import inspect

import pytest
import torch
from torch import nn, optim

from netspec.diagnostics import NetspecError
from netspec.frontend.problems import NOWHERE, Report
from netspec.functional.muon import orthogonal
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
    def part(self, **options):
        return read({"muon": 2e-3, **options})

    @pytest.mark.skipif(not hasattr(optim, "Muon"), reason="torch before 2.9 has no Muon to compare with")
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

    @pytest.mark.skipif(not hasattr(optim, "Muon"), reason="torch before 2.9 has no Muon to compare with")
    @pytest.mark.parametrize("shape", [(3, 2, 2, 2), (30, 2, 3, 3)])
    def test_a_kernel_is_a_matrix_of_a_row_for_each_output(self, shape):
        torch.manual_seed(0)
        kernel, bias = (
            nn.Parameter(torch.randn(shape).to(memory_format=torch.channels_last)),
            nn.Parameter(torch.ones(2)),
        )
        flat = nn.Parameter(kernel.detach().flatten(1).clone())
        ours = self.part(convolutions=True, nesterov=False).make([kernel, bias])
        theirs = optim.Muon([flat], lr=2e-3, nesterov=False, adjust_lr_fn="match_rms_adamw")
        for _ in range(3):
            gradient = torch.randn(shape)
            kernel.grad, flat.grad = gradient, gradient.flatten(1)
            ours.step()
            theirs.step()
        assert torch.equal(kernel.flatten(1), flat)
        assert not self.part().make([kernel]).param_groups[0]["matrix"]

    def test_the_iteration_brings_singular_values_near_one(self):
        for shape in ((8, 20), (20, 8)):
            values = torch.linalg.svdvals(orthogonal(torch.randn(shape), 8).float())
            assert values.min() > 0.5
            assert values.max() < 1.4
        assert not orthogonal(torch.zeros(3, 4), 5).any()
