"""The page's own scripts and styles, as they stand in a page: modules in one text, and the colours of both themes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from netspec.picture.drawing import LABEL, LINE, TITLE
from netspec.picture.font import FAMILY
from netspec.picture.themes import DARK, LIGHT, Theme

_IMPORT = re.compile(r'^import \{[^}]*\} from "\./(\w+)\.js";\n', re.MULTILINE)
_MARKS = {"light": ("#b3470f", "#ffe3cf"), "dark": ("#ffab7a", "#5a3018")}
"""The colour of what is chosen, and the ground of its row, in each theme."""


@cache
def script() -> str:
    """The modules as one script: each after those that it imports, without the words that join them.

    A page may ask for no file, and modules within one page cannot name each other.
    """
    return "\n".join(
        _IMPORT.sub("", _asset(f"{name}.js")).replace("\nexport ", "\n").strip() for name in _order("main")
    )


@cache
def style() -> str:
    """The style sheet with the colours of both themes; the reader's own is taken unless the page says another."""
    light, dark = _colours("light", LIGHT), _colours("dark", DARK)
    families = "".join(f".{name}>rect{{fill:var(--{name})}}" for name in LIGHT.families)
    fonts = f"svg text{{font:{TITLE:g}px {FAMILY}}}svg .more{{font-size:{LINE:g}px}}svg .label{{font-size:{LABEL:g}px}}"
    return (
        f":root{{{light}}}@media (prefers-color-scheme:dark){{:root:not([data-theme=light]){{{dark}}}}}"
        f":root[data-theme=dark]{{{dark}}}\n{_asset('page.css')}{families}{fonts}"
    )


def _colours(name: str, theme: Theme) -> str:
    mark, chosen = _MARKS[name]
    named = {
        "scheme": name,
        "page": theme.page,
        "text": theme.text,
        "faint": theme.faint,
        "edge": theme.edge,
        "frame": theme.frame,
        "shade": theme.shade,
        "mark": mark,
        "chosen": chosen,
        **theme.families,
    }
    return ";".join(f"--{key}:{colour}" for key, colour in named.items())


def _order(name: str) -> Iterator[str]:
    """The modules that one needs, and itself, each once and after those that it needs."""
    met: dict[str, None] = {}

    def visit(this: str) -> None:
        if this not in met:
            for other in _IMPORT.findall(_asset(f"{this}.js")):
                visit(other)
            met[this] = None

    visit(name)
    yield from met


def _asset(name: str) -> str:
    return files("netspec.explorer").joinpath("assets", name).read_text(encoding="utf-8")
