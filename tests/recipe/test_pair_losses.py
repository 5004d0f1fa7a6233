"""Losses of two outputs against their formulas, over random draws, and their gradients where a slope may be missing."""

import random

import pytest
import torch
from torch.distributions import Normal, kl_divergence

from netspec.recipe.losses import Loss

DRAWS = range(25)
EDGES = {
    "two alike": lambda: (torch.ones(3, 4), torch.ones(3, 4)),
    "zeros": lambda: (torch.zeros(3, 4), torch.zeros(3, 4)),
    "zeros and others": lambda: (torch.zeros(3, 4), torch.ones(3, 4)),
    "opposite": lambda: (torch.ones(3, 4), -torch.ones(3, 4)),
    "large": lambda: (torch.full((3, 4), 1e15), torch.full((3, 4), -1e15)),
    "tiny": lambda: (torch.full((3, 4), 1e-30), torch.full((3, 4), -1e-30)),
    "one pair": lambda: (torch.randn(1, 4), torch.randn(1, 4)),
}


class Draw:
    """Two outputs of one shape, with options, all drawn from a seed."""

    def __init__(self, seed):
        torch.manual_seed(seed)
        chance = random.Random(seed)
        self.batch, self.features = chance.randint(1, 7), chance.randint(1, 9)
        self.scale = 10 ** chance.uniform(-2, 1)
        self.option = 10 ** chance.uniform(-1.5, 1)
        self.left, self.right = (self.output() for _ in range(2))
        self.same = torch.randint(2, (self.batch,))

    def output(self):
        drawn = torch.randn(self.batch, self.features, dtype=torch.float64) * self.scale
        return drawn.requires_grad_()

    def check(self, loss, formula, *targets):
        """That a loss and its gradients are those of a formula."""
        ours, wanted = loss.of_pairs()(self.left, self.right, *targets), formula()
        assert ours.shape == ()
        found, expected = (torch.autograd.grad(value, (self.left, self.right)) for value in (ours, wanted))
        torch.testing.assert_close((ours, *found), (wanted, *expected))


def loss_of(name, **options):
    return Loss.members[name](other="right", **options)


@pytest.mark.parametrize("seed", DRAWS)
def test_kl_is_torch_s_divergence_from_the_standard_normal(seed):
    draw = Draw(seed)

    def formula():
        told = Normal(draw.left, (draw.right / 2).exp())
        standard = Normal(torch.zeros_like(draw.left), torch.ones_like(draw.left))
        return kl_divergence(told, standard).sum(1).mean()

    draw.check(loss_of("kl"), formula)


def test_kl_sums_over_all_numbers_of_an_example():
    torch.manual_seed(0)
    mean, log_variance = torch.randn(2, 4, 3, 2, 5).unbind()
    told = kl_divergence(Normal(mean, (log_variance / 2).exp()), Normal(torch.zeros(()), torch.ones(())))
    torch.testing.assert_close(loss_of("kl").of_pairs()(mean, log_variance), told.sum() / 4)


@pytest.mark.parametrize("seed", DRAWS)
def test_contrastive_is_the_symmetric_cross_entropy_of_clip(seed):
    """Radford et al. 2021, figure 3: logits of unit vectors; the labels are the places on the diagonal."""
    draw = Draw(seed)

    def formula():
        left, right = (each / each.norm(dim=1, keepdim=True) for each in (draw.left, draw.right))
        logits = torch.einsum("if,jf->ij", left, right) / draw.option
        rows = torch.diagonal(logits - logits.logsumexp(1, keepdim=True))
        columns = torch.diagonal(logits - logits.logsumexp(0, keepdim=True))
        return -(rows.mean() + columns.mean()) / 2

    draw.check(loss_of("contrastive", temperature=draw.option), formula)


@pytest.mark.parametrize("seed", DRAWS)
def test_nt_xent_is_the_formula_of_simclr(seed):
    """Chen et al. 2020, equation 1 and algorithm 1: a sum over all k but i, the mean over both orders of all pairs."""
    draw = Draw(seed)

    def formula():
        views = [*draw.left, *draw.right]

        def similarity(i, j):
            return views[i] @ views[j] / (views[i].norm() * views[j].norm()) / draw.option

        def of_pair(i, j):
            others = torch.stack([similarity(i, k) for k in range(len(views)) if k != i])
            return others.logsumexp(0) - similarity(i, j)

        pairs = [(k, k + draw.batch) for k in range(draw.batch)]
        return sum(of_pair(i, j) + of_pair(j, i) for i, j in pairs) / (2 * draw.batch)

    draw.check(loss_of("nt_xent", temperature=draw.option), formula)


@pytest.mark.parametrize("seed", DRAWS)
def test_contrastive_pair_is_the_formula_of_hadsell(seed):
    """Hadsell et al. 2006, equation 4; its Y is 0 where a pair belongs together, which is target 1 here."""
    draw = Draw(seed)
    margin = draw.option * draw.scale * draw.features**0.5

    def formula():
        total = torch.zeros((), dtype=torch.float64)
        for left, right, same in zip(draw.left, draw.right, draw.same.tolist(), strict=True):
            distance = torch.linalg.vector_norm(left - right)
            y = 1 - same
            total = total + (1 - y) * distance**2 / 2 + y * torch.relu(margin - distance) ** 2 / 2
        return total / draw.batch

    draw.check(loss_of("contrastive_pair", margin=margin), formula, draw.same)


@pytest.mark.parametrize("edge", EDGES)
@pytest.mark.parametrize("name", ["kl", "contrastive", "nt_xent", "contrastive_pair"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_gradient_is_finite_where_vectors_are_alike_or_nothing(name, edge, dtype):
    torch.manual_seed(0)
    left, right = (each.to(dtype).requires_grad_() for each in EDGES[edge]())
    if name == "kl" and edge == "large":
        right = torch.full_like(right, 80.0, requires_grad=True)  # of e to the power of 80, float32 still knows
    for same in (0, 1) if name == "contrastive_pair" else (None,):
        targets = () if same is None else (torch.full((len(left),), same),)
        value = loss_of(name).of_pairs()(left, right, *targets)
        gradients = torch.autograd.grad(value, (left, right))
        assert all(each.isfinite().all() for each in (value, *gradients)), (value, gradients)


def test_a_pair_that_is_alike_and_should_not_be_stands_still():
    """The distance has no slope at 0: neither vector is pushed anywhere, and the loss is half the margin's square."""
    vectors = torch.ones(2, 3, requires_grad=True)
    value = loss_of("contrastive_pair", margin=2.0).of_pairs()(vectors, torch.ones(2, 3), torch.zeros(2))
    (gradient,) = torch.autograd.grad(value, vectors)
    assert (value.item(), gradient.abs().max().item()) == (2.0, 0.0)
