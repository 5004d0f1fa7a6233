"""What a spec shows of itself in Python and in notebooks."""

from __future__ import annotations

import base64
import contextlib
import json
import pickle
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

import netspec
from netspec import api
from tests.explorer.reading import Page
from tests.explorer.test_page import HOSTILE
from tests.notebook_shell import Shell


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
    assert {tag for tag, _ in Page(text).elements} == {"pre", "span"}


def test_no_text_becomes_html_in_a_notebook() -> None:
    plain = Page(api.loads(json.dumps(_spec("plain")))._repr_html_()).skeleton
    for text in HOSTILE:
        try:
            spec = api.loads(json.dumps(_spec(text)))
        except netspec.NetspecError:
            continue
        assert Page(spec._repr_html_()).skeleton == plain


def test_pictures_and_pages_are_texts_that_show_themselves() -> None:
    svg, png = netspec.draw("lenet"), netspec.draw("lenet", form=".png")
    assert isinstance(svg, str)
    assert svg._repr_svg_() == svg == str(svg)
    assert png._repr_png_() == png
    assert png.startswith(b"\x89PNG")
    assert repr(svg) == f"<netspec picture: SVG, {len(svg):,} characters>"
    assert not hasattr(netspec.draw("lenet", form=".dot"), "_repr_svg_")
    page = netspec.explore("lenet")
    (frame,) = Page(page._repr_html_()).of("iframe")
    assert frame["sandbox"] == "allow-scripts"  # neither the notebook's origin nor its document
    assert frame["srcdoc"] == page
    assert pickle.loads(pickle.dumps(svg)) == svg


def test_an_analysis_shows_its_layers_and_totals() -> None:
    found = netspec.analyze("lenet")
    text = found._repr_html_()
    assert text.count("<tr>") == 1 + 12 + 10
    assert "61,706 (241.04 KB)" in text
    assert repr(found) == "<Analysis of lenet: 61,706 parameters, 416,520 MACs>"
    assert netspec.analyze("resnet152")._repr_html_().count("<tr>") < 60
    hostile = json.dumps({"netspec": 1, "name": "<img src=x>", "input": [4], "layers": ["relu"]})
    with contextlib.suppress(netspec.NetspecError):
        assert "<img" not in netspec.analyze(api.loads(hostile))._repr_html_()


def test_an_error_shows_its_diagnostics_and_no_traceback() -> None:
    with pytest.raises(netspec.NetspecError) as caught:
        api.elaborate(api.loads("netspec: 1\nname: wrong\ninput: [1, 8, 8]\nlayers: [{conv: 4, kernel: 99}]\n"))
    told = caught.value._render_traceback_()
    plain = re.sub(r"\x1b\[[\d;]*m", "", "\n".join(told))
    assert plain.startswith("error[NS0302]")
    assert "<text>:4:28" in plain
    assert "Traceback" not in plain
    assert "\x1b[1;31merror[NS0302]" in told[0]
    page = Page(caught.value._repr_html_())
    assert {tag for tag, _ in page.elements} == {"pre", "span"}
    assert "NS0302" in caught.value.diagnostics[0]._repr_html_()


def test_ipython_prints_the_diagnostics_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    done, out = Shell().run("import netspec\nnetspec.load('lenett')")
    told = re.sub(r"\x1b\[[\d;]*m", "", out)
    assert not done.success
    assert "error[NS0901]: there is no spec `lenett`" in told
    assert "Traceback" not in told


def test_what_is_hostile_in_an_error_does_nothing() -> None:
    text = "netspec: 1\nname: wrong\ninput: [1, 8, 8]\nlayers: [{'<script>\x1b[2J': 4}]\n".replace("\x1b", "\\e")
    with pytest.raises(netspec.NetspecError) as caught:
        api.elaborate(api.loads(text))
    assert "<script>" not in caught.value._repr_html_()
    assert "\x1b[2J" not in "".join(caught.value._render_traceback_())


def _spec(text: str) -> dict:
    return {"netspec": 1, "name": text, "doc": text, "input": [4], "layers": ["relu"]}
