"""Figures as pictures: ticks at round numbers, words that fit, lines where their numbers are."""

from __future__ import annotations

import io
from math import inf, nan
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image

from netspec.look.drawing import THEMES, draw
from netspec.look.drawing.canvas import HEIGHT, WIDTH
from netspec.look.drawing.charts import _steps
from netspec.look.drawing.colours import shades
from netspec.look.drawing.letters import cut, width_of
from netspec.look.drawing.ticks import ticks
from netspec.look.figures import Chart, Charts, Curve, Figure, Panel, Panels, Points, Scale, Tiles
from netspec.picture.themes import LIGHT

STRANGE = "a\x1b[31m\u202e\n日本語🙂" + "long " * 80
RNG = np.random.default_rng(0)


def picture(shown: Figure, theme: str = "light") -> np.ndarray[Any, Any]:
    return np.asarray(Image.open(io.BytesIO(draw(shown, theme))).convert("RGB"))


@given(st.floats(-1e300, 1e300), st.floats(-1e300, 1e300), st.integers(2, 9))
@example(0.0, 5e-324, 4)
@example(1e16, 1e16 + 2, 4)
def test_ticks_are_round_few_and_inside(one: float, other: float, most: int) -> None:
    low, high = sorted((one, other))
    found = ticks(low, high, most)
    assert 1 <= len(found) <= most + 1
    assert all(low - 1e-6 * (high - low) <= each <= high + 1e-6 * (high - low) for each in found)


def test_ticks_as_a_person_would_set_them() -> None:
    assert ticks(-1, 1, 4) == [-1, -0.5, 0, 0.5, 1]
    assert ticks(0, 103, 4) == [0, 50, 100]
    assert ticks(0.2, 0.2, 4) == [0.2]


@given(st.text(max_size=300), st.floats(1, 400))
def test_words_fit(words: str, width: float) -> None:
    found = cut(words, width)
    assert width_of(found) <= width or len(found) <= 2


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(
    "shown",
    [
        Charts(
            name="x", title=STRANGE, subtitle=STRANGE, places=[STRANGE] * 100, axis=STRANGE,
            charts=[Chart([Curve(STRANGE, [nan, inf, -inf, *[1e300] * 97], [-inf] * 100, [nan] * 100)] * 9, STRANGE)],
        ),
        Charts(name="x", title="", places=["a"], charts=[Chart([Curve("a", [nan])], "u", logarithmic=True)] * 3),
        Charts(name="x", title="", places=["a", "b"], charts=[Chart([Curve("a", [1e-300, 1e300])], "u", True)]),
        Points(
            name="x", title="", points=np.array([[0, nan], [1e300, -1e300], [0, 0]]), groups=np.array([0, 999, 3]),
            names=[STRANGE] * 1000, axes=(STRANGE, STRANGE),
        ),
        Tiles(name="x", title="", tiles=np.full((3, 1, 400), nan), scale=Scale(0, 1, STRANGE), labels=[STRANGE] * 3),
        Tiles(name="x", title="", tiles=np.zeros((900, 40, 40, 3), np.uint8), rows=[STRANGE] * 30, columns=30),
        Panels(name="x", title="", panels=[Panel(STRANGE, None, np.zeros((1, 900)))] * 40, scale=Scale(-1, 1, "")),
    ],
    ids=["strange", "empty", "logarithmic", "points", "wide tiles", "many tiles", "panels"],
)  # fmt: skip
def test_anything_is_drawn_half_a_slide_wide(shown: Figure, theme: str) -> None:
    assert picture(shown, theme).shape[1] == WIDTH


@pytest.mark.parametrize(
    "shown",
    [
        Charts(
            name="x", title="t", subtitle="a\nb\nc", places=[f"conv{at}" for at in range(9)],
            charts=[Chart([Curve("a", list(RNG.random(9))), Curve("b", list(RNG.random(9)))], "u")] * 3,
        ),
        Tiles(name="x", title="t", subtitle="s", tiles=RNG.random((64, 28, 28)), scale=Scale(0, 1, "u")),
        Tiles(name="x", title="t", tiles=RNG.random((36, 16, 16)), scale=Scale(0, 1, "u"), labels="1" * 36, columns=9),
        Panels(name="x", title="t", panels=[Panel("c", np.zeros((28, 28, 3), np.uint8))] * 12, columns=4),
        Points(
            name="x", title="t", points=RNG.random((50, 2)), groups=np.arange(50) % 9, names="abcdefghi",
            axes=("x", "y"),
        ),
    ],
    ids=["charts", "tiles", "labelled tiles", "panels", "points"],
)  # fmt: skip
def test_a_figure_keeps_to_half_a_slide(shown: Figure) -> None:
    assert picture(shown).shape[0] <= HEIGHT


def test_a_line_goes_through_its_numbers_and_breaks_where_there_is_none() -> None:
    curve = Curve("a", [0.0, 1.0, nan, 1.0, 0.0])
    found = picture(Charts(name="x", title="t", places="abcde", charts=[Chart([curve], "u", limits=(-0.5, 1.5))]))
    colour = np.array((198, 137, 0))  # the first of the palette, for a light ground
    rows, columns = np.nonzero((np.abs(found.astype(int) - colour) < 12).all(2))
    left, width = 110, 820
    middles = [left + round((at + 0.5) / 5 * width) for at in range(5)]
    heights = [rows[np.abs(columns - middle) <= 1] for middle in middles]
    assert not len(heights[2])
    low, high = float(np.mean(heights[0])), float(np.mean(heights[1]))
    assert float(np.mean(heights[3])) == pytest.approx(high, abs=1)
    assert float(np.mean(heights[4])) == pytest.approx(low, abs=1)
    between = rows[np.abs(columns - (middles[0] + middles[1]) // 2) <= 1]
    assert float(np.mean(between)) == pytest.approx((low + high) / 2, abs=3)


def test_the_colours_are_viridis() -> None:
    matplotlib = pytest.importorskip("matplotlib", reason="matplotlib is not installed: its colours are not compared")
    wanted = matplotlib.colormaps["viridis"](np.arange(256))[:, :3] * 255
    found = shades(np.arange(256.0), Scale(0, 255, "u"), LIGHT)
    assert np.abs(found - wanted).max() < 6


def test_paths_keep_their_end_and_sentences_their_beginning() -> None:
    assert cut("features.11.expand3x3", 120).startswith("…")
    assert cut("features.11.expand3x3", 120).endswith("expand3x3")
    assert cut("what the network sees of it", 90).startswith("what the")


@pytest.mark.parametrize(
    ("decades", "height", "expected"), [(0.7, 80, (1, 2, 5)), (2.2, 80, (1,)), (2.2, 210, (1, 2, 5))]
)
def test_numbers_beside_a_logarithmic_axis_have_room(decades: float, height: int, expected: tuple[int, ...]) -> None:
    assert _steps(decades, height) == expected
