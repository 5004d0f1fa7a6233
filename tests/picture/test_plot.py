"""Networks as circles: areas are parameters, places are figures, labels lie apart, nothing is left out in silence."""

from __future__ import annotations

from itertools import combinations
from random import Random
from xml.etree import ElementTree

import pytest

from netspec import api
from netspec.diagnostics import NetspecError
from netspec.picture.font import text_width
from netspec.picture.plot import LABEL, MOST, Mark, measured
from tests.picture.seen import SVG

HOSTILE = '</text><script>alert(1)</script>"&%$#{}\\\\ends'


def mark(name: str, params: int | None, macs: int | None, top1: float | None = None) -> Mark:
    return Mark(name, params, macs, {} if top1 is None else {("imagenet", "top1"): top1})


def groups(text: str, kind: str) -> list[ElementTree.Element]:
    return [each for each in ElementTree.fromstring(text).iter(f"{SVG}g") if each.get("class") == kind]


def check(text: str, names: list[str]) -> None:
    """Every network has its circle and its label; labels lie apart, on the page, and are crossed by no line."""
    root = ElementTree.fromstring(text)
    _, _, width, height = map(float, root.get("viewBox").split())
    boxes, lines = [], []
    for each in groups(text, "label"):
        words = each.find(f"{SVG}text")
        left, base, wide = float(words.get("x")), float(words.get("y")), text_width(words.text, LABEL)
        boxes.append((left, base - 0.8 * LABEL, left + wide, base + 0.25 * LABEL))
        lines += [path.get("d") for path in each.findall(f"{SVG}path")]
    assert sorted(each.find(f"{SVG}text").text for each in groups(text, "label")) == sorted(names)
    assert sorted(each.get("data-name") for each in groups(text, "mark")) == sorted(names)
    for (a, b, c, d), (e, f, g, h) in combinations(boxes, 2):
        assert c <= e or g <= a or d <= f or h <= b, "labels overlap"
    for left, top, right, bottom in boxes:
        assert left >= 0
        assert top >= 0
        assert right <= width
        assert bottom <= height
    for circle in root.iter(f"{SVG}circle"):
        x, y, radius = (float(circle.get(name)) for name in ("cx", "cy", "r"))
        assert radius <= x <= width - radius
        assert radius <= y <= height - radius


def test_areas_are_parameters() -> None:
    text = api.plot([mark("a", 1_000, 10), mark("b", 4_000, 20), mark("c", 0, 30)])
    radius = {each.get("data-name"): float(each.find(f"{SVG}circle").get("r")) for each in groups(text, "mark")}
    assert radius["b"] == pytest.approx(2 * radius["a"], rel=0.01)
    assert radius["c"] == 0


def test_more_operations_lie_to_the_right_and_better_results_above() -> None:
    text = api.plot([mark("small", 10, 100, 60.0), mark("large", 20, 900_000, 80.0)])
    place = {
        each.get("data-name"): [float(each.find(f"{SVG}circle").get(name)) for name in ("cx", "cy")]
        for each in groups(text, "mark")
    }
    assert place["small"][0] < place["large"][0]
    assert place["small"][1] > place["large"][1]
    assert "top1 on imagenet, %" in text


def test_a_result_that_one_network_has_is_no_axis() -> None:
    assert measured([mark("a", 1, 1, 50.0), mark("b", 1, 1)]) is None
    assert measured([mark("a", 1, 1, 50.0), mark("b", 1, 1, 60.0), mark("c", 1, 1)]) == ("imagenet", "top1")


def test_what_is_unknown_is_told() -> None:
    text = api.plot([mark("a", 1, 1, 50.0), mark("b", 1, 1, 60.0), mark("c", 1, 1), mark("d", None, 5, 3.0)])
    check(text, ["a", "b"])
    assert "unknown, so not shown: c, d" in text


@pytest.mark.parametrize("seed", range(30))
def test_labels_lie_apart(seed: int) -> None:
    random = Random(seed)
    count, spread = random.randint(1, 50), random.choice([0, 1, 4, 8])
    marks = [
        mark("n" * random.randint(1, 20) + str(i), random.randint(0, 10**8), int(10 ** random.uniform(6, 6 + spread)))
        for i in range(count)
    ]
    check(api.plot(marks), [each.name for each in marks])


@pytest.mark.parametrize("macs", [0, 1, 10**15])
def test_equal_networks_have_a_place_each(macs: int) -> None:
    marks = [mark(f"same{i}", macs, macs, 71.0) for i in range(8)]
    check(api.plot(marks), [each.name for each in marks])


def test_the_zoo(netspec, tmp_path) -> None:
    file = tmp_path / "zoo.svg"
    names = [name for name in api.zoo() if "imagenet" in api.load(name).document.results]
    code, out, _ = netspec("compare", *names, "lenet", "--columns", "params", "--plot", str(file))
    assert (code, "resnet50" in out) == (0, True)
    check(file.read_text(), names)
    assert "not shown: lenet" in file.read_text()


def test_nothing_of_a_name_becomes_markup() -> None:
    bare = api.plot([mark(HOSTILE, 5, 5)], form=".tex").replace(r"\{", "").replace(r"\}", "")
    assert bare.count("{") == bare.count("}")
    assert groups(api.plot([mark(HOSTILE, 5, 5)]), "label")[0].find(f"{SVG}text").text == HOSTILE


@pytest.mark.parametrize("form", [".mmd", ".dot", ".jpg", ""])
def test_formats_that_cannot_tell_it_say_so(form: str) -> None:
    with pytest.raises(NetspecError, match="NS0911"):
        api.plot([mark("a", 5, 5)], form=form)


def test_too_few_and_too_many() -> None:
    for marks in ([], [mark("a", None, 5)], [mark(str(i), 5, i) for i in range(MOST + 1)]):
        with pytest.raises(NetspecError, match="NS0911"):
            api.plot(marks)


def test_png_pdf_and_tikz() -> None:
    marks = [mark("a", 5, 5), mark("b", 50, 500)]
    assert r"circle[radius=" in api.plot(marks, form=".tex", theme="print")
    pytest.importorskip("resvg_py", reason="netspec[draw] is not installed")
    assert api.plot(marks, form=".png", width="2in").startswith(b"\x89PNG")
    pytest.importorskip("typst", reason="netspec[draw] is not installed")
    assert api.plot(marks, form=".pdf").startswith(b"%PDF")


def test_a_spec_is_not_overwritten(netspec, tmp_path) -> None:
    spec = tmp_path / "net.svg"
    spec.write_text("netspec: 1\nname: net\ninput: [8]\nlayers: [{linear: 4}]\n")
    code, _, err = netspec("compare", str(spec), "--plot", str(spec))
    assert (code, "NS0903" in err) == (1, True)
    assert spec.read_text().startswith("netspec: 1")
