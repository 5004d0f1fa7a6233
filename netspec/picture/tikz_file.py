"""What all TikZ files share: the frame around a picture, and texts and colours as TikZ writes them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from netspec.picture.font import printable
from netspec.picture.themes import Theme

POINTS_OF_TEX = 72.27 / 72
"""TeX's points for each big point, which other programs call a point."""

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "×": r"$\times$",
    "·": r"$\cdot$",
    "…": r"\dots{}",
    "→": r"$\rightarrow$",
    "−": r"$-$",
    "±": r"$\pm$",
    "≈": r"$\approx$",
    **{each: f"\\{each}" for each in "&%$#_{}"},
}


def file(theme: Theme, scale: float, colours: Iterable[str], content: Iterable[str]) -> Iterator[str]:
    """The lines of a file: its colours, its styles, its content.

    Args:
        theme: The colours that all pictures have.
        scale: Points for each unit.
        colours: Further colours, as CSS writes them.
        content: Its lines.
    """
    yield r"\documentclass[border=2pt]{standalone}"
    yield r"\usepackage{tikz}"
    yield r"\usetikzlibrary{arrows.meta}"
    yield r"\begin{document}"
    named = {"netspec text": theme.text, "netspec faint": theme.faint, "netspec edge": theme.edge}
    named |= {"netspec frame": theme.frame}
    named |= {colour(each): each for each in colours}
    for name, value in named.items():
        yield f"\\definecolor{{{name}}}{{HTML}}{{{value[1:].upper()}}}"
    yield f"\\begin{{tikzpicture}}[x={scale:.4f}bp, y=-{scale:.4f}bp, text=netspec text,"
    yield r"  font=\sffamily\fontsize{10}{12}\selectfont,"
    yield "  box/.style={draw=netspec edge, line width=0.5pt, rounded corners=1.5pt},"
    yield "  frame/.style={draw=netspec frame, line width=0.5pt, rounded corners=3pt},"
    yield "  edge/.style={draw=netspec edge, line width=0.7pt, rounded corners=2.5pt, -{Stealth[length=3.5pt]}},"
    yield "  aside/.style={dashed}]"
    yield from content
    yield r"\end{tikzpicture}"
    yield r"\end{document}"


def colour(value: str) -> str:
    """The name of a colour: ``netspec a9d3f2``."""
    return f"netspec {value[1:]}"


def node(text: str, x: float, y: float, size: float, style: str) -> str:
    """A text, in the font of 10 points, scaled: LaTeX has its own fonts in a few sizes, and takes the nearest of these.

    LaTeX's own sans serif is narrower than the fonts that boxes are measured for.
    """
    zoom = size * POINTS_OF_TEX / 10
    return f"  \\node[inner sep=0, {style}, scale={zoom:.3f}] at ({x:.1f},{y:.1f}) {{{escaped(text)}}};"


def escaped(text: str) -> str:
    """A text without a meaning for TeX."""
    return "".join(_SPECIAL.get(each, each) for each in printable(text))
