"""Feature maps to scale."""

from __future__ import annotations

import os
import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from netspec import api
from netspec.analysis import analyze
from netspec.diagnostics import NetspecError
from netspec.driver.spec import Spec
from netspec.picture import tikz_file as tikz
from netspec.picture.font import text_width
from netspec.picture.volume_shapes import NOTE, TITLE, Volumes
from netspec.picture.volumes import TALLEST, line_scene, volumes
from tests.picture.seen import SVG, Placed, check_coverage, edges, groups, lines
from tests.random_specs.drawn import valid_specs
from tests.random_specs.generate import random_spec
from tests.random_specs.varied import varied_spec

RANDOM = int(os.environ.get("NETSPEC_PICTURES", "20"))
"""Random specs that are drawn, of each generator, where they are a line."""
NETWORKS = [
    "lenet",
    "lenet5_1998",
    "alexnet",
    "vgg16",
    "vgg19_bn",
    "resnet50",
    "unet",
    "googlenet",
    "mlp",
    "conv_autoencoder",
]


def made(name: str) -> Volumes:
    analysis = analyze(api.elaborate(api.load(name)))
    return volumes(analysis, line_scene(analysis, None))


def told(name: str) -> list[tuple[str, str]]:
    return [(each.title, each.note) for each in made(name).volumes]


def test_vgg16_has_the_maps_of_its_paper() -> None:
    """Simonyan and Zisserman (2015), table 1, column D."""
    assert [note for _, note in told("vgg16")] == [
        "3@224×224",
        *("64@224×224", "64@112×112"),
        *("128@112×112", "128@56×56"),
        *("256@56×56", "256@28×28"),
        *("512@28×28", "512@14×14"),
        *("512@14×14", "512@7×7"),
        *("25088", "4096", "4096", "1000"),
    ]
    assert ("conv 3×3, 256 ×3", "256@56×56") in told("vgg16")


def test_lenet5_has_the_maps_of_its_paper() -> None:
    """LeCun et al. (1998), figure 2: C1, S2, C3, S4, C5, F6 and the output."""
    notes = [note for title, note in told("lenet5_1998") if title != "flatten"]
    assert notes == ["1@32×32", "6@28×28", "6@14×14", "16@10×10", "16@5×5", "120@1×1", "84", "10"]


def test_maps_are_to_scale() -> None:
    for name in ("lenet5_1998", "alexnet", "unet"):
        maps = [each for each in made(name).volumes if "@" in each.note and not each.note.endswith("×1")]
        sizes = [int(each.note.rpartition("×")[2]) for each in maps]
        assert [each.high for each in maps] == pytest.approx([TALLEST * size / max(sizes) for size in sizes])


def test_a_unet_is_a_u() -> None:
    places = made("unet").volumes
    middles = [round(each.y + each.high / 2) for each in places]
    bottom = middles.index(max(middles))
    assert middles[:bottom] == sorted(middles[:bottom])
    assert middles[bottom:] == sorted(middles[bottom:], reverse=True)
    assert len(set(middles)) == 5
    assert len(made("unet").lines) == 4


def test_maps_that_only_shrink_stand_in_a_row() -> None:
    shown = made("mobilenet_v3_small")
    assert len(shown.lines) == 4
    assert len({round(each.y + each.high / 2, 3) for each in shown.volumes}) == 1
    assert len(shown.volumes) <= 40  # a deeper level has 65 maps in a row


@pytest.mark.parametrize("name", ["unet", "conv_autoencoder", "vgg16"])
def test_no_line_runs_through_a_text_or_another_map(name: str) -> None:
    shown = made(name)
    for source, target, corners in shown.edges():
        for (ax, ay), (bx, by) in pairwise(corners):
            assert ax == pytest.approx(bx) or ay == pytest.approx(by)
            for each in shown.volumes:
                low = each.y + each.high + TITLE + NOTE + 8
                column = Placed(None, 2 * each.middle - each.end, each.y + each.high, each.end, low)
                assert not column.meets(min(ax, bx), min(ay, by), max(ax, bx), max(ay, by)), each.title
                front = Placed(None, each.x, each.y, each.x + each.thick, each.y + each.high)
                if each.box not in (source, target):
                    assert not front.meets(min(ax, bx), min(ay, by), max(ax, bx), max(ay, by)), each.title


def test_tikz_has_what_svg_has() -> None:
    shown = made("unet")
    text = api.draw(api.load("unet"), style="volumes", form=".tex")
    assert text.count("-- cycle;") == 3 * len(shown.volumes) + len(shown.kernels)
    assert text.count(r"\draw[edge]") == len(list(shown.edges()))
    assert all(f"{{{tikz.escaped(each.note)}}}" in text for each in shown.volumes)


def test_branches_side_by_side_are_no_line() -> None:
    with pytest.raises(NetspecError, match="NS0911"):
        api.draw(api.load("googlenet"), style="volumes", level=2)
    assert len(made("googlenet").volumes) == 20  # the deepest level that is one


def check(spec: Spec, level: int | None = None) -> bool:
    """Columns are apart, all is on the page, nothing is left out; False where the network is no line."""
    shown = api.for_inference(spec)
    analysis = analyze(shown.graph)
    try:
        text = str(shown.draw(style="volumes", level=level))
    except NetspecError as error:
        if "NS0911" not in str(error):
            raise
        return False
    check_coverage(text, analysis, whole_rounds=False)  # what keeps a map as it is belongs to the map before
    root = ElementTree.fromstring(text)
    _, _, width, height = map(float, root.get("viewBox").split())
    page = Placed(root, 0, 0, width, height)
    end = 0.0
    for box in groups(root, "box"):
        left, right = box.left, box.right
        for polygon in box.element.findall(f"{SVG}polygon"):
            for x, y in re.findall(r"([\d.]+),([\d.]+)", polygon.get("points")):
                assert page.holds(float(x), float(y), float(x), float(y))
                right = max(right, float(x))
        title, note = box.element.findall(f"{SVG}text")
        for words, size in ((title, TITLE), (note, NOTE)):
            middle, half = float(words.get("x")), text_width(words.text, size) / 2
            assert page.holds(middle - half, float(words.get("y")) - size, middle + half, float(words.get("y")))
            left, right = min(left, middle - half), max(right, middle + half)
        assert left > end, "columns overlap"
        end = right
    for edge in edges(root):
        assert all(page.holds(*piece) for piece in lines(edge.get("d")))
    return True


@pytest.mark.parametrize("name", NETWORKS)
def test_nothing_overlaps_and_nothing_is_left_out(name: str) -> None:
    assert check(api.load(name))
    assert check(api.load(name), 1)


@pytest.mark.parametrize("make", [random_spec, varied_spec])
def test_random_networks(make) -> None:
    drawn = sum(bool(spec.graph.nodes) and check(spec) for spec in valid_specs(make, RANDOM))
    assert drawn > RANDOM / 10


@pytest.mark.parametrize("form", [".mmd", ".dot"])
def test_formats_that_cannot_tell_volumes_say_so(form: str) -> None:
    with pytest.raises(NetspecError, match="NS0911"):
        api.draw(api.load("lenet"), style="volumes", form=form)
