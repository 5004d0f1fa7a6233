"""What the writers make of every kind of part, and of names that would be markup."""

from __future__ import annotations

import csv
import io
import re
import shutil
import subprocess
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest

from netspec.diagnostics.styled import line
from netspec.report.document import (
    Brief,
    Caption,
    Column,
    Definitions,
    Document,
    Emphasis,
    Entry,
    Gap,
    Items,
    Lines,
    Link,
    Listing,
    Math,
    Notes,
    Paragraph,
    Part,
    Prose,
    Row,
    Section,
    Sheet,
    Source,
    Table,
    Totals,
    Verbatim,
)
from netspec.report.page import Page
from netspec.report.writers import written

HOSTILE = """<script>alert("x")</script>&amp;<!-- ' --> `</code><b>` a|b *bold* [here](javascript:x) \x1b[31m"""


def document(*parts: Part, title: str = "") -> Document:
    return Document(title, lambda: parts, dict, lambda: Sheet((), ()))


def every_part(text: str) -> list[Part]:
    """One of each, with a text wherever a text can stand."""
    return [
        Caption(text, "Model", text),
        Section(text),
        Paragraph(text, "bold"),
        Items([text]),
        Notes([text]),
        Totals([Column(text), Column(text)], [Row((text, text))]),
        Definitions([Entry(text, text, text, text), Entry(text, Math(text, lambda: "x"))]),
        Table([Column(text), Column(text, numeric=True)], [Row((text, Verbatim(text)), name=text, level=1, mark=True)]),
        Listing([Column(text)], [Row((Verbatim(text),), "red")]),
        Source(text, "yaml"),
        Lines([line((text, "bold red"), text)]),
        Brief(lambda: [Section(text)], lambda: [Paragraph((Link(text, "javascript:alert()"), Emphasis(text)))]),
        Gap(),
        Prose(text),
    ]


