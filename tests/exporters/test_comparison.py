"""How far two outputs are apart."""

from __future__ import annotations

import math

import pytest
import torch

from netspec.exporters.comparison import relative_difference

NAN, INF = math.nan, math.inf


@pytest.mark.parametrize(
    ("found", "wanted", "apart"),
    [
        ([1.0, 2.0], [1.0, 2.0], 0),
        ([1.0, 3.0], [1.0, 2.0], 0.5),
        ([0.5, 100.0], [0.0, 100.0], 0.005),
        ([0.1], [0.0], 0.1),
        ([], [], 0),
        ([1.0], [NAN], INF),
        ([NAN], [1.0], INF),
        ([NAN], [NAN], INF),
        ([-INF, 1.0], [-INF, 1.0], 0),
        ([INF, 1.0], [-INF, 1.0], INF),
        ([1.0, 1.0], [-INF, 1.0], INF),
        ([INF, 1.0], [1.0, 1.0], INF),
        ([3, 4], [3, 5], 0.2),
        ([3, 4], [3.0, 4.0], INF),
        ([[1.0]], [1.0], INF),
    ],
)
def test_relative_difference(found, wanted, apart):
    assert relative_difference(torch.tensor(found), torch.tensor(wanted)) == pytest.approx(apart)
