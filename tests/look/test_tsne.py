"""t-SNE: its gradient is that of its divergence, and what is left of that is what scikit-learn leaves."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.manifold import TSNE, trustworthiness

from netspec.look import tsne


def digits(count: int) -> torch.Tensor:
    return torch.from_numpy(load_digits().data[:count]).float()


def test_the_gradient_is_that_of_the_divergence() -> None:
    torch.manual_seed(0)
    wanted = tsne.neighbours(torch.randn(20, 5), 6.0).double()
    points = (3 * torch.randn(20, 2, dtype=torch.float64)).requires_grad_()
    near = (torch.cdist(points, points, compute_mode="donot_use_mm_for_euclid_dist").square() + 1).reciprocal()
    near = near * (1 - torch.eye(20))
    own = near / near.sum()
    off = ~torch.eye(20, dtype=torch.bool)
    lost = (wanted[off] * (wanted[off].log() - own[off].log())).sum()
    (slope,) = torch.autograd.grad(lost, points)
    assert tsne.divergence(wanted, points.detach()) == pytest.approx(float(lost))
    found = tsne._slope(wanted.float(), points.detach().float())
    assert found.numpy() == pytest.approx(slope.numpy(), abs=1e-5)


@pytest.mark.parametrize("perplexity", [2.0, 5.0, 30.0])
def test_each_point_has_as_many_neighbours_as_the_perplexity_says(perplexity: float) -> None:
    """Before both sides of a pair are joined: their sum is known, so that of one point is found by another's scale."""
    features = digits(150)
    found = tsne.neighbours(features, perplexity)
    assert float(found.sum()) == pytest.approx(1, abs=1e-5)
    assert torch.equal(found, found.T)
    assert torch.allclose(found, tsne.neighbours(features * 1e-6, perplexity), atol=1e-8)
    effective = math.exp(float(torch.special.entr(found / found.sum(1, keepdim=True)).sum(1).mean()))
    assert 0.9 * perplexity < effective < 2.2 * perplexity


def test_it_is_as_good_as_that_of_scikit_learn() -> None:
    features = digits(300)
    wanted = tsne.neighbours(features, tsne.PERPLEXITY)
    found = tsne.embedded(features)
    theirs = TSNE(perplexity=tsne.PERPLEXITY, init="pca", random_state=0).fit_transform(features.numpy())
    assert tsne.divergence(wanted, found) < 1.05 * tsne.divergence(wanted, torch.from_numpy(theirs))
    assert trustworthiness(features.numpy(), found.numpy(), n_neighbors=10) > 0.97


@pytest.mark.parametrize(
    "features",
    [
        torch.zeros(3, 4),
        torch.tensor([[1.0], [2.0], [4.0]]),
        torch.tensor([[1.0, 1.0]] * 5 + [[2.0, 1.0]]),
        torch.randn(3, 2, generator=torch.Generator().manual_seed(0)) * 1e30,
        torch.eye(4) * 1e-30,
    ],
    ids=["all alike", "a line", "five alike", "huge", "tiny"],
)
def test_odd_features_have_places_too(features: torch.Tensor) -> None:
    found = tsne.embedded(features, 3)
    assert found.shape == (len(features), 2)
    assert np.isfinite(found.numpy()).all()
    assert torch.equal(found, tsne.embedded(features, 3))
