"""`netspec apply`: a network as an image filter."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from netspec import api
from netspec.diagnostics import NetspecError
from netspec.look.filtered_picture import png
from netspec.look.filtering import Filtered, apply
from netspec.look.levels import levels_of

SPEC = """
netspec: 1
name: filtered
input: [{channels}, 32, 32]
layers: [{{filter: {filter}}}]
"""


@pytest.fixture
def photograph(tmp_path: Path) -> Path:
    """A picture of smooth colours and sharp edges, higher than wide."""
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[:61, :47]
    smooth = np.stack([rows * 4, columns * 5, rows + columns], -1) % 256
    smooth[20:40, 10:30] = rng.integers(0, 256, (20, 20, 3))
    Image.fromarray(smooth.astype(np.uint8)).save(tmp_path / "photograph.png")
    return tmp_path / "photograph.png"


def spec(filter: str, channels: int = 3) -> api.Spec:
    return api.loads(SPEC.format(filter=filter, channels=channels))


SCIPY: dict[str, Any] = {
    "sobel_x": lambda x: ndimage.sobel(x, 1, mode="nearest"),
    "sobel_y": lambda x: ndimage.sobel(x, 0, mode="nearest"),
    "laplacian": lambda x: ndimage.laplace(x, mode="nearest"),
    "box, size: 5": lambda x: ndimage.uniform_filter(x, 5, mode="nearest"),
    "gaussian, size: 9, sigma: 1.25": lambda x: ndimage.gaussian_filter(x, 1.25, radius=4, mode="nearest"),
}


@pytest.mark.parametrize("filter", SCIPY)
def test_filters_of_a_photograph_are_scipys(photograph: Path, filter: str) -> None:
    made = apply(spec(f"{filter}, padding: same, padding_mode: replicate"), photograph)
    with Image.open(photograph) as image:
        pixels = np.asarray(image).astype(np.float64).transpose(2, 0, 1) / 255
    assert made.before == pytest.approx(pixels, abs=1e-7)
    assert made.after.shape == (3, 61, 47)
    wanted = np.stack([SCIPY[filter](channel) for channel in pixels])
    assert made.after == pytest.approx(wanted, abs=1e-5 if filter.startswith("gaussian") else 2e-6)


def test_a_network_of_one_channel_sees_gray(photograph: Path) -> None:
    made = apply(spec("box, size: 1", 1), photograph)
    with Image.open(photograph) as image:
        assert made.after[0] == pytest.approx(np.asarray(image.convert("L")) / 255, abs=1e-6)


def test_weights_are_drawn_by_the_seed(photograph: Path) -> None:
    one, same, other = (apply("conv_autoencoder", photograph, seed=seed) for seed in (1, 1, 2))
    assert (one.after == same.after).all()
    assert (one.after != other.after).any()
    assert one.params > 0


def test_levels() -> None:
    edges, sharp = np.array([[[-2.0, 0, 1]]]), np.array([[[-0.05, 0.5, 1.2]]])
    assert str(levels_of(edges)) == "-2 is black, 2 is white, 0 is gray"
    assert levels_of(edges).pixels(edges).tolist() == [[0, 128, 191]]
    assert levels_of(sharp).pixels(sharp).tolist() == [[0, 128, 255]]
    assert levels_of(edges, "fit").pixels(edges).tolist() == [[0, 170, 255]]
    odd = np.array([[[np.nan, np.inf, -np.inf, 0.5]]])
    assert levels_of(odd, "clip").pixels(odd).tolist() == [[0, 255, 0, 128]]
    nothing = np.full((1, 1, 2), np.nan)
    assert levels_of(nothing).pixels(nothing).tolist() == [[0, 0]]


def test_the_picture_is_the_output_alone_or_beside_the_image(photograph: Path) -> None:
    made = apply(spec("box, size: 3"), photograph)
    alone = np.asarray(Image.open(io.BytesIO(png(made, levels_of(made.after)))))
    assert alone.shape == (59, 45, 3)
    assert (alone == np.rint(made.after.transpose(1, 2, 0) * 255)).all()
    pair = Image.open(io.BytesIO(png(made, levels_of(made.after), beside=True)))
    factor = 3  # 61 rows become at least 160
    assert pair.width == (47 + 45) * factor + 3 * 12
    inside = np.asarray(pair)[12 : 12 + 61 * factor : factor, 12 : 12 + 47 * factor : factor]
    assert (inside == np.rint(made.before.transpose(1, 2, 0) * 255)).all()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("lenet", "the network gives [10]; a filter gives one image of 1 channel or 3"),
        ("audio_cnn", "the network takes [1, 32000]; as a filter it takes one image of 1 channel or 3"),
        ("dcgan_generator", "the network takes [100, 1, 1]; as a filter it takes one image of 1 channel or 3"),
    ],
)
def test_other_networks_are_no_filters(photograph: Path, name: str, said: str) -> None:
    with pytest.raises(NetspecError) as caught:
        apply(name, photograph)
    assert [each.message for each in caught.value.diagnostics] == [said]


def test_an_image_beyond_the_memory_is_refused(photograph: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sysconf", lambda name: 64)
    with pytest.raises(NetspecError, match=r"an image of 61x47 does not fit into the memory"):
        apply(spec("sobel_x"), photograph)


def test_the_command_writes_a_picture_or_numbers(netspec: Any, photograph: Path, tmp_path: Path) -> None:
    (tmp_path / "edges.yaml").write_text(SPEC.format(filter="sobel_x", channels=1))
    code, told, error = netspec("apply", "edges.yaml", str(photograph), "-o", "e.npy", "--format", "json")
    assert (code, error) == (0, "")
    numbers = np.load(tmp_path / "e.npy")
    said = json.loads(told)
    assert (said["output"], said["levels"], said["weights"]) == ([1, 59, 45], "signed", "none: its kernels are fixed")
    assert (said["least"], said["largest"]) == pytest.approx((numbers.min(), numbers.max()))
    assert netspec("apply", "edges.yaml", str(photograph), "-o", "e.png", "--beside")[0] == 0
    assert Image.open(tmp_path / "e.png").mode == "RGB"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("-o", "photograph.png"), 1, "it is what this command reads"),
        (("-o", "out.jpg"), 2, "out.jpg is to end in .png"),
        (("-o", "out.npy", "--beside"), 2, "are for pictures"),
        (("-o", "nowhere/out.png"), 1, "there is no folder"),
        (("-o", "out.png", "--weights", "nothing.pt"), 1, "nothing.pt"),
    ],
)
def test_mistakes(netspec: Any, photograph: Path, tmp_path: Path, arguments: Any, code: int, said: str) -> None:
    (tmp_path / "edges.yaml").write_text(SPEC.format(filter="sobel_x", channels=1))
    content = photograph.read_bytes()
    found, out, error = netspec("apply", "edges.yaml", "photograph.png", *arguments)
    assert (found, out) == (code, "")
    assert said in error
    assert photograph.read_bytes() == content
    assert sorted(each.name for each in tmp_path.iterdir()) == ["edges.yaml", "photograph.png"]


@pytest.mark.parametrize("content", [b"", b"%!PS-Adobe", b"\x89PNG\r\n\x1a\n" + b"\0" * 40])
def test_what_is_no_image(netspec: Any, photograph: Path, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "edges.yaml").write_text(SPEC.format(filter="sobel_x", channels=1))
    photograph.write_bytes(content)
    code, _, error = netspec("apply", "edges.yaml", "photograph.png", "-o", "out.png")
    assert code == 1
    assert "NS0902" in error
    assert not (tmp_path / "out.png").exists()


def test_a_run_s_pixels_are_scaled_as_they_were(netspec: Any, photograph: Path, tmp_path: Path) -> None:
    """A network that gives its input back gives the image back, whatever the run's shift and scale."""
    (tmp_path / "same.yaml").write_text(
        "netspec: 1\nname: same\ninput: [1, 8, 8]\n"
        "layers: [{conv: 1, kernel: 1, init: {weight: 1.0, bias: 0.0}, name: conv}]\n"
        "train: {data: {digits: }, loss: mse, optimizer: {sgd: 1e-9}, epochs: 1}\n"
    )
    code, _, error = netspec("train", "same.yaml", "--out", "run", "--steps", "1")
    assert code == 0, error
    made: Filtered = apply("same.yaml", photograph, weights="run")
    assert made.after == pytest.approx(made.before, abs=1e-4)
    assert json.loads((tmp_path / "run/metrics.json").read_text())["data"]["shift"] != [0]
