"""Pictures of layers in the page of `explore`."""

from __future__ import annotations

import base64
import io
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import netspec as package
from netspec import api
from netspec.look import in_explorer
from netspec.look.in_explorer import pictured

SPEC = """
netspec: 1
name: small
input: [3, 16, 16]
layers:
  - {conv: 5, kernel: 3, padding: 1}
  - relu
  - {conv: 2, kernel: 3, padding: 1}
  - flatten
  - {linear: 3}
"""


@pytest.fixture
def photograph(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    Image.fromarray(rng.integers(0, 256, (16, 16, 3), dtype=np.uint8)).save(tmp_path / "p.png")
    (tmp_path / "small.yaml").write_text(SPEC)
    (tmp_path / "p.html").write_bytes((tmp_path / "p.png").read_bytes())
    return tmp_path / "p.png"


def data(page: str) -> Any:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page)
    assert found
    return json.loads(found[1])


def test_layers_have_their_maps_and_kernels(photograph: Path) -> None:
    found = pictured(api.loads(SPEC), photograph)
    assert {key: len(shots) for key, shots in found.shots.items()} == {"conv1": 2, "relu1": 1, "conv2": 2}
    maps, kernels = found.shots["conv2"]
    assert maps.caption.startswith("2 maps of 16x16: activation from -")
    with Image.open(io.BytesIO(maps.png)) as image:
        assert image.size == (33, 18)
    with Image.open(io.BytesIO(kernels.png)) as image:
        assert image.size == (5 * 4 - 1, 2 * 4 - 1 + 2)


def test_a_page_has_no_more_pictures_than_it_has_room_for(photograph: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = pictured(api.loads(SPEC), photograph)
    most = sum(len(each.png) for each in whole.shots["conv1"])
    monkeypatch.setattr(in_explorer, "MOST_BYTES", most)
    found = pictured(api.loads(SPEC), photograph)
    assert (list(found.shots), found.left_out) == (["conv1"], 2)


def test_the_page_holds_the_pictures(netspec: Any, photograph: Path, tmp_path: Path) -> None:
    assert netspec("explore", "small.yaml", "--image", "p.png", "-o", "page.html") == (0, "", "")
    page = (tmp_path / "page.html").read_text()
    assert "; img-src data:;" in page
    shots = data(page)["shots"]
    assert [len(each) for each in shots] == [2, 1, 2, 0, 0]
    caption, source = shots[1][0]
    assert caption.startswith("5 maps of 16x16: activation from 0 to ")
    wanted = pictured(api.loads(SPEC), photograph).shots["relu1"][0]
    assert base64.b64decode(source.removeprefix("data:image/png;base64,")) == wanted.png


def test_a_page_without_an_image_allows_none(netspec: Any, photograph: Path) -> None:
    page = package.explore(api.loads(SPEC))
    assert "img-src" not in page
    assert "shots" not in data(page)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("small.yaml", "--weights", "x.pt"), 2, "--weights goes with --image"),
        (("small.yaml", "--image", "p.png", "--serve", "-o", "p.html"), 2, "--serve writes no file"),
        (("small.yaml", "--image", "small.yaml"), 1, "small.yaml: "),
        (("small.yaml", "--image", "p.png", "--weights", "x.pt"), 1, "there are no weights x.pt"),
        (("mlp", "--image", "p.png", "--input", "7x7x7"), 1, "an image has 1 channel or 3"),
        (("small.yaml", "--image", "p.html", "-o", "p.html"), 1, "it is what this command reads"),
    ],
)
def test_mistakes(netspec: Any, photograph: Path, arguments: Any, code: int, said: str) -> None:
    found, out, error = netspec("explore", *arguments)
    assert (found, out) == (code, "")
    assert said in error
