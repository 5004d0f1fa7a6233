"""Losses against formulas written out by hand: values, gradients, and the class that outputs tell."""

import itertools
import math

import pytest
import torch

from netspec.recipe.losses import Loss

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


OF_CLASSES = sorted(key for key, kind in Loss.members.items() if kind.takes_classes())
OF_VALUES = sorted(key for key, kind in Loss.members.items() if kind.takes_values())


@pytest.mark.parametrize("name", OF_CLASSES)
def test_the_best_outputs_tell_the_right_class(name):
    """What a loss says of the outputs that minimise it: descent makes its prediction the label."""
    loss = Loss.members[name]()
    y = outputs()
    for _ in range(400):
        _, gradient = value_and_gradient(lambda y: loss.of_classes()(y, LABELS), y)
        y = (y - 2 * gradient).detach().requires_grad_()
    assert loss.predict(y).tolist() == LABELS.tolist()
    assert loss.predict(torch.tensor([[3.0, 1.0, 2.0]])).tolist() == [1 if name == "map" else 0]


@pytest.mark.parametrize("name", OF_CLASSES)
def test_probabilities_are_highest_where_scores_are(name):
    loss, y = Loss.members[name](), outputs().detach()
    found = loss.probabilities(y if name != "nll" else y.log_softmax(1))
    if found is None:
        assert name == "multi_margin"
        return
    assert found.shape == y.shape
    assert bool(((found >= 0) & (found <= 1)).all())
    if name not in ("bce_with_logits", "mse", "map"):
        torch.testing.assert_close(found.sum(1), torch.ones(4, dtype=torch.float64))
    if name == "map":  # the rest is rubbish
        assert bool((found.sum(1) < 1).all())
    if name != "mse":  # whose outputs saturate
        assert found.argmax(1).tolist() == loss.predict(y).tolist()


def test_what_mse_estimates():
    loss = Loss.members["mse"](positive=0.75, negative=-0.25)
    assert loss.probabilities(torch.tensor([[0.75, -0.25, 0.25, 2.0]])).tolist() == [[1.0, 0.0, 0.5, 1.0]]


def mixed():
    return torch.tensor([[0.7, 0.3, 0.0], [0.0, 1.0, 0.0], [0.25, 0.0, 0.75], [0.0, 0.5, 0.5]], dtype=torch.float64)


@pytest.mark.parametrize("name", [*OF_CLASSES, "dice+"])
def test_mixed_labels_that_are_pure_are_labels(name):
    """One-hot probabilities give the value and the gradient of the labels."""
    loss = Loss.members["dice"](cross_entropy=0.5) if name == "dice+" else Loss.members[name]()
    hot = torch.eye(3, dtype=torch.float64)[LABELS]
    pure = value_and_gradient(lambda y: loss.of_classes()(y, hot), outputs())
    torch.testing.assert_close(pure, value_and_gradient(lambda y: loss.of_classes()(y, LABELS), outputs()))


WEIGHED = {"weight": [0.5, 2.0, 1.0], "label_smoothing": 0.1}
MIXED = [
    ("multi_margin", {"p": 2}),
    ("map", {"j": 0.5}),
    *itertools.product(("nll", "focal"), ({}, {"ignore_index": 1})),
    *itertools.product(
        ("cross_entropy", "bce_with_logits"),
        ({}, {"ignore_index": 1}, {"ignore_index": 7}, WEIGHED, {**WEIGHED, "ignore_index": 2}),
    ),
]


@pytest.mark.parametrize(("name", "options"), MIXED, ids=str)
def test_mixed_labels_are_expected_losses(name, options):
    """The loss of probabilities is the mean of the losses of labels drawn by them; the ignored weigh nothing."""
    loss, y = Loss.members[name](**options), outputs()
    criterion, weighing = loss.of_classes(), loss.weighing()
    weigh = len if weighing is None else weighing.made()
    drawn = [(mixed()[n, d], y[n : n + 1], torch.tensor([d])) for n in range(4) for d in range(3)]
    weights = [share * weigh(label) for share, _, label in drawn]
    wanted = sum(weight * criterion(row, label) for weight, (_, row, label) in zip(weights, drawn, strict=True))
    found = value_and_gradient(lambda y: criterion(y, mixed()), y)
    torch.testing.assert_close(found, value_and_gradient(lambda _: wanted / sum(weights), y))
    torch.testing.assert_close(torch.as_tensor(weigh(mixed())).double(), sum(weights))


