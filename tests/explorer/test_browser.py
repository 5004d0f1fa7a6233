"""The explorer's page in a browser: what a click and a key show, and that nothing leaves it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from netspec import api
from netspec.report.explanation import entries
from tests.explorer.test_page import HOSTILE

Open = Callable[..., Any]
Written = Callable[[str], Path]


def explained(name: str, key: str) -> list[str]:
    """The formulas of a layer, as `netspec explain` prints them."""
    (found,) = api.explain(api.load(name), [key])
    return [getattr(entry.text, "text", entry.text) for entry in entries(found)]


def details(page: Any) -> str:
    return page.inner_text("#details")


def test_a_click_shows_the_line_and_the_formulas(opened: Open, written: Written) -> None:
    page = opened(written("resnet50"))
    page.locator('.box[data-path="conv1"]').click()
    assert page.inner_text("#details h2") == "conv1"
    shown = page.locator("#details code").all_inner_texts()
    assert all(formula in shown for formula in explained("resnet50", "conv1"))
    line = page.inner_text("pre.spec mark").strip()
    assert line == "- {conv: 64, kernel: 7, stride: 2, padding: 3, bias: false, name: conv1}"
    assert page.locator("pre.python mark").all_inner_texts() == [
        "        self.conv1 = nn.Conv2d(3, 64, kernel_size=7, stride=2, padding=3, bias=False)\n",
        "        x = self.conv1(x)  # [N, 64, 112, 112]\n",
    ]
    assert {"[3, 224, 224]", "[64, 112, 112]", "[64, 3, 7, 7]"} <= set(shown)
    assert "conv1.weight" in details(page)
    assert page.locator("tr[aria-current]").inner_text().split()[:2] == ["conv1", "Conv2d"]


def test_a_row_shows_its_layer_and_marks_the_box_that_holds_it(opened: Open, written: Written) -> None:
    page = opened(written("resnet152"))
    page.locator("th button[data-call]").nth(300).click()
    key = page.inner_text("#details h2")
    assert key == list(api.elaborate(api.load("resnet152")).nodes)[300]
    assert all(formula in details(page) for formula in explained("resnet152", key))
    assert page.locator(".box.chosen").get_attribute("data-path") == "layer3.1"
    assert "a repeat: 36 × bottleneck" in details(page)


def test_rounds_drawn_as_one_are_told_one_by_one(opened: Open, written: Written) -> None:
    page = opened(written("resnet50"))
    page.click("#unfold")
    page.locator('.box[data-path="layer1.1.conv1"]').click()
    assert "1 of 2" in page.inner_text(".rounds")
    page.get_by_role("button", name="Round after").click()
    assert page.inner_text("#details h2") == "layer1.2.conv1"


def test_a_folded_block_is_told_with_its_layers(opened: Open, written: Written) -> None:
    page = opened(written("googlenet"))
    page.locator('.box[data-path="inception_3a"]').click()
    assert page.inner_text("#details h2") == "inception_3a"
    assert page.locator("ol.layers li").count() == 14
    page.locator("ol.layers button").first.click()
    assert page.inner_text("#details h2") == "inception_3a.branch1.conv"


def test_folding_by_click_and_by_key(opened: Open, written: Written) -> None:
    page = opened(written("resnet50"))
    page.locator('.box[data-path="layer1.0"]').dblclick()
    assert page.locator('.box[data-path="layer1.0.conv1"]').count() == 1
    assert page.locator('.box[data-path="layer2.0"]').count() == 1
    page.keyboard.press(" ")  # the keyboard is on the first box of what was unfolded
    assert page.locator('.box[data-path="layer1.0.conv1"]').count() == 0
    page.locator(".sign").first.click()
    assert page.locator('.box[data-path="layer1"]').count() == 1


def test_a_fold_makes_its_box_and_moves_the_others(opened: Open, written: Written) -> None:
    """Work is counted, as times depend on the machine: elements made, attributes written, and layouts of the page."""
    page = opened(written("resnet152"))
    while page.locator("#unfold").is_enabled():
        page.click("#unfold")
    shown = page.locator(".box, .frame, .edge").count()
    assert shown > 150
    meter = page.context.new_cdp_session(page)
    meter.send("Performance.enable")

    def layouts() -> float:
        return {each["name"]: each["value"] for each in meter.send("Performance.getMetrics")["metrics"]}["LayoutCount"]

    before = layouts()
    counted = page.evaluate(
        """() => {
            let made = 0;
            const create = document.createElementNS.bind(document);
            document.createElementNS = (...told) => (made++, create(...told));
            const watch = new MutationObserver(() => {});
            watch.observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
            const act = (selector, at, kind) => {
                document.querySelectorAll(selector)[at].dispatchEvent(new MouseEvent(kind, { bubbles: true }));
            };
            const fold = [".sign", 8, "click"], unfold = [".box.folded", 0, "dblclick"];
            return [fold, unfold, fold, unfold].map((told) => {
                made = 0;
                act(...told);
                return [made, watch.takeRecords().length];
            });
        }"""
    )
    assert [made for made, _ in counted] == [8, 0, 0, 0]  # a box of five elements and its three edges, once
    assert max(written for _, written in counted) <= shown
    assert layouts() - before <= len(counted) + 1  # one each, in which the keyboard is put on its box


def test_the_keyboard_reaches_everything(opened: Open, written: Written) -> None:
    page = opened(written("lenet"))
    met: list[str] = []
    page.evaluate("document.activeElement.blur()")
    for _ in range(60):
        page.keyboard.press("Tab")
        told = page.evaluate(
            "(e => e.id || e.dataset.path || e.dataset.call || e.className || e.tagName)(document.activeElement)"
        )
        if met and told == met[0]:
            break
        met.append(told)
    assert {"search", "smaller", "larger", "fit", "natural", "theme", "layers", "0", "conv1"} <= set(met)
    page.locator('.box[tabindex="0"]').focus()
    page.keyboard.press("Home")
    walked = []
    for _ in range(page.locator(".box").count()):
        walked.append(page.evaluate("document.activeElement.dataset.path"))
        page.keyboard.press("ArrowDown")
    assert walked == page.locator(".box").evaluate_all("boxes => boxes.map((box) => box.dataset.path)")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert page.inner_text("#details h2") == "conv1"
    page.locator('th button[tabindex="0"]').focus()
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    assert page.inner_text("#details h2") == "fc3"
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "search"


def test_zooming_keeps_the_picture_s_shape(opened: Open, written: Written) -> None:
    page = opened(written("lenet"))

    def size() -> tuple[float, float]:
        box = page.locator("#view svg").bounding_box()
        return box["width"], box["height"]

    before = size()
    page.click("#larger")
    assert size() == pytest.approx((before[0] * 1.25, before[1] * 1.25), abs=0.2)
    page.click("#fit")
    assert size()[1] <= page.locator("#view").bounding_box()["height"]
    page.click("#natural")
    assert size() == pytest.approx(before, abs=0.2)


def test_a_search_filters_marks_and_unfolds(opened: Open, written: Written) -> None:
    page = opened(written("resnet50"))
    page.fill("#search", "layer3.0.downsample")
    assert page.inner_text("#found") == "2 of 175 layer calls"
    assert page.locator("tbody tr:visible").count() == 2
    assert page.locator(".box.found").count() == 1
    page.keyboard.press("Enter")
    assert page.inner_text("#details h2") == "layer3.0.downsample.0"
    assert page.locator(".box.chosen").get_attribute("data-path") == "layer3.0.downsample.0"
    page.fill("#search", "maxpool")
    assert page.inner_text("#found") == "1 of 175 layer calls"
    page.keyboard.press("Escape")
    assert page.locator("tbody tr[data-call]:visible").count() == 175


def test_sliders_show_what_netspec_computed(opened: Open, written: Written) -> None:
    page = opened(written("resnet50"))
    page.click("#vary summary")
    sizes, depths, classes = (page.locator("input[type=range]").nth(number) for number in range(3))
    assert "computed for 250, 500, 1000, 2000, 4000" in page.inner_text("#trials")
    sizes.focus()
    page.keyboard.press("Home")
    small = api.elaborate(api.load("resnet50"), {"input": (3, 56, 56)})
    last = list(small.nodes.values())[-4]
    shown = "×".join(map(str, last.output_shapes[0]))
    call = list(small.nodes).index(last.key)
    assert page.locator(f'tr[data-call="{call}"] td').nth(1).inner_text() == shown
    assert "3×56×56" in page.locator('.box[data-path="input:input"]').text_content()
    classes.focus()
    page.keyboard.press("Home")
    total = api.analyze(api.load("resnet50", classes=250)).weights.total.params
    assert f"{total:,}" in page.inner_text("#totals")
    assert "3×224×224" in page.locator('.box[data-path="input:input"]').text_content()
    depths.focus()
    page.keyboard.press("End")
    assert "Its layers are others" in page.inner_text("#notice")
    assert f"{api.analyze(api.load('resnet50', depths=[4, 5, 7, 4])).weights.total.params:,}" in page.inner_text(
        "#totals"
    )


def test_dark_and_light(opened: Open, written: Written) -> None:
    page = opened(written("lenet"), color_scheme="dark")

    def ground() -> str:
        return page.evaluate("getComputedStyle(document.body).backgroundColor")

    dark = ground()
    page.click("#theme")
    assert ground() == "rgb(255, 255, 255)" != dark
    page.click("#theme")
    assert ground() == dark


def test_without_javascript_the_picture_and_the_table_remain(opened: Open, written: Written) -> None:
    page = opened(written("resnet50"), java_script_enabled=False)
    assert page.locator("svg .box").first.is_visible()
    assert page.locator("tbody tr").first.is_visible()
    assert not page.locator("#search").is_visible()
    assert not page.locator("#vary").is_visible()


def test_hostile_texts_are_texts(opened: Open, tmp_path: Path) -> None:
    spec = {
        "netspec": 1,
        "name": "net",
        "doc": " ".join(HOSTILE),
        "input": [4],
        "layers": [{"linear": 3, "doc": HOSTILE[0]}],
    }
    (tmp_path / "page.html").write_text(api.explore(api.loads(json.dumps(spec))), encoding="utf-8")
    page = opened(tmp_path / "page.html")
    assert page.inner_text("header p").startswith("</script><script>alert(1)</script>")
    page.locator("th button").first.click()
    assert "<script>alert(1)" in page.inner_text("pre.spec")
    assert page.locator("img").count() == 0
    assert page.locator("script").count() == 2


@pytest.mark.parametrize(("name", "scheme"), [("lenet", "dark"), ("lenet", "light"), ("googlenet", "light")])
def test_axe_finds_nothing(opened: Open, written: Written, name: str, scheme: str) -> None:
    axe = Path(__file__).parents[2] / ".axe/node_modules/axe-core/axe.min.js"
    if not axe.exists():
        pytest.skip("there is no axe-core in .axe")
    page = opened(written(name), color_scheme=scheme, bypass_csp=True)
    page.click("#vary summary")
    page.evaluate(axe.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run()")["violations"]
    assert [(each["id"], each["impact"], each["nodes"][0]["html"][:200]) for each in found] == []


def test_the_policy_stops_a_script_that_is_not_the_page_s(browser: Any, written: Written, tmp_path: Path) -> None:
    text = written("lenet").read_text(encoding="utf-8")
    (tmp_path / "page.html").write_text(text.replace("</body>", "<script>document.title = 'run'</script></body>"))
    page = browser.new_page()
    page.goto((tmp_path / "page.html").as_uri())
    assert page.title() == "lenet · netspec"
    page.close()
