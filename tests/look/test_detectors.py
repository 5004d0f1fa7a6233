"""Detectors looked at: their anchors and levels are torchvision's, and other methods are refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from netspec import api
from netspec.diagnostics import NetspecError
from netspec.look.looking import look_at
from netspec.look.opened import Opened, Seen
from netspec.look.opening import open_network
from netspec.look.pyramid import over, pyramid
from netspec.look.shifting import shift
from netspec.look.stepping import step
from tests.detectors.small import spec_text
from tests.training.detectors import FASTER_RCNN, RETINANET

KINDS = {"retinanet": RETINANET, "faster_rcnn": FASTER_RCNN}

SSD = spec_text("ssd", {"aspect_ratios": [[2], [2, 3]]}, 2, 6)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pixels = np.random.default_rng(0).integers(0, 255, (20, 44, 3), dtype=np.uint8)
    wide = tmp_path_factory.mktemp("images") / "wide.png"
    Image.fromarray(pixels).save(wide)
    return wide


@pytest.fixture(scope="module", params=KINDS)
def opened(request: pytest.FixtureRequest) -> Opened:
    return open_network(api.loads(KINDS[request.param]))


def test_an_image_keeps_its_size_and_its_pixels(opened: Opened, file: Path) -> None:
    seen = opened.see(file)
    assert seen.inputs.shape == (1, 3, 20, 44)
    assert np.array_equal(seen.pixels, np.array(Image.open(file)))


def test_levels_and_anchors_are_those_that_the_detector_has(opened: Opened, file: Path) -> None:
    seen = opened.see(file)
    module = opened.module
    kept = []
    generator = module.anchor_generator if hasattr(module, "anchor_generator") else module.rpn.anchor_generator
    handle = generator.register_forward_hook(lambda _, given, made: kept.append((given[1], made[0])))  # type: ignore[union-attr, operator]
    with torch.inference_mode():
        module(list(seen.inputs))
    handle.remove()
    ((levels, anchors),) = kept
    found = pyramid(opened, seen)
    assert len(found.levels) == len(levels)
    for level, maps in zip(found.levels, levels, strict=True):
        assert torch.equal(level.maps, maps[0])
    own = np.concatenate([level.anchors.reshape(-1, 4) for level in found.levels])
    assert np.array_equal(own, anchors.numpy())
    assert found.padded == opened.graph.detection.kind.seen(20, 44)  # type: ignore[union-attr]
    assert found.image.shape[0] <= found.padded[0]
    assert [level.stride for level in found.levels] == ([4, 8] if len(levels) == 2 else [4])


def test_a_level_is_laid_over_the_image_without_its_padding() -> None:
    values = np.arange(8.0).reshape(2, 4)
    laid = over(np.zeros((6, 12, 3)), values, (8, 16))
    assert laid.shape == (6, 12)
    assert np.array_equal(laid[:, 0], [0, 0, 0, 0, 4, 4])  # four pixels of each position
    assert np.array_equal(laid[0, ::4], [0, 1, 2])


def test_pictures_are_drawn_of_all_that_fits(file: Path, tmp_path: Path) -> None:
    found = look_at(api.loads(RETINANET), file)
    assert [name for name, _ in found.figures] == ["anchors", "kernels", "pyramid"]
    assert not found.notes
    for theme in ("light", "dark"):
        for drawn in found.save(tmp_path / theme, theme=theme):
            assert Image.open(drawn).width == 960
    (anchors,) = (figure for name, figure in found.figures if name == "anchors")
    assert [each["anchors"] for each in anchors.facts["levels"]] == [[[8, 8]], [[16, 16]]]
    assert [each["stride"] for each in anchors.facts["levels"]] == [4, 8]


def test_a_detector_of_one_size_is_looked_at_in_that(file: Path) -> None:
    opened = open_network(api.loads(SSD))
    found = pyramid(opened, opened.see(file))
    assert found.padded == tuple(opened.input_shape[1:]) == found.image.shape[:2]
    assert [level.anchors.shape[2] for level in found.levels] == [4, 6]
    with torch.inference_mode():
        images, _ = opened.module.transform([torch.zeros(3, 20, 44)])  # type: ignore[operator]
        (made,) = opened.module.anchor_generator(images, [level.maps[None] for level in found.levels])  # type: ignore[operator]
    assert np.array_equal(np.concatenate([level.anchors.reshape(-1, 4) for level in found.levels]), made.numpy())
    middle = found.levels[0].anchors[:, :, 0].reshape(*found.levels[0].anchors.shape[:2], 2, 2).mean(2)
    assert (np.diff(middle[..., 0], axis=1) > 0).all()  # columns run across,
    assert (np.diff(middle[..., 1], axis=0) > 0).all()  # rows down


def test_other_methods_and_other_networks_are_refused(file: Path) -> None:
    with pytest.raises(NetspecError, match="a detector takes lists of images"):
        look_at(api.loads(RETINANET), file, show="maps")
    with pytest.raises(NetspecError, match="needs a detector"):
        look_at("lenet", file, show="anchors")
    for refused in (lambda: shift(api.loads(RETINANET), file), lambda: step(api.loads(RETINANET))):
        with pytest.raises(NetspecError, match="is a detector"):
            refused()


def test_an_image_beyond_memory_is_refused_before_it_is_made(file: Path) -> None:
    large = RETINANET.replace("min_size: 32, max_size: 32", "min_size: 900000, max_size: 1000000")
    opened = open_network(api.loads(large))
    with pytest.raises(NetspecError, match="does not fit into the memory"):
        pyramid(opened, Seen("wide.png", opened.see(file).inputs, np.zeros(1)))
