"""What `netspec train` loads before its first step: torch, and nothing that it does not need there."""

import subprocess
import sys

import pytest
import torch

from netspec.functional.data.digits import load_digits_of_sklearn
from netspec.recipe.data.digits_file import read_digits
from netspec.recipe.optimizers import AdamW
from netspec.recipe.uncompiled import uncompiled

UNNEEDED = {
    *(
        "lightning",
        "torchmetrics",
        "torchvision",
        "torch._dynamo",
        "torch.distributed.fsdp",
        "torch.distributed.tensor",
    ),
    *("lightning", "scipy", "sklearn", "tensorboard", "matplotlib", "PIL", "pyarrow", "sympy", "pandas", "jsonschema"),
}
"""What costs time, and is for other data, other metrics, several processes, a compiler, or the end of a run."""

AT_THE_FIRST_STEP = """
import os, sys
from netspec.training.steps import stepper
step = stepper.Stepper.__call__
def first(self, *given):
    step(self, *given)
    print(*sys.modules, flush=True)
    os._exit(0)
stepper.Stepper.__call__ = first
from netspec.cli import run
run(sys.argv[1:])
"""


@pytest.mark.parametrize("recipe", [(), ("--set", "train.ema={decay: 0.9}", "--set", "train.clip={norm: 1.0}")])
def test_the_first_step_has_loaded_torch_and_little_else(tmp_path, recipe):
    command = [sys.executable, "-c", AT_THE_FIRST_STEP, "train", "lenet_digits", *recipe, "--device", "cpu"]
    done = subprocess.run([*command, "--out", str(tmp_path / "run")], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "torch" in loaded, done.stderr
    assert not loaded & UNNEEDED


def test_the_digits_are_the_library_s():
    ours, theirs = read_digits(), load_digits_of_sklearn()
    assert ours is not None
    assert ours.brightest == theirs.brightest
    for own, other in ((ours.train, theirs.train), (ours.test, theirs.test)):
        assert torch.equal(own.images, other.images)
        assert torch.equal(own.targets, other.targets)
        assert (own.images.dtype, own.targets.dtype) == (other.images.dtype, other.targets.dtype)


def test_digits_that_lie_elsewhere_are_the_library_s_to_read(tmp_path, monkeypatch):
    from netspec.recipe.data import digits_file
    from netspec.recipe.data.digits import Digits

    monkeypatch.setattr(digits_file, "_FILE", tmp_path / "none.csv.gz")
    assert read_digits() is None
    assert len(Digits().load().train) == 1437


def test_an_optimizer_is_torch_s_in_all_but_its_wrappers():
    parameter = torch.nn.Parameter(torch.ones(3))
    made = AdamW(lr=0.1).make([parameter])
    assert isinstance(made, torch.optim.AdamW)
    assert type(made) is uncompiled(torch.optim.AdamW)
    seen = []
    made.register_step_post_hook(lambda *given: seen.append(torch.is_grad_enabled()))
    parameter.sum().backward()
    made.step()
    assert torch.is_grad_enabled()
    assert seen == [True]
    assert made.state_dict()["state"][0]["step"] == 1
    made.zero_grad()
    assert parameter.grad is None


def test_what_is_no_optimizer_of_torch_s_own_is_left_as_it_is():
    class Own(torch.optim.SGD):
        """Somebody's."""

    assert uncompiled(Own) is Own
    assert uncompiled(len) is len
