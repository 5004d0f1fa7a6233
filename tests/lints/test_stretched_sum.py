"""The lint of sums that stretch one channel: shortcuts are told, masks and gates are not."""

import pytest

from netspec import api

CONV = "{conv: 16, kernel: 3, padding: 1}"


def told(layers: str, shape: str = "[1, 28, 28]") -> list[str]:
    spec = api.loads(f"netspec: 1\nname: net\ninput: {shape}\nlayers: {layers}\n")
    return [each.message for each in api.review(spec) if each.code.number == "NS2016"]


@pytest.mark.parametrize(
    "layers",
    [
        f"[{{residual: [{CONV}]}}, relu]",
        f"[{{residual: [{CONV}, batch_norm, relu, {CONV}, batch_norm]}}, relu]",
        f"[{{relu, name: r}}, {{residual: [{CONV}]}}, relu]",
        f"[{{residual: [{CONV}], shortcut: [{{conv: 1, kernel: 1}}]}}, relu]",
        f"[{CONV}, {{residual: [{CONV}], shortcut: [{{conv: 1, kernel: 1}}, batch_norm]}}, relu]",
        "[{conv: 1, kernel: 1, name: a}, {conv: 8, kernel: 1, from: input, name: b}, {add: [a, b]}]",
    ],
)
def test_a_shortcut_of_one_channel_is_told(layers: str) -> None:
    assert len(told(layers)) == 1


@pytest.mark.parametrize(
    "layers",
    [
        f"[{{residual: [{CONV}], shortcut: [{{conv: 16, kernel: 1}}]}}, relu]",
        "[{residual: [{conv: 1, kernel: 3, padding: 1}]}, relu]",  # both have one channel
        f"[{{residual: [{CONV}], merge: concat}}, relu]",
        f"[{CONV}, {{residual: [{{conv: 1, kernel: 1, activation: sigmoid}}], merge: multiply}}]",  # a gate
        f"[{CONV}, {{residual: [global_avg_pool, {{conv: 16, kernel: 1}}]}}]",  # the mean of each channel
        "[{parameter: [1, 28, 28], name: p}, {conv: 16, kernel: 1, from: input, name: c}, {add: [p, c]}]",
    ],
)
def test_what_is_meant_is_left_alone(layers: str) -> None:
    assert told(layers) == []


def test_a_mask_that_flows_in_is_left_alone() -> None:
    inputs = "inputs: {scores: [4, 6, 6], mask: [1, 6, 6]}"
    spec = api.loads(f"netspec: 1\nname: net\n{inputs}\nlayers: [{{add: [scores, mask]}}]\n")
    assert [each for each in api.review(spec) if each.code.number == "NS2016"] == []


def test_a_vector_of_one_number_is_left_alone() -> None:
    assert told("[{linear: 1, name: a}, {linear: 8, from: input, name: b}, {add: [a, b]}]", "[4]") == []


def test_the_message_names_both_shapes() -> None:
    spec = api.loads(f"netspec: 1\nname: net\ninput: [1, 28, 28]\nlayers: [{{residual: [{CONV}]}}]\n")
    (found,) = [each for each in api.review(spec) if each.code.number == "NS2016"]
    assert found.found == "[1, 28, 28] and [16, 28, 28]"
    assert found.help == "`{conv: 16, kernel: 1}` makes [1, 28, 28] as wide"
