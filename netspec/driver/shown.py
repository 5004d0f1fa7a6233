"""Pictures and pages, which are texts or bytes, and show themselves in notebooks."""

from __future__ import annotations

from html import escape


class SvgText(str):
    """A picture as SVG, a text like any other; notebooks show the picture."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<netspec picture: SVG, {len(self):,} characters>"

    def _repr_svg_(self) -> str:
        return str(self)


class PngBytes(bytes):
    """A picture as PNG, bytes like any others; notebooks show the picture."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<netspec picture: PNG, {len(self):,} bytes>"

    def _repr_png_(self) -> bytes:
        return bytes(self)


class PageText(str):
    """A page of HTML, a text like any other; notebooks show it in a frame that reaches nothing of theirs."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<netspec page: HTML, {len(self):,} characters>"

    def _repr_html_(self) -> str:
        look = "width: 100%; height: 36rem; border: 1px solid #8886"
        return f'<iframe sandbox="allow-scripts" style="{look}" srcdoc="{escape(self)}"></iframe>'


def picture(made: str | bytes, form: str) -> str | bytes:
    """A picture in a format, which shows itself where notebooks know the format."""
    if isinstance(made, str):
        return SvgText(made) if form == ".svg" else made
    return PngBytes(made) if form == ".png" else made