@pytest.mark.parametrize("options", [{}, {"cross_entropy": 0.5}], ids=str)
def test_dice_of_labels_mixed_with_an_ignored_one(options):
    """It is that of the labels, weighed by the shares that are left."""
    loss, y = Loss.members["dice"](ignore_index=2, **options), outputs()
    criterion, left = loss.of_classes(), torch.tensor([0.25, 1.0, 0.5, 0.0], dtype=torch.float64)
    labels = torch.tensor([0, 1, 1, 0])
    shares = torch.eye(3, dtype=torch.float64)[labels] * left[:, None]
    shares[:, 2] = 1 - left
    each = [criterion(y[n : n + 1], labels[n : n + 1]) for n in range(4)]
    torch.testing.assert_close(criterion(y, shares), (torch.stack(each) * left).sum() / left.sum())
    assert loss.weighing().made()(shares) == left.sum()


def test_mixed_labels_have_mixed_codes():
    y = outputs()
    found = Loss.members["mse"](positive=1.0, negative=0.0).of_classes()(y, mixed())
    torch.testing.assert_close(found, ((y - mixed()) ** 2).mean())


@pytest.mark.parametrize(
    "options", [{"weight": [0, 0, 3]}, {"weight": [0, 0, 3], "ignore_index": 2}, {"ignore_index": 0}]
)
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_a_batch_that_weighs_nothing_counts_nothing(options, smoothing):
    loss = Loss.members["cross_entropy"](label_smoothing=smoothing, **options).of_classes()
    y = torch.randn(2, 3, requires_grad=True)
    found = loss(y, torch.tensor([0, 0]))
    found.backward()
    assert found.item() == 0
    assert y.grad is not None
    assert not y.grad.any()
    given, labels = {**options, "label_smoothing": smoothing}, torch.tensor([1, 2])  # others are torch's to the bit
    if "weight" in given:
        given["weight"] = torch.tensor([0.0, 0.0, 3.0])
    if given.get("ignore_index") != 2:
        assert torch.equal(loss(y, labels), torch.nn.functional.cross_entropy(y, labels, **given))


def test_weights_of_classes():
    weight, y = torch.tensor([1.0, 0.0, 3.0], dtype=torch.float64), outputs()
    found = Loss.members["cross_entropy"](weight=weight.tolist()).of_classes()(y, LABELS)
    each = torch.nn.functional.cross_entropy(y, LABELS, reduction="none")
    torch.testing.assert_close(found, (each * weight[LABELS]).sum() / weight[LABELS].sum())


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("weight", [(1.0, 0.25, 3.0), (0.0, 0.0, 5.0), (2.0, 2.0, 2.0)])
def test_mixed_labels_weigh_what_whole_ones_do(weight, smoothing):
    """Whole labels written as probabilities give what torch gives of them; mixed ones lie between, on one scale."""
    loss = Loss.members["cross_entropy"](weight=list(weight), label_smoothing=smoothing)
    criterion, weighing, weights = loss.of_classes(), loss.weighing().made(), torch.tensor(weight).double()
    y, generator = outputs(), torch.Generator().manual_seed(2)
    shares = torch.nn.functional.one_hot(LABELS, 3).double()
    wanted = torch.nn.functional.cross_entropy(y, LABELS, weights, label_smoothing=smoothing)
    torch.testing.assert_close(criterion(y, shares), wanted)
    assert weighing(shares) == weighing(LABELS)
    pixels = torch.randn(2, 3, 4, dtype=torch.float64, generator=generator).softmax(1)
    mixed = shares.lerp(shares.roll(1, 0), torch.rand(4, 1, dtype=torch.float64, generator=generator))
    scores = torch.randn(2, 3, 4, dtype=torch.float64, generator=generator)
    for of, given in ((mixed, y), (pixels, scores)):
        along = weights.view(-1, *[1] * (of.dim() - 2))
        torch.testing.assert_close(weighing(of), (of * along).sum())
        smoothed = of * (1 - smoothing) + smoothing / 3
        torch.testing.assert_close(
            criterion(given, of), -(smoothed * along * given.log_softmax(1)).sum() / (of * along).sum()
        )
    first = torch.tensor([[1.0, 0, 0]] * 4).double()
    assert (criterion(outputs(), first) == 0) == (weight[0] == 0)


