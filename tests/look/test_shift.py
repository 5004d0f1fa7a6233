"""`netspec shift`: maps of convolutions move with the image, exactly; answers ought to stay as they are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import netspec
from netspec import api
from netspec.diagnostics import NetspecError
from netspec.look.figures import Charts
from netspec.look.shift_figures import figures
from netspec.look.shifting import Moved, changed

SPEC = "netspec: 1\nname: n\ninput: [1, 24, 20]\nlayers: "


@pytest.fixture
def noise(tmp_path: Path) -> Path:
    """An image of noise, which has all frequencies."""
    pixels = np.random.default_rng(0).integers(0, 256, (24, 20)).astype(np.uint8)
    Image.fromarray(pixels).save(tmp_path / "noise.png")
    return tmp_path / "noise.png"


def moved(text: str, image: Path, **options: Any) -> Moved:
    return netspec.shift(api.loads(SPEC + text), image, **options)


@pytest.mark.parametrize("way", ["right", "down"])
def test_a_convolution_without_padding_and_stride_moves_with_the_image(noise: Path, way: Any) -> None:
    made = moved("[{conv: 4, kernel: 5}, relu, {conv: 3, kernel: [3, 2]}]", noise, way=way, steps=6)
    assert made.maps == {"conv2": (0.0,) * 7}
    assert made.largest("conv2") == 0


def test_padding_is_left_out_by_the_receptive_field(noise: Path) -> None:
    """Were the border compared too, the padding's zeros would not move with the image."""
    padded = "[{conv: 4, kernel: 5, padding: 2}, relu, {conv: 4, kernel: 3, padding: 1, padding_mode: replicate}]"
    assert moved(padded, noise, steps=5).maps == {"conv2": (0.0,) * 6}


def test_a_stride_moves_by_its_multiples_and_a_blur_mends_what_lies_between(noise: Path) -> None:
    pools = {"max": "{max_pool: 2}", "blur": "{sequence: [{max_pool: 2, stride: 1}, {blur_pool: 3, padding: 1}]}"}
    apart = {}
    for name, pool in pools.items():
        made = moved(f"[{{conv: 4, kernel: 3}}, {pool}, {{conv: 4, kernel: 3}}]", noise, steps=4, layers="conv2")
        assert made.strides == {"conv2": 2}
        assert made.maps["conv2"][::2] == pytest.approx((0, 0, 0), abs=1e-7)
        apart[name] = made.maps["conv2"][1]
    assert 0 < apart["blur"] < 0.6 * apart["max"]


def test_the_change_of_an_answer(noise: Path) -> None:
    """The mean of its changes from pixel to pixel, for the class that is asked for."""
    made = moved("[flatten, {linear: 3}]", noise, steps=2, target=1)
    assert made.maps == {}
    a, b, c = made.scores
    assert made.per_step == pytest.approx((abs(b - a) + abs(c - b)) / 2)
    assert made.per_step > 0
    assert made.class_name == "class 1"
    assert repr(made) == f"<Moved {made.name}: {made.image} right, 2 steps, {made.per_step:.4g} per step>"


def test_ways_of_change() -> None:
    image = torch.arange(12.0).reshape(1, 1, 3, 4)
    assert changed(image, "right", 1)[0, 0].tolist() == [[0, 0, 1, 2], [4, 4, 5, 6], [8, 8, 9, 10]]
    assert changed(image, "down", 2)[0, 0].tolist() == [[0, 1, 2, 3], [0, 1, 2, 3], [0, 1, 2, 3]]
    for way in ("turn", "scale"):
        assert changed(image, way, 0) == pytest.approx(image, abs=1e-5)  # type: ignore[arg-type]
    square = torch.rand(1, 2, 5, 5)
    assert torch.allclose(changed(square, "turn", 90), torch.rot90(square, -1, (2, 3)), atol=1e-5)
    wide = torch.rand(1, 1, 4, 8)
    assert torch.allclose(changed(changed(wide, "turn", 20), "turn", 0), changed(wide, "turn", 20), atol=1e-5)
    ramp = torch.arange(8.0).repeat(1, 1, 8, 1) - 3.5
    assert changed(ramp, "scale", 8)[0, 0, 0, 2:6].tolist() == pytest.approx([-0.75, -0.25, 0.25, 0.75], abs=1e-5)


