"""Several outputs whose losses weigh their classes, each by the training images of its own."""

import json
import shutil

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from netspec import api
from netspec.diagnostics import Code, NetspecError
from netspec.training.keeping.metrics_file import class_counts_of
from netspec.training.resuming import prolong_spec
from netspec.training.spec import evaluate_spec, train_spec
from tests.training.test_tables import same_as_the_script

RARE = """
netspec: 1
name: rare
input: [6]
layers:
  - {linear: 8, activation: relu, name: trunk}
  - {linear: 4, name: kind}
  - {linear: 2, name: side, from: trunk}
  - {linear: 3, name: plain, from: trunk}
outputs: {kind: kind, side: side, plain: plain}
train:
  data: {arrays: rare.npz, outputs: [kind, side, plain], targets: {kind: classes, side: classes, plain: classes},
         batch_size: 16, validation: 0.25}
  loss:
    kind: {cross_entropy: , weight: balanced, ignore_index: 3}
    side: {cross_entropy: , weight: balanced, loss_weight: 0.5}
    plain: cross_entropy
  optimizer: {sgd: 0.1}
  epochs: 2
  log: []
"""


def drawn(count, seed):
    random = np.random.default_rng(seed)
    chances = {"kind": [0.6, 0.2, 0.1, 0.1], "side": [0.85, 0.15], "plain": [0.2, 0.3, 0.5]}
    classes = {name: random.choice(len(each), count, p=each) for name, each in chances.items()}
    for each in classes.values():
        each[:4] = np.arange(4) % (each.max() + 1)
    return {"x": random.normal(size=(count, 6)).astype(np.float32), **classes}


def written(place, **parts):
    np.savez(place, **{f"{name}_{part}": array for part, found in parts.items() for name, array in found.items()})


@pytest.fixture(scope="module")
def rare(tmp_path_factory):
    home = tmp_path_factory.mktemp("rare")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home)
        patch.setattr("netspec.training.keeping.run_log.pictures", lambda *run: ())
        written("rare.npz", train=drawn(160, 0), test=drawn(60, 1))
        train_spec(api.loads(RARE), device="cpu", out=home / "run")
        yield home


def by_hand(home, counts, examples):
    """The losses of the final weights for examples, the classes weighed by hand."""
    module = api.compile(api.loads(RARE), weights=home / "run" / "last.safetensors").eval()
    told = json.loads((home / "run" / "metrics.json").read_text())["data"]
    inputs = (torch.tensor(examples["x"]) - torch.tensor(told["shift"])) / torch.tensor(told["scale"])
    outputs = module(inputs)
    found = {"plain": F.cross_entropy(outputs["plain"], torch.tensor(examples["plain"])).item()}
    for name, ignored in (("kind", 3), ("side", -100)):
        own = [0 if label == ignored else count for label, count in enumerate(counts[name])]
        weight = torch.tensor([sum(own) / (sum(map(bool, own)) * count) if count else 0.0 for count in own])
        target = torch.tensor(examples[name])
        found[name] = F.cross_entropy(outputs[name], target, weight, ignore_index=ignored).item()
    return found


def test_each_output_weighs_its_classes_by_its_own_training_images(rare):
    counts = class_counts_of(rare / "run")
    assert counts.keys() == {"kind", "side"}
    metrics = json.loads((rare / "run" / "metrics.json").read_text())
    assert {sum(each) for each in counts.values()} == {metrics["data"]["train"]} == {120}
    for name, loss in by_hand(rare, counts, drawn(60, 1)).items():
        assert metrics[f"test_{name}.loss"] == pytest.approx(loss, rel=1e-5)


def test_other_data_are_judged_by_the_weights_of_the_run(rare):
    other = drawn(80, 2)
    written(rare / "other.npz", train=other)
    judged = {"run": rare / "run", "device": "cpu", "whole": True, "folder": str(rare / "other.npz")}
    found = evaluate_spec(api.loads(RARE), str(rare / "run" / "last.safetensors"), **judged)
    for name, loss in by_hand(rare, class_counts_of(rare / "run"), other).items():
        assert found[f"test_{name}.loss"] == pytest.approx(loss, rel=1e-5)


def test_a_longer_run_keeps_the_counts_and_is_that_which_was_as_long_from_its_beginning(rare):
    prolong_spec(rare / "run", epochs=3, device="cpu", out=rare / "longer")
    train_spec(api.loads(RARE.replace("epochs: 2", "epochs: 3")), device="cpu", out=rare / "whole")
    assert class_counts_of(rare / "longer") == class_counts_of(rare / "run")
    last = [(rare / name / "last.safetensors").read_bytes() for name in ("longer", "whole")]
    assert last[0] == last[1]


def test_a_script_comes_to_the_same_bits(rare, monkeypatch):
    assert same_as_the_script(rare, api.loads(RARE), monkeypatch)


ONE_TARGET = """
netspec: 1
name: shared
input: [6]
layers:
  - {linear: 4, name: kind}
  - {linear: 4, name: again, from: input}
outputs: {kind: kind, again: again}
train:
  data: {arrays: rare.npz, outputs: [kind], batch_size: 64, sampler: balanced}
  loss: {kind: {cross_entropy: , weight: balanced}, again: {cross_entropy: , weight: balanced}}
  optimizer: {sgd: 0.1}
  steps: 2
  log: []
"""


def test_one_target_serves_outputs_that_balance_it(rare, tmp_path, monkeypatch):
    train_spec(api.loads(ONE_TARGET), device="cpu", out=tmp_path / "run")
    counts = np.bincount(drawn(160, 0)["kind"]).tolist()
    assert class_counts_of(tmp_path / "run") == {"kind": counts, "again": counts}
    shutil.copy("rare.npz", tmp_path)
    monkeypatch.chdir(tmp_path)
    assert same_as_the_script(tmp_path, api.loads(ONE_TARGET), monkeypatch)


OF_MAPS = """
netspec: 1
name: maps
input: [1, 8, 8]
layers:
  - {conv: 10, kernel: 1, name: mask}
  - flatten
  - {linear: 10, name: digit}
outputs: {digit: digit, mask: mask}
train:
  data: {digits: , batch_size: 256}
  loss: {digit: cross_entropy, mask: {cross_entropy: , weight: balanced, task: next_token}}
  optimizer: {sgd: 0.1}
  steps: 2
"""


def test_an_output_without_classes_of_images_is_refused_at_its_line(tmp_path):
    with pytest.raises(NetspecError) as caught:
        train_spec(api.loads(OF_MAPS), device="cpu", out=tmp_path / "run")
    reason = "`weight: balanced` counts the images of each class, and next_token has no classes of images"
    told = [each for each in caught.value.diagnostics if each.message == f"`mask`: {reason}"]
    assert [(each.code, each.path) for each in told] == [(Code.DATA_MISMATCH, ("train", "loss", "mask"))]
