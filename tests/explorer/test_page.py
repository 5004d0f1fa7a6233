"""The explorer's page as a file: what it holds, what it may do, and what strangers' texts make of it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from netspec import api
from netspec.analysis import analyze
from netspec.explorer.scripts import script
from tests.explorer.reading import Page, hashed
from tests.picture.seen import check_geometry

HOSTILE = (
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "<img src=x onerror=alert(1)>",
    "\"'><svg onload=alert(1)>",
    "</style><style>*{display:none}</style>",
    "]]>&lt;b&gt;</title>",
    "javascript:alert(1)",
    "a\u2028b\u202e\x1b[2J",
)


@pytest.fixture(scope="module")
def resnet() -> Page:
    return Page(api.explore(api.load("resnet50")))


@pytest.mark.parametrize(("name", "most"), [("resnet50", 200_000), ("resnet152", 350_000)])
def test_pages_are_small(name: str, most: int) -> None:
    assert len(api.explore(api.load(name)).encode()) <= most


def test_a_page_is_the_same_each_time() -> None:
    assert api.explore(api.load("lenet")) == api.explore(api.load("lenet"))


def test_a_page_may_run_its_own_script_and_nothing_else(resnet: Page) -> None:
    assert resnet.policy == {
        "default-src": "'none'",
        "script-src": hashed(script()),
        "style-src": hashed("".join(resnet.texts["style"])),
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    assert resnet.script == script()


def test_a_page_names_no_other_file(resnet: Page) -> None:
    asking = {"src", "href", "action", "data", "srcset", "poster", "background", "formaction", "ping", "style"}
    assert not [each for each in resnet.elements if asking & each[1].keys() or any(k.startswith("on") for k in each[1])]
    assert not {"link", "iframe", "object", "embed", "base", "img"} & {tag for tag, _ in resnet.elements}
    assert not re.search(r"url\((?!#)|@import", "".join(resnet.texts["style"]))
    assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|Function\(", script())


def test_without_a_script_picture_and_table_remain() -> None:
    spec = api.load("googlenet")
    text = api.explore(spec)
    (svg,) = re.findall(r"<svg .*?</svg>", text, re.DOTALL)
    style = "<style>text{font:12px x}.more{font-size:10px}.label{font-size:11px}</style>"
    check_geometry(svg.replace("</title>", f"</title>{style}", 1))
    page, analysis = Page(text), analyze(api.elaborate(spec))
    rows = [each for each in page.of("tr") if "data-call" in each]
    assert sorted(int(str(each["data-call"])) for each in rows) == list(range(len(analysis.graph.nodes)))
    assert f"{analysis.weights.total.params:,}" in page.texts["dd"]


def test_the_figures_are_those_of_the_analysis(resnet: Page) -> None:
    analysis = analyze(api.elaborate(api.load("resnet50")))
    data = resnet.data
    rows = [data["own"]["figures"][number] for number in data["classes"]]
    assert sum(params for _, params, _ in rows) == analysis.weights.total.params
    assert sum(macs for _, _, macs in rows) == analysis.work.total
    keys = [data["texts"][call[0]] for call in data["details"]["calls"]]
    assert keys == list(analysis.graph.nodes)


def test_the_trials_are_those_of_netspec(resnet: Page) -> None:
    data = resnet.data
    axes = {axis["name"]: axis for axis in data["axes"]}
    assert [value["label"] for value in axes["classes"]["values"]] == ["250", "500", "1000", "2000", "4000"]
    assert axes["classes"]["values"][axes["classes"]["own"]] == {"label": "1000"}
    for name, other, settings in (
        ("classes", "250", {"classes": 250}),
        ("depths", "[2, 3, 5, 2]", {"depths": [2, 3, 5, 2]}),
    ):
        (value,) = (each for each in axes[name]["values"] if each["label"] == other)
        made = api.analyze(api.load("resnet50", settings))
        assert dict(map(tuple, value["totals"]))["params"] == made.weights.total.params
        assert ("figures" in value) == (name == "classes")
    (size,) = (axis for name, axis in axes.items() if name.startswith("Size"))
    (value,) = (each for each in size["values"] if each["label"] == "112")
    small = analyze(api.elaborate(api.load("resnet50"), {"input": (3, 112, 112)}))
    assert sum(value["figures"][number][2] for number in data["classes"]) == small.work.total


def test_sizes_that_a_network_does_not_take_are_not_offered() -> None:
    data = Page(api.explore(api.load("unet"))).data
    sizes = next(axis for axis in data["axes"] if axis["name"].startswith("Size"))
    for value in sizes["values"]:
        size = int(value["label"])
        assert "problem" not in value
        assert api.elaborate(api.load("unet"), {"input": (1, size, size)})
    assert len(sizes["values"]) > 3


def test_values_that_do_not_work_say_why() -> None:
    spec = "netspec: 1\nname: net\nparams: {heads: 2}\ninput: [4, 12]\nlayers:\n  - {attention: $heads}\n"
    data = Page(api.explore(api.loads(spec))).data
    (heads,) = (axis for axis in data["axes"] if axis["name"] == "heads")
    problems = {value["label"]: value.get("problem", "") for value in heads["values"]}
    assert problems["8"].startswith("NS")
    assert not problems["4"]


def test_a_doc_of_every_hostile_text_is_shown_as_it_is() -> None:
    for text in HOSTILE[:-1]:
        spec = {"netspec": 1, "name": "net", "doc": text, "input": [4], "layers": ["relu"]}
        page = Page(api.explore(api.loads(json.dumps(spec))))
        assert text in "".join(page.texts["p"])
        assert any(text in source[1] or json.dumps(text)[1:-1] in source[1] for source in page.data["details"]["specs"])
        assert [tag for tag, _ in page.elements].count("script") == 2


def test_a_broken_spec_is_told_and_nothing_written(netspec, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("netspec: 1\nname: bad\ninput: [1, 8, 8]\nlayers: [{conv: 4, kernel: 99}]\n")
    code, out, err = netspec("explore", "bad.yaml", "-o", "bad.html")
    assert (code, out) == (1, "")
    assert "NS0302" in err
    assert not (tmp_path / "bad.html").exists()


def test_the_command_writes_and_prints(netspec, tmp_path: Path) -> None:
    assert netspec("explore", "lenet", "-o", "lenet.html") == (0, "", "")
    code, out, _ = netspec("explore", "lenet", "--input", "1x32x32")
    assert code == 0
    assert (tmp_path / "lenet.html").read_text(encoding="utf-8") == api.explore(api.load("lenet"))
    assert "1×32×32" in out


@pytest.mark.parametrize("name", ["lenet.png", "lenet.htlm", "lenet.svg", "lenet"])
def test_another_suffix_is_told_and_nothing_written(netspec, tmp_path: Path, name: str) -> None:
    code, out, err = netspec("explore", "lenet", "-o", name)
    assert (code, out) == (2, "")
    assert f"{name} is to end in .html or .htm" in err
    assert not (tmp_path / name).exists()


def test_a_page_needs_no_torch(tmp_path: Path) -> None:
    code = (
        "import sys; from netspec.cli import run; run(['explore', 'lenet', '-o', sys.argv[1]]); "
        "sys.exit('torch' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "page.html")], check=True)


def test_the_modules_of_the_script_share_no_name() -> None:
    names = re.findall(r"(?m)^(?:async )?(?:function|class|const|let) (\w+)", script())
    assert len(names) == len(set(names)) > 20
    assert not re.search(r"(?m)^(import|export) ", script())
    assert "</script" not in script()
    assert "<!--" not in script()
