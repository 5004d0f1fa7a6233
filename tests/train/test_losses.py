"""Losses against formulas written out by hand: values, gradients, and the class that outputs tell."""

import math

import pytest
import torch

from netspec.train.losses import Loss

LABELS = torch.tensor([2, 0, 1, 1])


def outputs():
    return torch.randn(4, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0)).requires_grad_()


def value_and_gradient(formula, y):
    value = formula(y)
    return value, torch.autograd.grad(value, y)[0]


def check(loss, formula, y=None):
    """That a loss is the formula's mean over the rows, and its gradient too."""
    y = outputs() if y is None else y
    found = value_and_gradient(lambda y: loss.of_classes()(y, LABELS), y)
    wanted = value_and_gradient(lambda y: sum(formula(row, int(d)) for row, d in zip(y, LABELS, strict=True)) / 4, y)
    torch.testing.assert_close(found, wanted)


@pytest.mark.parametrize("j", [0.1, 1.0, 5.0])
def test_map(j):
    def formula(y, d):
        return y[d] + torch.log(math.exp(-j) + sum(torch.exp(-p) for p in y))

    check(Loss.members["map"](j=j), formula)


def test_map_of_large_penalties():
    """The gradient pulls the right penalty down and leaves large ones alone; nothing overflows."""
    y = torch.tensor([[4000.0, 5000.0], [0.0, 1e30], [-4000.0, 0.0]], requires_grad=True)
    value, gradient = value_and_gradient(lambda y: Loss.members["map"]().of_classes()(y, torch.tensor([0, 0, 1])), y)
    assert value.item() == pytest.approx((4000 - 0.1 + math.log1p(math.exp(-0.1)) + 4000) / 3)
    pulled = 1 - 1 / (1 + math.exp(-0.1))
    torch.testing.assert_close(gradient * 3, torch.tensor([[1.0, 0.0], [pulled, 0.0], [-1.0, 1.0]]))


def test_map_s_gradient_is_that_of_the_posterior():
    y, j = outputs(), 0.5
    _, gradient = value_and_gradient(lambda y: Loss.members["map"](j=j).of_classes()(y, LABELS), y)
    weights = torch.exp(-y.detach())
    posterior = weights / (math.exp(-j) + weights.sum(1, keepdim=True))
    torch.testing.assert_close(gradient, (torch.eye(3, dtype=torch.float64)[LABELS] - posterior) / 4)


@pytest.mark.parametrize("targets", [{}, {"positive": 0.9, "negative": 0.1}, {"positive": 2.5, "negative": -0.5}])
def test_mse(targets):
    high, low = targets.get("positive", 1.0), targets.get("negative", -1.0)

    def formula(y, d):
        return sum((p - (high if i == d else low)) ** 2 for i, p in enumerate(y)) / 3

    check(Loss.members["mse"](**targets), formula)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_cross_entropy(smoothing):
    def formula(y, d):
        logs = y - torch.log(sum(torch.exp(p) for p in y))
        return -(1 - smoothing) * logs[d] - smoothing * sum(logs) / 3

    check(Loss.members["cross_entropy"](label_smoothing=smoothing), formula)


def test_nll():
    check(Loss.members["nll"](), lambda y, d: -y[d])


@pytest.mark.parametrize("options", [{}, {"p": 2}, {"margin": 0.5}])
def test_multi_margin(options):
    margin, power = options.get("margin", 1.0), options.get("p", 1)

    def formula(y, d):
        return sum(torch.relu(margin - y[d] + p) ** power for i, p in enumerate(y) if i != d) / 3

    check(Loss.members["multi_margin"](**options), formula)


@pytest.mark.parametrize("name", sorted(Loss.members))
def test_the_best_outputs_tell_the_right_class(name):
    """What a loss says of the outputs that minimise it: descent makes its prediction the label."""
    loss = Loss.members[name]()
    y = outputs()
    for _ in range(200):
        _, gradient = value_and_gradient(lambda y: loss.of_classes()(y, LABELS), y)
        y = (y - 0.5 * gradient).detach().requires_grad_()
    assert loss.predict(y).tolist() == LABELS.tolist()
    assert loss.predict(torch.tensor([[3.0, 1.0, 2.0]])).tolist() == [1 if name == "map" else 0]
