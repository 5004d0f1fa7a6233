"""The mean and deviation of a set are counted in pieces of a bounded size, whatever its images are brought to."""

import pytest
import torch

from netspec.functional import inputs
from netspec.functional.inputs import mean_and_deviation, sized


def test_pieces_follow_the_size_that_images_are_brought_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inputs, "NUMBERS", 5000)
    images = torch.randint(256, (50, 3, 4, 4), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
    made = []

    def size(piece: torch.Tensor) -> torch.Tensor:
        made.append(sized(piece, None, (8, 8)))
        return made[-1]

    mean, deviation = mean_and_deviation(images, size)
    assert max(each.numel() for each in made) <= 5000
    whole = sized(images, None, (8, 8)).double().transpose(0, 1).flatten(1)
    assert mean == pytest.approx(whole.mean(1).tolist())
    assert deviation == pytest.approx(whole.std(1, correction=0).tolist())


def test_an_image_above_the_bound_is_a_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inputs, "NUMBERS", 10)
    assert mean_and_deviation(torch.tensor([[[[0.0, 4.0]] * 8]] * 3)) == ((2.0,), (2.0,))
