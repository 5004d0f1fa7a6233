"""The explorer's page: one HTML file that asks for nothing, with a picture and a table that need no script.

A spec is a stranger's. What it says stands escaped in the table and the picture, and as JSON in a data block, from
which the page's script makes text nodes alone; a policy allows that one script and that one style sheet by their
hashes, and no request.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from html import escape
from typing import Any

from netspec.analysis import Analysis
from netspec.backends.text_places import TextPlace
from netspec.diagnostics.styled import visible
from netspec.explorer.details import Details
from netspec.explorer.parts import PictureParts
from netspec.explorer.pool import Pool
from netspec.explorer.scripts import script, style
from netspec.explorer.trials import Axis
from netspec.explorer.views import Views
from netspec.frontend.document import Document
from netspec.objects.immutable import immutable
from netspec.picture import captions
from netspec.picture.layout import layout
from netspec.picture.picture import Picture
from netspec.picture.themes import LIGHT
from netspec.picture.writers.svg import content
from netspec.report.document import Verbatim
from netspec.report.numbers import View, count
from netspec.report.rows import table_rows

SUFFIXES = (".html", ".htm")
"""The suffixes of a page's file."""


@immutable
class Shot:
    """A picture of a layer: what it shows, and the picture as PNG."""

    caption: str
    png: bytes


@immutable
class Explored:
    """All that a page shows.

    Attributes:
        analysis: The network.
        document: Its spec.
        source: Its generated source; empty where there is none.
        places: The places of its layer calls in that source, by key.
        axes: The sliders.
        cut: Whether a network was too large for all of them.
        pictures: Pictures of layers, by key.
    """

    analysis: Analysis
    document: Document
    source: str
    places: Mapping[str, TextPlace]
    axes: tuple[Axis, ...]
    cut: bool
    pictures: Mapping[str, Sequence[Shot]] = field(default_factory=dict)


def page(shown: Explored, *, tag: str = "", problem: str = "") -> str:
    """The page.

    Args:
        shown: What it shows.
        tag: The name of this state of the page, for one that is served and asks for newer ones; else empty.
        problem: What is wrong with the spec since, for a page that still shows it as it was.
    """
    return "".join(_lines(shown, tag, problem))


def _lines(shown: Explored, tag: str, problem: str) -> Iterator[str]:
    analysis = shown.analysis
    texts = Pool()
    views = Views(analysis, shown.axes, texts)
    parts = PictureParts(analysis, [view.graph for view in views.alike], texts)
    data = {
        **views.data(parts),
        "details": Details(analysis, shown.document, shown.places, texts).data(),
        "picture": parts.data(),
        "python": _shown(shown.source).split("\n"),
        "texts": texts.values,
    }
    if shown.pictures:
        data["shots"] = [
            [[each.caption, _embedded(each.png)] for each in shown.pictures.get(key, ())]
            for key in analysis.graph.nodes
        ]
    allowed = policy(served=bool(tag), pictured=bool(shown.pictures))
    name, doc = _text(analysis.graph.name), _text(shown.document.doc)
    yield '<!doctype html>\n<html lang="en"'
    yield f' data-tag="{_text(tag)}">\n' if tag else ">\n"
    yield f'<meta charset="utf-8">\n<meta http-equiv="Content-Security-Policy" content="{allowed}">\n'
    yield f'<meta name="viewport" content="width=device-width">\n<title>{name} · netspec</title>\n'
    yield f"<style>{style()}</style>\n"
    reached = ' tabindex="0"' if problem else ""  # it may scroll
    yield f'<body>\n<p id="problem" role="status"{reached}>{_text(problem)}</p>\n'
    yield f"<header><h1>{name}</h1>\n{f'<p>{doc}</p>' if doc else ''}\n"
    totals = "".join(f"<dt>{key}</dt><dd>{_amount(value)}</dd>" for key, value in data["own"]["totals"])
    yield f'<dl id="totals">{totals}</dl>\n<p id="notice" role="status"></p></header>\n'
    yield _TOOLS
    cut = " The network is too large for more values." if shown.cut else ""
    yield '<section aria-label="Other sizes and params"><details id="vary">'
    yield "<summary>Other sizes and params, as netspec has computed them</summary>"
    yield f'<div id="trials"></div>{cut}</details></section>\n<main>\n<section aria-label="Picture"><div id="view">'
    yield from _picture(analysis, parts)
    yield '</div></section>\n<section aria-label="Details"><div id="details" tabindex="-1"></div></section>\n'
    yield '<section aria-label="Layers"><div id="layers" tabindex="0" role="region" aria-label="Table of layers">'
    yield from _table(analysis)
    yield "</div></section>\n</main>\n"
    yield f'<script type="application/json" id="data">{_json(data)}</script>\n'
    yield f'<script type="module">{script()}</script>\n</body>\n</html>\n'


