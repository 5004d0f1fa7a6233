"""A loss for each of several outputs: what is read, and what is refused before torch is there."""

import pytest

from netspec import api
from netspec.diagnostics import Code, NetspecError
from netspec.driver.recipes import recipe_of
from netspec.recipe.output_losses import Losses, tells_outputs
from netspec.recipe.recipe import read_recipe
from netspec.training.beforehand import check_recipe

TWO = """
netspec: 1
name: two
input: [1, 8, 8]
layers:
  - {flatten: , name: pixels}
  - {linear: 10, name: digit}
  - {linear: 1, name: parity, from: pixels}
outputs: {digit: digit, parity: parity}
train:
  data: {arrays: digits.npz, outputs: [digit, parity]}
  loss: {digit: cross_entropy, parity: {bce_with_logits: , loss_weight: 0.3}}
  optimizer: {adamw: 1e-3}
  epochs: 1
"""


def refused(*changes, text=TWO):
    """The codes and messages of the spec with texts changed."""
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    spec = api.loads(text)
    with pytest.raises(NetspecError) as caught:
        check_recipe(spec, recipe_of(spec), spec.document.places, anew=True)
    assert all(each.span is not None for each in caught.value.diagnostics)
    return [(each.code, each.message) for each in caught.value.diagnostics]


def test_losses_are_read_by_output_and_written_as_they_are_read():
    recipe = recipe_of(api.loads(TWO))
    assert isinstance(recipe.loss, Losses)
    assert {name: (each.loss.key, each.loss_weight) for name, each in recipe.loss.of.items()} == {
        "digit": ("cross_entropy", 1.0),
        "parity": ("bce_with_logits", 0.3),
    }
    assert read_recipe(recipe.written()) == recipe
    assert {kind.key for kind in recipe.kinds()} >= {"cross_entropy", "bce_with_logits"}


@pytest.mark.parametrize(
    ("written", "several"),
    [
        ({"digit": "cross_entropy"}, True),
        ({"digit": "crossentropy", "parity": "bce"}, True),
        ({"digit": "cross_entropy", "parity": None}, True),
        ({"class": "cross_entropy", "box": {"mse": None}}, True),
        ({"cross_entropy": None, "weight": "balanced"}, False),
        ({"name": "cross_entropy"}, False),
        ({"type": "cross_entropy"}, False),
        ({"cros_entropy": None, "label_smoothing": 0.1}, False),
        ({"focall": 2}, False),
        ("cross_entropy", False),
        ({}, False),
    ],
)
def test_a_loss_and_losses_by_output_are_told_apart(written, several):
    assert tells_outputs(written) is several


def test_the_weight_in_the_sum_is_no_option_of_the_loss():
    written = {"digit": {"cross_entropy": None, "weight": [1, 2, 3], "loss_weight": 0.5, "task": "classification"}}
    base = {"data": "digits", "optimizer": {"sgd": 0.1}, "epochs": 1}
    (aim,) = read_recipe({**base, "loss": written}).loss.of.values()
    assert (aim.loss.weight, aim.loss_weight, aim.task.key) == ((1, 2, 3), 0.5, "classification")
    for wrong, code in (
        ({"cross_entropy": None, "loss_weight": -1}, Code.BAD_OPTION),
        ({"cross_entropy": None, "loss_wieght": 1}, Code.UNKNOWN_OPTION),
        ({"cross_entropy": None, "task": "clasification"}, Code.UNKNOWN_LAYER),
        ({"cross_entropy": None, "task": "regression"}, Code.BAD_RECIPE),
        ("crossentropy", Code.UNKNOWN_LAYER),
        (None, Code.WRONG_TYPE),
    ):
        with pytest.raises(NetspecError) as caught:
            read_recipe({**base, "loss": {"digit": wrong, "other": "mse"}})
        (found,) = caught.value.diagnostics
        assert (found.code, found.path[:3]) == (code, ("train", "loss", "digit"))