def masks():
    generator = torch.Generator().manual_seed(1)
    y = torch.randn(2, 3, 4, 5, dtype=torch.float64, generator=generator).requires_grad_()
    labels = torch.randint(3, (2, 4, 5), generator=generator)
    labels[0, 0] = labels[1, 2, 3] = 255
    return y, labels


@pytest.mark.parametrize("name", ["cross_entropy", "focal", "dice", "bce_with_logits"])
def test_what_is_ignored_has_no_say(name):
    y, labels = masks()
    criterion = Loss.members[name](ignore_index=255).of_classes()
    value, gradient = value_and_gradient(lambda y: criterion(y, labels), y)
    ignored = (labels == 255).unsqueeze(1).expand_as(y)
    assert gradient[ignored].abs().max() == 0
    assert gradient[~ignored].abs().min() > 0
    other = torch.where(ignored, torch.full_like(y, 7.0), y)
    torch.testing.assert_close(criterion(other, labels), value)


@pytest.mark.parametrize("ignored", [255, 0])
@pytest.mark.parametrize("loss", ["nll", "focal", "bce_with_logits", {"dice": None, "cross_entropy": 1.0}], ids=str)
def test_a_batch_of_ignored_labels_alone_has_no_gradient(loss, ignored):
    y, labels = masks()
    name, *options = [loss] if isinstance(loss, str) else loss
    given = {} if isinstance(loss, str) else {each: loss[each] for each in options}
    criterion = Loss.members[name](ignore_index=ignored, **given).of_classes()
    value, gradient = value_and_gradient(lambda y: criterion(y, torch.full_like(labels, ignored)), y)
    assert value.isfinite()
    assert not gradient.any()


def test_focal_without_focus_is_the_cross_entropy():
    y, labels = masks()
    found, plain = (
        Loss.members["focal"](focusing=0.0, ignore_index=255),
        Loss.members["cross_entropy"](ignore_index=255),
    )
    torch.testing.assert_close(found.of_classes()(y, labels), plain.of_classes()(y, labels))
    p = torch.nn.functional.cross_entropy(outputs(), LABELS, reduction="none").neg().exp()
    wanted = (-((1 - p) ** 3) * p.log()).mean()
    torch.testing.assert_close(Loss.members["focal"](focusing=3.0).of_classes()(outputs(), LABELS), wanted)


def test_dice():
    y, labels = masks()
    labels = labels.where(labels != 255, 0)
    told, there = y.softmax(1), torch.eye(3, dtype=torch.float64)[labels].movedim(-1, 1)
    sums = [
        1 - (2 * (told[n, c] * there[n, c]).sum() + 1) / (told[n, c].sum() + there[n, c].sum() + 1)
        for n in range(2)
        for c in range(3)
    ]
    torch.testing.assert_close(Loss.members["dice"]().of_classes()(y, labels), sum(sums) / 6)
    sure = 100.0 * there
    assert Loss.members["dice"]().of_classes()(sure, labels).item() == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    ("name", "options", "formula"),
    [
        ("mse", {}, lambda d: d**2),
        ("l1", {}, abs),
        ("smooth_l1", {"beta": 0.5}, lambda d: d**2 if abs(d) < 0.5 else abs(d) - 0.25),
        ("huber", {"delta": 0.5}, lambda d: d**2 / 2 if abs(d) < 0.5 else 0.5 * (abs(d) - 0.25)),
    ],
)
def test_losses_of_values(name, options, formula):
    y, wanted = outputs(), mixed()
    found = Loss.members[name](**options).of_values()(y, wanted)
    rows = [formula((y[n, i] - wanted[n, i]).item()) for n in range(4) for i in range(3)]
    assert found.item() == pytest.approx(sum(rows) / 12)


@pytest.mark.parametrize("name", OF_VALUES)
def test_the_best_values_are_the_targets(name):
    criterion, wanted, y = Loss.members[name]().of_values(), mixed(), outputs()
    for _ in range(2000):
        _, gradient = value_and_gradient(lambda y: criterion(y, wanted), y)
        y = (y - gradient).detach().requires_grad_()
    reached = y.sigmoid() if name == "bce_with_logits" else y
    torch.testing.assert_close(reached.detach(), wanted, atol=0.1, rtol=0)