def _embedded(png: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"


def policy(*, served: bool, pictured: bool = False) -> str:
    """The content security policy of a page: its own script and style by their hashes; requests only to its server.

    Args:
        served: Whether it is served, and asks for newer states of itself.
        pictured: Whether it holds pictures within itself.
    """
    asks = ("; connect-src 'self'" if served else "") + ("; img-src data:" if pictured else "")
    return (
        f"default-src 'none'; script-src '{_hash(script())}'; style-src '{_hash(style())}'{asks}; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


_TOOLS = """<nav class="tools" aria-label="Tools">
<label for="search">Search</label><input type="search" id="search" aria-describedby="found" aria-keyshortcuts="/">
<small id="found" role="status"></small>
<button type="button" id="fold">Fold</button><button type="button" id="unfold">Unfold</button>
<small id="level"></small>
<button type="button" id="smaller" aria-label="Smaller">−</button>
<button type="button" id="larger" aria-label="Larger">+</button>
<button type="button" id="fit">Whole picture</button><button type="button" id="natural">Natural size</button>
<button type="button" id="theme">Dark or light</button>
<small>In the picture: arrows move, Enter shows, space folds and unfolds, + − 0 zoom.</small>
</nav>
"""


def _picture(analysis: Analysis, parts: PictureParts) -> Iterator[str]:
    """The picture at its first level, for readers without scripts."""
    drawing = layout(parts.shown)
    doc = captions.described(analysis, parts.shown)
    size = f'{drawing.width:.1f}" height="{drawing.height:.1f}" viewBox="0 0 {drawing.width:.1f} {drawing.height:.1f}'
    yield f'<svg xmlns="http://www.w3.org/2000/svg" width="{size}" role="img" aria-labelledby="title desc">'
    yield f'<title id="title">{_text(analysis.graph.name)}</title><desc id="desc">{_text(doc)}</desc>'
    yield '<marker id="head" viewBox="0 0 6 6" refX="5.5" refY="3" markerWidth="6" markerHeight="6" orient="auto">'
    yield '<path d="M0 .5 6 3 0 5.5z"/></marker>'
    yield from content(Picture(drawing, LIGHT, doc, None, {}))
    yield "</svg>"


def _table(analysis: Analysis) -> Iterator[str]:
    numbers = {key: number for number, key in enumerate(analysis.graph.nodes)}
    yield '<table><thead><tr><th scope="col">Layer<th scope="col">Type<th scope="col">Output'
    yield '<th scope="col" class="n">Params<th scope="col" class="n">MACs</thead>\n<tbody>\n'
    for row in table_rows(analysis, View()):
        path, kind, _, params, macs = row.cells
        assert isinstance(path, Verbatim)
        level = f' class="l{min(row.level, 6)}"' if row.level else ""
        name = _text(row.name or path.text) + (" *" if row.mark else "")
        if row.heading:
            yield f'<tr class="h"><th scope="row"{level}>{name}<td>{_text(str(kind))}<td><td><td>\n'
            continue
        shapes = ", ".join(map(captions.size, analysis.graph.nodes[path.text].output_shapes))
        yield f'<tr data-call="{numbers[path.text]}"><th scope="row"{level}>{name}<td>{_text(str(kind))}<td>{shapes}'
        yield f'<td class="n">{params}<td class="n">{macs}\n'
    yield "</tbody></table>"
    if any(node.training_only for node in analysis.graph.nodes.values()):
        yield "<p>* runs in training only</p>"


def _amount(value: Any) -> str:
    return _text(value) if isinstance(value, str) else count(value)


def _text(text: str) -> str:
    return escape(_shown(text))


def _shown(text: str) -> str:
    return visible(text, "\n\t")


def _json(data: Mapping[str, Any]) -> str:
    """Data as JSON that no HTML reader takes for the end of its block, and no one for more than it shows."""
    text = json.dumps(_visible(data), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return re.sub("[<>&]", lambda found: f"\\u{ord(found[0]):04x}", text)


def _visible(value: Any) -> Any:
    match value:
        case str():
            return _shown(value)
        case Mapping():
            return {key: _visible(each) for key, each in value.items()}
        case Sequence():
            return [_visible(each) for each in value]
    return value
