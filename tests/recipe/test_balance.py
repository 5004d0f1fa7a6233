"""Classes of unlike sizes: weights are scikit-learn's, orders those of torch's WeightedRandomSampler."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.utils.data import WeightedRandomSampler

from netspec import api
from netspec.diagnostics import Code, NetspecError
from netspec.functional.balance import balanced_order, class_counts
from netspec.functional.class_weights import balanced_weights
from netspec.functional.order import order_generator
from netspec.recipe.losses.likelihood import CrossEntropy
from netspec.training.keeping.metrics_file import class_counts_of
from netspec.training.spec import evaluate_spec, train_spec

LABELS = st.lists(st.integers(0, 5), min_size=1, max_size=60).map(torch.tensor)


@given(LABELS, st.integers(0, 5), st.integers(0, 5))
def test_orders_are_those_of_torch_s_sampler(labels, seed, epoch):
    counts = torch.bincount(labels)
    weights = (1 / counts.double())[labels]
    theirs = WeightedRandomSampler(weights.tolist(), len(labels), generator=order_generator(seed, epoch))
    assert balanced_order(labels, seed, epoch).tolist() == list(theirs)


def test_each_class_is_as_likely_as_another():
    labels = torch.tensor([0] * 900 + [1] * 90 + [2] * 10)
    drawn = torch.cat([labels[balanced_order(labels, 0, epoch)] for epoch in range(30)])
    assert (torch.bincount(drawn) / len(drawn)).tolist() == pytest.approx([1 / 3] * 3, abs=0.01)


@given(LABELS)
def test_weights_are_those_of_scikit_learn(labels):
    utils = pytest.importorskip("sklearn.utils.class_weight")
    present = labels.unique()
    theirs = utils.compute_class_weight("balanced", classes=present.numpy(), y=labels.numpy())
    found = torch.tensor(balanced_weights(class_counts(labels, 6, None)))
    assert found[present].tolist() == pytest.approx(theirs.tolist())
    assert found.sum() == pytest.approx(theirs.sum())
    assert found[labels].sum().item() == pytest.approx(len(labels))


def test_a_label_that_is_left_out_is_not_counted():
    labels = torch.tensor([0, 0, 0, 1, 2, 2])
    assert class_counts(labels, 3, 0) == [0, 1, 2]
    loss = CrossEntropy(weight="balanced", ignore_index=0).weighed([3, 1, 2])
    assert loss.weight == balanced_weights([0, 1, 2]) == (0.0, 1.5, 0.75)


SPEC = """\
netspec: 1
name: rare
input: [1, 8, 8]
layers: [flatten, {linear: 10}]
train:
  data: {digits: , batch_size: 64, validation: 0.1}
  loss: {cross_entropy: , weight: balanced}
  optimizer: {sgd: 0.1}
  epochs: 1
"""


def test_a_run_keeps_the_counts_that_judge_it_elsewhere(tmp_path: Path) -> None:
    found = train_spec(api.loads(SPEC), device="cpu", out=tmp_path / "run").metrics
    counts = class_counts_of(tmp_path / "run")[""]
    assert sum(counts) == found["data"]["train"]
    file = tmp_path / "run" / "metrics.json"
    own = evaluate_spec(api.loads(SPEC), str(tmp_path / "run/last.safetensors"), run=tmp_path / "run", device="cpu")
    assert own["test_loss"] == pytest.approx(found["test_loss"])
    data = json.loads(file.read_text())
    data["data"]["class_counts"] = [*[1] * 9, 1000]
    file.write_text(json.dumps(data))
    other = evaluate_spec(api.loads(SPEC), str(tmp_path / "run/last.safetensors"), run=tmp_path / "run", device="cpu")
    assert other["test_loss"] != pytest.approx(found["test_loss"])
    for wrong in ([1, 2], [0] * 10, None):
        data["data"]["class_counts"] = wrong
        file.write_text(json.dumps(data))
        assert class_counts_of(tmp_path / "run") == {}


@pytest.mark.parametrize(
    ("data", "loss"), [("sampler: balanced, ", "mse"), ("", "{cross_entropy: , weight: balanced}")]
)
def test_what_has_no_classes_cannot_be_balanced(data: str, loss: str, tmp_path: Path) -> None:
    task = "autoencoding" if data else "segmentation"
    text = f"""
netspec: 1
name: same
input: [1, 8, 8]
layers: [{{conv: 1, kernel: 1}}]
train:
  data: {{digits: , {data}batch_size: 64}}
  loss: {loss}
  task: {task}
  optimizer: {{sgd: 0.1}}
  epochs: 1
"""
    with pytest.raises(NetspecError) as caught:
        train_spec(api.loads(text), device="cpu", out=tmp_path / "run")
    told = {each.message for each in caught.value.diagnostics if each.code is Code.DATA_MISMATCH}
    option = "sampler" if data else "weight"
    assert f"`{option}: balanced` counts the images of each class, and {task} has no classes of images" in told
