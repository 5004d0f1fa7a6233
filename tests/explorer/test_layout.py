"""The picture of a page, folded in the browser: as netspec lays it out, and right however it is folded."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any
from xml.etree import ElementTree

import pytest

from netspec import api
from netspec.analysis import analyze
from netspec.picture.building import scene
from netspec.picture.layout import layout
from tests.picture.seen import SVG, check_geometry, edges, groups

NAMES = ("lenet", "resnet50", "googlenet", "unet", "vit_b_16", "mobilenet_v3_small", "fcn_resnet50")
STYLE = "<style>text{font:12px x}.more{font-size:10px}.label{font-size:11px}</style>"


def picture(page: Any) -> str:
    """The page's picture as an SVG file: places told from its corner, no signs, no shadows of folded boxes."""
    text = page.evaluate(
        """() => {
            const copy = document.querySelector("#view svg").cloneNode(true);
            copy.querySelectorAll(".sign, .behind").forEach((each) => each.remove());
            const moved = (each, axis) => {
                if (each === copy) return 0;
                const told = each.getAttribute("transform")?.match(/^translate\\((\\S+) (\\S+)\\)$/);
                return moved(each.parentNode, axis) + (told ? Number(told[1 + axis]) : 0);
            };
            for (const each of copy.querySelectorAll("rect, text")) {
                const [x, y] = ["x", "y"].map((name, axis) => Number(each.getAttribute(name)) + moved(each, axis));
                each.setAttribute("x", x);
                each.setAttribute("y", y);
            }
            return new XMLSerializer().serializeToString(copy);
        }"""
    )
    return re.sub("(<svg[^>]*>)", rf"\1{STYLE}", text, count=1)


def places(root: ElementTree.Element) -> list[tuple[str, str, float, float]]:
    """Each box's path and title, and its place along the flow."""
    found = groups(root, "box")
    return sorted(
        (box.element.get("data-path"), box.element.find(f"{SVG}text").text, box.top, box.bottom) for box in found
    )


@pytest.mark.parametrize("name", NAMES)
def test_levels_are_laid_out_as_netspec_does(
    opened: Callable[..., Any], written: Callable[[str], Path], name: str
) -> None:
    page = opened(written(name))
    analysis = analyze(api.elaborate(api.load(name)))
    while page.locator("#fold").is_enabled():
        page.click("#fold")
    level, complete = 1, False
    while not complete:
        shown = scene(analysis, level)
        complete = shown.complete
        root = ElementTree.fromstring(picture(page))
        assert len(edges(root)) == len(shown.edges)
        rects = layout(shown).boxes
        wanted = sorted(
            (_name(box), box.text[0], rect.y, rect.y + rect.height)
            for box, rect in zip(shown.boxes, rects, strict=True)
        )
        for made, told in zip(places(root), wanted, strict=True):
            assert made[:2] == told[:2]
            assert made[2:] == pytest.approx(told[2:], abs=0.2), (name, level, made)
        check_geometry(picture(page))
        if not complete:
            page.click("#unfold")
            level += 1
    assert not page.locator("#unfold").is_enabled()


def _name(box: Any) -> str:
    return f"{box.role}:{box.path}" if box.role in ("input", "output") else box.path


@pytest.mark.parametrize("name", NAMES)
def test_any_folding_is_a_right_picture(opened: Callable[..., Any], written: Callable[[str], Path], name: str) -> None:
    """Boxes apart, edges beside them, all layers there: after each of some foldings, taken at random."""
    page = opened(written(name))
    random = Random(0)
    for _ in range(12):
        signs, folded = page.locator(".sign"), page.locator(".box.folded")
        number = random.randrange(signs.count() + folded.count()) if signs.count() + folded.count() else None
        if number is None:
            break
        if number < signs.count():
            signs.nth(number).dispatch_event("click", {"bubbles": True})
        else:
            folded.nth(number - signs.count()).dispatch_event("dblclick", {"bubbles": True})
        check_geometry(picture(page))
