"""The mean and deviation of a set are counted in pieces of a bounded size, whatever its images are brought to."""

import pytest
import torch

from netspec.functional import inputs
from netspec.functional.inputs import mean_and_deviation, sized


def test_pieces_follow_the_size_that_images_are_brought_to(monkeypatch: pytest.MonkeyPatch) -> None:
    images = torch.randint(256, (50, 3, 4, 4), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
    whole, made = sized(images, (20, 20), (0, 8)), []

    def size(*given):
        made.append(sized(*given))
        return made[-1]

    monkeypatch.setattr(inputs, "NUMBERS", 5000)
    monkeypatch.setattr(inputs, "sized", size)
    figures = mean_and_deviation(images, (20, 20), (0, 8))
    assert max(each.numel() for each in made) <= 5000
    _equal(figures, whole)


def test_an_image_above_the_bound_is_a_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inputs, "NUMBERS", 10)
    assert mean_and_deviation(torch.tensor([[[[0.0, 4.0]] * 8]] * 3)) == ((2.0,), (2.0,))


@pytest.mark.parametrize("shape", [(50, 3, 16, 16), (7, 1, 300, 20), (3, 5, 16, 15), (40, 2, 400)])
def test_bytes_are_counted_by_their_value(monkeypatch: pytest.MonkeyPatch, shape: tuple[int, ...]) -> None:
    """Figures equal those of sums in float64 to the last digits; padding counts as zeros."""
    monkeypatch.setattr(inputs, "NUMBERS", 5000)
    images = torch.randint(3, 250, shape, generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
    images[:, 0] = 255
    for pad in ((0, 0), (2, 3)) if len(shape) == 4 else ((0, 0),):
        _equal(mean_and_deviation(images, None, pad), sized(images, None, pad))
    _equal(mean_and_deviation(images, shape[2:]), images)


def _equal(figures, whole: torch.Tensor) -> None:
    """Hold a mean and a deviation against those of all numbers at once."""
    channels = whole.double().transpose(0, 1).flatten(1)
    mean, deviation = figures
    assert mean == pytest.approx(channels.mean(1).tolist(), rel=1e-11)
    deviations = channels.std(1, correction=0)
    assert deviation == pytest.approx(deviations.where(deviations > 0, 1).tolist(), rel=1e-11)
