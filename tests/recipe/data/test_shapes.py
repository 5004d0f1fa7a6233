"""Drawn objects: their boxes are exact, and each image is a function of the seed and its number."""

import numpy as np
import pytest

from netspec.diagnostics import NetspecError
from netspec.functional.data.drawn import FORMS
from tests.recipe.data.sets import dataset

PLAIN = {"shapes": 60, "test": 60, "noise": 0, "size": [80, 64], "sides": [7, 30], "objects": [0, 5]}


def seen(part, row):
    """The boxes of an image's colours, other than that of its first pixel without an object; and their pixels."""
    pixels, behind = part.pixels(row), ground(part, row)
    colours = np.unique(pixels.reshape(3, -1), axis=1).T
    found = {}
    for colour in colours:
        if (colour != behind).any():
            down, across = np.nonzero((pixels == colour[:, None, None]).all(0))
            found[across.min(), down.min(), across.max() + 1, down.max() + 1] = len(down)
    return found


def ground(part, row):
    """The colour behind the objects."""
    return part.pixels(row)[:, *next(iter(np.argwhere(~covered(part, row))))].astype(int)


def covered(part, row):
    mask = np.zeros(part.size(row), dtype=bool)
    for left, top, right, bottom in part.truth(row).boxes.astype(int):
        mask[top:bottom, left:right] = True
    return mask


def test_boxes_are_as_tight_as_they_can_be():
    part, counts, labels = dataset(PLAIN).load().train, set(), set()
    for row in range(len(part)):
        truth = part.truth(row)
        assert seen(part, row) == dict(zip(map(tuple, truth.boxes.astype(int)), truth.area, strict=True))
        counts.add(len(truth.boxes))
        gaps = [(part.pixels(row)[:, (y + b) // 2, (x + r) // 2].astype(int) - ground(part, row)) % 256
                for x, y, r, b in truth.boxes.astype(int)]  # fmt: skip
        assert all(80 <= gap <= 176 for gap in np.ravel(gaps))  # in each channel, either way
        labels |= set(truth.labels.tolist())
    assert (counts, labels) == ({0, 1, 2, 3, 4, 5}, {1, 2, 3})


def test_each_form_is_what_its_name_says():
    circle, square, triangle = (FORMS[name](200).mean() for name in ("circle", "square", "triangle"))
    assert (circle, square, triangle) == (pytest.approx(np.pi / 4, rel=0.01), 1, pytest.approx(0.5, rel=0.02))


def test_an_image_is_a_function_of_seed_part_and_number():
    one, again = dataset(PLAIN).load(), dataset({**PLAIN, "shapes": 20}).load()
    everything = [part.pixels(row).tobytes() for part in (one.train, one.test) for row in range(60)]
    assert len(set(everything)) == 120
    assert [again.train.pixels(row).tobytes() for row in range(20)] == everything[:20]
    assert [one.train.chosen([7, 3]).pixels(row).tobytes() for row in (0, 1)] == [everything[7], everything[3]]
    other = dataset({**PLAIN, "seed": 1}).load()
    assert not {other.train.pixels(row).tobytes() for row in range(60)} & set(everything)


def test_noise_reaches_as_far_as_it_says():
    plain, noisy = (dataset({**PLAIN, "noise": noise}).load().train for noise in (0, 0.1))
    gaps = [abs(noisy.pixels(row).astype(int) - plain.pixels(row)) for row in range(20)]
    assert max(gap.max() for gap in gaps) == 26  # 0.1 of 255, rounded
    assert np.mean([gap.mean() for gap in gaps]) == pytest.approx(13, abs=2)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"sides": [12, 70]}, "`sides` go up to 70, and images of 80x64 hold 64 at most"),
        ({"objects": [3, 1]}, "`objects` has the wrong type"),
        ({"resize": 32}, "`resize` is for images without boxes"),
        ({"sampler": "balanced"}, "`sampler: balanced` needs a class for each image"),
    ],
)
def test_options_that_do_not_go_are_refused(options, reason):
    with pytest.raises(NetspecError, match=reason):
        dataset({**PLAIN, **options})
