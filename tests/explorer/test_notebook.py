"""What a spec shows of itself in Python and in notebooks."""

from __future__ import annotations

import base64
import json
from xml.etree import ElementTree

import netspec
from netspec import api
from tests.explorer.reading import Page
from tests.explorer.test_page import HOSTILE


def test_a_spec_draws_and_explores_itself() -> None:
    spec = netspec.load("resnet18")
    assert spec.draw(level=1, theme="dark") == netspec.draw("resnet18", level=1, theme="dark")
    assert spec.draw(form=".dot", inputs={"input": (3, 64, 64)}) == netspec.draw(
        spec, form=".dot", inputs={"input": (3, 64, 64)}
    )
    assert spec.explore() == netspec.explore("resnet18")
    assert netspec.explore("resnet18", classes=10) == netspec.load("resnet18", classes=10).explore()
    assert "3×64×64" in spec.explore(inputs={"input": (3, 64, 64)})


def test_a_notebook_shows_a_picture_and_a_short_table() -> None:
    text = netspec.load("resnet50")._repr_html_()
    page = Page(text)
    (image,) = page.of("img")
    svg = base64.b64decode(str(image["src"]).removeprefix("data:image/svg+xml;base64,")).decode()
    assert svg == netspec.draw("resnet50")
    assert ElementTree.fromstring(svg) is not None
    assert "25,557,032 parameters" in text
    assert len(page.of("tr")) == 12
    assert len(text) < 20_000
    assert not {"script", "style", "svg"} & {tag for tag, _ in page.elements}


def test_a_long_network_is_shown_in_part() -> None:
    layers = "\n".join("  - relu" for _ in range(900))
    text = api.loads(f"netspec: 1\nname: long\ninput: [4]\nlayers:\n{layers}\n")._repr_html_()
    assert "and 860 more" in text
    assert len(text) < 200_000


def test_a_wrong_network_shows_its_mistake() -> None:
    spec = api.loads("netspec: 1\nname: wrong\ninput: [1, 8, 8]\nlayers: [{conv: 4, kernel: 99}]\n")
    text = spec._repr_html_()
    assert "NS0302" in text
    assert {tag for tag, _ in Page(text).elements} == {"pre"}


def test_no_text_becomes_html_in_a_notebook() -> None:
    plain = Page(api.loads(json.dumps(_spec("plain")))._repr_html_()).skeleton
    for text in HOSTILE:
        try:
            spec = api.loads(json.dumps(_spec(text)))
        except netspec.NetspecError:
            continue
        assert Page(spec._repr_html_()).skeleton == plain


def _spec(text: str) -> dict:
    return {"netspec": 1, "name": text, "doc": text, "input": [4], "layers": ["relu"]}
