"""The gallery: the pictures of all networks of the zoo, compared as text. ``make docs`` writes them anew."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from netspec import api

DOCS = Path(__file__).parent.parent.parent / "docs"
OVERWRITE = bool(os.environ.get("NETSPEC_OVERWRITE"))
HEAD = """# Gallery

Every network of the zoo, drawn by `netspec draw NAME -o NAME.svg` ([Pictures](pictures.md)); `--level` opens more.
"""
BLOCKS = """## Stages and blocks

Some as their papers draw them, by `netspec draw NAME --style blocks -o NAME.svg`.
"""
AS_BLOCKS = ("googlenet", "mobilenet_v2", "resnet50", "unet")
MAPS = """## Feature maps to scale

Some as their papers draw them, by `netspec draw NAME --style volumes -o NAME.svg`.
"""
AS_MAPS = ("alexnet", "lenet5_1998", "unet", "vgg16")


def page() -> str:
    parts = [HEAD]
    for name in api.zoo():
        parts.append(f"## {name}\n\n![{name}](gallery/{name}.svg)\n")
    parts.append(BLOCKS)
    for name in AS_BLOCKS:
        parts.append(f"### {name}\n\n![{name} as blocks](gallery/blocks/{name}.svg)\n")
    parts.append(MAPS)
    for name in AS_MAPS:
        parts.append(f"### {name}\n\n![{name} as maps](gallery/volumes/{name}.svg)\n")
    return "\n".join(parts)


def compared(file: Path, text: str) -> None:
    if OVERWRITE:
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    assert file.read_text(encoding="utf-8") == text, "make docs writes it anew"


@pytest.mark.parametrize("name", api.zoo())
def test_pictures(name: str) -> None:
    compared(DOCS / "gallery" / f"{name}.svg", str(api.draw(api.load(name))))


@pytest.mark.parametrize("name", AS_BLOCKS)
def test_pictures_of_blocks(name: str) -> None:
    compared(DOCS / "gallery" / "blocks" / f"{name}.svg", str(api.draw(api.load(name), style="blocks")))


@pytest.mark.parametrize("name", AS_MAPS)
def test_pictures_of_maps(name: str) -> None:
    compared(DOCS / "gallery" / "volumes" / f"{name}.svg", str(api.draw(api.load(name), style="volumes")))


def test_the_plot_of_networks(netspec, tmp_path) -> None:
    names = ("resnet18", "resnet50", "vgg16", "mobilenet_v2", "googlenet_bn", "vit_b_16")
    netspec("compare", *names, "--plot", str(tmp_path / "networks.svg"))
    compared(DOCS / "gallery" / "plots" / "networks.svg", (tmp_path / "networks.svg").read_text(encoding="utf-8"))


def test_the_picture_of_a_receptive_field() -> None:
    made = api.draw_field(api.load("resnet50"), "layer3.0.conv2")
    compared(DOCS / "gallery" / "plots" / "field.svg", str(made))


def test_the_page_shows_them_all() -> None:
    compared(DOCS / "gallery.md", page())
    assert sorted(each.stem for each in (DOCS / "gallery").glob("*.svg")) == api.zoo()