@pytest.mark.parametrize(
    ("layers", "options", "said"),
    [
        ("[{conv: 2, kernel: 3}, {global_avg_pool}, flatten, {linear: 2}]", {"layers": "linear1"}, "do not move"),
        ("[{conv: 2, kernel: 3}, flatten, {linear: 2}]", {"way": "turn", "layers": "conv1"}, "has no moved map"),
        ("[{conv: 2, kernel: 3}]", {"way": "turn"}, "gives no classes, and no maps"),
        ("[flatten, {linear: 2}]", {"target": "2"}, "has no class `2`"),
        ("[flatten, {linear: 2}]", {"layers": "conv9"}, "has no layer `conv9`"),
    ],
)
def test_what_does_not_fit_is_refused(noise: Path, layers: str, options: Any, said: str) -> None:
    with pytest.raises(NetspecError, match=said):
        moved(layers, noise, **options)


def test_the_command(netspec: Any, noise: Path, tmp_path: Path) -> None:
    layers = "[{conv: 2, kernel: 3}, {max_pool: 2}, flatten, {linear: 3}]"
    (tmp_path / "n.yaml").write_text(SPEC + layers)
    asked = ("shift", "n.yaml", "noise.png", "--steps", "2")
    code, told, error = netspec(*asked, "-o", "curve.png", "--against", "n.yaml", "--format", "json")
    assert (code, error) == (0, "")
    one, other = json.loads(told)["networks"]
    assert one == other
    assert one["maps"][0] == {"layer": "conv1", "stride": 1, "difference": [0, 0, 0], "largest": 0}
    assert Image.open(tmp_path / "curve.png").width == 960
    code, told, error = netspec(*asked, "-o", "page.html", "--by", "scale", "--format", "csv")
    assert (code, error) == (0, "")
    assert told.startswith("pixels of width more,P(class ")
    assert "data:image/png" in (tmp_path / "page.html").read_text()
    for arguments, code, said in (
        (("-o", "curve.jpg"), 2, "is to end in .png, .html or .htm"),
        (("-o", "noise.png"), 1, "it is what this command reads"),
        (("--by", "sideways"), 2, "Invalid value for '--by'"),
        (("--steps", "0"), 2, "Invalid value for '--steps'"),
    ):
        found, out, error = netspec(*asked, *arguments)
        assert (found, out) == (code, ""), arguments
        assert said in " ".join(error.replace("│", " ").split())


def test_another_size_of_the_input_is_that_of_both_specs(netspec: Any, noise: Path, tmp_path: Path) -> None:
    (tmp_path / "n.yaml").write_text(SPEC + "[{conv: 2, kernel: 3}]")
    (tmp_path / "wide.yaml").write_text(SPEC.replace("24, 20", "8, 8") + "[{conv: 2, kernel: 5}]")
    asked = ("shift", "n.yaml", "noise.png", "--steps", "9", "--against", "wide.yaml", "--format", "json")
    small, sized = (
        [network["maps"][0]["difference"][-1] for network in json.loads(told)["networks"]]
        for _, told, _ in (netspec(*asked), netspec(*asked, "--input", "1x30x40"))
    )
    assert small == [0, None], "of 8 pixels none is left after 9 steps"
    assert sized == [0, 0]
    (tmp_path / "run").mkdir()
    (tmp_path / "run/spec.yaml").write_text(SPEC + "[{conv: 2, kernel: 3}]")
    (tmp_path / "run/metrics.json").write_text("{}")
    code, _, error = netspec("shift", "run", "noise.png", "--input", "1x30x40")
    assert code == 2
    assert "--set and --input are for a SPEC" in error


def test_a_folder_is_no_image(netspec: Any, noise: Path, tmp_path: Path) -> None:
    (tmp_path / "n.yaml").write_text(SPEC + "[{conv: 2, kernel: 3}]")
    (tmp_path / "images").mkdir()
    code, _, error = netspec("shift", "n.yaml", "images")
    assert code == 1
    assert "images cannot be read\n  = found: a folder\n  = expected: a file, or a pipe\n" in error


def test_a_curve_without_a_key_is_named_beside_its_axis(noise: Path) -> None:
    curve, _ = figures([moved("[{conv: 4, kernel: 5}]", noise, steps=2)])
    assert isinstance(curve, Charts)
    assert curve.charts[-1].unit == "maps of conv1"
    assert "as a share of its mean" in curve.subtitle
