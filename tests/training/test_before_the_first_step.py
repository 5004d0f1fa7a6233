"""What would fail in some later step, or teach nothing, is told before the first one, with the way out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from netspec.api import check
from netspec.diagnostics import Diagnostic, NetspecError
from netspec.frontend.problems import NOWHERE
from netspec.recipe.batch_sizes import check_batches
from netspec.recipe.recipe import override, read_recipe

Netspec = Callable[..., tuple[int, str, str]]


def arrays(folder: Path, images: int, first: int = 0, classes: int = 3) -> None:
    rng = np.random.default_rng(0)
    labels = np.arange(images) % classes + first
    np.savez(folder / "d.npz", x_train=rng.random((images, 6), np.float32), y_train=labels)


SPEC = """netspec: 1
name: small
input: [6]
layers: [{linear: 5}, batch_norm, relu, {linear: OUT}]
train:
  data: {arrays: d.npz, batch_size: BATCH, test: 0MORE}
  loss: cross_entropy
  optimizer: {sgd: 0.1}
  epochs: 2
"""


def written(out: int = 3, batch: int = 4, more: str = "") -> str:
    return SPEC.replace("OUT", str(out)).replace("BATCH", str(batch)).replace("MORE", more)


def test_a_last_batch_of_one_before_a_norm_over_vectors_is_told_before_step_1(netspec: Netspec) -> None:
    arrays(Path(), 13)
    Path("s.yaml").write_text(written())
    code, _, err = netspec("train", "s.yaml", "--out", "run")
    assert code == 1
    assert "NS0815" in err
    assert "s.yaml:6:" in err
    assert "13 images in batches of 4 leave a last one of 1" in err
    assert "`drop_last: true` at `data`, or `batch_size: 3`" not in err  # 13 = 4 * 3 + 1
    assert "`drop_last: true` at `data`, or `batch_size: 2`" not in err
    assert not Path("run").exists()
    Path("s.yaml").write_text(written(more=", drop_last: true"))
    code, _, err = netspec("train", "s.yaml", "--out", "run")
    assert (code, "error" in err) == (0, False)


def test_side_outputs_without_a_weight_are_told_before_the_data_are_read(netspec: Netspec) -> None:
    side = "[{linear: 5, name: body}, {linear: 3, only: training, from: body, name: aux}, {linear: 3, from: body}]"
    text = written().replace("[{linear: 5}, batch_norm, relu, {linear: 3}]", side)
    Path("s.yaml").write_text(text)
    code, _, err = netspec("train", "s.yaml", "--out", "run")
    assert code == 1
    assert "`aux`" in err
    assert "side_loss: 0.3" in err
    assert "NS0802" not in err  # there is no d.npz


def test_data_without_targets_are_told_of_as_such(netspec: Netspec) -> None:
    rng = np.random.default_rng(0)
    np.savez("d.npz", left_train=rng.random((8, 6)), right_train=rng.random((8, 6)), same_train=np.arange(8) % 2)
    pairs = "layers: [{subtract: [left, right]}, {linear: 1}]"
    text = (
        written().replace("input: [6]", "inputs: {left: [6], right: [6]}").replace("cross_entropy", "bce_with_logits")
    )
    lines = [pairs if line.startswith("layers:") else line for line in text.splitlines()]
    Path("s.yaml").write_text("\n".join(lines).replace("arrays: d.npz", "arrays: d.npz, inputs: [left, right]"))
    code, _, err = netspec("train", "s.yaml", "--out", "run")
    told = " ".join(err.split())
    assert code == 1
    assert "arrays has no targets: the network is to give what it takes, [12], and gives [1]" in told
    assert "give the data an array `y_train`, or end the network with [12]" in told
    assert not Path("run").exists()


@pytest.mark.parametrize("name", ["digits", "shapes", "synthetic", "python_stdlib"])
def test_a_place_is_given_to_data_that_have_one(name: str) -> None:
    said = f"--data:1:1: NS0801 the data set `{name}` is read from no file or folder: `--data` does not go with it"
    with pytest.raises(NetspecError, match=said):
        override({"data": {name: 9}}, folder="elsewhere")
    assert override({"data": {name: 9}}) == {"data": {name: 9}}
    assert override({"data": {"mnist": None}}, folder="there") == {"data": {"mnist": "there"}}
    assert override({"data": {"unheard": None}}, folder="there") == {"data": {"unheard": "there"}}  # told of elsewhere


def test_another_batch_that_is_proposed_works(netspec: Netspec) -> None:
    arrays(Path(), 17)
    Path("s.yaml").write_text(written(batch=8))
    assert "or `batch_size: 7`" in netspec("train", "s.yaml", "--out", "run")[2]
    Path("s.yaml").write_text(written(batch=7))
    assert netspec("train", "s.yaml", "--out", "run")[0] == 0


def refused(images: int, batch: int, processes: int = 1, **keys: object) -> str | None:
    data = {"digits": None, "batch_size": batch, **{k: v for k, v in keys.items() if k == "drop_last"}}
    others = {k: v for k, v in keys.items() if k != "drop_last"}
    recipe = read_recipe({"data": data, "loss": "cross_entropy", "optimizer": {"sgd": 0.1}, "epochs": 1, **others})
    try:
        check_batches(recipe, ("norm",), (images, 0), processes, NOWHERE)
    except NetspecError as error:
        return error.diagnostics[0].found
    return None


@pytest.mark.parametrize(
    ("images", "batch", "processes", "keys", "told"),
    [
        (13, 4, 1, {}, True),
        (13, 4, 1, {"drop_last": True}, False),
        (14, 4, 1, {}, False),
        (12, 4, 1, {}, False),
        (12, 1, 1, {}, True),
        (12, 1, 1, {"drop_last": True}, True),
        (13, 4, 1, {"accumulate": 2}, True),
        (12, 4, 2, {}, False),
        (12, 4, 4, {}, True),  # each process has one
        (11, 8, 2, {}, True),  # the last batch of three: two for one process, one for the other
        (12, 8, 2, {}, False),
        (11, 8, 2, {"sync_batch_norm": True}, False),
        (13, 4, 1, {"phases": [{"epochs": 1, "freeze": ["norm"]}]}, False),
    ],
)
def test_the_smallest_batch_of_any_process_counts(
    images: int, batch: int, processes: int, keys: dict[str, object], told: bool
) -> None:
    assert (refused(images, batch, processes, **keys) is not None) == told


def test_labels_that_start_at_1_are_told_before_step_1(netspec: Netspec) -> None:
    arrays(Path(), 12, first=1)
    Path("s.yaml").write_text(written())
    code, _, err = netspec("train", "s.yaml", "--out", "run")
    assert code == 1
    assert "the labels of arrays start at 1, and outputs are counted from 0" in err
    assert "take 1 off each label, so that they are 0 to 2; or end the network with 4 outputs" in err
    Path("s.yaml").write_text(written(more=", classes: 3"))
    err = netspec("train", "s.yaml", "--out", "run")[2]
    assert "label 3 of example 2 is out of range: there are 3 classes" in err
    assert "labels start at 1: take 1 off each" in err
    assert not Path("run").exists()


CLASSIFIER = """netspec: 1
name: c
input: [1, 8, 8]
layers: [flatten, {linear: 10}]
train:
  data: digits
  loss: {cross_entropy: , weight: [1, 2, 3]}
  metrics: [METRIC]
  optimizer: {sgd: 0.1}
  epochs: 1