def test_outputs_without_a_loss_and_losses_without_an_output_are_named():
    found = refused(("{digit: cross_entropy,", "{digitt: cross_entropy,"))
    assert [message for _, message in found] == ["the network has no output `digitt`"]  # which tells what is lacking
    found = refused(("{digit: cross_entropy,", "{kind: cross_entropy,"))
    assert [message for _, message in found] == [
        "the data have a target for `digit`, which no loss is for",
        "`digit` of the network has no loss",
        "the network has no output `kind`",
    ]
    assert refused(("outputs: [digit, parity]", "outputs: [digit, pairity]"))[0][1].startswith("the data have a target")


def test_targets_and_losses_have_the_same_names():
    assert refused(("[digit, parity]", "[digit, other]")) == [
        (Code.BAD_RECIPE, "the data have a target for `other`, which no loss is for"),
        (
            Code.BAD_RECIPE,
            "the data have no target for `parity`, and it does not give again what the network takes",
        ),
    ]
    one = refused(("{digit: cross_entropy, parity: {bce_with_logits: , loss_weight: 0.3}}", "cross_entropy"))
    assert "a target for each of `digit`, `parity`, and the recipe one loss" in one[0][1]


def test_a_loss_of_classes_needs_a_number_for_each():
    assert refused(("bce_with_logits", "cross_entropy")) == [
        (Code.BAD_RECIPE, "cross_entropy tells classes, and `parity` has one number for each example")
    ]
    given = refused(("digit: cross_entropy", "digit: {cross_entropy: , weight: [1, 2]}"))
    assert given == [(Code.BAD_RECIPE, "`weight` of cross_entropy has 2 numbers for 10 classes in `digit`")]
    known = refused(("{arrays: digits.npz, outputs: [digit, parity]}", "digits"))
    assert known == [(Code.DATA_MISMATCH, "`parity`: digits has 10 classes, the network gives [1]")]


def test_what_is_of_one_loss_does_not_go_with_several():
    for key, value in (("task", "classification"), ("side_loss", 0.3), ("test_time", "mirrored")):
        written = {**api.loads(TWO).document.train, key: value}
        with pytest.raises(NetspecError, match=f"`{key}` does not go with several losses"):
            read_recipe(written)


def test_a_network_of_one_output_and_one_with_side_outputs_take_one_loss():
    one = TWO.replace("outputs: {digit: digit, parity: parity}", "outputs: {digit: digit}")
    one = one.replace("  - {linear: 1, name: parity, from: pixels}\n", "")
    assert "one output: it takes no losses by name" in refused(text=one)[0][1]
    side = TWO.replace("from: pixels}", "from: pixels, only: training}")
    assert "side outputs" in refused(text=side)[0][1]


@pytest.mark.parametrize(
    ("monitor", "message"),
    [
        ("digt.accuracy", "there is no figure `digt.accuracy` to compare epochs by: `digt` has no loss of its own"),
        ("digit.psnr", "there is no figure `digit.psnr` to compare epochs by"),
        ("accuracy", "there is no figure `accuracy` to compare epochs by"),
    ],
)
def test_monitors_name_an_output_and_a_figure_of_it(monitor, message):
    said = ("epochs: 1", f"epochs: 1\n  checkpoint: {{monitor: {monitor}}}")
    assert refused(said) == [(Code.BAD_RECIPE, message)]


def test_right_names_are_refused_nothing():
    spec = api.loads(TWO.replace("epochs: 1", "epochs: 1\n  checkpoint: {monitor: parity.label_f1}"))
    check_recipe(spec, recipe_of(spec), spec.document.places, anew=True)


def test_lints_read_the_loss_of_each_output():
    text = TWO.replace("- {linear: 10, name: digit}", "- {linear: 10, name: digit, activation: softmax}")
    assert [each.code.number for each in api.check("two.yaml", text=text)] == ["NS2002"]
