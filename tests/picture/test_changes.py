"""One picture of two networks: every change has its sign and its colour, and nothing else has one."""

from __future__ import annotations

import os
import re
from xml.etree import ElementTree

import pytest

from netspec import api
from netspec.differences import Difference
from netspec.picture.changes import SIGNS, marked
from netspec.picture.themes import THEMES
from tests.picture.seen import SVG, check_geometry, groups
from tests.random_specs.drawn import valid_specs
from tests.random_specs.generate import random_spec
from tests.random_specs.varied import varied_spec

RANDOM = int(os.environ.get("NETSPEC_PICTURES", "60")) // 3
HEAD = "netspec: 1\nname: net\ninput: [8, 8, 8]\n"
PAIRS = [
    ("resnet50", "resnet101"),
    ("resnet34", "resnet18"),
    ("resnet50", "wide_resnet50_2"),
    ("vgg16", "vgg11_bn"),
    ("lenet", "lenet5_1998"),
    ("googlenet", "googlenet_bn"),
    ("mlp", "unet"),
]


def check_all(found: Difference) -> None:
    """The marks are those of the changes, and the picture keeps to the rules of all pictures."""
    for level in (None, 1, 99):
        shown = marked(found, level)
        boxes = {key: box for box in shown.scene.boxes for key in box.keys}
        told = {key for change in found.changes if change.after is not None for key in change.after.keys}
        for key, box in boxes.items():
            assert key not in told or box.number in shown.marks
        for box in shown.scene.boxes:
            mark = shown.marks.get(box.number)
            assert (mark is not None) == (box.title[:1] in SIGNS.values())
            if box.keys and mark is not None:
                assert told.intersection(box.keys)
        gone = [change for change in found.changes if change.after is None]
        titles = [b.title for b in shown.scene.boxes if shown.marks.get(b.number) == "removed" and b.aside and b.lines]
        counts = [int(m[1]) if (m := re.search(r" ×(\d+)$", title)) else 1 for title in titles if "put " not in title]
        assert sum(counts) == len(gone)
    check_geometry(api.draw_difference(found))


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_zoo_networks(one: str, other: str) -> None:
    check_all(api.diff(api.load(one), api.load(other)))


@pytest.mark.parametrize("make", [random_spec, varied_spec])
def test_random_networks(make) -> None:
    specs = list(valid_specs(make, 2 * RANDOM))
    for one, other in zip(specs[::2], specs[1::2], strict=False):
        check_all(api.diff(one, other))


def told(one: str, other: str) -> list[tuple[str, ...]]:
    """The texts of the marked boxes."""
    shown = marked(api.diff(api.loads(HEAD + one), api.loads(HEAD + other)))
    return [box.text for box in shown.scene.boxes if box.number in shown.marks and box.role == "layer"]


def test_options_are_told() -> None:
    one = "layers: [{conv: 4, kernel: 3, padding: 1, name: c}, relu, {batch_norm: , name: n}]\n"
    other = one.replace("conv: 4", "conv: 6").replace("relu", "tanh")
    changed, added, resized, removed, *legend = told(one, other)
    assert changed == ("± conv 3×3, 6", "6×8×8", "out 4 → 6")
    assert (added[0], resized[0], removed) == ("+ tanh", "≈ batch norm", ("− relu", "relu1"))
    assert [line for line, *_ in legend] == ["+ added", "− removed", "± changed", "≈ sizes follow"]


def test_the_same_network_has_no_marks() -> None:
    found = marked(api.diff(api.load("resnet50"), api.load("resnet50")))
    assert not found.marks
    assert found.scene.root.parts[0].role == "input"


def test_another_input_is_marked() -> None:
    found = api.diff(api.load("resnet50"), api.load("lenet"))
    assert "3×224×224 → 1×28×28" in api.draw_difference(found)


def test_marks_differ_in_grey() -> None:
    """And where greys are near each other, by their signs; what is removed is dashed, too."""
    for theme in THEMES.values():
        assert set(theme.marks) == {"same", *SIGNS}
    assert len(set(THEMES["print"].marks.values())) == 4


@pytest.mark.parametrize("form", [".svg", ".tex", ".mmd", ".dot"])
def test_every_format(form: str) -> None:
    text = api.draw_difference(api.diff(api.load("vgg16"), api.load("vgg11_bn")), form=form, theme="print")
    assert "batch norm" in text
    assert not (form == ".tex" and re.search(r"[+±−≈→].*[±−≈→]", text))


def test_the_command(netspec, tmp_path) -> None:
    file = tmp_path / "d.svg"
    code, out, _ = netspec("diff", "resnet34", "resnet18", "--draw", str(file))
    assert (code, "layer4" in out) == (0, True)
    root = ElementTree.fromstring(file.read_text())
    assert len([each for each in root.iter(f"{SVG}text") if each.text.startswith("− basic")]) == 4
    assert len([box for box in groups(root, "box") if "aside" in box.element.get("class")]) == 4
    assert netspec("diff", "resnet34", "resnet18", "--draw", str(tmp_path / "d.jpg"))[0] == 2
