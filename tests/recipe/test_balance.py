"""Classes of unlike sizes: weights are scikit-learn's, orders those of torch's WeightedRandomSampler."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from torch.utils.data import WeightedRandomSampler

from netspec import api
from netspec.diagnostics import Code, NetspecError
from netspec.functional.balance import balanced_order, class_counts
from netspec.functional.class_weights import balanced_weights
from netspec.functional.order import order_generator
from netspec.recipe.losses.likelihood import CrossEntropy
from netspec.training.keeping.metrics_file import class_counts_of
from netspec.training.spec import evaluate_spec, train_spec
from tests.training.test_tables import same_as_the_script

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
    ("option", "task", "loss"),
    [
        ("sampler", "autoencoding", "mse"),
        ("sampler", "segmentation", "cross_entropy"),
        ("weight", "next_token", "{cross_entropy: , weight: balanced}"),
    ],
)
def test_what_has_no_classes_cannot_be_balanced(option: str, task: str, loss: str, tmp_path: Path) -> None:
    text = f"""
netspec: 1
name: same
input: [1, 8, 8]
layers: [{{conv: 1, kernel: 1}}]
train:
  data: {{digits: , {"sampler: balanced, " if option == "sampler" else ""}batch_size: 64}}
  loss: {loss}
  task: {task}
  optimizer: {{sgd: 0.1}}
  epochs: 1
"""
    with pytest.raises(NetspecError) as caught:
        train_spec(api.loads(text), device="cpu", out=tmp_path / "run")
    told = {each.message for each in caught.value.diagnostics if each.code is Code.DATA_MISMATCH}
    assert f"`{option}: balanced` counts the images of each class, and {task} has no classes of images" in told


PIXELS = """
netspec: 1
name: pixels
input: [1, 4, 6]
layers: [{conv: 4, kernel: 1}]
train:
  data: {segmentation: data, channels: 1, classes: [ground, tree, lake, snow], batch_size: 4, OPTIONS}
  loss: {cross_entropy: , weight: WEIGHT}
  optimizer: {sgd: 0.1}
  steps: 3
  log: []
"""


SEVERAL = """
  - {conv: 4, kernel: 1, name: kind}
  - {conv: 4, kernel: 1, name: again, from: input}
outputs: {kind: kind, again: again}
"""


@pytest.fixture(scope="module")
def masks(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[int]]:
    """Images with masks, none of which has snow, and the pixels of each class among those to train on."""
    home, random = tmp_path_factory.mktemp("masks"), np.random.default_rng(0)
    counts = np.zeros(4, dtype=int)
    for part, count in (("train", 9), ("val", 3)):
        for name in range(count):
            mask = random.choice([0, 1, 2, 255], (4, 6), p=[0.7, 0.2, 0.05, 0.05]).astype(np.uint8)
            counts += [(mask == label).sum() if part == "train" else 0 for label in range(4)]
            for kind, pixels in (("images", mask % 200 * 60), ("masks", mask)):
                file = home / f"data/{part}/{kind}/{name}.png"
                file.parent.mkdir(parents=True, exist_ok=True)
                Image.fromarray(pixels).save(file)
    return home, counts.tolist()


@pytest.mark.parametrize("options", ["in_memory: true", "in_memory: false, workers: 0"])
def test_masks_weigh_classes_by_their_pixels(
    options: str, masks: tuple[Path, list[int]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, counts = masks
    monkeypatch.chdir(home)
    monkeypatch.setattr("netspec.training.keeping.run_log.pictures", lambda *run: ())
    by_hand = [sum(counts) / (3 * count) if count else 0 for count in counts]
    spec = PIXELS.replace("OPTIONS", options)
    found, placed = (
        train_spec(api.loads(spec.replace("WEIGHT", str(weight))), device="cpu", out=tmp_path / str(number)).metrics
        for number, weight in enumerate(("balanced", by_hand))
    )
    assert found["test_loss"] == pytest.approx(placed["test_loss"], rel=1e-6)
    assert class_counts_of(tmp_path / "0") == {"": counts}
    judged = evaluate_spec(api.load(tmp_path / "0/spec.yaml"), str(tmp_path / "0"), device="cpu")
    assert judged["test_loss"] == pytest.approx(found["test_loss"])
    notes = [note for note in found["data"]["notes"] if "snow" in note or "read once" in note]
    assert len(notes) == (2 if "false" in options else 1)
    shutil.rmtree("run", ignore_errors=True)
    (tmp_path / "0").rename(home / "run")
    assert same_as_the_script(home, api.loads(spec.replace("WEIGHT", "balanced")), monkeypatch)


def test_pixels_of_a_class_that_stands_for_none_count_in_no_output_of_a_script(
    masks: tuple[Path, list[int]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(masks[0] / "data", tmp_path / "data")
    for file in (tmp_path / "data").glob("*/masks/*.png"):
        Image.fromarray(np.minimum(np.array(Image.open(file)), 3)).save(file)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("netspec.training.keeping.run_log.pictures", lambda *run: ())
    text = PIXELS.replace("OPTIONS", "ignored: 3").replace("[{conv: 4, kernel: 1}]", SEVERAL)
    loss = "{kind: {cross_entropy: , weight: balanced}, again: {cross_entropy: , weight: balanced, ignore_index: 0}}"
    spec = api.loads(text.replace("{cross_entropy: , weight: WEIGHT}", loss))
    train_spec(spec, device="cpu", out=tmp_path / "run")
    assert same_as_the_script(tmp_path, spec, monkeypatch)


def test_pixels_are_counted_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    masks = torch.randint(0, 5, (3, 7, 5), dtype=torch.uint8)
    masks[0, 0] = 255
    whole = class_counts(masks, 5, 1, 3)
    monkeypatch.setattr("netspec.functional.balance.LABELS_AT_ONCE", 4)
    assert (
        class_counts(masks, 5, 1, 3) == whole == [int((masks == k).sum()) if k not in (1, 3) else 0 for k in range(5)]
    )
