"""The ways of looking at a network: each against what the network computes by itself."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch.nn import functional as F

import netspec as package
from netspec import api
from netspec.look.drawing import draw
from netspec.look.figures import UNTINTED, Scale
from netspec.look.method import Options
from netspec.look.methods import method_named
from netspec.look.opened import Opened, Seen
from netspec.look.opening import open_network
from netspec.training.showing.pictures.palette import colour

SPEC = """
netspec: 1
name: small
input: [1, 12, 12]
layers:
  - {conv: 4, kernel: 3, padding: 1, stride: 2}
  - {relu: }
  - {conv: 3, kernel: 3, padding: 1, activation: tanh}
  - flatten
  - {linear: 5}
  - {relu: }
  - {linear: 2}
"""

SEED = 1
"""One by which every layer is alive."""

AUTOENCODER = """
netspec: 1
name: copies
input: [3, 8, 8]
layers: [{conv: 3, kernel: 1}]
"""

SEGMENTATION = """
netspec: 1
name: masks
input: [3, 8, 8]
layers: [{conv: 4, kernel: 1}]
"""


@pytest.fixture(scope="module")
def opened() -> Opened:
    return open_network(api.loads(SPEC), seed=SEED)


@pytest.fixture(scope="module")
def images(opened: Opened) -> list[Seen]:
    generator = torch.Generator().manual_seed(0)
    made = torch.rand((12, 1, 12, 12), generator=generator)
    return [Seen(f"{number}.png", each[None], opened.picture(each)) for number, each in enumerate(made)]


def figures(name: str, opened: Opened, images: list[Seen], **options: Any) -> list[Any]:
    method = method_named(name)
    method.check(name, opened, images)
    return list(method.look(opened, images, Options(**options)))


def drawn(figure: Any, theme: str = "light") -> None:
    assert draw(figure, theme).startswith(b"\x89PNG")


def test_statistics_are_those_of_the_values_and_their_gradients(opened: Opened, images: list[Seen]) -> None:
    (figure,) = figures("statistics", opened, images, target=1)
    inputs = torch.cat([each.inputs for each in images])
    module = opened.module
    first = module.relu1(module.conv1(inputs)).detach().requires_grad_()
    second = torch.tanh(module.conv2(first))
    second.retain_grad()
    loss = F.cross_entropy(
        module.linear2(module.relu2(module.linear1(second.flatten(1)))), torch.ones(12).long(), reduction="sum"
    )
    loss.backward()
    module.zero_grad(set_to_none=True)
    told = figure.facts["layers"]
    assert list(told) == ["relu1", "conv2", "relu2", "linear2"]
    assert told["relu1"]["mean"] == pytest.approx(float(first.detach().mean()), rel=1e-5)
    assert told["relu1"]["deviation"] == pytest.approx(float(first.detach().std(correction=0)), rel=1e-5)
    assert told["relu1"]["zeros"] == pytest.approx(float((first == 0).float().mean()))
    assert told["relu1"]["saturated"] is None
    assert told["conv2"]["saturated"] == pytest.approx(float((second.abs() > 0.95).float().mean()))
    assert told["relu1"]["gradient"] == pytest.approx(float(first.grad.square().mean().sqrt()), rel=1e-4)
    assert told["conv2"]["gradient"] == pytest.approx(float(second.grad.square().mean().sqrt()), rel=1e-4)
    low, high = np.percentile(first.detach().numpy(), (5, 95))
    assert (told["relu1"]["percentile_5"], told["relu1"]["percentile_95"]) == pytest.approx((low, high), abs=1e-4)
    drawn(figure)


def test_dead_units_are_found_and_no_gradient_of_a_weight_is_left(images: list[Seen]) -> None:
    opened = open_network(api.loads(SPEC), seed=SEED)
    with torch.no_grad():
        opened.module.conv1.bias[2] = -100
        opened.module.linear1.bias[:] = -100
    (figure,) = figures("statistics", opened, images)
    told = figure.facts["layers"]
    assert [told[key]["dead_units"] for key in ("relu1", "conv2", "relu2")] == [1, 0, 5]
    assert "6 in 2 layers: relu1 1 of 4, relu2 5 of 5" in figure.subtitle
    assert all(each.grad is None for each in opened.module.parameters())


def test_broken_activations_are_told(images: list[Seen]) -> None:
    opened = open_network(api.loads(SPEC))
    with torch.no_grad():
        opened.module.conv1.weight[:] = math.nan
    (figure,) = figures("statistics", opened, images)
    assert figure.facts["layers"]["relu1"]["mean"] is None
    assert figure.facts["layers"]["relu1"]["not_finite"] == 12 * 4 * 36
    assert "activations are not finite" in figure.subtitle
    drawn(figure)


def test_patches_are_where_the_unit_is_excited_most(opened: Opened, images: list[Seen]) -> None:
    (figure,) = figures("patches", opened, images, layers=("relu1",), unit=1)
    values = opened.module.relu1(opened.module.conv1(torch.cat([each.inputs for each in images]))).detach()[:, 1]
    order = values.flatten(1).max(1).values.sort(descending=True).indices[:9].tolist()
    assert figure.tiles.shape == (9, 3, 3, 3)
    for tile, label, image in zip(figure.tiles, figure.labels, order, strict=True):
        row, column = divmod(int(values[image].flatten().argmax()), 6)
        framed = np.pad(images[image].pixels, ((1, 1), (1, 1), (0, 0)), constant_values=127)
        assert np.array_equal(tile, framed[2 * row : 2 * row + 3, 2 * column : 2 * column + 3])
        assert float(label) == pytest.approx(float(values[image].max()), rel=5e-3)
    drawn(figure, "dark")


def test_patches_of_one_image_are_apart(opened: Opened, images: list[Seen]) -> None:
    (figure,) = figures("patches", opened, images[:1], layers=("conv2",))
    assert figure.tiles.shape[1:] == (7, 7, 3)
    assert len(figure.rows) == 3
    assert 4 <= figure.columns < 9
    assert len({tile.tobytes() for tile in figure.tiles[: figure.columns]}) == figure.columns


def test_patches_of_units_that_see_everything_are_refused(opened: Opened, images: list[Seen]) -> None:
    with pytest.raises(package.NetspecError, match="the units of `linear1` see no window"):
        figures("patches", opened, images, layers=("linear1",))


def test_dreams_climb_and_are_drawn_by_their_seed(opened: Opened) -> None:
    (one,), (same,), (other,) = (figures("dream", opened, [], target=0, seed=seed) for seed in (1, 1, 2))
    assert one.facts == same.facts != other.facts
    assert one.facts["after"][0] > one.facts["before"][0]
    (figure,) = figures("dream", opened, [], layers=("conv2",), unit=2)
    assert figure.facts["after"][0] > figure.facts["before"][0] + 0.1
    assert [panel.image.shape for panel in figure.panels] == [(12, 12, 3)]
    drawn(figure)


def test_dreams_without_classes_need_a_unit() -> None:
    with pytest.raises(package.NetspecError, match="say which --layer"):
        figures("dream", open_network(api.loads(AUTOENCODER)), [])


def test_features_are_projected_on_their_principal_components(opened: Opened, images: list[Seen]) -> None:
    from sklearn.decomposition import PCA

    (figure,) = figures("features", opened, images)
    module = opened.module
    inputs = torch.cat([each.inputs for each in images])
    with torch.no_grad():
        hidden = torch.tanh(module.conv2(module.relu1(module.conv1(inputs)))).flatten(1)
        values = module.relu2(module.linear1(hidden))
    wanted = PCA(2).fit(values.numpy())
    assert figure.facts["layer"] == "relu2"
    assert np.abs(figure.points) == pytest.approx(np.abs(wanted.transform(values.numpy())), abs=1e-5)
    assert f"{wanted.explained_variance_ratio_[0]:.0%} of the variance" in figure.axes[0]
    assert figure.groups.tolist() == module.linear2(values).argmax(1).tolist()
    drawn(figure)


def test_features_by_t_sne_are_drawn_by_their_seed(opened: Opened, images: list[Seen]) -> None:
    (one,), (same,) = (figures("tsne", opened, images, seed=3) for _ in range(2))
    assert one.points.shape == (12, 2)
    assert np.array_equal(one.points, same.points)


def test_features_need_images(opened: Opened, images: list[Seen]) -> None:
    with pytest.raises(package.NetspecError, match="`features` needs 3 images or more, or the data of a run"):
        figures("features", opened, images[:2])


@pytest.fixture
def photograph(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    Image.fromarray(rng.integers(0, 256, (8, 8, 3), dtype=np.uint8)).save(tmp_path / "p.png")
    return tmp_path / "p.png"


def test_reconstructions_stand_beside_their_originals(photograph: Path) -> None:
    opened = open_network(api.loads(AUTOENCODER))
    seen = opened.see(photograph)
    (figure,) = figures("masks", opened, [seen])
    output = opened.answer(seen.inputs).detach()
    assert np.array_equal(figure.panels[1].image, opened.picture(output[0]))
    assert figure.panels[2].heat == pytest.approx((output - seen.inputs)[0].abs().mean(0).numpy(), abs=1e-6)
    assert figure.facts["mse"] == pytest.approx(float((output - seen.inputs).square().mean()))
    drawn(figure, "dark")


def test_masks_lie_over_the_image(photograph: Path) -> None:
    opened = open_network(api.loads(SEGMENTATION))
    with torch.no_grad():
        opened.module.conv1.weight[:] = 0
        opened.module.conv1.bias[:] = torch.tensor((0.0, 0.0, 1.0, 0.0))
    seen = opened.see(photograph)
    (figure,) = figures("masks", opened, [seen])
    assert figure.facts["shares"] == {"class 2": 1.0}
    assert figure.legend == [(colour(2), "class 2 100.0%")]
    half = 0.5 * seen.pixels[0, 0] + 0.5 * np.array((86, 180, 233))
    assert np.abs(figure.panels[1].image[0, 0] - half).max() <= 1
    drawn(figure)
    with torch.no_grad():
        opened.module.conv1.bias[0] = 2.0
    (figure,) = figures("masks", opened, [seen])
    assert figure.legend == [(UNTINTED, "class 0 100.0%")]
    assert np.array_equal(figure.panels[1].image, figure.panels[0].image)
    none = replace(figure, legend=[(None, "class 0 100.0%")])
    assert draw(figure, "dark") != draw(none, "dark"), "an empty square stands for what has no tint"


def test_scales() -> None:
    assert Scale.of(np.array([0.5, 2.0]), "x") == Scale(0.0, 2.0, "x")
    assert Scale.of(np.array([-0.5, 2.0, np.nan]), "x") == Scale(-2.0, 2.0, "x", signed=True)
    assert Scale.of(np.full(3, np.nan), "x") == Scale(0.0, 1.0, "x")
    assert Scale.of(np.zeros(3), "x") == Scale(0.0, 1.0, "x")


def test_a_run_is_looked_at_with_its_data(tmp_path: Path) -> None:
    run = package.train("lenet_digits", steps=4, out=tmp_path / "run", device="cpu")
    made = run.look(show=["features", "patches", "statistics"])
    assert made.files == ()
    told = dict(made.figures)
    assert told["features"].facts["images"] > 100
    assert set(told["features"].names) == set(map(str, range(10)))
    assert "test images" in told["patches"].subtitle
    assert "own class" in told["statistics"].subtitle
    unasked = {name for name, _ in run.look().figures}
    assert unasked >= {"kernels", "features", "patches", "statistics"}
    assert "dream" not in unasked
    assert "<img " in made._repr_html_()


def test_masks_smaller_than_the_image_are_enlarged_and_say_so(tmp_path: Path) -> None:
    """As of a network that strides: by its nearest numbers, so that a place keeps its class."""
    Image.fromarray(np.zeros((32, 48), np.uint8)).save(tmp_path / "i.png")
    layers = "[{conv: 2, kernel: 4, stride: 4}]"
    opened = open_network(api.loads(f"netspec: 1\nname: strided\ninput: [1, 32, 48]\nlayers: {layers}"))
    with torch.no_grad():
        opened.module.conv1.weight[:] = torch.tensor([0.0, 1.0]).view(2, 1, 1, 1)
        opened.module.conv1.bias[:] = torch.tensor([8.0, 0.0])
    seen = opened.see(tmp_path / "i.png")
    seen.inputs[..., 24:] = 1  # the right half is of class 1, which the picture does not show
    (figure,) = figures("masks", opened, [seen])
    assert figure.subtitle == "the output is 8x12, enlarged to 32x48 by its nearest numbers"
    assert figure.facts["shares"] == {"class 0": 0.5, "class 1": 0.5}
    tinted = figure.panels[1].image.any(2)  # the image itself is black
    middle = tinted.shape[1] // 2
    assert not tinted[:, :middle].any()
    assert tinted[:, middle:].all()
    drawn(figure)


@pytest.mark.parametrize("shape", ["[3, 3]", "[1, 8]"])
def test_an_output_of_a_few_places_is_no_mask(shape: str) -> None:
    text = f"netspec: 1\nname: n\ninput: [1, 8, 8]\nlayers: [{{conv: 2, kernel: 1}}, {{adaptive_avg_pool: {shape}}}]"
    opened, seen = open_network(api.loads(text)), Seen("a", torch.zeros(1, 1, 8, 8), np.zeros((8, 8, 3), np.uint8))
    with pytest.raises(package.NetspecError, match="as large as the image or a part of it"):
        figures("masks", opened, [seen])


HEADS = """
netspec: 1
name: heads
input: [1, 16, 16]
layers:
  - {conv: 4, kernel: 3, padding: 1, activation: relu, to: trunk}
  - {max_pool: 2}
  - flatten
  - {linear: 3, to: kind}
  - {linear: 2, from: kind, to: side}
outputs: {kind: kind, side: side}
"""


def test_of_several_outputs_the_first_is_meant_where_none_is_called_output(tmp_path: Path) -> None:
    Image.new("L", (16, 16), 90).save(tmp_path / "i.png")
    made = package.look_at(api.loads(HEADS), [tmp_path / "i.png"] * 3, show="all")
    shown = {name for name, _ in made.figures}
    assert shown >= {"dream", "features", "grad_cam", "guided_backprop", "integrated_gradients", "kernels", "maps"}
    assert shown >= {"occlusion", "patches", "saliency", "sanity", "smooth_grad", "statistics", "tsne"}
    assert "of 2 outputs, `kind` is meant" in made.notes
    moved = package.shift(api.loads(HEADS), tmp_path / "i.png", steps=2)
    assert moved.class_name.startswith("class ")
    assert "<img " in moved._repr_html_()
    assert "<table" in moved._repr_html_()