"""


def errors(text: str) -> list[Diagnostic]:
    return [each for each in check("c.yaml", text=text) if each.severity == "error"]


def test_a_forgotten_flatten_is_met_with_the_help_of_the_lint(netspec: Netspec) -> None:
    text = "netspec: 1\nname: rows\ninput: [1, 8, 8]\nlayers: [{conv: 4, kernel: 3}, {linear: 10}]\n"
    text += "train: {data: digits, loss: cross_entropy, optimizer: {sgd: 0.1}, epochs: 1}\n"
    help = "= help: `flatten` before `linear1`: 144 features, or `global_avg_pool` and `flatten`: 4 features\n"
    Path("s.yaml").write_text(text)
    assert help in netspec("check", "s.yaml")[1]
    assert help in netspec("train", "s.yaml", "--out", "run")[2]
    Path("s.yaml").write_text(text.replace("10}]", "7}]"))
    assert "help: end the network with 10 outputs, and put `flatten` before" in netspec("train", "s.yaml")[2]


def test_a_loss_weight_of_the_wrong_length_is_underlined_by_check() -> None:
    (found,) = errors(CLASSIFIER.replace("  metrics: [METRIC]\n", ""))
    assert found.message == "`weight` of cross_entropy has 3 numbers for 10 classes"
    assert found.found == "a network with 10 outputs"
    assert found.span
    line = CLASSIFIER.splitlines()[found.span.line - 1]
    assert line[found.span.column - 1 : found.span.end_column - 1] == "[1, 2, 3]"
    ten = CLASSIFIER.replace("[1, 2, 3]", "[1, 1, 1, 1, 1, 1, 1, 1, 1, 2]").replace("  metrics: [METRIC]\n", "")
    assert errors(ten) == []


def test_guesses_that_are_never_wrong_are_told_by_check() -> None:
    text = CLASSIFIER.replace(", weight: [1, 2, 3]", "").replace("METRIC", "{top_k: 10}")
    found = errors(text)
    assert [each.message for each in found if "never wrong" in each.message]


def test_side_outputs_without_a_weight_are_told_by_check() -> None:
    text = """netspec: 1
name: sided
input: [1, 8, 8]
layers:
  - flatten
  - {only: training, name: aux, layers: [{linear: 10}]}
  - {linear: 10}
train: {data: digits, loss: cross_entropy, optimizer: {sgd: 0.1}, epochs: 1SIDE}
"""
    (found,) = check("s.yaml", text=text.replace("SIDE", ""))
    assert (found.code.number, found.span and found.span.line) == ("NS0801", 8)
    assert "side_loss: 0.3" in (found.help or "")
    assert check("s.yaml", text=text.replace("SIDE", ", side_loss: 0.3")) == []
    (other,) = check("s.yaml", text=text.replace("SIDE", ", side_loss: 0.3").replace("linear: 10", "linear: 3", 1))
    assert other.code.number == "NS0801"
    assert "learns by the targets of `output`, and has another shape" in other.message
