"""Texts of strangers in every place of a spec and in every picture of it, read back by each format's own rules."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any
from xml.etree import ElementTree

import pytest

from netspec import api
from netspec.diagnostics import NetspecError
from netspec.driver.spec import Spec
from netspec.explorer.scripts import script
from tests.explorer.reading import Page
from tests.injections.places import BASE, Place, document, places

MARKUP = (
    "</title></text></script><script>alert(1)</script><img src=x onerror=alert(1)>\"'><svg onload=alert(1)>]]>&lt;<!--"
)
TEX = "\\end{tikzpicture}\\input{CANARY}\\write18{touch CANARY}$x$%&#_^~{"
GRAPH = '"];b9 -> b8 [URL="javascript:alert(1)"]; } #quot; --> %%{init: {}}%% click b0 "javascript:alert(1)"\\'
EVERYTHING = f"{MARKUP}{TEX}{GRAPH}"
OTHERS = ("größe_名前", "a\u2028b\u202e\x1b[2J")

NUMBER = r"-?[\d.]+"
POINT = rf"\({NUMBER},{NUMBER}\)"
TEX_TEXT = r"(?:[^\\{}$&#_%^~]|\\[{}&%$#_]|\\text\w+\{\}|\\dots\{\}|\$\\(?:times|cdot|rightarrow|pm|approx)\$|\$-\$)*"
TEX_LINES = (
    rf"  \\node\[[\w\s=.,-]*\] at {POINT} \{{{TEX_TEXT}\}};",
    rf"  \\(?:draw|path)\[[\w\s=.,-]*\] {POINT}(?: (?:--|rectangle) {POINT})*(?: -- cycle)?;",
    rf"  \\path\[[\w\s=.,-]*\] {POINT} circle\[radius={NUMBER}bp\];",
)
MERMAID_TEXT = r"(?:[\w ×·,/:.…]|#\d+;|<br/>)*"
MERMAID_LINES = (
    r"%% \S+(?: -> \S+)?",
    r"flowchart TD",
    rf' +b\d+(?:\(\["{MERMAID_TEXT}"\]\)|\["{MERMAID_TEXT}"\])',
    rf' +subgraph f\d+\["{MERMAID_TEXT}"\]',
    r" +end",
    r" +b\d+ (?:-->|-\.->) b\d+",
    r" +style b\d+ fill:#\w+,stroke:#\w+,color:#\w+(?:,stroke-dasharray:4 3)?",
)
QUOTED = r'"(?:[^"\\]|\\.)*"'
DOT_LINES = (
    rf"digraph {QUOTED} \{{",
    rf" +(?:\w+=(?:{QUOTED}|\w+);? ?)+",
    rf" +(?:node|edge|b\d+|b\d+ -> b\d+)(?: \[(?:\w+=(?:{QUOTED}|[\w.]+)(?:, )?)*\])?;",
    r" +subgraph cluster_\d+ \{",
    r" *\}",
)
TAGS = {"svg", "title", "desc", "style", "marker", "rect", "g", "text", "path", "polygon", "circle"}


def lines_are(text: str, known: tuple[str, ...]) -> None:
    """Each line is one of those that the format is written with."""
    for line in text.splitlines():
        assert any(re.fullmatch(each, line) for each in known), line


def svg(text: str) -> Any:
    """The elements of an SVG file but for its texts, whose number depends on their lengths."""
    root = ElementTree.fromstring(text)
    assert {each.tag.rpartition("}")[2] for each in root.iter()} <= TAGS
    for each in root.iter():
        assert not [name for name in each.attrib if name.startswith("on") or "href" in name]
    return Counter((each.tag, tuple(each.attrib), each.get("class")) for each in root.iter() if each.tag[-4:] != "text")


def tikz(text: str) -> None:
    head, body = text.split("  aside/.style={dashed}]\n")
    assert not re.search(r"input|write|CANARY", head)
    body, end = body.split("\\end{tikzpicture}\n")
    assert end == "\\end{document}\n"
    lines_are(body, TEX_LINES)


def mermaid(text: str) -> None:
    lines_are(text, MERMAID_LINES)


def dot(text: str) -> None:
    lines_are(text, DOT_LINES)


def html(text: str) -> Any:
    page = Page(text)
    assert page.script == script()
    return [each for each in page.skeleton if each[0] != "text"]


def pictures(spec: Spec, plain: Spec) -> Iterator[tuple[str, Any]]:
    """Every picture of a spec by its name, read back: what is not text is given."""
    readers: dict[str, Callable[[str], Any]] = {".svg": svg, ".tex": tikz, ".mmd": mermaid, ".dot": dot}
    last = list(spec.graph.nodes)[-1]
    mark = api.mark_of(spec.name, api.analyze(spec), spec.document.results)
    for form, read in readers.items():
        yield f"graph{form}", read(str(spec.draw(form=form, level=9)))
        yield f"diff{form}", read(str(api.draw_difference(api.diff(plain, spec), form=form)))
        if form in (".svg", ".tex"):
            yield f"blocks{form}", read(str(spec.draw(form=form, style="blocks")))
            yield f"volumes{form}", read(str(spec.draw(form=form, style="volumes", level=1)))
            yield f"field{form}", read(str(api.draw_field(spec, last, form=form)))
            yield f"plot{form}", read(str(api.plot([mark], form=form)))
    yield "page.html", html(spec.explore())
    yield "notebook.html", Page(spec._repr_html_()).skeleton


def accepted(place: Place, text: str) -> Spec | None:
    """The spec with a text at a place; None where that is refused."""
    try:
        spec = api.loads(json.dumps(document(place, text)))
        return spec if spec.graph.nodes and api.generate(spec) else None
    except NetspecError:
        return None


@cache
def harmless(place: Place) -> tuple[Spec, dict[str, Any]] | None:
    """The spec with a harmless text at a place, and its pictures."""
    spec = accepted(place, "plain words") or accepted(place, "plain")
    return spec and (spec, dict(pictures(spec, spec)))


def tried(place: Place, text: str) -> bool:
    """Draw a spec with a text at a place in all formats; False where it is refused."""
    spec = accepted(place, text)
    if spec is None:
        return False
    plain, wanted = harmless(place) or (spec, {})
    told = dict(pictures(spec, plain))
    if spec.graph.nodes.keys() == plain.graph.nodes.keys():
        for name, read in wanted.items():
            assert name.startswith("diff") or told[name] == read, (name, str(place), text)
    return True


@cache
def places_of(text: str) -> tuple[Place, ...]:
    """The places that take a text; its pictures are drawn and read."""
    return tuple([place for place in places() if place.route[0] != "train" and tried(place, text)])


def test_everything_in_any_place_of_a_spec_stays_a_text() -> None:
    assert len(places_of(EVERYTHING)) > 5


def test_a_name_in_any_place_of_a_spec_stays_a_name() -> None:
    assert len(places_of("end")) > 20


@pytest.mark.parametrize("text", OTHERS)
def test_other_texts_where_these_are_taken(text: str) -> None:
    taken = {*places_of(EVERYTHING), *places_of("end")}
    assert sum(tried(place, text) for place in taken) > 5


def test_names_that_formats_have_a_meaning_for_are_drawn() -> None:
    """Names of layers, blocks, params, inputs and outputs at once, each a word of some format."""
    words = ("end", "subgraph", "digraph", "node_", "style", "click")
    spec: dict[str, Any] = json.loads(json.dumps(BASE)) | {"name": words[0], "outputs": {words[1]: words[2]}}
    spec["blocks"] = {words[3]: {"layers": ["relu"]}}
    spec["layers"] = [
        {words[3]: None, "name": words[4]},
        {"layers": ["relu"], "name": words[5]},
        {"relu": None, "name": words[2]},
    ]
    shown = api.loads(json.dumps(spec))
    told = dict(pictures(shown, shown))
    assert len(told) == 18
    text = str(shown.draw(form=".mmd", level=9))
    assert all(each in text for each in (words[1], words[4], words[5], "node#95;"))


def test_what_the_readers_would_find() -> None:
    for read, line in (
        (mermaid, '  b1["a"]; click b1 "javascript:alert(1)"'),
        (mermaid, '%%{init: {"securityLevel": "loose"}}%%'),
        (dot, '  b1 [label="a", URL="x"]; b2 -> b3;'),
        (dot, '  b1 [label="a" b", fillcolor="x"];'),
    ):
        with pytest.raises(AssertionError):
            read(f"{line}\n")
    text = str(api.draw(api.load("lenet"), form=".tex"))
    for bad in ("{a_b}", "{\\input{x}}", "{a}};\\input{x}", "{a%}", "{$x$}"):
        with pytest.raises(AssertionError):
            tikz(re.sub(r"\{tanh\}", lambda _, bad=bad: bad, text))
