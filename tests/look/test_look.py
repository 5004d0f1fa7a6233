"""`netspec look`: what a network sees, as figures."""

from __future__ import annotations

import json
import re
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
from netspec.look.looking import look_at
from netspec.look.methods import method_named, methods
from netspec.look.opening import open_network

SPEC = """
netspec: 1
name: small
input: [3, 24, 24]
layers:
  - {conv: 5, kernel: 3, padding: 1, activation: relu}
  - {max_pool: 2}
  - {conv: 4, kernel: 3}
  - residual: [{conv: 4, kernel: 3, padding: 1}]
  - flatten
  - {linear: 3}
"""


@pytest.fixture
def photograph(tmp_path: Path) -> Path:
    """A picture that is wider than high."""
    rng = np.random.default_rng(0)
    Image.fromarray(rng.integers(0, 256, (40, 60, 3), dtype=np.uint8)).save(tmp_path / "a photo.png")
    return tmp_path / "a photo.png"


def spec(text: str = SPEC) -> api.Spec:
    return api.loads(text)


def test_each_method_says_what_it_shows() -> None:
    assert {"dream", "features", "kernels", "maps", "masks", "patches", "statistics", "tsne"} <= set(methods())
    for name in methods():
        assert 10 < len(method_named(name).summary) < 90


def test_an_image_is_cut_to_the_input(photograph: Path) -> None:
    opened = open_network(spec())
    seen = opened.see(photograph)
    assert seen.inputs.shape == (1, 3, 24, 24)
    assert seen.pixels.shape == (24, 24, 3)
    with Image.open(photograph) as image:
        middle = image.crop((10, 0, 50, 40)).resize((24, 24), Image.Resampling.BILINEAR)
    inside = (slice(2, -2), slice(2, -2))  # at the edges, the crop there sees less
    assert np.abs(seen.pixels.astype(int) - np.asarray(middle))[inside].max() <= 2
    assert seen.inputs.numpy()[0].transpose(1, 2, 0) * 255 == pytest.approx(seen.pixels, abs=0.51)


def test_weights_of_torchvision_bring_their_classes_and_figures() -> None:
    from netspec.interop.pretrained import pretrained

    found = pretrained("torchvision:alexnet")
    assert found is not None
    assert (len(found.classes), found.classes[0]) == (1000, "tench")
    assert found.mean == pytest.approx((0.485, 0.456, 0.406))
    assert found.margin == pytest.approx(256 / 224)
    assert pretrained("net.safetensors") is None


def test_maps_are_those_of_the_layers(photograph: Path) -> None:
    """Also of an activation within an entry and of a sum, which have no modules."""
    opened = open_network(spec(), seed=3)
    made = look_at(spec(), photograph, seed=3, show="maps", layers=["conv1", "add1"])
    inputs = opened.see(photograph).inputs
    with torch.inference_mode():
        first = F.relu(opened.module.conv1(inputs))
        second = opened.module.conv2(opened.module.max_pool1(first))
        third = second + opened.module.conv3(second)
    (_, one), (_, two) = made.figures
    assert one.tiles == pytest.approx(first[0].numpy(), abs=1e-6)
    assert two.tiles == pytest.approx(third[0].numpy(), abs=1e-6)
    assert one.title == "conv1: 5 maps of 24x24"


def test_the_last_maps_of_each_size_are_shown_unasked(photograph: Path) -> None:
    made = look_at(spec(), photograph, show="maps")
    assert [figure.facts["layer"] for _, figure in made.figures] == ["conv1", "max_pool1", "add1"]


def test_no_hook_is_left(photograph: Path) -> None:
    opened = open_network(spec())
    list(method_named("maps").look(opened, [opened.see(photograph)], _options()))
    hooks = [each for module in opened.module.modules() for each in (module._forward_hooks, module._forward_pre_hooks)]
    assert not any(hooks)


def _options(**values: Any) -> Any:
    from netspec.look.method import Options

    return Options(**values)


def test_kernels_are_the_first_convolutions_in_colours() -> None:
    opened = open_network(spec(), seed=1)
    ((_, figure),) = look_at(spec(), show="kernels", seed=1).figures
    weight = opened.module.conv1.weight.detach().permute(0, 2, 3, 1).numpy()
    shares = (figure.tiles / 255 - 0.5) * 2 * np.abs(weight).max()
    assert shares == pytest.approx(weight, abs=float(np.abs(weight).max()) / 127)


