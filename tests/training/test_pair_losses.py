"""Networks trained by losses of two outputs: learned, resumed to the bit, judged in batches as large, and refused."""

import json

import numpy as np
import pytest
import torch

from netspec import api
from netspec.diagnostics import NetspecError
from netspec.driver.recipes import recipe_of
from netspec.functional import pair_losses
from netspec.recipe.fitting import check_options
from netspec.training.finished import Run
from netspec.training.resuming import resume_spec
from netspec.training.spec import evaluate_spec, train_spec
from tests.training.test_several_outputs import alike
from tests.training.test_text import Interrupts

SPEC = """
netspec: 1
name: pairs
inputs: {a: [4], b: [4]}
layers:
  - {linear: 3, from: a, name: left}
  - {linear: 3, from: b, name: right}
outputs: {left: left, right: right}
train:
  data: {arrays: pairs.npz, inputs: [b, a], batch_size: 8}
  loss: {left: {LOSS: right}}
  optimizer: {adamw: 5e-2}
  epochs: 3
"""
LOSSES = {
    "contrastive": lambda left, right, same: pair_losses.contrastive(left, right, 0.07),
    "nt_xent": lambda left, right, same: pair_losses.nt_xent(left, right, 0.5),
    "contrastive_pair": lambda left, right, same: pair_losses.contrastive_pair(left, right, same, 1.0),
    "kl": lambda left, right, same: pair_losses.normal_divergence(left, right),
}


@pytest.fixture(autouse=True)
def _there(tmp_path, monkeypatch):
    """Pairs of vectors; those that belong together are one vector, seen through two maps, and a little noise."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("netspec.training.keeping.run_log.pictures", lambda *run: ())
    random = np.random.default_rng(0)
    arrays = {}
    for part, count in (("train", 64), ("test", 20)):
        hidden, same = random.normal(size=(2, count, 3)), random.integers(0, 2, count)
        seen = hidden[0], np.where(same[:, None] == 1, hidden[0], hidden[1])
        maps = np.random.default_rng(1).normal(size=(2, 3, 4))
        arrays |= {f"{name}_{part}": (x @ m).astype("float32") for name, x, m in zip("ab", seen, maps, strict=True)}
        arrays[f"y_{part}"] = same
    np.savez("pairs.npz", **arrays)


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_of_two_outputs_is_learned_resumed_and_judged(name, tmp_path):
    spec = api.loads(SPEC.replace("LOSS", name))
    whole = train_spec(spec, device="cpu", out=tmp_path / "whole")
    with pytest.MonkeyPatch.context() as patch:
        Interrupts(patch, 11)
        cut = train_spec(spec, device="cpu", out=tmp_path / "cut")
    assert cut.state == "interrupted"
    resume_spec(cut.folder, device="cpu")
    assert alike(cut.folder) == alike(whole.folder)

    metrics = json.loads((whole.folder / "metrics.json").read_text())
    assert metrics["epochs"][-1]["loss"] < metrics["epochs"][0]["loss"]
    with np.load("pairs.npz") as file:
        arrays = {key: torch.tensor(each) for key, each in file.items()}
    fields = list(metrics["data"]["inputs"])  # each of its channels is shifted and scaled
    assert fields == ["b", "a"]
    shift, scale = (torch.tensor(metrics["data"][key]).split(4) for key in ("shift", "scale"))
    made = [(arrays[f"{each}_test"] - shift[i]) / scale[i] for i, each in enumerate(fields)]
    with torch.no_grad():
        outputs = Run(whole.folder).model()(made[1], made[0])
    parts = zip(*(each.split(8) for each in (outputs["left"], outputs["right"], arrays["y_test"])), strict=True)
    wanted = sum(len(part[0]) * LOSSES[name](*part).item() for part in parts) / 20
    assert metrics["test_loss"] == pytest.approx(wanted, rel=1e-4)
    assert evaluate_spec(spec, str(whole.folder), device="cpu")["test_loss"] == pytest.approx(wanted, rel=1e-4)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("LOSS: right", "nt_xent: rigt", "did you mean `right`?"),
        ("LOSS: right", "kl: left", "kl compares `left` with itself"),
        ("{linear: 3, from: b", "{linear: 2, from: b", "[3] and [2]"),
        ("LOSS: right", "contrastive: right, temperature: 0", "greater than 0"),
        ("LOSS: right", "contrastive_pair: right, margin: -1", "greater than 0"),
    ],
)
def test_outputs_that_cannot_be_compared_are_told_before_torch_is_there(before, after, told):
    spec = api.loads(SPEC.replace(before, after).replace("LOSS", "contrastive"))
    with pytest.raises(NetspecError) as caught:
        check_options(recipe_of(spec), api.elaborate(spec), spec.document.places)
    found = caught.value.diagnostics
    assert told in " ".join(f"{each.message} {each.found} {each.expected} {each.help}" for each in found)


def test_whether_a_pair_belongs_together_is_0_or_1(tmp_path):
    with np.load("pairs.npz") as file:
        arrays = dict(file)
    arrays["y_train"][0] = 2
    np.savez("pairs.npz", **arrays)
    with pytest.raises(NetspecError, match="whether two outputs belong together, 1, or do not, 0"):
        train_spec(api.loads(SPEC.replace("LOSS", "contrastive_pair")), device="cpu", out=tmp_path / "run")
