"""t-SNE of features, those too that lie on a line or on one point."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.manifold import trustworthiness

from netspec.look.methods.tsne import embedded


def test_near_images_are_near() -> None:
    features = torch.from_numpy(load_digits().data[:300]).float()
    assert trustworthiness(features.numpy(), embedded(features, 0).points, n_neighbors=10) > 0.97


@pytest.mark.filterwarnings("error")
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
    found = embedded(features, 3).points
    assert found.shape == (len(features), 2)
    assert np.isfinite(found).all()
    assert np.array_equal(found, embedded(features, 3).points)
