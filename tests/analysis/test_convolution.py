"""Convolutions by hand: the sums, the matrix, and the layer of the language are torch's own, number by number."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
import torch
from scipy.signal import convolve2d

from netspec import api
from netspec.analysis.convolution import Array, Convolution, Unfit, convolve
from netspec.report.convolution import layer_text

IMAGE, KERNEL = [[1, 3, 1], [0, -1, 1], [2, 2, -1]], [[1, 2], [0, -1]]
"""The factors, over the integers, of the lectures' example in two variables: no others but their negatives."""


def by_hand(signal: Any, kernel: Any, *options: Any) -> Convolution:
    return convolve(Array.of(signal), Array.of(kernel), *options)


def times_matrix(made: Convolution) -> list[Any]:
    return [sum(t * x for t, x in zip(row, made.signal.numbers, strict=True)) for row in made.matrix]


def by_torch(made: Convolution) -> list[Any]:
    """The result of the layer that the language has for it."""
    shape = list(made.signal.shape)
    text = f"netspec: 1\nname: by_hand\ninput: {[1, *shape]}\nlayers: [{layer_text(made)}]\n"
    network = api.compile(api.loads(text), "cpu").double()
    given = torch.tensor([float(each) for each in made.signal.numbers], dtype=torch.float64).reshape(1, 1, *shape)
    return network(given)[0, 0].flatten().tolist()


def test_the_lectures_signal() -> None:
    made = by_hand([2, -1, 1], [1, 1, 2])
    assert made.result.nested == times_matrix(made) == by_torch(made) == [2, 1, 4, -1, 2]
    assert all(type(each) is int for each in made.result.numbers)
    assert layer_text(made) == "{filter: [1, 1, 2], mode: convolution, padding: 2}"
    assert made.matrix == [[1, 0, 0], [1, 1, 0], [2, 1, 1], [0, 2, 1], [0, 0, 2]]


def test_the_lectures_image() -> None:
    made = by_hand(IMAGE, KERNEL)
    wanted = [[1, 5, 7, 2], [0, -2, -4, 1], [2, 6, 4, -3], [0, -2, -2, 1]]
    assert made.result.nested == wanted == convolve2d(IMAGE, KERNEL).tolist()
    assert times_matrix(made) == by_torch(made) == [each for row in wanted for each in row]
    blocks = np.array(made.matrix).reshape(4, 4, 3, 3).swapaxes(1, 2)
    for at in range(3):  # a block of the matrix depends on the difference of its row and its column alone
        assert all((blocks[row + at, row] == blocks[at, 0]).all() for row in range(4 - at) if row < 3)


@pytest.mark.parametrize("seed", range(12))
def test_any_other(seed: int) -> None:
    draw = random.Random(seed)
    axes = draw.choice([1, 2])
    kernel_shape = [draw.randint(1, 3) for _ in range(axes)]
    shape = [k + draw.randint(0, 3) for k in kernel_shape]

    def numbers(sizes: list[int]) -> Any:
        if len(sizes) > 1:
            return [numbers(sizes[1:]) for _ in range(sizes[0])]
        return [draw.randint(-9, 9) for _ in range(sizes[0])]

    mode = draw.choice(["convolution", "cross_correlation"])
    stride = draw.randint(1, 3)
    padding = draw.choice(["full", "valid", "same", 1, 2] if stride == 1 else ["full", "valid", 1])
    made = by_hand(numbers(shape), numbers(kernel_shape), mode, padding, stride)
    assert list(made.result.numbers) == times_matrix(made) == by_torch(made)


def test_what_does_not_fit_is_refused() -> None:
    for signal, kernel, options, said in (
        ([1, 2], [[1]], (), "the kernel has 2 axes, the signal 1"),
        ([1], [1, 2, 3], ("convolution", "valid"), "the kernel spans 3, the padded signal 1"),
        ([1] * 100, [1], ("convolution", 999), "the result has 2,098 numbers; at most 1,024"),
    ):
        with pytest.raises(Unfit, match=said):
            by_hand(signal, kernel, *options)
    for value in ([], [[]], [[1], [1, 2]], ["1"], 3, [True], [[[1]]], None):
        with pytest.raises(Unfit):
            Array.of(value)


def test_the_command(netspec: Any) -> None:
    code, told, error = netspec("convolve", "[0.1, 0.2]", "[1, 1]")
    assert (code, error) == (0, "")
    assert "(0.1, 0.2) * (1, 1) = (0.1, 0.3, 0.2)\n" in told  # exact: not 0.30000000000000004
    for form in ("json", "csv", "markdown", "html", "latex"):
        assert netspec("convolve", str(IMAGE), str(KERNEL), "--format", form)[0] == 0


def test_brackets_may_be_round_or_left_out(netspec: Any) -> None:
    code, said, _ = netspec("convolve", "[2, -1, 1]", "[1, 1, 2]")
    assert code == 0
    for signal, kernel in (("(2, -1, 1)", "(1, 1, 2)"), ("2, -1, 1", "1,1,2")):
        assert netspec("convolve", signal, kernel) == (0, said, "")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("[1, 2", "[1]"), "is no list such as '[2, -1, 1]'"),
        (("[1e999999999]", "[1]"), "1e999999999 has more than 40 digits"),
        (("[NaN]", "[1]"), "NaN is no number"),
        (("[1e3, 1e-3]", "[1e300]"), "1e300 has more than 40 digits"),
        (("[" * 5000, "[1]"), "is no list such as"),
        (("[1]", "{}"), "it is no list of numbers"),
        ((str([0] * 300), "[1]"), "it has 300 numbers; at most 256"),
        (("[1]", "[1]", "--padding", "-1"), "is neither full, same or valid nor a number"),
        (("[1]", "[1, 2]", "--padding", "valid"), "the kernel spans 2, the padded signal 1"),
    ],
)
def test_mistakes(netspec: Any, arguments: Any, said: str) -> None:
    code, out, error = netspec("convolve", *arguments)
    assert (code, out) == (2, "")
    assert said in " ".join(error.replace("│", " ").split())