def test_deeper_kernels_are_by_the_maps_that_they_read() -> None:
    opened = open_network(spec(), seed=1)
    ((_, figure),) = look_at(spec(), show="kernels", layers="conv2", seed=1).figures
    assert figure.tiles == pytest.approx(opened.module.conv2.weight.detach().flatten(0, 1).numpy())
    assert (figure.columns, len(figure.rows), figure.facts["of"]) == (5, 4, 20)
    ((_, alone),) = look_at(spec(), show="kernels", layers="conv2", unit=3, seed=1).figures
    assert alone.tiles == pytest.approx(opened.module.conv2.weight[3].detach().numpy())


def test_numbers_that_are_not_finite_are_told_and_seen(photograph: Path, tmp_path: Path) -> None:
    from netspec.interop.weight_files import save_weights

    opened = open_network(spec())
    with torch.no_grad():
        opened.module.conv2.weight[0] = torch.nan
    save_weights(opened.module, tmp_path / "broken.safetensors")
    made = look_at(spec(), photograph, weights=tmp_path / "broken.safetensors", show="maps", layers="conv2")
    made.save(tmp_path / "maps.png")
    with Image.open(tmp_path / "maps.png") as image:
        broken = (np.asarray(image.convert("RGB")) == (255, 0, 200)).all(-1)
    assert broken.sum() > 1000


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("audio_cnn", "-o", "out"), 1, "the network takes [1, 32000]; an image has 1 channel or 3"),
        (("mlp", "-o", "out", "--show", "kernels"), 1, "`kernels` needs a network with a convolution"),
        (("small.yaml", "-o", "out", "--show", "maps"), 1, "`maps` needs an image"),
        (("small.yaml", "-o", "out", "--show", "mapps"), 2, "did you mean `maps`"),
        (("small.yaml", "-o", "out", "--show", ","), 2, "it names no method"),
        (("small.yaml", "-o", "/dev/full"), 1, "/dev/full cannot be written: it is no folder"),
        (("small.yaml", "-o", "out", "--data", "."), 1, "`small` has no recipe, whose data could be in"),
        (("small.yaml", "-o", "out", "--layer", "conv9"), 1, "`small` has no layer `conv9`"),
        (("small.yaml", "-o", "out", "--class", "7"), 1, "`small` has no class `7`"),
        (("small.yaml", "a photo.png", "-o", "out", "--layer", "conv2", "--unit", "4"), 1, "no unit 4"),
        (("small.yaml", "a photo.png", "-o", "out", "--show", "maps", "--layer", "linear1"), 1, "gives no maps"),
        (("small.yaml", "small.yaml", "-o", "out"), 1, "small.yaml: "),
        (("small.yaml", "a photo.png", "-o", "a photo.png"), 1, "it is what this command reads"),
        (("small.yaml", "a photo.png", "-o", "out.png"), 1, "out.png cannot be written: there are"),
        (("small.yaml", "a photo.png", "-o", "out.pdf"), 2, "out.pdf is to be a folder"),
        (("small.yaml", "a photo.png", "-o", "nowhere/out"), 1, "there is no folder nowhere"),
    ],
)
def test_mistakes(netspec: Any, photograph: Path, tmp_path: Path, arguments: Any, code: int, said: str) -> None:
    (tmp_path / "small.yaml").write_text(SPEC)
    found, out, error = netspec("look", *arguments)
    assert (found, out) == (code, "")
    assert said in error
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a photo.png", "small.yaml"]


def test_the_command_writes_a_folder_a_picture_or_a_page(netspec: Any, photograph: Path, tmp_path: Path) -> None:
    (tmp_path / "small.yaml").write_text(SPEC)
    asked = ("look", "small.yaml", "a photo.png", "--format", "json")
    code, told, error = netspec(*asked, "-o", "out", "--show", "kernels,maps")
    assert (code, error) == (0, "")
    said = json.loads(told)
    assert sorted(Path(each).name for each in said["files"]) == sorted(
        each.name for each in (tmp_path / "out").iterdir()
    )
    assert [each["method"] for each in said["figures"]] == ["kernels", "maps", "maps", "maps"]
    with Image.open(tmp_path / "out/kernels-conv1.png") as image:
        assert image.width == 960
        light = image.getpixel((0, 0))
    assert netspec(*asked, "-o", "one.png", "--show", "kernels", "--theme", "dark")[0] == 0
    with Image.open(tmp_path / "one.png") as image:
        assert sum(image.getpixel((0, 0))[:3]) < 120 < sum(light[:3])
    assert netspec(*asked, "-o", "page.html", "--show", "maps")[0] == 0
    page = (tmp_path / "page.html").read_text()
    assert page.count("<img ") == page.count("<source ") == 3
    assert "http" not in page