class Elements(HTMLParser):
    """The names of elements, the text between them, and what links lead to."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.text = ""
        self.targets: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.targets += [value or "" for name, value in attrs if name == "href"]

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)


ELEMENTS = {
    *("html", "meta", "title", "style", "h1", "h2", "p", "table", "thead", "tbody", "tr", "th", "td"),
    *("dl", "dt", "dd", "ul", "li", "pre", "code", "span", "em"),
}


def test_html_shows_whatever_a_name_holds_as_text() -> None:
    page = Elements()
    page.feed(written(document(*every_part(HOSTILE), title=HOSTILE), "html"))
    assert page.names <= ELEMENTS
    assert page.targets == []
    assert page.text.count('<script>alert("x")</script>') > 20
    assert "\x1b" not in page.text


def test_html_has_every_part_once_and_closes_what_it_opens() -> None:
    text = written(document(*every_part("words"), title="words"), "html")
    for name in ELEMENTS - {"meta", "html"}:
        assert len(re.findall(f"<{name}[ >]", text)) == text.count(f"</{name}>"), name
    assert "<h1>words</h1>" in text
    assert '<td style="padding-left: 2.0rem"><code>words</code> *</td>' in text


def test_html_leads_to_pages_and_nowhere_else() -> None:
    links = [Link("a", "https://a.org/?x=1&y=2"), Link("b", "lints/NS2001.md"), Link("c", "#conv"), Link("d", "data:x")]
    text = written(document(*(Paragraph((link,)) for link in links)), "html")
    assert re.findall(r'href="([^"]*)"', text) == ["https://a.org/?x=1&amp;y=2", "lints/NS2001.md", "#conv"]


def test_markdown_makes_nothing_of_signs_in_a_name() -> None:
    text = written(document(Paragraph("__init__ *a* | <b> [x](y) `a*b`")), "markdown")
    assert text == "\\__init_\\_ \\*a\\* \\| \\<b> [x\\](y) `a*b`\n"
    row = written(document(Table([Column("A"), Column("B")], [Row((HOSTILE, Verbatim("a|`b")))])), "markdown")
    cells = re.split(r"(?<!\\)\|", row.splitlines()[2])
    assert len(cells) == 4
    assert cells[2] == " `` a\\|`b `` "


def test_a_fence_is_longer_than_any_in_what_it_holds() -> None:
    text = written(document(Source("```\nx\n````\n", "yaml")), "markdown")
    assert text == "`````yaml\n```\nx\n````\n`````\n"


def test_text_has_every_part() -> None:
    parts = every_part("words")
    text = written(document(*parts), "text", Page(60))
    assert text.count("words") >= len(parts)
    assert max(map(len, text.splitlines())) <= 60


def test_a_formula_is_never_broken() -> None:
    formula = " + ".join("abcdefghijklmnopqrstuvwxyz")
    entries = [Entry("sum", Math(formula, lambda: "")), Entry("note", formula)]
    text = written(document(Definitions(entries)), "text", Page(40))
    assert f"  sum   {formula}\n" in text
    assert "\n        " in text


def test_latex_takes_nothing_of_a_name_for_its_own() -> None:
    text = written(
        document(*every_part(HOSTILE + r" \input{x} \end{verbatim} 5% $x^2$ a_b #1 ~ { } & 80.1% ± 2")), "latex"
    )
    marked = re.sub(r"^%.*", "", text)
    known = "begin end toprule midrule bottomrule item paragraph texttt textbf emph href hspace ttfamily obeylines"
    known += " obeyspaces pm x to times textbackslash textasciitilde textasciicircum textless textgreater textbar"
    known += " textquotedbl textasciigrave textsuperscript ldots"
    assert set(re.findall(r"\\([A-Za-z]+)", marked)) <= set(known.split())
    assert marked.count("{") - marked.count(r"\{") == marked.count("}") - marked.count(r"\}")
    assert marked.count(r"\end{verbatim}") == 0
    assert r"80.1\% $\pm$ 2" in marked
    assert "\x1b" not in text


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="there is no LaTeX to read it")
@pytest.mark.parametrize("command", [None, ["explain", "lenet"], ["convolve", "[2, -1, 1]", "[1, 1, 2]"]], ids=str)
def test_latex_is_read_by_latex(
    command: list[str] | None, tmp_path: Path, netspec: Callable[..., tuple[int, str, str]]
) -> None:
    made = written(document(*every_part(HOSTILE + r" \end{document} 5% $x^2$ a_b #1 -- {")), "latex")
    if command:
        code, made, said = netspec(*command, "--format", "latex")
        assert code == 0, said
    packages = "".join(re.findall(r"\\usepackage(?:\[\w+\])?\{[\w,]+\}", made.partition("\n")[0]))
    whole = rf"\documentclass{{article}}{packages}\begin{{document}}{made}\end{{document}}"
    (tmp_path / "page.tex").write_text(whole)
    latex = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-draftmode", "page.tex"]
    done = subprocess.run(latex, cwd=tmp_path, capture_output=True, text=True, errors="replace")
    assert done.returncode == 0, done.stdout[-2000:]


def test_csv_keeps_what_a_name_holds() -> None:
    rows = [("a,b", [1, 2]), ('"\n', ["x", "y"]), (True, None)]
    found = written(Document("", tuple, dict, lambda: Sheet(("name", "value"), rows)), "csv")
    assert list(csv.reader(io.StringIO(found)))[1:] == [["a,b", "1x2"], ['"\n', "x y"], ["true", "unknown"]]


def test_csv_tells_what_is_nothing_from_what_is_unknown() -> None:
    records = [{"name": "a", "macs": None, "note": None}, {"name": "b", "macs": 3}]
    sheet = Sheet.of(records, ("name", "macs", "note"), blank=["note"])
    assert written(Document("", tuple, dict, lambda: sheet), "csv") == "name,macs,note\na,unknown,\nb,3,\n"