def test_a_run_may_not_be_changed(netspec: Any, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run/spec.yaml").write_text(SPEC)
    (tmp_path / "run/metrics.json").write_text("{}")
    code, _, error = netspec("look", "run", "-o", "out", "--set", "name=x")
    assert code == 2
    assert "--set and --input are for a SPEC" in error


def test_look_at_is_public() -> None:
    assert package.look_at is look_at


def test_figures_of_one_name_have_files_of_their_own(photograph: Path, tmp_path: Path) -> None:
    made = look_at(spec(), photograph, show="kernels")
    twice = replace(
        made, figures=(*made.figures, ("kernels", replace(made.figures[0][1], name="kernels-conv1-2")), *made.figures)
    )
    assert twice.file_names() == ["kernels-conv1.png", "kernels-conv1-2.png", "kernels-conv1-3.png"]
    assert [each.name for each in twice.save(tmp_path / "out")] == twice.file_names()


@pytest.mark.parametrize("method", ["maps", "saliency"])
def test_pictures_are_called_by_their_images_without_their_endings(photograph: Path, method: str) -> None:
    files = [photograph.with_name(name) for name in ("deep.2.png", "two.jpg")]
    for file in files:
        file.write_bytes(photograph.read_bytes())
    named = look_at(spec(), files, show=method).file_names()
    assert len(named) >= 2
    assert {re.sub(r"^[a-z0-9]+-(?:[a-z_]+\d-)?", "", name) for name in named} == {"deep.2.png", "two.png"}


def test_no_image_is_written_over(netspec: Any, photograph: Path, tmp_path: Path) -> None:
    (tmp_path / "small.yaml").write_text(SPEC)
    (tmp_path / "images").mkdir()
    content = photograph.read_bytes()
    (tmp_path / "images/kernels-conv1.png").write_bytes(content)
    code, _, error = netspec("look", "small.yaml", "images", "-o", "images", "--show", "kernels")
    assert code == 1
    assert "images/kernels-conv1.png cannot be written: it is one of the images" in error
    assert (tmp_path / "images/kernels-conv1.png").read_bytes() == content


def test_what_nobody_asked_for_is_left_out_with_a_note(photograph: Path, tmp_path: Path) -> None:
    """Of a network that has diverged, features have no place; all else is shown."""
    from netspec.interop.weight_files import save_weights

    opened = open_network(spec())
    with torch.no_grad():
        opened.module.conv1.weight[:] = torch.nan
    save_weights(opened.module, tmp_path / "diverged.safetensors")
    given = {"images": [photograph] * 3, "weights": tmp_path / "diverged.safetensors"}
    made = look_at(spec(), **given)
    assert [note.partition(" is")[0] for note in made.notes] == ["`features`"]
    assert {"kernels", "maps", "statistics"} <= {name for name, _ in made.figures}
    with pytest.raises(package.NetspecError, match="finite features"):
        look_at(spec(), show="features", **given)


def test_many_images_are_looked_at_in_part(photograph: Path, tmp_path: Path) -> None:
    made = look_at(spec(), [photograph] * 10, show="maps", layers="conv1")
    assert len(made.figures) == 8
    assert made.notes == ("`maps` is of the first 8 images of 10",)
    with pytest.raises(package.NetspecError, match="more than 256 images"):
        look_at(spec(), [photograph] * 257)


def test_a_network_of_whole_numbers_takes_no_image() -> None:
    text = SPEC.replace("input: [3, 24, 24]", "input: {shape: [3, 24, 24], dtype: int64}")
    text = text[: text.index("layers:")] + "layers: [{embedding: 4, dim: 9}]"
    with pytest.raises(package.NetspecError, match="the pixels of an image are float32"):
        look_at(api.loads(text), show="kernels")


def test_what_no_method_reads_is_told_of(tmp_path: Path) -> None:
    looked = look_at("lenet", show=["kernels", "statistics"], unit=3)
    assert "the unit means nothing to `statistics`" in looked.notes
    assert not any("`kernels`" in note for note in looked.notes)
